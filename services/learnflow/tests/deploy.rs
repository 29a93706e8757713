//! What is under `deploy/` must fit the code: names, ports, keys, versions. Nothing is started; the files are read, and
//! compared with what they speak of. Each check is only believed because a file that was spoilt for it is reported.

#[path = "deploy/compose.rs"]
mod compose;
#[path = "deploy/facts.rs"]
mod facts;
#[path = "deploy/files.rs"]
mod files;
#[path = "deploy/image.rs"]
mod image;
#[path = "deploy/stores.rs"]
mod stores;

use std::process::Command;

use facts::Facts;
use files::Files;

fn problems(files: &Files) -> Vec<String> {
    let facts = Facts::read();
    let mut problems = compose::problems(files, &facts);
    problems.extend(stores::problems(files, &facts));
    problems.extend(image::problems(files, &facts));
    problems
}

#[test]
fn the_deployment_fits_the_code() {
    let problems = problems(&Files::read());
    assert!(problems.is_empty(), "deploy/ does not fit the code:\n  {}", problems.join("\n  "));
}

#[test]
fn whatever_is_spoilt_is_reported() {
    for (file, from, to, reported) in SPOILT {
        let mut files = Files::read();
        files.replace(file, from, to);
        let problems = problems(&files);
        assert!(
            problems.iter().any(|problem| problem.contains(reported)),
            "{file} with {to:?} for {from:?} should be reported with {reported:?}; reported was {problems:?}"
        );
    }
}

/// File, what stands there, what is put there instead (everywhere), and a part of the report.
const SPOILT: &[(&str, &str, &str, &str)] = &[
    ("compose.yaml", "\n  triage:\n", "\n  routing:\n", "triage: the service is missing"),
    (
        "compose.yaml",
        "\n  triage-sidecar:\n",
        "\n  triage-daprd:\n",
        "triage-sidecar: the service is missing",
    ),
    (
        "compose.yaml",
        "\n  triage-sidecar:\n",
        "\n  triage-daprd:\n",
        "triage-daprd: nothing in the code has this name",
    ),
    ("compose.yaml", "[serve, concepts]", "[serve, chat]", "concepts: the command"),
    ("compose.yaml", "--app-id=chat\n", "--app-id=talk\n", "chat-sidecar: --app-id"),
    ("compose.yaml", "--app-port=8103", "--app-port=8104", "concepts-sidecar: --app-port"),
    (
        "compose.yaml",
        "--app-id=gateway\n",
        "--app-id=gateway --app-port=8180\n",
        "gateway-sidecar: --app-port",
    ),
    (
        "compose.yaml",
        "network_mode: service:chat",
        "network_mode: service:triage",
        "chat-sidecar: network_mode",
    ),
    (
        "compose.yaml",
        "--dapr-internal-grpc-port=50002",
        "--dapr-internal-grpc-port=50003",
        "--dapr-internal-grpc-port",
    ),
    ("compose.yaml", "daprio/daprd:1.18.3", "daprio/daprd:1.18.2", "chat-sidecar: the image"),
    ("compose.yaml", "/dev/tcp/127.0.0.1/8102", "/dev/tcp/127.0.0.1/8101", "triage: the health check"),
    (
        "compose.yaml",
        "LEARNFLOW_LISTEN: 0.0.0.0:8180",
        "LEARNFLOW_LISTEN: 0.0.0.0:8181",
        "gateway: LEARNFLOW_LISTEN",
    ),
    ("compose.yaml", "LEARNFLOW_LISTEN:", "LEARNFLOW_ADDRESS:", "gateway: no code reads LEARNFLOW_ADDRESS"),
    ("compose.yaml", "127.0.0.1:8180:8180", "8180:8180", "gateway: the published ports"),
    (
        "compose.yaml",
        "    network_mode: service:chat\n",
        "    network_mode: service:chat\n    ports: [\"9090:9090\"]\n",
        "chat-sidecar: publishes ports",
    ),
    (
        "compose.yaml",
        "DATABASE_URL: postgres://chat:",
        "DATABASE_URI: postgres://chat:",
        "chat: DATABASE_URL is missing",
    ),
    ("compose.yaml", "postgres://concepts:", "postgres://chat:", "concepts: DATABASE_URL"),
    ("compose.yaml", "LEARNFLOW_KAFKA_BROKERS", "KAFKA_BROKERS", "LEARNFLOW_KAFKA_BROKERS is missing"),
    ("compose.yaml", "apache/kafka:4.1.1", "apache/kafka:3.9.0", "kafka: the image"),
    (
        "compose.yaml",
        "      TRIAGE_PASSWORD: ${TRIAGE_PASSWORD}\n",
        "",
        "postgres: TRIAGE_PASSWORD is missing",
    ),
    ("compose.yaml", "./postgres/roles.sh:", "./postgres/role.sh:", "is mounted, and not there"),
    ("compose.yaml", "${DAPR_STATE_PASSWORD", "${STATE_PASSWORD", ".env.example"),
    (".env.example", "CHAT_PASSWORD", "TALK_PASSWORD", ".env.example"),
    ("name-resolution.yaml", "{appid}:50002", "{appid}-sidecar:50002", "name-resolution.yaml"),
    ("postgres/roles.sh", "roles=(chat triage", "roles=(chat", "roles.sh"),
    ("Dockerfile", "rust:1.95-", "rust:1.94-", "Dockerfile: FROM rust"),
    ("Dockerfile", "RUSTUP_TOOLCHAIN=1.95.0", "RUSTUP_TOOLCHAIN=1.94.0", "Dockerfile: RUSTUP_TOOLCHAIN"),
    ("Dockerfile", "USER 65532:65532", "USER root", "Dockerfile: USER"),
    ("Dockerfile", "--bin learnflow", "--bin server", "Dockerfile: RUN cargo build"),
    ("Dockerfile.dockerignore", "!shared\n", "", "Dockerfile.dockerignore: shared"),
    ("Dockerfile.dockerignore", "!proto\n", "!deploy\n", "Dockerfile.dockerignore: deploy"),
];

#[test]
fn the_topics_are_those_of_the_components() {
    let script = files::folder().join("deploy/kafka/topics");
    let list = files::folder().join("components/topics.yaml");
    let output = Command::new(&script).arg("--print").arg(&list).output().expect("the script runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut printed: Vec<String> =
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    let mut wanted = facts::topics();
    printed.sort();
    wanted.sort();
    assert!(wanted.len() > 10, "{wanted:?}");
    assert_eq!(printed, wanted);
}
