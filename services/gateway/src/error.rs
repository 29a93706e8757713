//! What can go wrong before the gateway serves: contracts that cannot be served as they stand.
//!
//! What a client is told while it serves is a `Refusal`.

/// An RPC's `google.api.http` option cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rpc}: {problem}")]
pub struct Error {
    /// The full name of the RPC.
    pub rpc: String,
    /// What is wrong with its option.
    pub problem: String,
}

impl Error {
    pub(crate) fn contract(rpc: &str, problem: impl Into<String>) -> Self {
        Self { rpc: rpc.to_owned(), problem: problem.into() }
    }
}
