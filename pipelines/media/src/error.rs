//! What can go wrong in FFmpeg, by what failed.

use std::ffi::{CStr, c_char, c_int};
use std::path::PathBuf;

use ffmpeg_next::ffi;

/// A failure inside FFmpeg.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MediaError {
    /// The file could not be opened as media.
    #[error("{}: could not be opened as media: {cause}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// FFmpeg's words.
        cause: String,
    },
    /// There is no such codec in this build, or it is not on the allow-list.
    #[error("codec `{codec}` is not supported")]
    UnsupportedCodec {
        /// FFmpeg's name.
        codec: String,
    },
    /// The data are damaged: FFmpeg could make nothing of a packet.
    #[error("damaged data ({call})")]
    Damaged {
        /// What was asked of FFmpeg.
        call: &'static str,
    },
    /// A call failed.
    #[error("{call}: {cause}")]
    Call {
        /// What was asked of FFmpeg.
        call: &'static str,
        /// FFmpeg's words.
        cause: String,
    },
    /// The disk is full.
    #[error("no space left on the device ({call})")]
    NoSpace {
        /// What was asked of FFmpeg.
        call: &'static str,
    },
    /// The cancel flag was raised.
    #[error("cancelled")]
    Cancelled,
}

impl MediaError {
    /// Turns a negative status into an error.
    pub(crate) fn check(call: &'static str, status: c_int) -> Result<c_int, MediaError> {
        if status >= 0 {
            return Ok(status);
        }
        Err(match status {
            ffi::AVERROR_EXIT => MediaError::Cancelled,
            ffi::AVERROR_INVALIDDATA => MediaError::Damaged { call },
            _ if status == ffi::AVERROR(ffi::ENOSPC) => MediaError::NoSpace { call },
            _ => MediaError::Call { call, cause: describe(status) },
        })
    }

    /// Makes the error of an allocation that failed.
    pub(crate) const fn out_of_memory(call: &'static str) -> MediaError {
        MediaError::Call { call, cause: String::new() }
    }
}

/// Returns FFmpeg's words for a status.
pub(crate) fn describe(status: c_int) -> String {
    let mut buffer = [0 as c_char; ffi::AV_ERROR_MAX_STRING_SIZE];
    // SAFETY: the buffer is as long as said, and the call ends it with NUL whatever the status.
    unsafe {
        ffi::av_strerror(status, buffer.as_mut_ptr(), buffer.len());
    }
    // SAFETY: the call above ended the buffer with NUL.
    unsafe { owned_text(buffer.as_ptr()) }
}

/// Copies a C string; null gives an empty one.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string.
pub(crate) unsafe fn owned_text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: by the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
