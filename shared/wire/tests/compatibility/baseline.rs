//! The committed baseline: the descriptor set of a day on which others began to depend on it.

use std::fs;
use std::path::PathBuf;

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto/baseline.binpb")
}

/// Reads the baseline.
pub(crate) fn read() -> DescriptorPool {
    let bytes = fs::read(path()).expect("proto/baseline.binpb is there");
    DescriptorPool::decode(bytes.as_slice()).expect("proto/baseline.binpb is a descriptor set")
}

/// Makes the contracts of today the baseline.
pub(crate) fn write() {
    fs::write(path(), without_comments(learnflow_wire::DESCRIPTOR_SET))
        .expect("proto/baseline.binpb can be written");
}

/// A descriptor set without its source information, which is most of its size. It is edited by descriptor because
/// the generated types would lose our options.
fn without_comments(set: &[u8]) -> Vec<u8> {
    let pool = learnflow_wire::descriptor_pool();
    let kind =
        pool.get_message_by_name("google.protobuf.FileDescriptorSet").expect("the set describes itself");
    let mut set = DynamicMessage::decode(kind, set).expect("own descriptor set decodes");
    let files = set.get_field_by_name_mut("file").and_then(Value::as_list_mut).expect("a set has files");
    for file in files.iter_mut().filter_map(Value::as_message_mut) {
        file.clear_field_by_name("source_code_info");
    }
    set.encode_to_vec()
}
