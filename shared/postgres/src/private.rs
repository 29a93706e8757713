//! A private PostgreSQL for the embedded default and for tests: started in a folder, gone with its handle.
//!
//! PostgreSQL refuses to run as root; then it runs as an unprivileged user, who owns the folder.
//!
//! The programs are the machine's own, found by `PG_BIN`, where Debian and others put them, or on the PATH. Where there
//! are none, the feature `download` fetches them once into a cache. `LEARNFLOW_POSTGRES` narrows the choice: `machine`
//! never fetches, `download` passes over the machine's own.

mod binaries;
#[cfg(feature = "download")]
mod download;

use std::net::TcpListener as StdTcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use binaries::binaries;
#[cfg(feature = "download")]
pub use download::Error as DownloadError;

/// Why a private server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No binaries on this machine.
    #[error(
        "no PostgreSQL on this machine: install it (Debian: postgresql), name its folder in PG_BIN, or give a DATABASE_URL"
    )]
    Missing,
    /// `PG_BIN` is wrong.
    #[error("PG_BIN names a folder without initdb and postgres: {0}")]
    Elsewhere(PathBuf),
    /// `LEARNFLOW_POSTGRES` is wrong.
    #[error("LEARNFLOW_POSTGRES must be auto, machine or download, not {0:?}")]
    Choice(String),
    /// There are binaries, which do not run, for instance for want of a library.
    #[error(
        "the PostgreSQL in {bin} does not run here ({why}): install another (Debian: postgresql), name its folder in PG_BIN, or give a DATABASE_URL"
    )]
    Unfit {
        /// Where they are.
        bin: PathBuf,
        /// What the attempt said.
        why: String,
    },
    /// The machine has no binaries, and they could not be fetched.
    #[cfg(feature = "download")]
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// A file or process could not be handled.
    #[error("private PostgreSQL: {what}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// It was started and did not come up.
    #[error("private PostgreSQL did not come up; its log ends with:\n{0}")]
    Startup(String),
}

fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source }
}

/// A running server; stopped when dropped. Its data stays in its folder.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Server {
    /// Starts a server on `folder`, which is made into a cluster at its first use, on a free port. Blocks for a second
    /// or two; data that need not survive a crash of the machine is not synced to disk.
    ///
    /// Programs that root can reach and the unprivileged user cannot, such as a cache under /root, are copied into
    /// `folder`.
    pub fn start(folder: &Path, bin: &Path) -> Result<Self, Error> {
        let folder = &std::path::absolute(folder).map_err(io(format!("cannot use {}", folder.display())))?;
        std::fs::create_dir_all(folder).map_err(io(format!("cannot make {}", folder.display())))?;
        let user = unprivileged(folder)?;
        if let Some((uid, gid)) = user {
            chown(folder, Some(uid), Some(gid))
                .map_err(io("cannot give the folder to the unprivileged user"))?;
        }
        let bin = binaries::runnable(bin, user, folder)?;
        let data = folder.join("data");
        let log = folder.join("postgres.log");
        if !data.join("PG_VERSION").is_file() {
            let mut initdb = command(&bin.join("initdb"), user, folder);
            initdb.args([
                "--username=learnflow",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ]);
            let output = initdb
                .arg(&data)
                .output()
                .map_err(io(format!("cannot run initdb in {}", folder.display())))?;
            if !output.status.success() {
                return Err(Error::Startup(String::from_utf8_lossy(&output.stderr).into_owned()));
            }
        }
        let port = free_port().map_err(io("cannot find a free port"))?;
        let file = std::fs::File::create(&log).map_err(io("cannot write the log"))?;
        let child = command(&bin.join("postgres"), user, folder)
            .arg("-D")
            .arg(&data)
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "max_connections=200",
            ])
            .args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"])
            .args(["-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .map_err(io("cannot run postgres"))?;
        let mut server = Self { child, port, log };
        server.wait_until_up()?;
        Ok(server)
    }

    /// Where the server listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://learnflow@127.0.0.1:{}/{database}", self.port)
    }

    fn wait_until_up(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if self.child.try_wait().map_err(io("cannot watch postgres"))?.is_some() {
                break;
            }
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            if log.contains("ready to accept connections") {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(10).collect();
        Err(Error::Startup(tail.into_iter().rev().collect::<Vec<_>>().join("\n")))
    }
}

impl Server {
    /// Stops the server and waits for its end, 5 seconds at most.
    pub fn stop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // SIGINT is PostgreSQL's fast shutdown: clients are cut off, data is written. std can send SIGKILL only, which
        // would leave its children and its shared memory behind.
        let asked = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        if asked.is_ok_and(|status| status.success()) {
            for _ in 0..250 {
                if matches!(self.child.try_wait(), Ok(Some(_))) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Root must hand over to someone: the owner of `nobody`'s ids, by their usual numbers.
fn unprivileged(folder: &Path) -> Result<Option<(u32, u32)>, Error> {
    const NOBODY: (u32, u32) = (65534, 65534);
    let me = std::fs::metadata("/proc/self").or_else(|_| std::fs::metadata(folder));
    let uid = me.map_err(io("cannot tell who we are"))?.uid();
    Ok((uid == 0).then_some(NOBODY))
}

fn command(program: &Path, user: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    // A process group of its own: Ctrl-C in a terminal must reach us first, so that services drain before the
    // database goes.
    command.current_dir(folder).env_remove("PGDATA").env("LC_ALL", "C").process_group(0);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn free_port() -> std::io::Result<u16> {
    Ok(StdTcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A folder that only its owner and the unprivileged user can enter, for a server that lives as long as a process.
pub fn temporary_folder(name: &str) -> Result<PathBuf, Error> {
    let folder = std::env::temp_dir().join(format!("learnflow-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(io(format!("cannot make {}", folder.display())))?;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&folder, permissions).map_err(io("cannot open the folder"))?;
    Ok(folder)
}
