//! FFmpeg's log, brought to `tracing` one level lower under target `ffmpeg`, and counted.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Mutex;

use ffmpeg_next::ffi;

/// Most distinct complaints kept; hostile files complain without end.
const MOST_KEPT: usize = 20;

static COMPLAINTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Sends FFmpeg's log to `tracing` from now on, for the whole process.
pub fn bridge_log() {
    // SAFETY: the callback is a plain function that lives for ever.
    unsafe { ffi::av_log_set_callback(Some(receive)) }
}

/// Takes the distinct error lines that FFmpeg wrote since the last call, at most 20.
#[must_use]
pub fn take_complaints() -> Vec<String> {
    COMPLAINTS.lock().map(|mut kept| std::mem::take(&mut *kept)).unwrap_or_default()
}

unsafe extern "C" fn receive(
    context: *mut c_void,
    level: c_int,
    format: *const c_char,
    arguments: *mut ffi::__va_list_tag,
) {
    if level > ffi::AV_LOG_VERBOSE {
        return;
    }
    let mut line = [0 as c_char; 1024];
    let mut prefix: c_int = 1;
    let length = c_int::try_from(line.len()).unwrap_or(c_int::MAX);
    // SAFETY: context, format and arguments are FFmpeg's own, passed on unchanged; the buffer is as long as said and is
    // ended with NUL by the call.
    let text = unsafe {
        ffi::av_log_format_line2(context, level, format, arguments, line.as_mut_ptr(), length, &raw mut prefix);
        crate::error::owned_text(line.as_ptr())
    };
    let text = text.trim_end();
    if text.is_empty() {
        return;
    }
    if level <= ffi::AV_LOG_ERROR {
        tracing::warn!(target: "ffmpeg", line = text, "ffmpeg error");
        if let Ok(mut kept) = COMPLAINTS.lock()
            && kept.len() < MOST_KEPT
            && !kept.iter().any(|known| known == text)
        {
            kept.push(text.to_owned());
        }
    } else if level <= ffi::AV_LOG_WARNING {
        tracing::info!(target: "ffmpeg", line = text, "ffmpeg warning");
    } else {
        tracing::trace!(target: "ffmpeg", line = text, "ffmpeg note");
    }
}
