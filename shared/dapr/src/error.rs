//! What can go wrong between a service and its sidecar.

/// An error of the sidecar, or of the way to it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sidecar's address cannot be used.
    #[error("sidecar address {0:?} is not a URI such as http://127.0.0.1:20201")]
    Address(String),
    /// The sidecar, or what stands behind it, refused or could not be reached.
    #[error("sidecar could not {action}")]
    Sidecar {
        /// What was tried, as an infinitive: `publish on learning.requests`.
        action: String,
        /// Its answer; boxed, because a status is large.
        source: Box<tonic::Status>,
    },
    /// The state was changed by someone else since it was read.
    #[error("state of {0:?} was changed meanwhile")]
    EtagMismatch(String),
}

impl Error {
    pub(crate) fn sidecar(action: impl Into<String>) -> impl FnOnce(tonic::Status) -> Self {
        let action = action.into();
        move |status| Self::Sidecar { action, source: Box::new(status) }
    }

    /// Whether the same call may succeed later: everything but a wrong address or argument.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Address(_) => false,
            Self::Sidecar { source, .. } => !matches!(
                source.code(),
                tonic::Code::InvalidArgument | tonic::Code::PermissionDenied | tonic::Code::Unimplemented
            ),
            Self::EtagMismatch(_) => true,
        }
    }
}
