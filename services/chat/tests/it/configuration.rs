//! What the service says when it cannot start, and that replicas may start together.

use learnflow_chat::{Config, SERVICE, build};
use learnflow_runtime::{Error, Shutdown, Vars};
use learnflow_testkit::{Database, World, eventually, free_address};

use crate::{client, query};

#[test]
fn every_bad_key_is_named_at_once() {
    let env = Vars::default()
        .with("LEARNFLOW_LISTEN", "chat:8101")
        .with("DAPR_GRPC_ENDPOINT", "127.0.0.1:50101")
        .with("DATABASE_URL", "mysql://somewhere")
        .with("LEARNFLOW_DB_CONNECTIONS", "21")
        .with("LEARNFLOW_MAX_IN_FLIGHT", "0")
        .with("LEARNFLOW_DRAIN_MS", "soon")
        .with("LEARNFLOW_ANSWER_WAIT_MS", "-1");
    let problems = Config::from_env(&env).unwrap_err();
    let mut keys: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
    keys.sort_unstable();
    let mut expected = [
        "DAPR_GRPC_ENDPOINT",
        "DATABASE_URL",
        "LEARNFLOW_ANSWER_WAIT_MS",
        "LEARNFLOW_DB_CONNECTIONS",
        "LEARNFLOW_DRAIN_MS",
        "LEARNFLOW_LISTEN",
        "LEARNFLOW_MAX_IN_FLIGHT",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    let text = problems.to_string();
    assert!(expected.iter().all(|key| text.contains(key)), "{text}");
    assert_eq!(Error::from(problems).exit_code(), 64);
}

#[test]
fn a_missing_database_is_a_bad_key() {
    let problems = Config::from_env(&Vars::default()).unwrap_err();
    assert_eq!(problems.0.len(), 1, "{problems}");
    assert!(problems.to_string().contains("DATABASE_URL is missing"), "{problems}");
}

fn env(database: &str) -> Vars {
    Vars::default().with("LEARNFLOW_LISTEN", "127.0.0.1:0").with("DATABASE_URL", database)
}

#[tokio::test]
async fn a_port_in_use_is_said_before_the_database_is_touched() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    // Nobody is there; asking would take 15 seconds.
    let env = env(&format!("postgres://nobody@{}/none", free_address()))
        .with("LEARNFLOW_LISTEN", address.to_string());
    let error = build(Config::from_env(&env).unwrap(), &Shutdown::new()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {address}: the port is in use"));
    assert_eq!(error.exit_code(), 1);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_said_and_no_password_with_it() {
    let env = env(&format!("postgres://chat:hunter2@{}/none", free_address()))
        .with("LEARNFLOW_DB_STARTUP_MS", "100");
    let error = build(Config::from_env(&env).unwrap(), &Shutdown::new()).await.unwrap_err();
    let text = format!("{error}: {error:?}");
    assert!(text.contains("no database") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn replicas_that_start_together_migrate_once() {
    let database = Database::fresh().await;
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let config = Config::from_env(&env(database.url())).unwrap();
        racing.spawn(async move { build(config, &Shutdown::new()).await.map(drop) });
    }
    for built in racing.join_all().await {
        built.unwrap();
    }
    let pool = database.pool(SERVICE).await;
    for list in ["_sqlx_migrations", "_mailbox_migrations"] {
        let count = sqlx::AssertSqlSafe(format!(
            "SELECT count(*), count(DISTINCT version) FROM {list} WHERE success"
        ));
        let (all, distinct): (i64, i64) = sqlx::query_as(count).fetch_one(&pool).await.unwrap();
        assert!(all >= 1 && all == distinct, "{list}: {all} rows of {distinct} versions");
    }
}

#[tokio::test]
async fn the_pool_is_bounded() {
    let world = World::new().await;
    let _chat = crate::start_with(&world, |env| env.with("LEARNFLOW_DB_CONNECTIONS", "2")).await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..40 {
        let mut chat = client(&world).await;
        let mut request = tonic::Request::new(query(&format!("student-{number}"), "What is a list?"));
        request.set_timeout(std::time::Duration::from_secs(3));
        asking.spawn(async move { chat.query(request).await });
    }
    // Under a name of our own, so that our connections are told from the service's.
    let pool = world.database.pool("observer").await;
    let mut most = 0_i64;
    eventually("all are stored", async || {
        let open: i64 =
            sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1")
                .bind(SERVICE)
                .fetch_one(&pool)
                .await
                .unwrap();
        most = most.max(open);
        let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM chat.messages").fetch_one(&pool).await.unwrap();
        (stored == 40).then_some(())
    })
    .await;
    assert!((1..=2).contains(&most), "{most} connections");
    for response in asking.join_all().await {
        response.expect("every question is accepted");
    }
}
