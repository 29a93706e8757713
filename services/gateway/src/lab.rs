//! The contract that only tests know, compiled once.

use std::path::Path;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler = protox::Compiler::new([here.join("tests/proto"), here.join("../../proto")]).unwrap();
    compiler.include_imports(true).include_source_info(true).open_file("learnflow/lab/v1/lab.proto").unwrap();
    compiler.descriptor_pool()
});

/// The pool of `tests/proto`.
pub(crate) fn pool() -> &'static DescriptorPool {
    &POOL
}

/// The message with a field of every kind.
pub(crate) fn sample() -> MessageDescriptor {
    POOL.get_message_by_name("learnflow.lab.v1.Sample").unwrap()
}
