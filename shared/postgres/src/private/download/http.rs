//! One GET into a file, tried again where the failure may pass.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::{Error, io};

/// No artefact is as large; a server that sends more is cut off.
const MAX_BYTES: u64 = 64 << 20;

const ATTEMPTS: u32 = 3;

/// Fetches `url` into `file` and returns the SHA-256 of what came.
pub(super) fn fetch(url: &str, file: &Path, bar: &ProgressBar) -> Result<String, Error> {
    let agent = agent();
    let mut attempt = 1;
    loop {
        match get(&agent, url, file, bar) {
            Err(Error::Fetch { source, .. }) if attempt < ATTEMPTS && may_pass(&source) => {
                tracing::warn!(error = %source, attempt, "fetching PostgreSQL failed; trying again");
                std::thread::sleep(Duration::from_millis(500) * attempt);
                attempt += 1;
            }
            ended => return ended,
        }
    }
}

/// The machine's own CA certificates, so that a company's proxy is trusted where the machine trusts it; proxies are
/// taken from the environment. A server that falls silent is given up.
fn agent() -> Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .tls_config(tls)
        .user_agent(concat!("learnflow/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(Duration::from_secs(10)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(30)))
        .build()
        .into()
}

fn get(agent: &Agent, url: &str, path: &Path, bar: &ProgressBar) -> Result<String, Error> {
    let failed = |source| Error::Fetch { url: url.to_owned(), source: Box::new(source) };
    let response = agent.get(url).call().map_err(failed)?;
    if let Some(length) = response.body().content_length() {
        bar.set_length(length);
    }
    bar.set_position(0);
    let mut body = response.into_body().into_with_config().limit(MAX_BYTES).reader();
    let mut file = File::create(path).map_err(io("write", path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = body.read(&mut buffer).map_err(|error| failed(error.into()))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hash.update(bytes);
        file.write_all(bytes).map_err(io("write", path))?;
        bar.inc(read as u64);
    }
    Ok(hash.finalize().iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}")))
}

/// A refusal is final, and a certificate that is not trusted (`InvalidData`) will not be a second later either. A
/// repository that is overloaded or a connection that breaks may come back.
fn may_pass(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::StatusCode(code) => *code == 429 || *code >= 500,
        ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => true,
        ureq::Error::Io(error) => error.kind() != std::io::ErrorKind::InvalidData,
        _ => false,
    }
}
