//! Writing files.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi;

use crate::options::{Options, text};
use crate::{Demuxer, Encoder, MediaError, Packet};

/// A file being written. Unless [`Muxer::finish`] was called, what dropping leaves behind is not a whole file.
pub struct Muxer {
    context: NonNull<ffi::AVFormatContext>,
    started: bool,
}

// SAFETY: the context is used by one thread at a time (no `Sync`).
unsafe impl Send for Muxer {}

impl Muxer {
    /// Starts a local file of `format` (FFmpeg's name, for example `mp4`).
    ///
    /// # Errors
    /// When the format is unknown or the file cannot be made.
    pub fn create(path: &Path, format: &str) -> Result<Self, MediaError> {
        let url = CString::new([b"file:", path.as_os_str().as_bytes()].concat())
            .map_err(|_| MediaError::Open { path: path.to_owned(), cause: "its name holds a NUL".into() })?;
        let name = text(format)?;
        let mut raw = ptr::null_mut();
        // SAFETY: the strings are NUL-terminated and live through the call, which copies the path.
        let status =
            unsafe { ffi::avformat_alloc_output_context2(&raw mut raw, ptr::null_mut(), name.as_ptr(), url.as_ptr()) };
        MediaError::check("avformat_alloc_output_context2", status)?;
        let context = NonNull::new(raw).ok_or(MediaError::out_of_memory("avformat_alloc_output_context2"))?;
        let muxer = Muxer { context, started: false };
        // SAFETY: the context is fresh and ours; closing is `drop`'s duty from here on.
        let status = unsafe { ffi::avio_open(&raw mut (*raw).pb, url.as_ptr(), ffi::AVIO_FLAG_WRITE) };
        MediaError::check("avio_open", status)?;
        // The same input gives the same bytes: no encoder versions, no dates.
        // SAFETY: the context is ours and not yet started.
        unsafe { (*raw).flags |= ffi::AVFMT_FLAG_BITEXACT }
        Ok(muxer)
    }

    fn new_stream(&mut self) -> Result<&mut ffi::AVStream, MediaError> {
        // SAFETY: the context is valid and not yet started; the stream belongs to it.
        let stream = unsafe { ffi::avformat_new_stream(self.context.as_ptr(), ptr::null()) };
        // SAFETY: a non-null stream lives as long as the context.
        unsafe { stream.as_mut() }.ok_or(MediaError::out_of_memory("avformat_new_stream"))
    }

