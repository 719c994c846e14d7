//! Opening files, and reading their packets.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ffmpeg_next::ffi;

use crate::input::Input;
use crate::options::Options;
use crate::track::{self, Track};
use crate::{MediaError, Packet, allow};

/// Raised to make reading stop with [`MediaError::Cancelled`].
pub type CancelFlag = Arc<AtomicBool>;

/// How a file is opened.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Stops reading when raised.
    pub cancel: CancelFlag,
    /// Most tracks; 0 is FFmpeg's default of 1,000.
    pub most_tracks: u32,
    /// Takes the tracks as the file's header states them, decoding nothing to learn more: quick, for files of our own
    /// making whose headers say all that is asked of them.
    pub header_only: bool,
}

impl OpenOptions {
    /// Takes a file's header at its word, and else the defaults.
    #[must_use]
    pub fn header_only() -> Self {
        OpenOptions { header_only: true, ..OpenOptions::default() }
    }
}

/// A file opened for reading. Closed on drop.
pub struct Demuxer {
    context: NonNull<ffi::AVFormatContext>,
    path: PathBuf,
    // FFmpeg reads through it: must outlive the context.
    _input: Input,
    // Read by FFmpeg through the pointer given as the interrupt callback's opaque value: must outlive the context.
    _cancel: Box<CancelFlag>,
}

// SAFETY: the context is used by one thread at a time (no `Sync`), and FFmpeg keeps no thread-local state in it.
unsafe impl Send for Demuxer {}

unsafe extern "C" fn interrupted(opaque: *mut c_void) -> c_int {
    // SAFETY: the opaque value is the boxed flag, which lives as long as the demuxer that FFmpeg calls for.
    let flag = unsafe { &*opaque.cast::<CancelFlag>() };
    c_int::from(flag.load(Ordering::Relaxed))
}

