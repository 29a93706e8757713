use super::*;

/// Retries what says `later`, drops what says `never`.
struct Scripted;

impl Subscriber for Scripted {
    fn deliver(&self, delivery: Delivery) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>> {
        Box::pin(async move {
            match delivery.value.as_slice() {
                b"later" => Outcome::Retry,
                b"never" => Outcome::Drop,
                _ => Outcome::Success,
            }
        })
    }
}

fn callback(ready: Result<(), String>) -> Callback {
    Callback::new(Arc::new(Scripted), Arc::new(move || ready.clone()))
}

fn entry(id: &str, value: &str) -> TopicEventBulkRequestEntry {
    TopicEventBulkRequestEntry {
        entry_id: id.to_owned(),
        event: Some(BulkEvent::Bytes(value.as_bytes().to_vec())),
        ..TopicEventBulkRequestEntry::default()
    }
}

#[tokio::test]
async fn a_bulk_has_an_outcome_per_event_and_nothing_overtakes() {
    let entries = vec![entry("1", "ok"), entry("2", "never"), entry("3", "later"), entry("4", "ok")];
    let request = TopicEventBulkRequest { entries, ..TopicEventBulkRequest::default() };
    let response = callback(Ok(())).on_bulk_topic_event(Request::new(request)).await.unwrap().into_inner();
    let statuses: Vec<_> =
        response.statuses.iter().map(|entry| (entry.entry_id.as_str(), entry.status)).collect();
    assert_eq!(statuses, [("1", 0), ("2", 2), ("3", 1), ("4", 1)]);
}

#[tokio::test]
async fn a_single_event_keeps_its_headers() {
    let mut request =
        Request::new(TopicEventRequest { data: b"never".to_vec(), ..TopicEventRequest::default() });
    request.metadata_mut().insert("__key", "s-1".parse().unwrap());
    let response = callback(Ok(())).on_topic_event(request).await.unwrap().into_inner();
    assert_eq!(response.status, TopicEventResponseStatus::Drop as i32);
}

#[tokio::test]
async fn ill_health_says_why() {
    let status =
        callback(Err("database unreachable".to_owned())).health_check(Request::new(())).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (tonic::Code::Unavailable, "database unreachable"));
}
