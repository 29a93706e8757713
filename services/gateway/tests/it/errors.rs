//! Whatever goes wrong, the client is told in one shape.

use std::time::{Duration, Instant};

use http::Method;
use http_body_util::Full;
use learnflow_runtime::Vars;
use serde_json::json;
use tonic::Code;

use crate::edge::Edge;
use crate::standin::StandIn;

const EXPLAIN: &str = "/api/v1/concepts/explain";

#[tokio::test]
async fn json_that_does_not_fit_names_the_field() {
    let edge = Edge::start().await;
    let body = json!({"student_id": 7, "query": "q", "context": {"code": ["x"]}, "query_type": "poetry", "querry": ""});
    let answer = edge.post("/api/v1/query", body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.fields(), ["student_id", "context.code", "query_type", "querry"]);
    let refusal = answer.refusal();
    assert_eq!(refusal["code"], "INVALID_REQUEST");
    assert_eq!(
        refusal["details"][2]["description"],
        "must be one of concepts, code-review, debug, exercise, progress"
    );
    assert_eq!(refusal["details"][3]["description"], "is not a field here; did you mean query?");
    assert_eq!(edge.get("/api/v1/modules/three").await.fields(), ["module_id"]);
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let edge = Edge::start().await;
    for body in ["", "{", "[]", "7", "{\"concept\": }", "{\"concept\": \"\u{0}\"}", "null"] {
        let answer = edge.post_bytes(EXPLAIN, "application/json", body).await;
        assert_eq!(answer.status.as_u16(), if body.is_empty() { 200 } else { 400 }, "{body:?}");
    }
    let answer = edge.post_bytes(EXPLAIN, "application/json", &b"{\"concept\": \"\xff\"}"[..]).await;
    assert_eq!((answer.status.as_u16(), &answer.refusal()["code"]), (400, &json!("INVALID_REQUEST")));
    let nested = "[".repeat(100_000);
    assert_eq!(edge.post_bytes(EXPLAIN, "application/json", nested).await.status, 400);
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    let edge = Edge::start().await;
    for path in ["/", "/api/v1", "/api/v1/nothing", "/api/v1/modules/", "/api//v1/modules", "/API/v1/modules"]
    {
        let answer = edge.get(path).await;
        assert_eq!((answer.status.as_u16(), &answer.refusal()["code"]), (404, &json!("NOT_FOUND")), "{path}");
    }
    let answer = edge.get(EXPLAIN).await;
    // The path of one topic fits it too: `explain` is no number.
    assert_eq!((answer.status.as_u16(), answer.fields()), (400, vec!["topic_id".to_owned()]));
    let answer = edge.post("/api/v1/modules", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, HEAD"));
    assert_eq!(answer.refusal()["code"], "METHOD_NOT_ALLOWED");
    let answer = edge.post("/ready", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, HEAD"));
    answer.refusal();
    let answer = edge.get("/api/v1/modules/%ff").await;
    assert_eq!(answer.status, 400);
    answer.refusal();
}

#[tokio::test]
async fn bodies_of_another_type_or_size() {
    let vars = Vars::default().with("LEARNFLOW_MAX_BODY_BYTES", "100");
    let edge = Edge::with(learnflow_wire::descriptor_pool(), vars).await;
    let form = edge.post_bytes(EXPLAIN, "application/x-www-form-urlencoded", "concept=loops").await;
    assert_eq!((form.status.as_u16(), &form.refusal()["code"]), (415, &json!("UNSUPPORTED_MEDIA_TYPE")));
    let untyped = edge.request(&Method::POST, EXPLAIN).body(Full::from("{}")).unwrap();
    assert_eq!(edge.send(untyped).await.status, 415);
    let large = edge.post(EXPLAIN, json!({"concept": "x".repeat(100)})).await;
    assert_eq!((large.status.as_u16(), &large.refusal()["code"]), (413, &json!("BODY_TOO_LARGE")));
    let unwanted = edge.request(&Method::GET, "/api/v1/modules").body(Full::from("{}")).unwrap();
    assert_eq!(edge.send(unwanted).await.status, 400);
}

#[tokio::test]
async fn codes_become_statuses() {
    let edge = Edge::start().await;
    let table = [
        (Code::Cancelled, 499, "CANCELLED"),
        (Code::Unknown, 500, "INTERNAL"),
        (Code::InvalidArgument, 422, "INVALID_ARGUMENT"),
        (Code::DeadlineExceeded, 504, "DEADLINE_EXCEEDED"),
        (Code::NotFound, 404, "NOT_FOUND"),
        (Code::AlreadyExists, 409, "ALREADY_EXISTS"),
        (Code::PermissionDenied, 403, "PERMISSION_DENIED"),
        (Code::ResourceExhausted, 429, "RESOURCE_EXHAUSTED"),
        (Code::FailedPrecondition, 422, "FAILED_PRECONDITION"),
        (Code::Aborted, 409, "ABORTED"),
        (Code::OutOfRange, 400, "OUT_OF_RANGE"),
        (Code::Unimplemented, 501, "UNIMPLEMENTED"),
        (Code::Internal, 500, "INTERNAL"),
        (Code::Unavailable, 503, "UNAVAILABLE"),
        (Code::DataLoss, 500, "DATA_LOSS"),
        (Code::Unauthenticated, 401, "UNAUTHENTICATED"),
    ];
    for (code, status, name) in table {
        let concept = format!("fail {} the reason", code as i32);
        let answer = edge.post(EXPLAIN, json!({"concept": concept})).await;
        let refusal = answer.refusal();
        assert_eq!((answer.status.as_u16(), &refusal["code"]), (status, &json!(name)), "{code:?}");
        let told = refusal["message"] == "the reason";
        let for_the_caller = status < 499;
        assert_eq!(told, for_the_caller, "{code:?}: {refusal}");
        assert_eq!(answer.header("www-authenticate"), if status == 401 { "Bearer" } else { "" });
        let retry = matches!(status, 429 | 503);
        assert_eq!(answer.header("retry-after"), if retry { "1" } else { "" }, "{code:?}");
    }
}

#[tokio::test]
async fn violations_and_delays_come_through() {
    let edge = Edge::start().await;
    let answer = edge.post(EXPLAIN, json!({"concept": "loops", "mastery_level": 101})).await;
    assert_eq!((answer.status.as_u16(), answer.fields()), (422, vec!["mastery_level".to_owned()]));
    let busy = edge.post(EXPLAIN, json!({"concept": "busy"})).await;
    assert_eq!((busy.status.as_u16(), busy.header("retry-after")), (429, "3"));
    assert_eq!(edge.get("/api/v1/modules/99").await.refusal()["message"], "there is no module 99");
}

#[tokio::test]
async fn a_slow_service_is_a_gateway_timeout() {
    let vars = Vars::default().with("LEARNFLOW_REQUEST_TIMEOUT_MS", "300");
    let edge = Edge::with(learnflow_wire::descriptor_pool(), vars).await;
    let started = Instant::now();
    let answer = edge.post(EXPLAIN, json!({"concept": "sleep"})).await;
    assert_eq!((answer.status.as_u16(), &answer.refusal()["code"]), (504, &json!("DEADLINE_EXCEEDED")));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(edge.behind.last("Explain").contains_key("grpc-timeout"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_a_request_timeout() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let vars = Vars::default().with("LEARNFLOW_REQUEST_TIMEOUT_MS", "300");
    let edge = Edge::with(learnflow_wire::descriptor_pool(), vars).await;
    let mut stream = tokio::net::TcpStream::connect(edge.address).await.unwrap();
    let head = format!(
        "POST {EXPLAIN} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let length =
        tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("REQUEST_TIMEOUT"), "{answer}");
}

#[tokio::test]
async fn a_service_that_panics_is_an_error_like_any_other() {
    let edge = Edge::start().await;
    let answer = edge.post(EXPLAIN, json!({"concept": "panic"})).await;
    assert!(answer.status.is_server_error());
    answer.refusal();
    assert_eq!(edge.get("/api/v1/modules").await.status, 200);
}

#[tokio::test]
async fn a_dead_sidecar_is_unavailable_at_once() {
    let mut behind = StandIn::start().await;
    // Bound and let go: nobody listens there.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    behind.address = free.local_addr().unwrap();
    drop(free);
    let edge = Edge::before(behind, learnflow_wire::descriptor_pool(), Vars::default()).await;
    let started = Instant::now();
    let answer = edge.get("/api/v1/modules").await;
    assert_eq!((answer.status.as_u16(), &answer.refusal()["code"]), (503, &json!("UNAVAILABLE")));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(edge.get("/ready").await.status, 503);
    assert_eq!(edge.get("/health").await.status, 200);
}

#[tokio::test]
async fn a_service_that_the_sidecar_cannot_find_is_unavailable() {
    let edge = Edge::start().await;
    let concept = "fail 2 timeout waiting for address for app id concepts";
    let answer = edge.post(EXPLAIN, json!({"concept": concept})).await;
    assert_eq!(answer.status, 503);
    assert!(!answer.refusal()["message"].as_str().unwrap().contains("app id"));
}

#[tokio::test]
async fn too_many_at_once_are_told_so() {
    let vars =
        Vars::default().with("LEARNFLOW_MAX_IN_FLIGHT", "1").with("LEARNFLOW_REQUEST_TIMEOUT_MS", "1500");
    let edge = Edge::with(learnflow_wire::descriptor_pool(), vars).await;
    let slow = edge.post(EXPLAIN, json!({"concept": "sleep"}));
    let quick = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        (edge.get("/api/v1/modules").await, edge.get("/health").await)
    };
    let (slow, (refused, health)) = tokio::join!(slow, quick);
    assert_eq!((slow.status.as_u16(), refused.status.as_u16(), health.status.as_u16()), (504, 503, 200));
    assert_eq!(refused.header("retry-after"), "1");
}
