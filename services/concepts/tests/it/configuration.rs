//! What the service says when it cannot start, and that replicas may start together.

use learnflow_concepts::{Config, SERVICE, build};
use learnflow_runtime::{Shutdown, Vars};
use learnflow_testkit::Database;

#[test]
fn every_bad_key_is_named_at_once() {
    let env = Vars::default()
        .with("LEARNFLOW_LISTEN", "localhost")
        .with("DAPR_GRPC_PORT", "70000")
        .with("LEARNFLOW_CALL_DEADLINE_MS", "5s")
        .with("LEARNFLOW_DB_STARTUP_MS", "never");
    let problems = Config::from_env(&env).unwrap_err();
    let mut keys: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
    keys.sort_unstable();
    let expected = [
        "DAPR_GRPC_PORT",
        "DATABASE_URL",
        "LEARNFLOW_CALL_DEADLINE_MS",
        "LEARNFLOW_DB_STARTUP_MS",
        "LEARNFLOW_LISTEN",
    ];
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn replicas_that_start_together_migrate_once() {
    let database = Database::fresh().await;
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let env =
            Vars::default().with("LEARNFLOW_LISTEN", "127.0.0.1:0").with("DATABASE_URL", database.url());
        let config = Config::from_env(&env).unwrap();
        racing.spawn(async move { build(config, &Shutdown::new()).await.map(drop) });
    }
    for built in racing.join_all().await {
        built.unwrap();
    }
    let pool = database.pool(SERVICE).await;
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(tables, 5, "explanations, outbox, inbox, and two lists of migrations");
}
