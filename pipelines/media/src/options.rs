//! Option dictionaries passed to FFmpeg.

use std::ffi::CString;
use std::ptr;

use ffmpeg_next::ffi;

use crate::MediaError;

/// An `AVDictionary`, freed on drop. Whatever FFmpeg leaves in it after a call is an option it did not know.
pub(crate) struct Options(*mut ffi::AVDictionary);

impl Options {
    /// Makes a dictionary of `pairs`; names and values must not hold NUL.
    pub(crate) fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, MediaError> {
        let mut options = Options(ptr::null_mut());
        for (name, value) in pairs {
            let (name, value) = (text(name)?, text(value)?);
            // SAFETY: both strings are NUL-terminated and live through the call, which copies them; the dictionary
            // pointer is null or one that FFmpeg made.
            let status = unsafe { ffi::av_dict_set(&raw mut options.0, name.as_ptr(), value.as_ptr(), 0) };
            MediaError::check("av_dict_set", status)?;
        }
        Ok(options)
    }

    /// Returns the place FFmpeg may take entries from.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut *mut ffi::AVDictionary {
        &raw mut self.0
    }

    /// Errs when FFmpeg left options unused: a misspelt option must not pass in silence.
    pub(crate) fn all_used(&self, by: &'static str) -> Result<(), MediaError> {
        // SAFETY: the dictionary is null or valid; a null previous entry and the empty key ask for the first entry.
        let left = unsafe { ffi::av_dict_get(self.0, c"".as_ptr(), ptr::null(), ffi::AV_DICT_IGNORE_SUFFIX) };
        if left.is_null() {
            return Ok(());
        }
        // SAFETY: `left` points into the dictionary, which outlives this block; its key is a NUL-terminated string.
        let name = unsafe { crate::error::owned_text((*left).key) };
        Err(MediaError::Call { call: by, cause: format!("option `{name}` is not known to it") })
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: the pointer is null or a dictionary that only we own.
        unsafe { ffi::av_dict_free(&raw mut self.0) }
    }
}

/// Makes a C string, refusing NUL.
pub(crate) fn text(value: &str) -> Result<CString, MediaError> {
    CString::new(value)
        .map_err(|_| MediaError::Call { call: "CString::new", cause: format!("`{value:?}` holds a NUL") })
}
