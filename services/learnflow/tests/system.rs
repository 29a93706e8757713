//! The whole system, from the edge to the last event. The same cases run on the embedded runtime and on the real stack:
//!
//! - `cargo test -p learnflow --test system` starts the platform in this process;
//! - with `LEARNFLOW_TARGET=stack` it starts the real stack, its ports moved by `LEARNFLOW_PORT_OFFSET` (2000).

#[path = "system/answers.rs"]
mod answers;
#[path = "system/edge.rs"]
mod edge;
#[path = "system/events.rs"]
mod events;
#[path = "system/sidecars.rs"]
mod sidecars;
#[path = "system/target.rs"]
mod target;
#[path = "system/traces.rs"]
mod traces;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use target::Target;

type Case = fn(Arc<Target>) -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

macro_rules! cases {
    ($($module:ident :: $case:ident),* $(,)?) => {
        [$((concat!(stringify!($module), "::", stringify!($case)), (|target| Box::pin($module::$case(target))) as Case)),*]
    };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    // Listing must not start a platform.
    let target = (!arguments.list).then(|| runtime.block_on(Target::start()).expect("the platform starts"));
    let target = target.map(Arc::new);
    let cases = cases![
        answers::a_question_is_answered,
        answers::a_question_is_answered_through_the_stream,
        answers::every_listener_hears_the_answer,
        answers::a_redelivered_event_does_nothing,
        answers::the_history_has_pages,
        answers::many_students_at_once_are_all_answered,
        edge::both_casings_are_read_and_written,
        edge::a_wrong_field_is_named,
        edge::what_does_not_exist_is_not_found,
        edge::a_student_cannot_read_anothers_messages,
        edge::the_curriculum_has_31_topics,
        edge::openapi_lists_the_calls,
        events::a_record_is_a_cloudevent_of_the_binding,
        events::poison_goes_to_the_dead_letters_and_the_next_event_goes_through,
        events::a_foreign_question_is_dead_lettered,
        events::another_language_reads_the_record,
        events::a_topic_is_closed_to_strangers,
        sidecars::any_sidecar_reaches_any_service,
        sidecars::an_unknown_service_is_unavailable_in_time,
        sidecars::a_sidecar_that_is_down_is_unavailable_at_once,
        sidecars::health_is_asked_through_a_sidecar,
        sidecars::errors_keep_their_details,
        traces::one_trace_from_the_edge_to_the_last_event,
    ];
    let handle = runtime.handle().clone();
    let trials = cases
        .into_iter()
        .filter(|(name, _)| target.as_ref().is_none_or(|target| target.supports(name)))
        .map(|(name, case)| {
            let (handle, target) = (handle.clone(), target.clone());
            Trial::test(name, move || {
                let Some(target) = target else { return Ok(()) };
                handle.block_on(case(target)).map_err(|error| format!("{error:#}").into())
            })
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(target) = target.and_then(Arc::into_inner) {
        runtime.block_on(target.stop()).expect("the platform stops");
    }
    conclusion.exit_code()
}
