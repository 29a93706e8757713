//! Keys and values.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::state_options::StateConcurrency;
use dapr::dapr::proto::common::v1 as common;
use dapr::dapr::proto::runtime::v1 as pb;
use tonic::{Code, Status};

use crate::world::World;

crate::cases::cases! {
    a_value_is_kept_until_it_is_deleted,
    a_missing_key_is_empty,
    a_wrong_etag_is_aborted,
    the_first_write_wins_if_asked,
    a_value_lives_as_long_as_it_is_told,
    an_app_does_not_see_anothers_keys,
    a_bulk_get_answers_in_order,
    a_transaction_is_all_or_nothing,
    a_bulk_delete_deletes,
    names_of_stores_and_keys_are_checked,
}

fn item(key: &str, value: &[u8]) -> common::StateItem {
    common::StateItem { key: key.to_owned(), value: value.to_vec(), ..Default::default() }
}

fn etag(etag: &str) -> common::Etag {
    common::Etag { value: etag.to_owned() }
}

fn first_write() -> common::StateOptions {
    common::StateOptions { concurrency: StateConcurrency::ConcurrencyFirstWrite.into(), consistency: 0 }
}

async fn save(world: &World, item: common::StateItem) -> Result<(), Status> {
    let request = pb::SaveStateRequest { store_name: "store".to_owned(), states: vec![item] };
    world.dapr("alpha").save_state(request).await.map(drop)
}

async fn get_as(world: &World, app: &str, key: &str) -> pb::GetStateResponse {
    let request = pb::GetStateRequest { store_name: "store".into(), key: key.into(), ..Default::default() };
    world.dapr(app).get_state(request).await.unwrap().into_inner()
}

async fn get(world: &World, key: &str) -> pb::GetStateResponse {
    get_as(world, "alpha", key).await
}

async fn delete(world: &World, key: &str, etag: Option<common::Etag>) -> Result<(), Status> {
    let request =
        pb::DeleteStateRequest { store_name: "store".into(), key: key.into(), etag, ..Default::default() };
    world.dapr("alpha").delete_state(request).await.map(drop)
}

async fn a_value_is_kept_until_it_is_deleted(world: Arc<World>) {
    save(&world, item("kept", b"\x00value\xff")).await.unwrap();
    let found = get(&world, "kept").await;
    assert_eq!(found.data, b"\x00value\xff");
    assert!(!found.etag.is_empty() && found.metadata.is_empty());
    delete(&world, "kept", None).await.unwrap();
    assert_eq!(get(&world, "kept").await, pb::GetStateResponse::default());
}

async fn a_missing_key_is_empty(world: Arc<World>) {
    assert_eq!(get(&world, "missing").await, pb::GetStateResponse::default());
    delete(&world, "missing", None).await.unwrap();
}

async fn a_wrong_etag_is_aborted(world: Arc<World>) {
    save(&world, item("tagged", b"1")).await.unwrap();
    let first = get(&world, "tagged").await.etag;
    save(&world, common::StateItem { etag: Some(etag(&first)), ..item("tagged", b"2") }).await.unwrap();
    let failed = save(&world, common::StateItem { etag: Some(etag(&first)), ..item("tagged", b"3") })
        .await
        .unwrap_err();
    assert_eq!(failed.code(), Code::Aborted, "{failed}");
    assert!(failed.message().contains("failed saving state in state store store"), "{failed}");
    let failed = delete(&world, "tagged", Some(etag(&first))).await.unwrap_err();
    assert_eq!(failed.code(), Code::Aborted, "{failed}");
    let failed =
        save(&world, common::StateItem { etag: Some(etag(&first)), ..item("never there", b"3") }).await;
    assert_eq!(failed.unwrap_err().code(), Code::Aborted);
    assert_eq!(get(&world, "tagged").await.data, b"2");
    let current = get(&world, "tagged").await.etag;
    delete(&world, "tagged", Some(etag(&current))).await.unwrap();
}

async fn the_first_write_wins_if_asked(world: Arc<World>) {
    let write = |value: &[u8]| common::StateItem { options: Some(first_write()), ..item("first", value) };
    save(&world, write(b"1")).await.unwrap();
    assert_eq!(save(&world, write(b"2")).await.unwrap_err().code(), Code::Aborted);
    save(&world, item("first", b"3")).await.unwrap();
    assert_eq!(get(&world, "first").await.data, b"3");
}

