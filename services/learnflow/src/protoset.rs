//! `learnflow protoset`: the descriptors of every contract. A sidecar's reflection shows Dapr's services, not ours.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

pub(crate) fn write(output: Option<&Path>) -> anyhow::Result<()> {
    match output {
        Some(path) => std::fs::write(path, learnflow_wire::DESCRIPTOR_SET)
            .with_context(|| format!("cannot write {}", path.display())),
        None => std::io::stdout()
            .write_all(learnflow_wire::DESCRIPTOR_SET)
            .context("cannot write to standard output"),
    }
}
