//! What can be wrong with a content file.

/// A content file that cannot be used, with the place and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {problem}")]
pub struct Error {
    /// The file, such as `topics/202-for-loops.md`.
    pub file: String,
    /// The part of the file, such as `related` or `Beginner`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Error {
    pub(crate) fn new(file: &str, field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), field: field.into(), problem: problem.into() }
    }
}
