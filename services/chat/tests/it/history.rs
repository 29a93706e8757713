//! Reading what was asked and answered.

use learnflow_chat_client::pb;
use learnflow_testkit::World;
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::{client, impatient, query, start_with};

fn page(student_id: &str) -> pb::ListMessagesRequest {
    pb::ListMessagesRequest { student_id: student_id.to_owned(), ..pb::ListMessagesRequest::default() }
}

/// Reads pages until the last one: the questions of each.
async fn pages(world: &World, mut request: pb::ListMessagesRequest) -> Vec<Vec<String>> {
    let mut chat = client(world).await;
    let mut pages = Vec::new();
    loop {
        let response = chat.list_messages(request.clone()).await.expect("a page").into_inner();
        pages.push(response.messages.into_iter().map(|message| message.query).collect());
        if response.next_page_token.is_empty() {
            return pages;
        }
        request.page_token = response.next_page_token;
    }
}

#[tokio::test]
async fn pages_hold_the_newest_first_and_miss_nothing() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut chat = client(&world).await;
    for number in 1..=21 {
        chat.query(query("maya", &format!("question {number}"))).await.unwrap();
    }
    chat.query(query("james", "another student's")).await.unwrap();
    let newest_first: Vec<String> = (1..=21).rev().map(|number| format!("question {number}")).collect();

    let by_twenty = pages(&world, page("maya")).await;
    assert_eq!(
        by_twenty.iter().map(Vec::len).collect::<Vec<_>>(),
        [20, 1],
        "20 is the page of those who do not say"
    );
    assert_eq!(by_twenty.concat(), newest_first);
    let by_seven = pages(&world, pb::ListMessagesRequest { page_size: 7, ..page("maya") }).await;
    assert_eq!(by_seven.concat(), newest_first);
    let at_once = pages(&world, pb::ListMessagesRequest { page_size: 100, ..page("maya") }).await;
    assert_eq!(at_once, [newest_first]);
    assert_eq!(pages(&world, page("nobody")).await, [Vec::<String>::new()]);
}

#[tokio::test]
async fn a_question_asked_between_two_pages_moves_nothing() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut chat = client(&world).await;
    for text in ["one", "two", "three", "four"] {
        chat.query(query("maya", text)).await.unwrap();
    }
    let request = pb::ListMessagesRequest { page_size: 2, ..page("maya") };
    let first = chat.list_messages(request.clone()).await.unwrap().into_inner();
    chat.query(query("maya", "five")).await.unwrap();
    let request = pb::ListMessagesRequest { page_token: first.next_page_token, ..request };
    let second = chat.list_messages(request).await.unwrap().into_inner();
    let queries: Vec<String> = first.messages.into_iter().chain(second.messages).map(|it| it.query).collect();
    assert_eq!(queries, ["four", "three", "two", "one"]);
}

#[tokio::test]
async fn a_conversation_is_read_alone() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut chat = client(&world).await;
    let first = chat.query(query("maya", "one")).await.unwrap().into_inner();
    chat.query(query("maya", "elsewhere")).await.unwrap();
    let conversation_id = first.conversation_id;
    let next = pb::QueryRequest { conversation_id: conversation_id.clone(), ..query("maya", "two") };
    chat.query(next).await.unwrap();
    let of_conversation = |student_id: &str| pb::ListMessagesRequest {
        conversation_id: conversation_id.clone(),
        ..page(student_id)
    };
    assert_eq!(pages(&world, of_conversation("maya")).await, [["two", "one"]]);
    assert_eq!(pages(&world, of_conversation("james")).await, [Vec::<String>::new()]);
}

#[tokio::test]
async fn what_a_student_did_not_ask_does_not_exist() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut chat = client(&world).await;
    let asked = chat.query(query("maya", "mine")).await.unwrap().into_inner();
    let foreign =
        [("james", asked.message_id), ("maya", Uuid::now_v7().to_string()), ("maya", "7".to_owned())];
    for (student_id, message_id) in foreign {
        let request = pb::GetMessageRequest { student_id: student_id.to_owned(), message_id };
        let refused = chat.get_message(request.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{request:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_by_all_its_fields() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut chat = client(&world).await;
    let request = pb::ListMessagesRequest {
        student_id: "maya und james".to_owned(),
        conversation_id: "c".to_owned(),
        page_size: 101,
        page_token: "t".to_owned(),
    };
    let refused = chat.list_messages(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = refused.get_details_bad_request().unwrap();
    let fields: Vec<&str> =
        details.field_violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["student_id", "page_size", "conversation_id", "page_token"]);
    let request = pb::ListMessagesRequest { page_size: -1, ..page("maya") };
    assert_eq!(chat.list_messages(request).await.unwrap_err().code(), Code::InvalidArgument);
}