async fn a_value_lives_as_long_as_it_is_told(world: Arc<World>) {
    let metadata = HashMap::from([("ttlInSeconds".to_owned(), "1".to_owned())]);
    save(&world, common::StateItem { metadata, ..item("brief", b"1") }).await.unwrap();
    let found = get(&world, "brief").await;
    assert_eq!(found.data, b"1");
    let expiry = &found.metadata["ttlExpireTime"];
    assert!(expiry.ends_with('Z') && expiry.len() == 20, "{expiry}");
    let start = Instant::now();
    while !get(&world, "brief").await.data.is_empty() {
        assert!(start.elapsed() < Duration::from_secs(4));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(start.elapsed() > Duration::from_millis(800));
    let metadata = HashMap::from([("ttlInSeconds".to_owned(), "soon".to_owned())]);
    let failed = save(&world, common::StateItem { metadata, ..item("wrong", b"1") }).await.unwrap_err();
    assert_eq!(failed.code(), Code::Internal, "{failed}");
}

async fn an_app_does_not_see_anothers_keys(world: Arc<World>) {
    save(&world, item("mine", b"1")).await.unwrap();
    assert_eq!(get_as(&world, "beta", "mine").await, pb::GetStateResponse::default());
}

async fn a_bulk_get_answers_in_order(world: Arc<World>) {
    save(&world, item("bulk-1", b"1")).await.unwrap();
    save(&world, item("bulk-3", b"3")).await.unwrap();
    let keys = ["bulk-1", "bulk-2", "bulk-3"].map(str::to_owned).to_vec();
    let request =
        pb::GetBulkStateRequest { store_name: "store".into(), keys: keys.clone(), ..Default::default() };
    let items = world.dapr("alpha").get_bulk_state(request).await.unwrap().into_inner().items;
    assert_eq!(items.iter().map(|item| item.key.clone()).collect::<Vec<_>>(), keys);
    let values: Vec<_> = items.iter().map(|item| item.data.as_slice()).collect();
    assert_eq!(values, [b"1".as_slice(), b"", b"3"]);
    assert_eq!(items.iter().map(|item| item.etag.is_empty()).collect::<Vec<_>>(), [false, true, false]);
}

async fn transact(world: &World, operations: &[(&str, common::StateItem)]) -> Result<(), Status> {
    let operation = |(kind, item): &(&str, common::StateItem)| pb::TransactionalStateOperation {
        operation_type: (*kind).to_owned(),
        request: Some(item.clone()),
    };
    let request = pb::ExecuteStateTransactionRequest {
        store_name: "store".into(),
        operations: operations.iter().map(operation).collect(),
        metadata: HashMap::new(),
    };
    world.dapr("alpha").execute_state_transaction(request).await.map(drop)
}

async fn a_transaction_is_all_or_nothing(world: Arc<World>) {
    save(&world, item("old", b"1")).await.unwrap();
    transact(&world, &[("upsert", item("new", b"2")), ("delete", item("old", b""))]).await.unwrap();
    assert_eq!((get(&world, "new").await.data, get(&world, "old").await.data), (b"2".to_vec(), Vec::new()));
    let wrong =
        common::StateItem { etag: Some(etag("00000000-0000-0000-0000-000000000000")), ..item("new", b"3") };
    let failed = transact(&world, &[("upsert", item("other", b"4")), ("upsert", wrong)]).await.unwrap_err();
    assert_eq!(failed.code(), Code::Internal, "{failed}");
    assert_eq!((get(&world, "new").await.data, get(&world, "other").await.data), (b"2".to_vec(), Vec::new()));
    let failed = transact(&world, &[("rename", item("new", b""))]).await.unwrap_err();
    assert_eq!(failed.code(), Code::Unimplemented, "{failed}");
}

async fn a_bulk_delete_deletes(world: Arc<World>) {
    save(&world, item("delete-1", b"1")).await.unwrap();
    let states = vec![item("delete-1", b""), item("delete-2", b"")];
    let request = pb::DeleteBulkStateRequest { store_name: "store".into(), states };
    world.dapr("alpha").delete_bulk_state(request).await.unwrap();
    assert_eq!(get(&world, "delete-1").await, pb::GetStateResponse::default());
}

async fn names_of_stores_and_keys_are_checked(world: Arc<World>) {
    let request = pb::GetStateRequest { store_name: "nothing".into(), key: "k".into(), ..Default::default() };
    let failed = world.dapr("alpha").get_state(request).await.unwrap_err();
    assert_eq!(
        (failed.code(), failed.message()),
        (Code::InvalidArgument, "state store nothing is not found")
    );
    let failed = save(&world, item("a||b", b"1")).await.unwrap_err();
    assert_eq!(failed.code(), Code::InvalidArgument, "{failed}");
    assert!(failed.message().contains("can't contain '||'"), "{failed}");
    let failed = save(&world, item("", b"1")).await.unwrap_err();
    assert_eq!(failed.code(), Code::InvalidArgument, "{failed}");
}
