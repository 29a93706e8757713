//! Requests reach the right RPC with the right fields, and answers come back.

use http::Method;
use http_body_util::Full;
use serde_json::json;

use crate::edge::Edge;

#[tokio::test]
async fn explain_answers() {
    let edge = Edge::start().await;
    let question = json!({"concept": "for loops", "mastery_level": 25, "student_id": "maya"});
    let answer = edge.post("/api/v1/concepts/explain", question).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.json(),
        json!({
            "concept": "for loops",
            "topic_id": 202,
            "explanation": "mastery Some(25) of maya",
            "level": "beginner",
            "examples": [{"title": "count", "code": "for i in range(3): print(i)", "output": "0\n1\n2\n"}],
            "related_concepts": ["While loops"],
            "common_mistake": "",
            "next_step": "",
            "source": "embedded",
        })
    );
    assert_eq!(edge.behind.last("Explain")["dapr-app-id"], "concepts");
}

#[tokio::test]
async fn paths_and_query_strings_fill_fields() {
    let edge = Edge::start().await;
    assert_eq!(edge.get("/api/v1/modules/3").await.json()["module"]["module_id"], 3);
    assert_eq!(edge.get("/api/v1/modules/4/topics").await.json()["topics"][0]["module_id"], 4);
    assert_eq!(edge.get("/api/v1/concepts?module_id=5").await.json()["topics"][0]["module_id"], 5);
    assert_eq!(edge.get("/api/v1/concepts/202").await.json()["topic"]["topic_id"], 202);
    let page =
        edge.get("/api/v1/students/maya/messages?conversationId=c%201&page_size=7&page_token=a+b").await;
    assert_eq!(page.json()["next_page_token"], "c 1/7/a b");
    let message = edge.get("/api/v1/students/ma%2Fya/messages/m%C3%A9").await.json();
    assert_eq!(
        (&message["message"]["student_id"], &message["message"]["message_id"]),
        (&json!("ma/ya"), &json!("mé"))
    );
    assert_eq!(message["message"]["asked_at"], "2026-02-02T02:40:00.500Z");
}

#[tokio::test]
async fn every_shape_of_query_parameter() {
    let edge = Edge::lab().await;
    let query = "text=a&flag=true&small=-3&large=9007199254740993&single=0.5&colour=azure&inner.name=x\
                 &inner.deeperStill.tag_names=p&inner.deeper_still.tagNames=q&words=one&words=two&colours=1\
                 &colours=sea-green&madeAt=2026-01-31T12:00:00Z&wrapped=5&raw=AQI";
    let answer = edge.get(&format!("/lab/echo?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    assert_eq!((&json["flag"], &json["small"], &json["single"]), (&json!(true), &json!(-3), &json!(0.5)));
    assert_eq!((&json["large"], &json["wrapped"]), (&json!("9007199254740993"), &json!("5")));
    assert_eq!((&json["colour"], &json["colours"]), (&json!("blue"), &json!(["blue", "sea-green"])));
    assert_eq!(json["words"], json!(["one", "two"]));
    assert_eq!(
        json["inner"],
        json!({"name": "x", "tag_names": [], "deeper_still": {"name": "", "tag_names": ["p", "q"]}})
    );
    assert_eq!((&json["made_at"], &json["raw"]), (&json!("2026-01-31T12:00:00Z"), &json!("AQI=")));
}

#[tokio::test]
async fn wrong_query_parameters_are_named() {
    let edge = Edge::lab().await;
    let answer =
        edge.get("/lab/echo?small=x&nope=1&inner=y&text=a&text=b&by_name.a=1&inner.nmae=z&case=kebab").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.fields(), ["case", "small", "nope", "inner", "text", "by_name.a", "inner.nmae"]);
}

#[tokio::test]
async fn a_body_may_be_one_field_and_so_may_the_answer() {
    let edge = Edge::lab().await;
    let answer = edge.post("/lab/inner/hello?small=3", json!({"name": "n", "tagNames": ["t"]})).await;
    assert_eq!(answer.json(), json!({"name": "n", "tag_names": ["t"]}));
    let refused = edge.post("/lab/inner/hello?text=other&inner.name=x", json!({"name": 1})).await;
    assert_eq!(refused.fields(), ["inner.name", "text", "inner.name"]);
}

#[tokio::test]
async fn runs_of_segments_verbs_and_other_methods() {
    let edge = Edge::lab().await;
    let read = edge.get("/lab/shelves/shelves/a/books/b%2Fc:read").await;
    assert_eq!(read.json()["inner"]["name"], "shelves/a/books/b%2Fc");
    assert_eq!(edge.get("/lab/files/a/b%20c.txt").await.json()["text"], "a/b c.txt");
    let purge = edge
        .request(&Method::from_bytes(b"PURGE").unwrap(), "/lab/echo?text=p")
        .body(Full::default())
        .unwrap();
    assert_eq!(edge.send(purge).await.json()["text"], "p");
}

#[tokio::test]
async fn the_path_has_the_last_word() {
    let edge = Edge::lab().await;
    let request = edge.request(&Method::PUT, "/lab/colour/sky").header("content-type", "application/json");
    let answer =
        edge.send(request.body(Full::from(r#"{"colour": "sea-green", "text": "t"}"#)).unwrap()).await;
    assert_eq!((&answer.json()["colour"], &answer.json()["text"]), (&json!("blue"), &json!("t")));
}

#[tokio::test]
async fn a_service_may_choose_202() {
    let edge = Edge::start().await;
    let ask =
        async |query: &str| edge.post("/api/v1/query", json!({"student_id": "maya", "query": query})).await;
    let pending = ask("later").await;
    assert_eq!((pending.status.as_u16(), &pending.json()["status"]), (202, &json!("pending")));
    assert_eq!(ask("now").await.status, 200);
    assert_eq!(ask("odd").await.status, 200, "only a success can be chosen");
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object() {
    let edge = Edge::start().await;
    let request = edge.request(&Method::POST, "/api/v1/concepts/explain").body(Full::default()).unwrap();
    assert_eq!(edge.send(request).await.json()["explanation"], "mastery None of ");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let edge = Edge::start().await;
    let get = edge.get("/api/v1/modules").await;
    let head = edge.send(edge.request(&Method::HEAD, "/api/v1/modules").body(Full::default()).unwrap()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    let missing = edge.send(edge.request(&Method::HEAD, "/nothing").body(Full::default()).unwrap()).await;
    assert_eq!((missing.status.as_u16(), missing.body.len()), (404, 0));
}
