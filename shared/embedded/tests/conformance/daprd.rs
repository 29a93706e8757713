//! daprd processes, one a replica, which end when the run does.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use dapr::dapr::proto::runtime::v1 as pb;
use tokio::process::{Child, Command};

use crate::app::TestApp;
use crate::world::{APPS, SECRETS, TRACED};

/// The sidecars of a run.
#[derive(Debug)]
pub(crate) struct Daprds {
    processes: Vec<Process>,
}

#[derive(Debug)]
struct Process {
    app: &'static str,
    sidecar: SocketAddr,
    child: Child,
    log: PathBuf,
}

/// The ports of one daprd.
struct Ports {
    grpc: u16,
    http: u16,
    internal: u16,
}

impl Daprds {
    /// Starts all, and waits until each answers.
    pub(crate) async fn start(
        program: &str,
        resources: &Path,
        apps: &HashMap<&'static str, Vec<TestApp>>,
    ) -> Self {
        let replicas: Vec<(&'static str, &TestApp)> =
            APPS.iter().flat_map(|(id, _)| apps[id].iter().map(|app| (*id, app))).collect();
        let ports = free_ports(replicas.len());
        let configurations = tempfile::tempdir().unwrap();
        let table = resolver(program).then(|| table(&replicas, &ports));
        let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance");
        std::fs::create_dir_all(&logs).unwrap();
        let mut processes = Vec::new();
        for ((app, replica), ports) in replicas.iter().zip(&ports) {
            let rate = if *app == TRACED { "1" } else { "0" };
            let configuration = configurations.path().join(format!("{}.yaml", replica.name));
            std::fs::write(&configuration, configuration_text(rate, table.as_deref())).unwrap();
            let log = logs.join(format!("daprd-{}.log", replica.name));
            let output = std::fs::File::create(&log).unwrap();
            let child = command(program, app, replica, ports, resources, &configuration)
                .stdout(Stdio::from(output.try_clone().unwrap()))
                .stderr(Stdio::from(output))
                .spawn()
                .unwrap();
            let sidecar = (Ipv4Addr::LOCALHOST, ports.grpc).into();
            processes.push(Process { app, sidecar, child, log });
        }
        let mut this = Self { processes };
        for process in &mut this.processes {
            process.ready().await;
        }
        this
    }

    pub(crate) fn sidecars(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        self.processes.iter().map(|process| (process.app, process.sidecar))
    }
}

impl Process {
    async fn ready(&mut self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let address = format!("http://{}", self.sidecar);
            if let Ok(mut client) = pb::dapr_client::DaprClient::connect(address).await
                && client.get_metadata(pb::GetMetadataRequest {}).await.is_ok()
            {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "daprd of {} ended: see {}", self.app, self.log.display());
            assert!(
                Instant::now() < deadline,
                "daprd of {} is not ready: see {}",
                self.app,
                self.log.display()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn command(
    program: &str,
    app: &str,
    replica: &TestApp,
    ports: &Ports,
    resources: &Path,
    configuration: &Path,
) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--app-id", app, "--app-protocol", "grpc", "--app-port", &replica.address.port().to_string()])
        .arg("--resources-path")
        .arg(resources)
        .arg("--config")
        .arg(configuration)
        .args(["--dapr-grpc-port", &ports.grpc.to_string(), "--dapr-http-port", &ports.http.to_string()])
        .args(["--dapr-internal-grpc-port", &ports.internal.to_string()])
        .args(["--dapr-listen-addresses", "127.0.0.1", "--dapr-internal-grpc-listen-address", "127.0.0.1"])
        .args(["--placement-host-address", "", "--scheduler-host-address", "", "--enable-metrics=false"])
        .args([
            "--enable-app-health-check",
            "--app-health-probe-interval",
            "1",
            "--app-health-threshold",
            "3",
        ])
        .args(["--log-level", "info", "--dapr-graceful-shutdown-seconds", "1"])
        .envs(SECRETS.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Can this daprd look sidecars up in a table? The repository's own build can, and says so; others use mDNS.
fn resolver(program: &str) -> bool {
    let output = std::process::Command::new(program).arg("--build-info").output().unwrap();
    String::from_utf8_lossy(&output.stdout).contains("learnflow")
}

fn table(replicas: &[(&'static str, &TestApp)], ports: &[Ports]) -> String {
    let mut table = String::new();
    for (index, (app, _)) in replicas.iter().enumerate() {
        if replicas[..index].iter().all(|(other, _)| other != app) {
            writeln!(table, "      {app}: 127.0.0.1:{}", ports[index].internal).unwrap();
        }
    }
    table
}

fn configuration_text(rate: &str, table: Option<&str>) -> String {
    let mut text = format!(
        "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata:\n  name: configuration\nspec:\n  tracing:\n    \
         samplingRate: \"{rate}\"\n"
    );
    if let Some(table) = table {
        write!(
            text,
            "  nameResolution:\n    component: static\n    version: v1\n    configuration:\n{table}"
        )
        .unwrap();
    }
    text
}

/// Ports that nobody uses: all are held at once, so that they differ, and given back together.
fn free_ports(count: usize) -> Vec<Ports> {
    let held: Vec<TcpListener> = (0..count * 3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    held.chunks(3)
        .map(|three| Ports { grpc: port(&three[0]), http: port(&three[1]), internal: port(&three[2]) })
        .collect()
}
