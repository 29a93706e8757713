//! Contracts made up for a test and compiled in memory, beside the real ones that they may import.

use prost_reflect::DescriptorPool;
use protox::file::{ChainFileResolver, DescriptorSetFileResolver, File, FileResolver};

/// Where a sample stands unless it says otherwise.
pub(crate) const PATH: &str = "learnflow/sample/v1/sample.proto";

/// What a sample without a `syntax` line begins with.
const HEADER: &str = r#"
syntax = "proto3";
package learnflow.sample.v1;
import "google/api/annotations.proto";
import "google/protobuf/timestamp.proto";
import "learnflow/api/v1/options.proto";
import "learnflow/common/v1/common.proto";
"#;

/// Compiles one file with all it imports; a source without a `syntax` line gets the usual header.
///
/// # Panics
/// When the source does not compile: a sample breaks the house style, not the language.
pub(crate) fn compile(path: &'static str, source: &str) -> DescriptorPool {
    let source = if source.trim_start().starts_with("syntax") {
        source.to_owned()
    } else {
        format!("{HEADER}{source}")
    };
    let mut resolver = ChainFileResolver::new();
    resolver.add(InMemory { path, source });
    resolver.add(
        DescriptorSetFileResolver::decode(learnflow_wire::DESCRIPTOR_SET).expect("own descriptors decode"),
    );

    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    if let Err(error) = compiler.open_file(path) {
        panic!("the sample does not compile: {error:?}");
    }
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice())
        .expect("compiled descriptors decode")
}

/// A single file that exists in memory only.
struct InMemory {
    path: &'static str,
    source: String,
}

impl FileResolver for InMemory {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == self.path {
            File::from_source(name, &self.source)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}
