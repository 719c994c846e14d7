//! Why a recipe could not make its result, and what that means for the try.

use std::path::PathBuf;

use bookend_jobs::{Disposition, Reason};

/// A recipe's failure.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The input is at fault; trying again cannot help. The code is stable, the message names place and remedy.
    #[error("{message}")]
    Refused {
        /// Stable code, kebab-case.
        code: &'static str,
        /// What is wrong, where, and what to do.
        message: String,
    },
    /// FFmpeg failed at something that is not the input's fault.
    #[error("{doing} failed")]
    Media {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: bookend_media::MediaError,
    },
    /// A file could not be read or written.
    #[error("{path}: could not be {doing}")]
    File {
        /// The file.
        path: PathBuf,
        /// `read`, `written` …
        doing: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// What was made does not hold what was asked for: ours to mend.
    #[error("proof failed: {0}")]
    Unproved(String),
    /// The request makes no sense: ours to mend.
    #[error("malformed request: {0}")]
    Malformed(String),
}

impl RecipeError {
    /// Makes a refusal.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        RecipeError::Refused { code, message: message.into() }
    }

    /// Returns what happens next after this failure.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            RecipeError::Refused { .. } => Disposition::Refused,
            RecipeError::Media { .. } | RecipeError::File { .. } => Disposition::Retry,
            RecipeError::Unproved(_) | RecipeError::Malformed(_) => Disposition::Bug,
        }
    }

    /// Returns the stable code and the sentence, with the chain of causes.
    #[must_use]
    pub fn reason(&self) -> Reason {
        let code = match self {
            RecipeError::Refused { code, .. } => code,
            RecipeError::Media { .. } => "media-failed",
            RecipeError::File { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => "disk-full",
            RecipeError::File { .. } => "file-failed",
            RecipeError::Unproved(_) => "proof-failed",
            RecipeError::Malformed(_) => "malformed-request",
        };
        let mut message = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Reason { code: code.to_owned(), message }
    }
}
