//! What the gateway says of itself.

use std::collections::HashSet;

use prost_reflect::DescriptorPool;
use serde_json::{Value as Json, json};

use crate::edge::Edge;
use crate::standin::lab_pool;

/// `(method, path)` of every rule in the pool's options, read without the gateway's help.
fn rules(pool: &DescriptorPool) -> Vec<(String, String)> {
    let http = pool.get_extension_by_name("google.api.http").unwrap();
    let mut found = Vec::new();
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        if !method.options().has_extension(&http) {
            continue;
        }
        let option = method.options().get_extension(&http).into_owned();
        let rule = option.as_message().unwrap();
        let additional = rule.get_field_by_name("additional_bindings").unwrap().into_owned();
        let more = additional.as_list().unwrap().iter().map(|rule| rule.as_message().unwrap());
        for rule in std::iter::once(rule).chain(more) {
            for verb in ["get", "put", "post", "delete", "patch"] {
                let path = rule.get_field_by_name(verb).unwrap().as_str().unwrap().to_owned();
                if !path.is_empty() {
                    found.push((verb.to_owned(), path));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn openapi_lists_every_http_method() {
    let edge = Edge::start().await;
    let document = edge.get("/openapi.json").await.json();
    let rules = rules(learnflow_wire::descriptor_pool());
    assert!(rules.len() >= 9, "{rules:?}");
    for (verb, path) in rules {
        assert!(document["paths"][&path][&verb].is_object(), "{verb} {path}");
    }
    assert_eq!(document["openapi"], "3.1.0");
    let explain = &document["paths"]["/api/v1/concepts/explain"]["post"];
    assert_eq!(explain["summary"], "Explains a concept at the student's level");
    assert_eq!(explain["security"], json!([{"bearer": []}]));
    let body = &explain["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(body, "#/components/schemas/learnflow.concepts.v1.ExplainRequest");
    let agent = &document["components"]["schemas"]["learnflow.common.v1.AgentType"]["enum"];
    assert_eq!(agent, &json!(["unspecified", "concepts", "code-review", "debug", "exercise", "progress"]));
    let topics = &document["paths"]["/api/v1/concepts"]["get"]["parameters"][0];
    assert_eq!((&topics["name"], &topics["in"]), (&json!("module_id"), &json!("query")));
    assert!(document["paths"]["/api/v1/modules"]["get"].get("security").is_none(), "public");
}

#[tokio::test]
async fn openapi_holds_together() {
    for pool in [learnflow_wire::descriptor_pool(), &lab_pool()] {
        let edge = Edge::with(pool, learnflow_runtime::Vars::default()).await;
        let document = edge.get("/openapi.json").await.json();
        let mut ids = HashSet::new();
        visit(&document, &mut |key, value| match key {
            "$ref" => {
                let pointer = value.as_str().unwrap().trim_start_matches('#');
                assert!(
                    document.pointer(pointer).is_some_and(|target| !target.is_null()),
                    "{pointer} leads nowhere"
                );
            }
            "operationId" => assert!(ids.insert(value.as_str().unwrap().to_owned()), "{value} is not unique"),
            _ => {}
        });
        assert!(!ids.is_empty());
    }
}

fn visit(json: &Json, look: &mut dyn FnMut(&str, &Json)) {
    match json {
        Json::Object(members) => {
            for (key, value) in members {
                look(key, value);
                visit(value, look);
            }
        }
        Json::Array(elements) => elements.iter().for_each(|element| visit(element, look)),
        _ => {}
    }
}

#[tokio::test]
async fn services_list_rpcs_with_their_paths() {
    let edge = Edge::start().await;
    let document = edge.get("/services").await.json();
    let services = document["services"].as_array().unwrap();
    let chat = services.iter().find(|service| service["app_id"] == "chat").unwrap();
    let methods = chat["methods"].as_array().unwrap();
    let query = methods.iter().find(|method| method["name"] == "Query").unwrap();
    assert_eq!(
        query["http"],
        json!([{"method": "POST", "path": "/api/v1/query"}, {"method": "POST", "path": "/api/v1/chat"}])
    );
    assert_eq!((&query["access"], &query["server_streaming"]), (&json!("student_self"), &json!(false)));
    let ask = methods.iter().find(|method| method["name"] == "Ask").unwrap();
    assert_eq!((&ask["http"], &ask["server_streaming"]), (&json!([]), &json!(true)));
    assert!(services.iter().any(|service| service["app_id"] == "triage"));
}

#[tokio::test]
async fn health_is_plain() {
    let edge = Edge::start().await;
    let answer = edge.get("/health").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"status": "ok"})));
}
