//! Against a repository on loopback, which serves `small.jar`: an artefact of the same layout, whose programs are two
//! lines of shell. One test fetches the real thing, and only if `LEARNFLOW_TEST_DOWNLOAD=1` allows it the network.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use super::*;
use crate::private::Server;

const SMALL: &[u8] = include_bytes!("small.jar");
const SMALL_SHA256: &str = "2f230cdea8b5ea75fc108e5dbd70e5e84bf7e05297102ffff3914625cb680e4b";

/// What a repository does with its nth request.
type Answer = fn(usize, &mut TcpStream);

fn small(_: usize, stream: &mut TcpStream) {
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", SMALL.len());
    let _ = stream.write_all(SMALL);
}

/// Serves until the test's process ends; notes what it is asked for.
fn repository(answer: Answer) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            let _ = lines.find(String::is_empty);
            let number = {
                let mut noted = noted.lock().unwrap();
                noted.push(path);
                noted.len()
            };
            answer(number, &mut stream);
        }
    });
    (address, asked)
}

fn download(address: SocketAddr, cache: &Path) -> Download {
    Download {
        repository: format!("http://{address}/maven2/"),
        artefact: Artefact { system: "small", sha256: SMALL_SHA256 },
        cache: cache.to_owned(),
    }
}

/// What lies in the cache, but for lock files.
fn rest(cache: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cache.join("postgres")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_none_or(|extension| extension != "lock")).collect()
}

#[test]
fn what_is_fetched_runs_and_stays() {
    let cache = tempfile::tempdir().unwrap();
    let (address, asked) = repository(small);
    let bin = download(address, cache.path()).binaries().unwrap();
    let place = format!("postgres/{VERSION}-{}/bin", std::env::consts::ARCH);
    assert_eq!(bin, cache.path().join(place));
    assert_eq!(Command::new(bin.join("postgres")).output().unwrap().stdout, b"small\n");
    assert_eq!(std::fs::read_link(bin.join("../lib/libsmall.so")).unwrap(), Path::new("libsmall.so.1"));
    assert_eq!(rest(cache.path()).len(), 1, "nothing but the programs");

    assert_eq!(download(address, cache.path()).binaries().unwrap(), bin);
    let name = "embedded-postgres-binaries-small";
    let path = format!("/maven2/io/zonky/test/postgres/{name}/{VERSION}/{name}-{VERSION}.jar");
    assert_eq!(*asked.lock().unwrap(), [path]);
}

#[test]
fn of_several_at_once_one_fetches() {
    let cache = tempfile::tempdir().unwrap();
    let (address, asked) = repository(small);
    std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..4).map(|_| scope.spawn(|| download(address, cache.path()).binaries())).collect();
        for one in all {
            assert!(is_complete(&one.join().unwrap().unwrap()));
        }
    });
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[test]
fn what_an_interrupted_process_left_is_cleared_away() {
    let cache = tempfile::tempdir().unwrap();
    let name = format!("{VERSION}-{}", std::env::consts::ARCH);
    let left = cache.path().join("postgres").join(format!(".{name}.new"));
    std::fs::create_dir_all(left.join("tree/bin")).unwrap();
    std::fs::write(left.join("jar"), "half").unwrap();
    let (address, _) = repository(small);
    download(address, cache.path()).binaries().unwrap();
    assert_eq!(rest(cache.path()), [cache.path().join("postgres").join(name)]);
}

#[test]
fn something_else_is_not_kept() {
    let cache = tempfile::tempdir().unwrap();
    let (address, asked) = repository(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlogin");
    });
    let error = download(address, cache.path()).binaries().unwrap_err();
    assert!(matches!(error, Error::Checksum { .. }), "{error:?}");
    assert!(rest(cache.path()).is_empty());
    assert_eq!(asked.lock().unwrap().len(), 1, "asking again would not help");
}

#[test]
fn what_may_pass_is_tried_again() {
    let cache = tempfile::tempdir().unwrap();
    let (address, asked) = repository(|number, stream| match number {
        1 => {
            let _ = stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        }
        // Breaks off.
        2 => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf");
        }
        _ => small(number, stream),
    });
    download(address, cache.path()).binaries().unwrap();
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[test]
fn a_refusal_is_final_and_says_what_to_do() {
    let cache = tempfile::tempdir().unwrap();
    let (address, asked) = repository(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    let error = download(address, cache.path()).binaries().unwrap_err();
    let text = error.to_string();
    for remedy in ["apt install postgresql", "PG_BIN", "DATABASE_URL", "LEARNFLOW_MAVEN_REPOSITORY"] {
        assert!(text.contains(remedy), "{text}");
    }
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert!(rest(cache.path()).is_empty());
}

#[test]
fn the_cache_is_where_the_scripts_have_theirs() {
    let cache = |pairs: &[(&str, &str)]| {
        let var = |key: &str| pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1.to_owned());
        Download::read(var).map(|download| download.cache)
    };
    let all = [("HOME", "/h"), ("XDG_CACHE_HOME", "/x"), ("LEARNFLOW_CACHE", "/l")];
    assert_eq!(cache(&all).unwrap(), Path::new("/l"));
    assert_eq!(cache(&all[..2]).unwrap(), Path::new("/x/learnflow"));
    assert_eq!(cache(&all[..1]).unwrap(), Path::new("/h/.cache/learnflow"));
    assert!(matches!(cache(&[]), Err(Error::NoCache)));
}

#[test]
fn the_version_is_the_one_of_the_scripts() {
    let pom = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/tools/postgres/pom.xml");
    let pom = std::fs::read_to_string(pom).unwrap();
    assert!(pom.contains(&format!("<postgres.version>{VERSION}</postgres.version>")));
}

/// Into a cache that, if root runs this, the server's unprivileged user cannot enter.
#[tokio::test]
async fn the_real_thing_serves_queries() {
    if std::env::var("LEARNFLOW_TEST_DOWNLOAD").as_deref() != Ok("1") {
        eprintln!("not run: LEARNFLOW_TEST_DOWNLOAD=1 allows the network");
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let env = Download::from_env().unwrap();
    let bin = Download { cache: cache.path().to_owned(), ..env }.binaries().unwrap();
    let server = Server::start(folder.path(), &bin).unwrap();
    let pool = sqlx::PgPool::connect(&server.url("postgres")).await.unwrap();
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&pool).await.unwrap();
    assert_eq!(format!("{version}.0"), VERSION);
}
