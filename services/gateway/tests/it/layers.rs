//! CORS, security headers, readiness, drain.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Version};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use learnflow_runtime::Vars;
use serde_json::json;

use crate::edge::{Answer, Edge};

const ORIGIN: &str = "https://app.example.org";

async fn edge() -> Edge {
    let vars = Vars::default().with("LEARNFLOW_CORS_ORIGINS", format!("{ORIGIN}, http://localhost:3000"));
    Edge::with(learnflow_wire::descriptor_pool(), vars).await
}

async fn preflight(edge: &Edge, path: &str, origin: &str) -> Answer {
    let request = edge.request(&Method::OPTIONS, path).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    edge.send(request.header("access-control-request-headers", "content-type").body(Full::default()).unwrap())
        .await
}

#[tokio::test]
async fn preflights_succeed_for_listed_origins_only() {
    let edge = edge().await;
    for path in ["/api/v1/query", "/api/v1/modules", "/nothing"] {
        let allowed = preflight(&edge, path, ORIGIN).await;
        assert_eq!((allowed.status.as_u16(), allowed.header("access-control-allow-origin")), (204, ORIGIN));
        assert!(allowed.header("access-control-allow-methods").contains("POST"));
        assert!(allowed.header("access-control-allow-headers").contains("authorization"));
        for origin in
            ["https://evil.example", "https://app.example.org.evil.example", "http://app.example.org", "null"]
        {
            let refused = preflight(&edge, path, origin).await;
            assert_eq!(refused.status, 403, "{origin}");
            assert!(!refused.headers.contains_key("access-control-allow-origin"), "{origin}");
            assert_eq!(refused.refusal()["code"], "ORIGIN_NOT_ALLOWED");
        }
    }
}

#[tokio::test]
async fn answers_can_be_read_by_listed_origins_only() {
    let edge = edge().await;
    for (path, origin, readable) in [
        ("/api/v1/modules", ORIGIN, true),
        ("/api/v1/modules", "https://evil.example", false),
        ("/api/v1/modules/99", ORIGIN, true),
        ("/nothing", ORIGIN, true),
    ] {
        let request = edge.request(&Method::GET, path).header("origin", origin);
        let answer = edge.send(request.body(Full::default()).unwrap()).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            if readable { origin } else { "" },
            "{path}"
        );
        assert_eq!(answer.header("vary"), "origin");
    }
}

#[tokio::test]
async fn every_answer_has_security_headers() {
    let edge = edge().await;
    for path in ["/api/v1/modules", "/nothing", "/health", "/openapi.json"] {
        let answer = edge.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn http2_is_served_too() {
    let edge = edge().await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Full<Bytes>>();
    for (path, status) in [("/api/v1/modules", 200), ("/nothing", 404)] {
        let request =
            edge.request(&Method::GET, path).version(Version::HTTP_2).body(Full::default()).unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!((response.version(), response.status().as_u16()), (Version::HTTP_2, status));
    }
}

#[tokio::test]
async fn ready_once_the_sidecar_answers() {
    let edge = edge().await;
    for _ in 0..50 {
        let answer = edge.get("/ready").await;
        if answer.status == 200 {
            assert_eq!(answer.json(), json!({"status": "ready"}));
            return;
        }
        assert_eq!(answer.refusal()["code"], "UNAVAILABLE");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never ready");
}

#[tokio::test]
async fn a_drain_finishes_what_is_in_hand() {
    let vars = Vars::default().with("LEARNFLOW_REQUEST_TIMEOUT_MS", "1000");
    let edge = Edge::with(learnflow_wire::descriptor_pool(), vars).await;
    let slow = edge.post("/api/v1/concepts/explain", json!({"concept": "sleep"}));
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        edge.shutdown.start();
    };
    let (slow, ()) = tokio::join!(slow, stop);
    assert_eq!(slow.status, 504, "the request in hand was answered");
    tokio::time::timeout(Duration::from_secs(5), edge.running).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(edge.address).await.is_err(), "nothing new is taken");
}