    /// Adds a track for an encoder's packets; returns its place.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn add_encoded(&mut self, encoder: &Encoder) -> Result<usize, MediaError> {
        let stream = self.new_stream()?;
        // SAFETY: both structures are valid; the call copies.
        let status = unsafe { ffi::avcodec_parameters_from_context(stream.codecpar, encoder.raw()) };
        MediaError::check("avcodec_parameters_from_context", status)?;
        stream.time_base = encoder.raw().time_base;
        stream.avg_frame_rate = encoder.raw().framerate;
        stream.sample_aspect_ratio = encoder.raw().sample_aspect_ratio;
        Ok(stream.index.unsigned_abs() as usize)
    }

    /// Adds a track that carries another file's packets unchanged; returns its place.
    ///
    /// # Errors
    /// When there is no such track or memory runs out.
    pub fn add_copied(&mut self, from: &Demuxer, track: usize) -> Result<usize, MediaError> {
        let source = from
            .stream(track)
            .ok_or_else(|| MediaError::Call { call: "Muxer::add_copied", cause: format!("no track {track}") })?;
        let stream = self.new_stream()?;
        // SAFETY: both structures are valid; the call copies.
        let status = unsafe { ffi::avcodec_parameters_copy(stream.codecpar, source.codecpar) };
        MediaError::check("avcodec_parameters_copy", status)?;
        // SAFETY: the parameters are ours; a zero tag lets the format choose its own.
        unsafe { (*stream.codecpar).codec_tag = 0 }
        stream.time_base = source.time_base;
        stream.avg_frame_rate = source.avg_frame_rate;
        stream.sample_aspect_ratio = source.sample_aspect_ratio;
        Ok(stream.index.unsigned_abs() as usize)
    }

    /// Wishes for a time base and nominal rate of a track; the format may choose another base at [`Muxer::start`].
    ///
    /// # Errors
    /// When there is no such track.
    pub fn set_clock(
        &mut self,
        track: usize,
        time_base: (u32, u32),
        rate: Option<(u32, u32)>,
    ) -> Result<(), MediaError> {
        let stream = self.stream(track)?;
        stream.time_base = ratio(time_base);
        if let Some(rate) = rate {
            stream.avg_frame_rate = ratio(rate);
            stream.r_frame_rate = ratio(rate);
        }
        Ok(())
    }

    fn stream(&mut self, track: usize) -> Result<&mut ffi::AVStream, MediaError> {
        // SAFETY: the context is valid, and we hold it exclusively.
        let raw = unsafe { self.context.as_mut() };
        if track >= raw.nb_streams as usize {
            return Err(MediaError::Call { call: "Muxer", cause: format!("no track {track}") });
        }
        // SAFETY: the index is below the count.
        Ok(unsafe { &mut **raw.streams.add(track) })
    }

    /// Writes the file's head. No track may be added afterwards. An unknown option is an error.
    ///
    /// # Errors
    /// When the format refuses a track or an option, or writing fails.
    pub fn start(&mut self, options: &[(&str, &str)]) -> Result<(), MediaError> {
        let mut dictionary = Options::new(options.iter().copied())?;
        // SAFETY: the context is valid and has its tracks; the dictionary is ours.
        let status = unsafe { ffi::avformat_write_header(self.context.as_ptr(), dictionary.as_mut_ptr()) };
        MediaError::check("avformat_write_header", status)?;
        self.started = true;
        dictionary.all_used("avformat_write_header")
    }

    /// Returns the time base that a track got.
    ///
    /// # Errors
    /// When there is no such track.
    pub fn time_base(&mut self, track: usize) -> Result<(u32, u32), MediaError> {
        let base = self.stream(track)?.time_base;
        Ok((base.num.unsigned_abs(), base.den.unsigned_abs()))
    }

    /// Writes a packet whose times count `time_base`; tracks are interleaved in the order of these calls.
    ///
    /// # Errors
    /// When writing fails, for one because the disk is full.
    pub fn write(&mut self, track: usize, packet: &mut Packet, time_base: (u32, u32)) -> Result<(), MediaError> {
        let target = self.stream(track)?.time_base;
        // SAFETY: the packet is valid and held exclusively; the call changes its numbers only.
        unsafe {
            ffi::av_packet_rescale_ts(packet.as_mut_ptr(), ratio(time_base), target);
            (*packet.as_mut_ptr()).stream_index = i32::try_from(track).unwrap_or(i32::MAX);
        }
        // SAFETY: the head was written; the call leaves the packet with its owner.
        let status = unsafe { ffi::av_write_frame(self.context.as_ptr(), packet.as_mut_ptr()) };
        MediaError::check("av_write_frame", status).map(drop)
    }

    /// Writes the file's end and closes it, checking that all of it reached the file system.
    ///
    /// # Errors
    /// When writing fails, for one because the disk is full.
    pub fn finish(mut self) -> Result<(), MediaError> {
        self.started = false;
        // SAFETY: the head was written; this is called once.
        MediaError::check("av_write_trailer", unsafe { ffi::av_write_trailer(self.context.as_ptr()) })?;
        // SAFETY: the context is ours; the call closes the file, nulls the pointer and reports late write errors.
        let status = unsafe { ffi::avio_closep(&raw mut (*self.context.as_ptr()).pb) };
        MediaError::check("avio_closep", status).map(drop)
    }
}

pub(crate) fn ratio((num, den): (u32, u32)) -> ffi::AVRational {
    ffi::AVRational { num: crate::frame::clamp(num), den: crate::frame::clamp(den) }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        let raw = self.context.as_ptr();
        // SAFETY: we own the context; closing an already closed file is a null pointer that the call passes over. A
        // muxer that was started but not finished frees its own state in the deinitialisation that freeing implies.
        unsafe {
            ffi::avio_closep(&raw mut (*raw).pb);
            ffi::avformat_free_context(raw);
        }
    }
}
