//! Where the real thing is: a daprd and a Kafka, found or started, and ended afterwards.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the environment asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `LEARNFLOW_CONFORMANCE=embedded`.
    Embedded,
    /// `LEARNFLOW_CONFORMANCE=both`, or `CI` is set: without the real thing, the run fails.
    Both,
    /// Nothing said: both if the real thing can be had.
    IfThere,
}

impl Mode {
    pub(crate) fn read() -> Result<Self, String> {
        match env::var("LEARNFLOW_CONFORMANCE").as_deref() {
            Ok("embedded") => Ok(Self::Embedded),
            Ok("both") => Ok(Self::Both),
            Ok(other) => Err(format!("LEARNFLOW_CONFORMANCE is embedded or both, not {other:?}")),
            Err(_) if env::var_os("CI").is_some() => Ok(Self::Both),
            Err(_) => Ok(Self::IfThere),
        }
    }
}

/// A real daprd and Kafka.
#[derive(Debug)]
pub(crate) struct Real {
    pub(crate) daprd: String,
    pub(crate) brokers: String,
    _stack: Option<Stack>,
}

impl Real {
    /// Finds or starts both; an error says what is missing.
    pub(crate) fn find(mode: Mode) -> Result<Self, String> {
        let daprd = match env::var("LEARNFLOW_DAPRD") {
            Ok(path) => path,
            Err(_) => daprd(mode)?,
        };
        if let Ok(brokers) = env::var("LEARNFLOW_KAFKA_BROKERS") {
            return Ok(Self { daprd, brokers, _stack: None });
        }
        let stack = Stack::up()?;
        let brokers = stack.brokers()?;
        Ok(Self { daprd, brokers, _stack: Some(stack) })
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pinned daprd. It is only built when the real thing was asked for: that takes minutes.
fn daprd(mode: Mode) -> Result<String, String> {
    let get = root().join("scripts/tools/get");
    let found = || {
        let cache = env::var_os("LEARNFLOW_CACHE").map(PathBuf::from).or_else(|| {
            let home = PathBuf::from(env::var_os("HOME")?);
            Some(env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from).join("learnflow"))
        });
        let path = env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<_> = env::split_paths(&path).collect();
        folders.extend(env::var_os("HOME").map(|home| PathBuf::from(home).join(".dapr/bin")));
        let installed = folders.iter().any(|folder| folder.join("daprd").is_file());
        installed || cache.is_some_and(|cache| cache.join("tools/daprd").is_dir())
    };
    if mode == Mode::IfThere && !found() {
        return Err("no daprd is installed, and none has been built yet (scripts/tools/get daprd builds it)"
            .to_owned());
    }
    run(Command::new(get).arg("daprd")).map(|path| path.trim().to_owned())
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let last = String::from_utf8_lossy(&output.stderr).lines().rev().take(5).collect::<Vec<_>>().join(" | ");
    Err(format!("{command:?} failed: {last}"))
}

/// A stack of this run's own: ports moved out of others' way, ended when dropped.
#[derive(Debug)]
struct Stack {
    offset: String,
}

impl Stack {
    fn up() -> Result<Self, String> {
        let offset = (1000 + std::process::id() % 4000).to_string();
        let stack = Self { offset };
        // Dropped on failure as well, so that nothing half-started stays.
        run(stack.command("up").args(["--only", "kafka,postgres"]))?;
        Ok(stack)
    }

    fn brokers(&self) -> Result<String, String> {
        let environment = run(&mut self.command("env"))?;
        let line = environment.lines().find_map(|line| line.strip_prefix("LEARNFLOW_KAFKA_BROKERS="));
        line.map(str::to_owned).ok_or_else(|| "scripts/stack env names no LEARNFLOW_KAFKA_BROKERS".to_owned())
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(root().join("scripts/stack"));
        command.arg(what).args(["--offset", &self.offset]);
        command
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Err(error) = run(&mut self.command("down")) {
            eprintln!("the stack of this run was not ended: {error}");
        }
    }
}