impl Demuxer {
    /// Opens a local file by its content, through the allow-lists, and, unless told otherwise, reads enough to know its
    /// tracks well.
    ///
    /// # Errors
    /// When the file cannot be opened, is of no allowed format, or holds nothing that can be found.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, MediaError> {
        let failed = |cause: String| MediaError::Open { path: path.to_owned(), cause };
        let input = Input::open(path)?;
        let cancel = Box::new(Arc::clone(&options.cancel));
        // SAFETY: the call takes nothing; null means no memory.
        let mut raw = unsafe { ffi::avformat_alloc_context() };
        if raw.is_null() {
            return Err(MediaError::out_of_memory("avformat_alloc_context"));
        }
        // SAFETY: the context is fresh and ours.
        unsafe {
            (*raw).pb = input.as_ptr();
            (*raw).interrupt_callback = ffi::AVIOInterruptCB {
                callback: Some(interrupted),
                opaque: ptr::from_ref::<CancelFlag>(&cancel).cast_mut().cast(),
            };
            if options.most_tracks > 0 {
                (*raw).max_streams = i32::try_from(options.most_tracks).unwrap_or(i32::MAX);
            }
        }
        let decoders = allow::DECODERS.join(",");
        let mut dictionary = Options::new([
            ("protocol_whitelist", allow::PROTOCOLS),
            ("format_whitelist", allow::DEMUXERS),
            ("codec_whitelist", decoders.as_str()),
            ("enable_drefs", "0"),
        ])?;
        // SAFETY: all pointers are valid; on failure the call frees the context itself, but not our input.
        let status =
            unsafe { ffi::avformat_open_input(&raw mut raw, c"".as_ptr(), ptr::null(), dictionary.as_mut_ptr()) };
        if status < 0 {
            return Err(match MediaError::check("avformat_open_input", status) {
                Err(MediaError::Cancelled) => MediaError::Cancelled,
                _ => failed(crate::error::describe(status)),
            });
        }
        let Some(context) = NonNull::new(raw) else {
            return Err(MediaError::out_of_memory("avformat_open_input"));
        };
        let mut demuxer = Demuxer { context, path: path.to_owned(), _input: input, _cancel: cancel };
        if options.header_only {
            return Ok(demuxer);
        }
        demuxer.find_tracks().map_err(|error| match error {
            MediaError::Cancelled => MediaError::Cancelled,
            other => failed(other.to_string()),
        })?;
        Ok(demuxer)
    }

    fn find_tracks(&mut self) -> Result<(), MediaError> {
        // One thread for each codec that probing opens: the budget is the caller's, not FFmpeg's.
        let count = self.raw().nb_streams as usize;
        let mut each: Vec<Options> = (0..count).map(|_| Options::new([("threads", "1")])).collect::<Result<_, _>>()?;
        let mut pointers: Vec<*mut ffi::AVDictionary> =
            // SAFETY: each dictionary pointer is read once and written back below, so that its owner frees what is left.
            each.iter_mut().map(|options| unsafe { *options.as_mut_ptr() }).collect();
        let table = if count == 0 { ptr::null_mut() } else { pointers.as_mut_ptr() };
        // SAFETY: the table has one dictionary for each stream that the context had before the call, as it asks.
        let status = unsafe { ffi::avformat_find_stream_info(self.context.as_ptr(), table) };
        for (options, pointer) in each.iter_mut().zip(pointers) {
            // SAFETY: gives the possibly reallocated dictionary back to its owner.
            unsafe { *options.as_mut_ptr() = pointer }
        }
        MediaError::check("avformat_find_stream_info", status).map(drop)
    }

    fn raw(&self) -> &ffi::AVFormatContext {
        // SAFETY: the pointer is ours and valid for as long as `self`.
        unsafe { self.context.as_ref() }
    }

    /// Returns the path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns FFmpeg's name of the file format, for example `mov,mp4,m4a,3gp,3g2,mj2`.
    #[must_use]
    pub fn format(&self) -> String {
        // SAFETY: an opened context has a format, whose name is a static string.
        unsafe { crate::error::owned_text((*self.raw().iformat).name) }
    }

    /// Returns the claimed duration in microseconds; `None` when the file claims none.
    #[must_use]
    pub fn claimed_duration_us(&self) -> Option<i64> {
        (self.raw().duration != ffi::AV_NOPTS_VALUE && self.raw().duration >= 0).then_some(self.raw().duration)
    }

    /// Returns the file's tags; later ones of a name win.
    #[must_use]
    pub fn tags(&self) -> BTreeMap<String, String> {
        track::tags(self.raw().metadata)
    }

    /// Returns what is known of every track, in file order.
    #[must_use]
    pub fn tracks(&self) -> Vec<Track> {
        (0..self.raw().nb_streams as usize).filter_map(|index| self.stream(index)).map(Track::read).collect()
    }

    /// Returns a track's header (extradata): parameter sets and the like; empty when it has none.
    #[must_use]
    pub fn header(&self, track: usize) -> Vec<u8> {
        let Some(stream) = self.stream(track) else { return Vec::new() };
        // SAFETY: a stream's parameters are allocated with it; extradata has `extradata_size` bytes behind it.
        unsafe {
            let parameters = &*stream.codecpar;
            if parameters.extradata.is_null() {
                return Vec::new();
            }
            std::slice::from_raw_parts(parameters.extradata, parameters.extradata_size.unsigned_abs() as usize).to_vec()
        }
    }

    pub(crate) fn stream(&self, index: usize) -> Option<&ffi::AVStream> {
        if index >= self.raw().nb_streams as usize {
            return None;
        }
        // SAFETY: the index is below the count, and stream pointers live as long as the context.
        unsafe { (*self.raw().streams.add(index)).as_ref() }
    }

    /// Reads only the given tracks from now on; packets of others are skipped unread where the format allows.
    pub fn keep_only(&mut self, tracks: &[usize]) {
        for index in 0..self.raw().nb_streams as usize {
            let keep =
                if tracks.contains(&index) { ffi::AVDiscard::AVDISCARD_DEFAULT } else { ffi::AVDiscard::AVDISCARD_ALL };
            // SAFETY: the index is below the count, and we hold the context exclusively.
            unsafe { (**self.raw().streams.add(index)).discard = keep }
        }
    }

    /// Reads the next packet into `packet`; `false` at the end of the file.
    ///
    /// # Errors
    /// When reading fails or the cancel flag is raised. What was read before stays good.
    pub fn read(&mut self, packet: &mut Packet) -> Result<bool, MediaError> {
        packet.clear();
        // SAFETY: context and packet are valid and held exclusively.
        let status = unsafe { ffi::av_read_frame(self.context.as_ptr(), packet.as_mut_ptr()) };
        if status == ffi::AVERROR_EOF {
            return Ok(false);
        }
        MediaError::check("av_read_frame", status).map(|_| true)
    }

    /// Moves reading to the last place at or before `ticks` of `track` where decoding may start.
    ///
    /// # Errors
    /// When the format cannot seek there.
    pub fn seek_before(&mut self, track: usize, ticks: i64) -> Result<(), MediaError> {
        let index = c_int::try_from(track).unwrap_or(c_int::MAX);
        // SAFETY: the context is valid and held exclusively; a wrong index is refused by the call.
        let status = unsafe { ffi::av_seek_frame(self.context.as_ptr(), index, ticks, ffi::AVSEEK_FLAG_BACKWARD) };
        MediaError::check("av_seek_frame", status).map(drop)
    }
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        let mut raw = self.context.as_ptr();
        // SAFETY: we own the context, and nobody uses it after this.
        unsafe { ffi::avformat_close_input(&raw mut raw) }
    }
}
