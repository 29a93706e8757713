//! Whatever arrives, the gateway answers, and never with 5xx.

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::edge::Edge;

/// Something that looks like JSON, often enough.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let names = [
        "student_id",
        "studentId",
        "query",
        "context",
        "code",
        "queryType",
        "mastery_level",
        "concept",
        "é",
        "",
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        // Texts that would ask the stand-in to fail are not what is tested here.
        "[a-eg-oq-z0-9 \\\\\"{}]{0,12}".prop_map(|text| format!("{text:?}")),
    ];
    let json = leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            proptest::collection::vec((proptest::sample::select(names.to_vec()), inner), 0..6).prop_map(
                |members| {
                    let members: Vec<String> =
                        members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }
            ),
        ]
    });
    prop_oneof![
        3 => json.prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

#[test]
fn nothing_breaks_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (edge, lab) = runtime.block_on(async { (Edge::start().await, Edge::lab().await) });
    let paths = prop_oneof![
        Just("/api/v1/query".to_owned()),
        Just("/api/v1/concepts/explain".to_owned()),
        Just("/lab/echo".to_owned()),
        "/lab/inner/[a-z%0-9/:]{0,6}",
        "/api/v1/(modules|concepts|students)/[a-z0-9%:.]{0,6}(/topics|/messages)?(\\?[a-z_.]{0,9}=[a-z0-9%]{0,4})?",
        "/[!-~&&[^#<>\"{}|\\\\^`]]{0,20}",
    ];
    let methods = proptest::sample::select(vec![
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
    ]);
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    runner
        .run(&(paths, methods, body()), |(path, method, body)| {
            let edge = if path.starts_with("/lab") { &lab } else { &edge };
            let request = edge.request(&method, &path).header("content-type", "application/json");
            let Ok(request) = request.body(Full::new(Bytes::from(body))) else { return Ok(()) };
            // Readiness may say 503 while it is starting.
            if request.uri().path() == "/ready" {
                return Ok(());
            }
            let answer = runtime.block_on(edge.send(request));
            prop_assert!(!answer.status.is_server_error(), "{} {}: {:?}", method, path, answer);
            prop_assert!(!answer.header("x-request-id").is_empty());
            if answer.status.is_client_error() && method != Method::HEAD {
                answer.refusal();
            }
            Ok(())
        })
        .unwrap();
}
