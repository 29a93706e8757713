//! Every case: what daprd does, in sentences that a compiler can check.

#[path = "cases/batches.rs"]
mod batches;
#[path = "cases/dead_letters.rs"]
mod dead_letters;
#[path = "cases/deliveries.rs"]
mod deliveries;
#[path = "cases/groups.rs"]
mod groups;
#[path = "cases/metadata.rs"]
mod metadata;
#[path = "cases/policies.rs"]
mod policies;
#[path = "cases/publishing.rs"]
mod publishing;
#[path = "cases/routing.rs"]
mod routing;
#[path = "cases/sidecar.rs"]
mod sidecar;
#[path = "cases/state.rs"]
mod state;
#[path = "cases/statuses.rs"]
mod statuses;
#[path = "cases/streams.rs"]
mod streams;

use std::pin::Pin;
use std::sync::Arc;

use crate::world::World;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A named case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: fn(Arc<World>) -> Running,
}

/// Makes cases of async functions, named as they are.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        /// The cases of this file.
        pub(super) fn all() -> Vec<crate::cases::Case> {
            vec![$(crate::cases::Case { name: stringify!($name), run: |world| Box::pin($name(world)) }),*]
        }
    };
}
pub(crate) use cases;

/// All cases, in no particular order.
pub(crate) fn all() -> Vec<Case> {
    let files = [
        batches::all(),
        dead_letters::all(),
        deliveries::all(),
        groups::all(),
        metadata::all(),
        policies::all(),
        publishing::all(),
        routing::all(),
        sidecar::all(),
        state::all(),
        statuses::all(),
        streams::all(),
    ];
    files.into_iter().flatten().collect()
}
