//! What can go wrong in FFmpeg, by what failed.

use std::path::PathBuf;

/// A failure inside FFmpeg.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file could not be opened as media.
    #[error("{path}: could not be opened as media: {cause}")]
    Open {
        /// The file.
        path: PathBuf,
        /// FFmpeg's words.
        cause: String,
    },
    /// There is no such codec in this build or it is not on the allow-list.
    #[error("codec `{codec}` is not supported")]
    UnsupportedCodec {
        /// FFmpeg's name.
        codec: String,
    },
    /// A call failed.
    #[error("{call}: {cause}")]
    Call {
        /// What was asked of FFmpeg.
        call: &'static str,
        /// FFmpeg's words.
        cause: String,
    },
    /// The cancel flag was raised.
    #[error("cancelled")]
    Cancelled,
}
