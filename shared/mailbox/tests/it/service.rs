//! The ground that services stand on: a start in one order, an end in the other.

use std::time::Duration;

use learnflow_chat_client::pb::QueryAsked;
use learnflow_mailbox::{Consumer, Ground, Handle, Mailbox};
use learnflow_postgres::DatabaseConfig;
use learnflow_runtime::config::{Common, Reader};
use learnflow_runtime::{Error, Shutdown, Vars};
use learnflow_testkit::{Database, Replica, World, free_address};
use tokio::sync::oneshot;

use crate::{APP, MIGRATIONS, effects, event, published, say, until_published};

/// Lays the ground of a service with the tables of the tests.
async fn lay(service: &'static str, env: &Vars, shutdown: &Shutdown) -> Result<Ground, Error> {
    let (common, database) = read(service, env)?;
    Ground::lay(common, &database, &MIGRATIONS, shutdown).await
}

fn read(service: &'static str, env: &Vars) -> Result<(Common, DatabaseConfig), Error> {
    let mut reader = Reader::new(env);
    let common = Common::read(&mut reader, service, 8102);
    let database = DatabaseConfig::read(&mut reader, service);
    reader.finish()?;
    Ok((common, database))
}

/// Starts a service in triage's place, whose one handler is `handler`.
pub(crate) async fn start(world: &World, handler: impl Handle<QueryAsked>) -> Replica {
    let build = async |env, shutdown| {
        let ground = lay("triage", &env, &shutdown).await?;
        let consumer = Consumer::new(ground.mailbox.clone(), "triage").on::<QueryAsked>(handler);
        Ok(ground.build(consumer, |server| server))
    };
    world.start("triage", build).await
}

/// Starts a service in chat's place, which only publishes; its mailbox.
async fn publisher(world: &World) -> (Replica, Mailbox) {
    let (sender, mailbox) = oneshot::channel();
    let build = async |env, shutdown| {
        let ground = lay(APP, &env, &shutdown).await?;
        sender.send(ground.mailbox.clone()).expect("the test waits for it");
        let consumer = Consumer::new(ground.mailbox.clone(), APP);
        Ok(ground.build(consumer, |server| server))
    };
    let replica = world.start(APP, build).await;
    (replica, mailbox.await.expect("the service was built"))
}

#[tokio::test]
async fn a_stop_sends_what_is_in_the_outbox() {
    let world = World::new().await;
    let (service, mailbox) = publisher(&world).await;
    let mut tx = mailbox.begin().await.unwrap();
    for number in 0..500 {
        tx.publish(&event("maya", number)).await.unwrap();
    }
    tx.commit().await.unwrap();
    world.stop(service).await;
    assert_eq!(published(&world), [("maya".to_owned(), (0..500).collect())].into());
    assert!(mailbox.pool().is_closed());
}

#[tokio::test]
async fn what_a_stop_cannot_send_in_time_is_sent_by_the_next_start() {
    let world = World::new().await;
    let env = world.env(free_address()).with("LEARNFLOW_DRAIN_MS", "300");
    let shutdown = Shutdown::new();
    let ground = lay(APP, &env, &shutdown).await.unwrap();
    let mailbox = ground.mailbox.clone();
    let consumer = Consumer::new(mailbox.clone(), APP);
    let running = tokio::spawn(ground.build(consumer, |server| server).run(shutdown.clone()));
    say(&mailbox, "maya", 1).await;
    shutdown.start();
    let ended = tokio::time::timeout(Duration::from_secs(5), running).await;
    ended.expect("the drain has an end").unwrap().unwrap();
    assert!(published(&world).is_empty());

    let (_next, _) = publisher(&world).await;
    until_published(&world, &[("maya".to_owned(), vec![1])].into()).await;
}

#[tokio::test]
async fn an_event_in_hand_is_finished_before_the_end() {
    use learnflow_mailbox::{Failure, Received, Tx};
    use std::sync::Arc;
    use tokio::sync::Notify;

    struct Slow(Arc<Notify>);
    impl Handle<QueryAsked> for Slow {
        async fn handle(&self, tx: &mut Tx, received: Received<QueryAsked>) -> Result<(), Failure> {
            self.0.notify_one();
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(crate::effect(tx, &received.event.message_id).await?)
        }
    }

    let (world, begun) = (World::new().await, Arc::new(Notify::new()));
    let service = start(&world, Slow(Arc::clone(&begun))).await;
    world.publish("chat", &event("maya", 1)).await;
    begun.notified().await;
    world.stop(service).await;
    assert_eq!(effects(&world.database.pool("triage").await).await, ["1"]);
}

#[tokio::test]
async fn replicas_that_start_together_migrate_once() {
    let database = Database::fresh().await;
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let env =
            Vars::default().with("LEARNFLOW_LISTEN", "127.0.0.1:0").with("DATABASE_URL", database.url());
        racing.spawn(async move { lay("triage", &env, &Shutdown::new()).await.map(drop) });
    }
    // Another service in the same database, at the same time.
    let env = Vars::default().with("LEARNFLOW_LISTEN", "127.0.0.1:0").with("DATABASE_URL", database.url());
    racing.spawn(async move { lay("code-review", &env, &Shutdown::new()).await.map(drop) });
    for laid in racing.join_all().await {
        laid.unwrap();
    }
    let count = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
    for service in ["triage", "code-review"] {
        let pool = database.pool(service).await;
        let tables: i64 = sqlx::query_scalar(count).fetch_one(&pool).await.unwrap();
        assert_eq!(tables, 5, "{service}: effects, outbox, inbox, and two lists of migrations");
    }
}

#[tokio::test]
async fn a_port_in_use_is_said_before_anything_is_touched() {
    let world = World::new().await;
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let env = world.env(free_address()).with("LEARNFLOW_LISTEN", &address);
    let error = lay("triage", &env, &Shutdown::new()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {address}: the port is in use"));
    let pool = world.database.pool("triage").await;
    let schemas: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'triage'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(schemas, 0);
}
