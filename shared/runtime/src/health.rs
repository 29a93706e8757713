//! Readiness that is real: each thing that the service needs is asked, again and again.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How often the needs are asked, and how long each may take to answer.
const PERIOD: Duration = Duration::from_secs(1);

type CheckFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type CheckFn = Arc<dyn Fn() -> CheckFuture + Send + Sync>;

/// Whether a need must be met before the sidecar may deliver events. The sidecar itself must not be asked for here: it
/// waits for the app, the app would wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Needed for calls and for events, such as the database.
    Always,
    /// Needed for calls only, such as the sidecar.
    ForCalls,
}

#[derive(Clone)]
struct Check {
    name: &'static str,
    need: Need,
    run: CheckFn,
}

/// The state of the service's needs.
#[derive(Clone)]
pub struct Health {
    checks: Vec<Check>,
    state: Arc<RwLock<State>>,
}

#[derive(Debug, Default)]
struct State {
    asked: bool,
    draining: bool,
    /// (name, need, reason)
    unmet: Vec<(&'static str, Need, String)>,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Health").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Health {
    /// No needs yet.
    pub fn new() -> Self {
        Self { checks: Vec::new(), state: Arc::default() }
    }

    /// Adds a need; `check` says why it is not met. The reason must not hold secrets: it is shown to operators.
    #[must_use]
    pub fn needs<F, Fut>(mut self, name: &'static str, need: Need, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push(Check { name, need, run: Arc::new(move || Box::pin(check())) });
        self
    }

    /// The sidecar as a need of calls.
    #[must_use]
    pub fn needs_sidecar(self, sidecar: &learnflow_dapr::Sidecar) -> Self {
        let sidecar = sidecar.clone();
        self.needs("sidecar", Need::ForCalls, move || {
            let sidecar = sidecar.clone();
            async move { sidecar.version().await.map(|_| ()).map_err(|error| error.to_string()) }
        })
    }

    /// Whether calls can be served; otherwise every reason, as `name: reason`.
    pub fn ready(&self) -> Result<(), String> {
        self.answer(|_| true)
    }

    /// Whether events can be taken.
    pub fn ready_for_events(&self) -> Result<(), String> {
        self.answer(|need| need == Need::Always)
    }

    fn answer(&self, counts: impl Fn(Need) -> bool) -> Result<(), String> {
        let state = self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.draining {
            return Err("draining".to_owned());
        }
        if !state.asked {
            return Err("starting".to_owned());
        }
        let reasons: Vec<String> = state
            .unmet
            .iter()
            .filter(|(_, need, _)| counts(*need))
            .map(|(name, _, reason)| format!("{name}: {reason}"))
            .collect();
        if reasons.is_empty() { Ok(()) } else { Err(reasons.join("; ")) }
    }

    /// From now on not ready: what is in hand is finished, nothing new is taken.
    pub fn drain(&self) {
        self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner).draining = true;
    }

    /// Asks every need once, at the same time.
    pub async fn ask(&self) {
        let mut asked = JoinSet::new();
        for check in self.checks.clone() {
            asked.spawn(async move {
                let answer = tokio::time::timeout(PERIOD * 2, (check.run)()).await;
                let reason = match answer {
                    Ok(Ok(())) => return None,
                    Ok(Err(reason)) => reason,
                    Err(_) => "does not answer".to_owned(),
                };
                Some((check.name, check.need, reason))
            });
        }
        let mut unmet: Vec<_> = asked.join_all().await.into_iter().flatten().collect();
        unmet.sort_by_key(|(name, ..)| *name);
        let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let names =
            |unmet: &[(&'static str, Need, String)]| unmet.iter().map(|(name, ..)| *name).collect::<Vec<_>>();
        if !state.asked || names(&state.unmet) != names(&unmet) {
            tracing::info!(ready = unmet.is_empty(), unmet = ?unmet, "readiness changed");
        }
        state.asked = true;
        state.unmet = unmet;
    }

    /// Asks again every second until `stop`, and reports to grpc.health.v1 for the server as a whole and `services`.
    pub(crate) async fn watch(
        self,
        reporter: HealthReporter,
        services: Vec<String>,
        stop: CancellationToken,
    ) {
        loop {
            self.ask().await;
            self.report(&reporter, &services).await;
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                () = stop.cancelled() => break,
            }
        }
        self.drain();
        self.report(&reporter, &services).await;
    }

    async fn report(&self, reporter: &HealthReporter, services: &[String]) {
        let status = if self.ready().is_ok() { ServingStatus::Serving } else { ServingStatus::NotServing };
        reporter.set_service_status("", status).await;
        for service in services {
            reporter.set_service_status(service.as_str(), status).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_sidecar_does_not_hold_up_its_own_events() {
        let health = Health::new().needs("database", Need::Always, || async { Ok(()) }).needs(
            "sidecar",
            Need::ForCalls,
            || async { Err("refused".to_owned()) },
        );
        assert_eq!(health.ready(), Err("starting".to_owned()));
        health.ask().await;
        assert_eq!(health.ready(), Err("sidecar: refused".to_owned()));
        assert_eq!(health.ready_for_events(), Ok(()));
        health.drain();
        assert_eq!(health.ready_for_events(), Err("draining".to_owned()));
    }
}
