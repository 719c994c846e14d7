//! A local file as FFmpeg reads it: opened by us, without a name, so that nothing but its bytes decides what it is.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::ptr::{self, NonNull};
use std::slice;

use ffmpeg_next::ffi;

use crate::MediaError;

/// Bytes read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// An open file with FFmpeg's reading callbacks on it. Closed on drop.
pub(crate) struct Input {
    context: NonNull<ffi::AVIOContext>,
    // Read by FFmpeg through the pointer given as the callbacks' opaque value: must outlive the context.
    _file: Box<File>,
}

impl Input {
    pub(crate) fn open(path: &Path) -> Result<Self, MediaError> {
        let failed = |error: std::io::Error| MediaError::Open { path: path.to_owned(), cause: error.to_string() };
        let file = Box::new(File::open(path).map_err(failed)?);
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(MediaError::Open { path: path.to_owned(), cause: "it is a folder".into() });
        }
        // SAFETY: the call takes a size; null means no memory.
        let buffer = unsafe { ffi::av_malloc(BUFFER_BYTES) };
        if buffer.is_null() {
            return Err(MediaError::out_of_memory("av_malloc"));
        }
        let opaque = ptr::from_ref::<File>(&file).cast_mut().cast::<c_void>();
        // SAFETY: the buffer is as long as said and FFmpeg's to free; the opaque file outlives the context, for both are
        // dropped together, context first.
        let context = unsafe {
            ffi::avio_alloc_context(
                buffer.cast(),
                c_int::try_from(BUFFER_BYTES).unwrap_or(c_int::MAX),
                0,
                opaque,
                Some(read),
                None,
                Some(seek),
            )
        };
        match NonNull::new(context) {
            Some(context) => Ok(Input { context, _file: file }),
            None => {
                // SAFETY: nobody took the buffer.
                unsafe { ffi::av_free(buffer) }
                Err(MediaError::out_of_memory("avio_alloc_context"))
            }
        }
    }

    pub(crate) fn as_ptr(&self) -> *mut ffi::AVIOContext {
        self.context.as_ptr()
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let mut raw = self.context.as_ptr();
        // SAFETY: we own the context; its buffer may have been replaced by FFmpeg, so it is freed through it.
        unsafe {
            ffi::av_freep((&raw mut (*raw).buffer).cast());
            ffi::avio_context_free(&raw mut raw);
        }
    }
}

unsafe extern "C" fn read(opaque: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    // SAFETY: the opaque value is the boxed file, alive as long as the context that FFmpeg calls for; only FFmpeg's
    // reading thread uses it.
    let file = unsafe { &mut *opaque.cast::<File>() };
    // SAFETY: FFmpeg gives a buffer of `size` bytes to fill.
    let into = unsafe { slice::from_raw_parts_mut(buffer, size.max(0).unsigned_abs() as usize) };
    loop {
        match file.read(into) {
            Ok(0) => return ffi::AVERROR_EOF,
            Ok(count) => return c_int::try_from(count).unwrap_or(c_int::MAX),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return ffi::AVERROR(ffi::EIO),
        }
    }
}

unsafe extern "C" fn seek(opaque: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: as in `read`.
    let file = unsafe { &mut *opaque.cast::<File>() };
    let failed = i64::from(ffi::AVERROR(ffi::EINVAL));
    let known = |result: std::io::Result<u64>| result.ok().and_then(|at| i64::try_from(at).ok()).unwrap_or(failed);
    match whence & !(ffi::AVSEEK_FORCE as c_int) {
        whence if whence == ffi::AVSEEK_SIZE as c_int => known(file.metadata().map(|metadata| metadata.len())),
        0 => u64::try_from(offset).map_or(failed, |offset| known(file.seek(SeekFrom::Start(offset)))),
        1 => known(file.seek(SeekFrom::Current(offset))),
        2 => known(file.seek(SeekFrom::End(offset))),
        _ => failed,
    }
}
