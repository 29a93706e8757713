//! The private PostgreSQL of a test binary. Statics are not dropped, and a process may also be killed: so a shell
//! watches over the server, and takes it down when the pipe between us closes, which the system does at any end.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use learnflow_postgres::private;

/// Waits for the end of its input; then stops the server of the folder `$1` (SIGINT is PostgreSQL's fast shutdown) and
/// removes the folder. A server that is just starting is given two seconds to write down its process's id.
const WATCH: &str = r#"
read -r _
file="$1/data/postmaster.pid"
tries=0
while [ -d "$1/data" ] && [ ! -s "$file" ] && [ $tries -lt 40 ]; do sleep 0.05; tries=$((tries + 1)); done
pid=$(head -n 1 "$file" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -INT "$pid"
  tries=0
  while [ -e "$file" ] && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
  [ -e "$file" ] && kill -KILL "$pid"
fi
rm -rf -- "$1"
"#;

/// The server, and who watches over it.
#[derive(Debug)]
struct Watched {
    server: private::Server,
    /// Holds our end of the pipe.
    _watch: Child,
}

/// The server of this process; started when first asked for. Blocks for a second or two then.
pub fn server() -> &'static private::Server {
    static SERVER: OnceLock<Watched> = OnceLock::new();
    &SERVER.get_or_init(start).server
}

fn start() -> Watched {
    let binaries = private::binaries().expect("PostgreSQL is installed");
    let folder = private::temporary_folder("tests").expect("a temporary folder");
    let watch = watch(&folder).expect("a shell");
    let server = private::Server::start(&folder, &binaries).expect("PostgreSQL starts");
    Watched { server, _watch: watch }
}

fn watch(folder: &Path) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", WATCH, "sh"])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        // Whoever reads our output must not wait for the shell.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C in a terminal is for us; the shell has its work to do after that.
        .process_group(0)
        .spawn()
}
