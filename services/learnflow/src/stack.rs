//! The real stack (daprd, Kafka, PostgreSQL), by way of `scripts/stack`.
//!
//! Who wants spans must be listening before the stack starts: a sidecar that does not reach its collector at first waits
//! up to two minutes before it tries again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

/// A running stack.
#[derive(Debug)]
pub struct Stack {
    script: PathBuf,
    offset: u16,
    variables: BTreeMap<String, String>,
}

impl Stack {
    /// Starts a stack whose services are `binary`, with its ports moved by `offset` and its spans sent to
    /// `otlp_endpoint`. Progress goes to standard error. What is missing on the machine is said there too.
    pub async fn up(binary: &Path, offset: u16, otlp_endpoint: &str) -> anyhow::Result<Self> {
        let script = script()?;
        let status = Command::new(&script)
            .args(["up", "--offset", &offset.to_string()])
            .env("LEARNFLOW_BIN", binary)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_endpoint)
            // Sidecars send their spans every 5 s otherwise, and whoever watches a question travel would wait for them.
            .env("OTEL_BSP_SCHEDULE_DELAY", "400")
            .stdin(Stdio::null())
            .status()
            .await
            .with_context(|| format!("cannot run {}", script.display()))?;
        ensure!(status.success(), "the stack did not come up; see above");
        let output = Command::new(&script)
            .args(["env", "--offset", &offset.to_string()])
            .output()
            .await
            .context("cannot read the stack's variables")?;
        let text = String::from_utf8(output.stdout).context("the stack's variables")?;
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let variables = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Ok(Self { script, offset, variables })
    }

    /// A variable of `scripts/stack env`.
    pub fn variable(&self, key: &str) -> anyhow::Result<&str> {
        self.variables
            .get(key)
            .map(String::as_str)
            .with_context(|| format!("scripts/stack env does not say {key}"))
    }

    /// Ends the stack and removes its data.
    pub async fn down(self) -> anyhow::Result<()> {
        let mut down = Command::new(&self.script);
        let status =
            down.args(["down", "--offset", &self.offset.to_string()]).stdin(Stdio::null()).status().await?;
        ensure!(status.success(), "the stack did not end cleanly; see scripts/stack status");
        Ok(())
    }
}

/// The script of the folder we are in, or of the sources that this binary was built from.
fn script() -> anyhow::Result<PathBuf> {
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/stack");
    [PathBuf::from("scripts/stack"), built_from]
        .into_iter()
        .find(|script| script.is_file())
        .context("there is no scripts/stack here; run this from the repository")
}
