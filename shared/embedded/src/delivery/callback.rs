//! Calls to the app.

use dapr::dapr::proto::runtime::v1 as pb;
use pb::app_callback_alpha_client::AppCallbackAlphaClient;
use pb::app_callback_client::AppCallbackClient;
use pb::topic_event_response::TopicEventResponseStatus;
use tonic::{Code, Request, Status};

use super::Undelivered;
use crate::sidecar::Sidecar;

/// What an app said of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    Retry,
    Drop,
}

impl From<i32> for Verdict {
    /// An unknown status is a retry.
    fn from(status: i32) -> Self {
        match TopicEventResponseStatus::try_from(status) {
            Ok(TopicEventResponseStatus::Success) => Self::Taken,
            Ok(TopicEventResponseStatus::Drop) => Self::Drop,
            Ok(TopicEventResponseStatus::Retry) | Err(_) => Self::Retry,
        }
    }
}

fn unreachable() -> Status {
    Status::unavailable("the app listens nowhere")
}

/// Delivers one event. An app without the method has taken it: that is how daprd loses events.
pub(super) async fn event(
    sidecar: &Sidecar,
    request: Request<pb::TopicEventRequest>,
) -> Result<Verdict, Status> {
    let app = sidecar.app.as_ref().ok_or_else(unreachable)?;
    match AppCallbackClient::new(app.channel()).on_topic_event(request).await {
        Ok(response) => Ok(response.into_inner().status.into()),
        Err(status) if status.code() == Code::Unimplemented => {
            tracing::warn!(app.id = sidecar.app_id, %status, "event lost: the app does not take events");
            Ok(Verdict::Taken)
        }
        Err(status) => Err(status),
    }
}

/// Delivers a batch, by the older method if the app lacks the newer. `None`: it lacks both, and all are taken.
pub(super) async fn batch(
    sidecar: &Sidecar,
    request: &pb::TopicEventBulkRequest,
) -> Result<Option<Vec<pb::TopicEventBulkResponseEntry>>, Status> {
    let app = sidecar.app.as_ref().ok_or_else(unreachable)?;
    let with_metadata = || {
        let mut wrapped = Request::new(request.clone());
        super::event::add_metadata(wrapped.metadata_mut(), &request.metadata).map(|()| wrapped)
    };
    let mut result = AppCallbackClient::new(app.channel()).on_bulk_topic_event(with_metadata()?).await;
    if result.as_ref().is_err_and(|status| status.code() == Code::Unimplemented) {
        let mut older = AppCallbackAlphaClient::new(app.channel());
        #[expect(deprecated, reason = "apps of before 1.17 have only this")]
        let answer = older.on_bulk_topic_event_alpha1(with_metadata()?).await;
        result = answer;
    }
    match result {
        Ok(response) => Ok(Some(response.into_inner().statuses)),
        Err(status) if status.code() == Code::Unimplemented => {
            tracing::warn!(app.id = sidecar.app_id, %status, "events lost: the app does not take batches");
            Ok(None)
        }
        Err(status) => Err(status),
    }
}

/// The subscriptions that the app asks for; none when it lacks the method.
pub(super) async fn subscriptions(sidecar: &Sidecar) -> Result<Vec<pb::TopicSubscription>, Undelivered> {
    let app = sidecar.app.as_ref().ok_or_else(unreachable).map_err(Undelivered::Call)?;
    match AppCallbackClient::new(app.channel()).list_topic_subscriptions(()).await {
        Ok(response) => Ok(response.into_inner().subscriptions),
        Err(status) if status.code() == Code::Unimplemented => Ok(Vec::new()),
        Err(status) => Err(Undelivered::Call(status)),
    }
}
