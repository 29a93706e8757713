//! The contract that only tests know, compiled once.

use std::path::Path;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};

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

/// A contract of one service, whose calls have these options.
pub(crate) fn compile(options: &[&str]) -> DescriptorPool {
    let calls: Vec<String> = options
        .iter()
        .enumerate()
        .map(|(index, option)| format!("rpc Call{index}(Request) returns (Request) {{ {option} }}"))
        .collect();
    let calls = calls.join("\n");
    let source = format!(
        "syntax = \"proto3\"; package learnflow.trial.v1; import \"google/api/annotations.proto\";
         message Request {{ string name = 1; repeated string names = 2; Request inner = 3; }}
         service TrialService {{ {calls} }}"
    );
    let mut files = ChainFileResolver::new();
    files.add(Source(source));
    files.add(IncludeFileResolver::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")));
    files.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.include_imports(true).open_file(TRIAL).unwrap();
    compiler.descriptor_pool()
}

const TRIAL: &str = "trial.proto";

struct Source(String);

impl FileResolver for Source {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == TRIAL {
            File::from_source(name, &self.0)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}

/// The message with a field of every kind.
pub(crate) fn sample() -> MessageDescriptor {
    POOL.get_message_by_name("learnflow.lab.v1.Sample").unwrap()
}
