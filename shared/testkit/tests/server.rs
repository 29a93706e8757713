//! However a test binary ends, its PostgreSQL ends too.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use learnflow_testkit::{Database, server};

/// Says to [`a_process_with_a_server`] how it is to end; not set in an ordinary run.
const END: &str = "LEARNFLOW_TESTKIT_END";

/// Another process of this binary, whose server runs; the server's folder.
fn process(end: &str) -> (Child, PathBuf) {
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "a_process_with_a_server", "--nocapture"])
        .env(END, end)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("another process");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let folder =
        lines.find_map(|line| line.expect("its output is text").split("folder ").nth(1).map(PathBuf::from));
    (child, folder.expect("the process says its folder"))
}

fn server_of(folder: &Path) -> String {
    let file = std::fs::read_to_string(folder.join("data/postmaster.pid")).expect("the server runs");
    file.lines().next().expect("the first line is its id").to_owned()
}

fn alive(process: &str) -> bool {
    // A zombie has ended; it only waits for its parent to notice.
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_process_with_a_server() {
    let Ok(end) = std::env::var(END) else { return };
    server();
    println!(
        "folder {}",
        std::env::temp_dir().join(format!("learnflow-tests-{}", std::process::id())).display()
    );
    match end.as_str() {
        "panic" => panic!("as asked"),
        "exit" => std::process::exit(3),
        "abort" => std::process::abort(),
        _ => std::thread::sleep(Duration::from_mins(1)),
    }
}

#[test]
fn the_server_goes_with_its_process() {
    for end in ["panic", "exit", "abort", "kill"] {
        let (mut child, folder) = process(end);
        let server = if end == "kill" { server_of(&folder) } else { String::new() };
        if end == "kill" {
            assert!(alive(&server), "the server of a living process runs");
            child.kill().unwrap();
        }
        child.wait().unwrap();
        let started = Instant::now();
        while folder.exists() {
            assert!(started.elapsed() < Duration::from_secs(10), "{end}: {} is left", folder.display());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(end != "kill" || !alive(&server), "the server outlives its process");
    }
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let (one, other) = tokio::join!(Database::fresh(), Database::fresh());
    assert_ne!(one.url(), other.url());
    let pool = one.pool("chat").await;
    sqlx::query("CREATE TABLE public.mine (id int)").execute(&pool).await.unwrap();
    let pool = other.pool("chat").await;
    assert!(sqlx::query("SELECT * FROM public.mine").execute(&pool).await.is_err());
}
