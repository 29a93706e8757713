//! Fetches PostgreSQL's programs into a cache, once: small builds of the server that the zonky project publishes as
//! Maven artefacts, each a zip with one `.txz` in it.
//!
//! The cache is `$LEARNFLOW_CACHE/postgres`, by default `$XDG_CACHE_HOME/learnflow/postgres`. What is fetched must
//! have the checksum that stands here; it is unpacked beside its place under a lock and renamed into it, so that what
//! is there is whole, and of two processes one fetches and the other waits.

mod archive;
mod http;
#[cfg(test)]
mod tests;

use std::fs::{File, Permissions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::binaries::is_complete;

/// As in scripts/tools/postgres/pom.xml.
const VERSION: &str = "17.6.0";

/// Maven Central; `LEARNFLOW_MAVEN_REPOSITORY` names a mirror.
const REPOSITORY: &str = "https://repo1.maven.org/maven2";

/// Why PostgreSQL's programs could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no build for this machine.
    #[error(
        "there is no PostgreSQL to fetch for {0}: install it, name its folder in PG_BIN, or give a DATABASE_URL"
    )]
    Platform(String),
    /// There is no folder for the cache.
    #[error("there is no HOME to keep PostgreSQL in: name a folder in LEARNFLOW_CACHE")]
    NoCache,
    /// The network, the repository, or something between.
    #[error(
        "PostgreSQL {VERSION} could not be fetched (instead: apt install postgresql or the like, name its folder in PG_BIN, give a DATABASE_URL, or name a mirror in LEARNFLOW_MAVEN_REPOSITORY) from {url}"
    )]
    Fetch {
        /// What was asked for.
        url: String,
        /// Why it failed.
        source: Box<ureq::Error>,
    },
    /// Something else was sent.
    #[error("{url} is not the PostgreSQL {VERSION} that it should be: its SHA-256 is {found}")]
    Checksum {
        /// What was asked for.
        url: String,
        /// What came.
        found: String,
    },
    /// A file could not be handled.
    #[error("cannot {what} (LEARNFLOW_CACHE names another folder)")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

fn io(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let what = format!("{what} {}", path.display());
    move |source| Error::Io { what, source }
}

/// A build of PostgreSQL.
#[derive(Clone, Copy, Debug)]
struct Artefact {
    /// The end of its name in the repository.
    system: &'static str,
    /// Of the file, in hexadecimal digits.
    sha256: &'static str,
}

impl Artefact {
    fn of(os: &str, arch: &str) -> Option<Self> {
        let (system, sha256) = match (os, arch) {
            ("linux", "x86_64") => {
                ("linux-amd64", "23da5a044b4fb7a5a081a45008c95749c873305328d73f86aefd56922ce1d29d")
            }
            ("linux", "aarch64") => {
                ("linux-arm64v8", "84427ea54a5238247924ef3b0f940e7d027e58760f19d7325242e50d22fa014a")
            }
            ("macos", "x86_64") => {
                ("darwin-amd64", "f1d6d39896ca48e65d6dbcb492d809df0d4952c65299de8af6e08d2208eae3e0")
            }
            ("macos", "aarch64") => {
                ("darwin-arm64v8", "e87ee36767dee4f00f829d7a52e4a216e2fdebe5934c5683730940aabe570721")
            }
            _ => return None,
        };
        Some(Self { system, sha256 })
    }

    /// By the layout that Maven repositories share.
    fn path(self) -> String {
        let name = format!("embedded-postgres-binaries-{}", self.system);
        format!("io/zonky/test/postgres/{name}/{VERSION}/{name}-{VERSION}.jar")
    }
}

/// Where to fetch from, what, and where to keep it.
#[derive(Clone, Debug)]
pub(super) struct Download {
    repository: String,
    artefact: Artefact,
    cache: PathBuf,
}

impl Download {
    pub(super) fn from_env() -> Result<Self, Error> {
        Self::read(|key| std::env::var(key).ok().filter(|value| !value.is_empty()))
    }

    fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let artefact = Artefact::of(os, arch).ok_or_else(|| Error::Platform(format!("{os} on {arch}")))?;
        let repository = var("LEARNFLOW_MAVEN_REPOSITORY").unwrap_or_else(|| REPOSITORY.to_owned());
        let cache = var("LEARNFLOW_CACHE")
            .map(PathBuf::from)
            .or_else(|| var("XDG_CACHE_HOME").map(|folder| Path::new(&folder).join("learnflow")))
            .or_else(|| var("HOME").map(|folder| Path::new(&folder).join(".cache/learnflow")))
            .ok_or(Error::NoCache)?;
        // The programs are run from other folders than ours.
        let cache = std::path::absolute(&cache).map_err(io("use", &cache))?;
        Ok(Self { repository, artefact, cache })
    }

    /// The folder of the programs, which are fetched if they are not there yet. Blocks.
    pub(super) fn binaries(&self) -> Result<PathBuf, Error> {
        let folder = self.cache.join("postgres");
        let name = format!("{VERSION}-{}", std::env::consts::ARCH);
        let place = folder.join(&name);
        let bin = place.join("bin");
        if is_complete(&bin) {
            return Ok(bin);
        }
        std::fs::create_dir_all(&folder).map_err(io("make", &folder))?;
        let _lock = lock(&folder.join(format!("{name}.lock")))?;
        if is_complete(&bin) {
            return Ok(bin);
        }
        // What an interrupted process left is nobody's now: the lock is ours.
        let beside = folder.join(format!(".{name}.new"));
        remove(&beside)?;
        remove(&place)?;
        std::fs::create_dir(&beside).map_err(io("make", &beside))?;
        let made = self.make(&beside.join("jar"), &beside.join("tree"), &place);
        let removed = remove(&beside);
        made.and(removed).map(|()| bin)
    }

    fn make(&self, jar: &Path, tree: &Path, place: &Path) -> Result<(), Error> {
        let url = format!("{}/{}", self.repository.trim_end_matches('/'), self.artefact.path());
        let bar = bar();
        tracing::info!(url, folder = %place.display(), "fetching PostgreSQL");
        if bar.is_hidden() {
            // No terminal, no bar; but whoever waits should know why.
            eprintln!("Fetching PostgreSQL {VERSION} into {}, once …", place.display());
        }
        bar.set_message(format!("fetching PostgreSQL {VERSION}, once"));
        let found = http::fetch(&url, jar, &bar)?;
        if found != self.artefact.sha256 {
            return Err(Error::Checksum { url, found });
        }
        bar.set_message("unpacking PostgreSQL");
        bar.set_position(0);
        archive::unpack(jar, tree, &bar).map_err(io("unpack PostgreSQL into", tree))?;
        std::fs::set_permissions(tree, Permissions::from_mode(0o755)).map_err(io("open", tree))?;
        std::fs::rename(tree, place).map_err(io("make", place))?;
        bar.finish_and_clear();
        tracing::info!(folder = %place.display(), "fetched PostgreSQL");
        Ok(())
    }
}

/// Waits for its turn; the lock goes with the file.
fn lock(path: &Path) -> Result<File, Error> {
    let file = File::create(path).map_err(io("write", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            tracing::info!("another process is fetching PostgreSQL; waiting for it");
            file.lock().map_err(io("lock", path))?;
            Ok(file)
        }
        Err(TryLockError::Error(error)) => Err(io("lock", path)(error)),
    }
}

fn remove(folder: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// On stderr, if that is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes} of {total_bytes}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
