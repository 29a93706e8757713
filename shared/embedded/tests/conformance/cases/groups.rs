//! Replicas: some share the events of a topic, others all get every one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::PATIENCE;
use crate::world::World;

crate::cases::cases! {
    replicas_of_an_app_share_its_partitions,
    with_a_uuid_every_replica_gets_every_event,
}

/// What each replica got of a topic.
fn seen(world: &World, topic: &str) -> Vec<HashMap<String, String>> {
    let replicas = world.replicas("twin").iter();
    let texts = replicas.map(|app| {
        let deliveries = app.deliveries(&world.topic(topic)).into_iter();
        deliveries
            .map(|delivery| (delivery.text(), delivery.meta("__partition").unwrap().to_owned()))
            .collect()
    });
    texts.collect()
}

async fn replicas_of_an_app_share_its_partitions(world: Arc<World>) {
    let deadline = Instant::now() + PATIENCE;
    // A round in which both got some, and no partition went to both: the group has settled.
    for round in 0.. {
        for key in 0..20 {
            world
                .publish("events", "shared", &format!("k{key}"), format!("ok:0:{round}-{key}").as_bytes())
                .await;
        }
        let of_round = |text: &String| text.starts_with(&format!("ok:0:{round}-"));
        let all: HashSet<_> = loop {
            let seen = seen(&world, "shared");
            let all: HashSet<_> =
                seen.iter().flat_map(HashMap::keys).filter(|text| of_round(text)).cloned().collect();
            if all.len() == 20 {
                break all;
            }
            assert!(Instant::now() < deadline, "only {} of round {round}", all.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let seen = seen(&world, "shared");
        let partitions: Vec<HashSet<&String>> = seen
            .iter()
            .map(|of_replica| {
                of_replica.iter().filter(|(text, _)| of_round(text)).map(|(_, it)| it).collect()
            })
            .collect();
        let both = partitions.iter().all(|partitions| !partitions.is_empty());
        if both && partitions[0].is_disjoint(&partitions[1]) {
            return;
        }
        assert!(Instant::now() < deadline, "not shared: {partitions:?} of {all:?}");
    }
}

async fn with_a_uuid_every_replica_gets_every_event(world: Arc<World>) {
    let deadline = Instant::now() + PATIENCE;
    // Each group starts at the newest record, so the first ones may be missed.
    for round in 0.. {
        let text = format!("ok:0:{round}");
        world.publish("live", "everyone", "k", text.as_bytes()).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        if seen(&world, "everyone").iter().all(|texts| texts.contains_key(&text)) {
            return;
        }
        assert!(Instant::now() < deadline, "{:?}", seen(&world, "everyone"));
    }
}
