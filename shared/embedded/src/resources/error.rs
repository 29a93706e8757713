//! What is wrong with a resource file, said so that the line can be found.

use std::path::PathBuf;

/// Why a folder of Dapr resources cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// A document is not YAML, or a field is missing, misspelt or of the wrong type.
    #[error("{file}: {message}")]
    Syntax {
        /// The file's name.
        file: String,
        /// The parser's words, with the field's path and the line.
        message: String,
    },
    /// A field asks for something that the embedded runtime does not imitate.
    #[error("{file}: {field}: {message}")]
    Unsupported {
        /// The file's name.
        file: String,
        /// The field, as a path from the document's root.
        field: String,
        /// What is wrong, and what would work.
        message: String,
    },
}

/// A place in a file: makes errors that name both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
}

impl Place<'_> {
    pub(crate) fn unsupported(&self, field: impl Into<String>, message: impl Into<String>) -> Error {
        Error::Unsupported { file: self.file.to_owned(), field: field.into(), message: message.into() }
    }

    pub(crate) fn syntax(&self, message: impl std::fmt::Display) -> Error {
        Error::Syntax { file: self.file.to_owned(), message: format!("{message}") }
    }
}
