//! Replicas of a service share an outbox.

use std::time::Duration;

use learnflow_runtime::Shutdown;
use learnflow_testkit::{World, eventually, free_address, sidecar_at};

use crate::order::commit_many;
use crate::{APP, mailbox, mailbox_with, until_published};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_replicas_keep_the_order_of_each_key_and_publish_everything_once() {
    let world = World::new().await;
    let mailboxes = [mailbox(&world).await, mailbox(&world).await, mailbox(&world).await];
    let wanted = commit_many(&mailboxes).await;
    until_published(&world, &wanted).await;
    eventually("the outbox is empty", async || (mailboxes[0].depth().await.unwrap() == 0).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_without_a_sidecar_is_stood_in_for() {
    let world = World::new().await;
    let cut_off = mailbox_with(&world, sidecar_at(free_address()), &Shutdown::new()).await;
    let well = mailbox(&world).await;
    let wanted = commit_many(&[cut_off.clone(), well]).await;
    until_published(&world, &wanted).await;
    eventually("the outbox is empty", async || (cut_off.depth().await.unwrap() == 0).then_some(())).await;
    // What others have sent is nothing to wait for.
    tokio::time::timeout(Duration::from_secs(10), cut_off.flush()).await.expect("flush ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_whose_sidecars_come_and_go_lose_nothing_and_keep_the_order() {
    let world = World::new().await;
    let addresses = [free_address(), free_address()];
    let mut mailboxes = Vec::new();
    for address in addresses {
        mailboxes.push(mailbox_with(&world, sidecar_at(address), &Shutdown::new()).await);
    }
    let flapping = async {
        for _ in 0..3 {
            for address in addresses {
                let sidecar = world.open_sidecar(APP, address).await;
                tokio::time::sleep(Duration::from_millis(150)).await;
                world.close_sidecar(&sidecar).await;
            }
        }
    };
    let (wanted, ()) = tokio::join!(commit_many(&mailboxes), flapping);
    for address in addresses {
        world.open_sidecar(APP, address).await;
    }
    eventually("the outbox is empty", async || (mailboxes[0].depth().await.unwrap() == 0).then_some(()))
        .await;
    // A cut connection may hide that an event did arrive, so it may be there twice: the first of each are in order.
    for (key, numbers) in crate::published(&world) {
        let mut firsts = Vec::new();
        for number in numbers {
            if !firsts.contains(&number) {
                firsts.push(number);
            }
        }
        assert_eq!(firsts, wanted[&key], "{key}");
    }
}

#[tokio::test]
async fn an_idle_replica_sweeps_up_what_another_left() {
    let world = World::new().await;
    let stop = Shutdown::new();
    let dying = mailbox_with(&world, sidecar_at(free_address()), &stop).await;
    let _idle = mailbox(&world).await;
    let mut tx = dying.begin().await.unwrap();
    tx.publish(&crate::event("maya", 1)).await.unwrap();
    tx.commit().await.unwrap();
    stop.start();
    dying.pool().close().await;
    until_published(&world, &[("maya".to_owned(), vec![1])].into()).await;
}
