//! Types that all contracts share: the CloudEvent, the common words, and the descriptor set of every contract.
//!
//! Nothing here knows a transport. Client crates refer to these types instead of generating their own.

mod event;
mod generated;

pub use event::{EVENT_CONTRACTS, Event, EventContract, type_url};
pub use generated::{io, learnflow};

/// The descriptors of every contract and of all they import, as `google.protobuf.FileDescriptorSet`.
///
/// The gateway transcodes with it, `learnflow protoset` writes it for grpcurl and ghz, and the style and
/// compatibility tests read it.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/all.bin"));

/// The same descriptors, decoded once for the process.
///
/// # Panics
/// Never in practice: the set is made by the build of this crate.
pub fn descriptor_pool() -> &'static prost_reflect::DescriptorPool {
    static POOL: std::sync::OnceLock<prost_reflect::DescriptorPool> = std::sync::OnceLock::new();
    POOL.get_or_init(|| {
        prost_reflect::DescriptorPool::decode(DESCRIPTOR_SET).expect("own descriptor set decodes")
    })
}
