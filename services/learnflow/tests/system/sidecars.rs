//! Calls between services, through their sidecars.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use learnflow_concepts_client::pb;
use learnflow_dapr::{Sidecar, SidecarConfig};
use tonic::Code;

use crate::target::Target;

fn explain(concept: &str) -> pb::ExplainRequest {
    pb::ExplainRequest { concept: concept.to_owned(), ..pb::ExplainRequest::default() }
}

pub(crate) async fn any_sidecar_reaches_any_service(target: Arc<Target>) -> anyhow::Result<()> {
    for caller in ["gateway", "chat", "triage", "concepts"] {
        let mut concepts = learnflow_concepts_client::client(&target.sidecar(caller)?);
        let explained =
            concepts.explain(explain("tuples")).await.with_context(|| format!("from {caller}"))?;
        ensure!(explained.into_inner().topic_id == 302, "{caller}");
        let mut triage = learnflow_triage_client::client(&target.sidecar(caller)?);
        let request = learnflow_triage_client::pb::ClassifyRequest {
            student_id: "maya".to_owned(),
            query: "What is a tuple?".to_owned(),
            ..learnflow_triage_client::pb::ClassifyRequest::default()
        };
        let route = triage.classify(request).await?.into_inner().route.context("no route")?;
        ensure!(route.topic_id == 302, "{route:?}");
    }
    Ok(())
}

pub(crate) async fn an_unknown_service_is_unavailable_in_time(target: Arc<Target>) -> anyhow::Result<()> {
    let channel = target.sidecar("gateway")?.app("nobody", learnflow_concepts_client::DESCRIPTOR_SET);
    let mut nobody = pb::concepts_service_client::ConceptsServiceClient::new(channel);
    let started = Instant::now();
    let status = nobody.explain(explain("tuples")).await.err().context("nobody answered")?;
    ensure!(status.code() == Code::Unavailable, "{status:?}");
    ensure!(started.elapsed() < Duration::from_secs(3), "it took {:?}", started.elapsed());
    Ok(())
}

pub(crate) async fn a_sidecar_that_is_down_is_unavailable_at_once(_: Arc<Target>) -> anyhow::Result<()> {
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let sidecar = Sidecar::new(&SidecarConfig::new(format!("http://{free}")))?;
    let started = Instant::now();
    let status = learnflow_concepts_client::client(&sidecar)
        .explain(explain("tuples"))
        .await
        .err()
        .context("answered")?;
    ensure!(status.code() == Code::Unavailable, "{status:?}");
    ensure!(started.elapsed() < Duration::from_secs(3), "it took {:?}", started.elapsed());
    Ok(())
}

pub(crate) async fn health_is_asked_through_a_sidecar(target: Arc<Target>) -> anyhow::Result<()> {
    use tonic_health::pb::health_client::HealthClient;
    use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
    let channel = target.sidecar("gateway")?.app("chat", &[]);
    let service = learnflow_chat_client::SERVICE_NAME.to_owned();
    let answer = HealthClient::new(channel).check(HealthCheckRequest { service }).await?.into_inner();
    ensure!(answer.status == ServingStatus::Serving as i32, "{answer:?}");
    Ok(())
}

pub(crate) async fn errors_keep_their_details(target: Arc<Target>) -> anyhow::Result<()> {
    use tonic_types::StatusExt as _;
    let mut concepts = learnflow_concepts_client::client(&target.sidecar("chat")?);
    let request = pb::ExplainRequest { mastery_level: Some(101), ..explain("tuples") };
    let status = concepts.explain(request).await.err().context("mastery 101 was accepted")?;
    ensure!(status.code() == Code::InvalidArgument, "{status:?}");
    let details = status.get_details_bad_request().context("no details")?;
    ensure!(details.field_violations[0].field == "mastery_level", "{details:?}");
    Ok(())
}
