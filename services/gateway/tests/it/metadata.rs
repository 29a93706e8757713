//! What travels on: request id, token, trace. And what does not.

use http::{HeaderMap, Method};
use http_body_util::Full;

use crate::edge::{Answer, Edge};

async fn get(edge: &Edge, headers: &[(&str, &str)]) -> (Answer, HeaderMap) {
    let mut request = edge.request(&Method::GET, "/api/v1/modules");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = edge.send(request.body(Full::default()).unwrap()).await;
    (answer, edge.behind.last("ListModules"))
}

#[tokio::test]
async fn a_sound_request_id_is_echoed_and_arrives() {
    let edge = Edge::start().await;
    let (answer, metadata) = get(&edge, &[("x-request-id", "req-42.a")]).await;
    assert_eq!(
        (answer.header("x-request-id"), metadata["x-request-id"].to_str().unwrap()),
        ("req-42.a", "req-42.a")
    );
}

#[tokio::test]
async fn any_other_request_id_is_replaced() {
    let edge = Edge::start().await;
    let long = "x".repeat(200);
    for headers in [vec![], vec![("x-request-id", "{\"a\": 1}")], vec![("x-request-id", long.as_str())]] {
        let (answer, metadata) = get(&edge, &headers).await;
        let id = answer.header("x-request-id");
        assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
        assert_eq!(metadata["x-request-id"], id);
    }
}

#[tokio::test]
async fn the_clients_trace_goes_on() {
    let edge = Edge::start().await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let (_, metadata) = get(&edge, &[("traceparent", parent), ("tracestate", "vendor=1")]).await;
    let arrived = metadata["traceparent"].to_str().unwrap();
    assert!(
        arrived.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && arrived.ends_with("-01"),
        "{arrived}"
    );
    assert_ne!(arrived, parent, "the edge's own span is the parent");
    assert_eq!(metadata["tracestate"], "vendor=1");
}

#[tokio::test]
async fn a_malformed_trace_is_replaced() {
    let edge = Edge::start().await;
    let (answer, metadata) = get(&edge, &[("traceparent", "00-nonsense"), ("tracestate", "vendor=1")]).await;
    assert_eq!(answer.status, 200);
    let arrived = metadata["traceparent"].to_str().unwrap();
    assert_eq!(arrived.len(), 55, "{arrived}");
    assert!(!metadata.get_all("tracestate").iter().any(|state| state == "vendor=1"));
}

#[tokio::test]
async fn the_token_travels_and_nothing_else_does() {
    let edge = Edge::start().await;
    let (_, metadata) = get(
        &edge,
        &[
            ("authorization", "Bearer abc"),
            ("dapr-app-id", "accounts"),
            ("dapr-callee-app-id", "accounts"),
            ("dapr-api-token", "t"),
            ("cookie", "a=b"),
            ("baggage", "%%%"),
            ("grpc-timeout", "1n"),
        ],
    )
    .await;
    assert_eq!(metadata["authorization"], "Bearer abc");
    assert_eq!(metadata["dapr-app-id"], "concepts");
    for name in ["dapr-callee-app-id", "dapr-api-token", "cookie", "baggage"] {
        assert!(!metadata.contains_key(name), "{name}");
    }
    assert_ne!(metadata["grpc-timeout"], "1n");
}
