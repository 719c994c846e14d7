//! Decoding one track.

use std::ptr::{self, NonNull};

use ffmpeg_next::ffi;

use crate::options::text;
use crate::{Demuxer, Frame, MediaError, Packet, allow};

/// How a track is decoded.
#[derive(Clone, Debug)]
pub struct DecodeOptions {
    /// Threads that the decoder may use, at least 1.
    pub threads: u32,
    /// Leaves out the work that only makes samples right: for finding frames and their times, not for looking at them.
    pub times_only: bool,
    /// A decoder other than FFmpeg's choice, by name (`libvpx-vp9` for WebM with alpha).
    pub decoder: Option<&'static str>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        DecodeOptions { threads: 1, times_only: false, decoder: None }
    }
}

/// A decoder opened on one track. Freed on drop.
pub struct Decoder(NonNull<ffi::AVCodecContext>);

// SAFETY: the context is used by one thread at a time (no `Sync`).
unsafe impl Send for Decoder {}

/// What came of asking for a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Received {
    /// A frame.
    Frame,
    /// None until more packets are sent.
    Hungry,
    /// None ever again.
    End,
}

impl Decoder {
    /// Opens a decoder for a track, through the allow-list.
    ///
    /// # Errors
    /// When there is no such track, no such decoder, or it is not allowed or will not open.
    pub fn open(demuxer: &Demuxer, track: usize, options: &DecodeOptions) -> Result<Self, MediaError> {
        let stream = demuxer
            .stream(track)
            .ok_or_else(|| MediaError::Call { call: "Decoder::open", cause: format!("no track {track}") })?;
        // SAFETY: a stream's parameters are allocated with it and live as long.
        let parameters = unsafe { &*stream.codecpar };
        let codec = match options.decoder {
            // SAFETY: the name is NUL-terminated and lives through the call.
            Some(name) => unsafe { ffi::avcodec_find_decoder_by_name(text(name)?.as_ptr()) },
            // SAFETY: any id may be asked.
            None => unsafe { ffi::avcodec_find_decoder(parameters.codec_id) },
        };
        // SAFETY: any id may be asked; the answer is a static string.
        let wanted = unsafe { crate::error::owned_text(ffi::avcodec_get_name(parameters.codec_id)) };
        if codec.is_null() {
            return Err(MediaError::UnsupportedCodec { codec: wanted });
        }
        // SAFETY: the codec is one of FFmpeg's static ones.
        let name = unsafe { crate::error::owned_text((*codec).name) };
        if !allow::decoder(&name) {
            return Err(MediaError::UnsupportedCodec { codec: name });
        }
        // SAFETY: the codec is valid; null means no memory.
        let raw = unsafe { ffi::avcodec_alloc_context3(codec) };
        let context = NonNull::new(raw).ok_or(MediaError::out_of_memory("avcodec_alloc_context3"))?;
        let decoder = Decoder(context);
        // SAFETY: both structures are valid; the call copies.
        let status = unsafe { ffi::avcodec_parameters_to_context(context.as_ptr(), parameters) };
        MediaError::check("avcodec_parameters_to_context", status)?;
        // SAFETY: the context is ours and not yet open: these fields may be set.
        unsafe {
            let raw = context.as_ptr();
            (*raw).pkt_timebase = stream.time_base;
            (*raw).thread_count = i32::try_from(options.threads.max(1)).unwrap_or(1);
            (*raw).thread_type = ffi::FF_THREAD_FRAME | ffi::FF_THREAD_SLICE;
            // Frames too damaged to show are shown as decoded: the recipe decides what damage means.
            (*raw).err_recognition = 0;
            if options.times_only {
                (*raw).skip_loop_filter = ffi::AVDiscard::AVDISCARD_ALL;
                (*raw).skip_idct = ffi::AVDiscard::AVDISCARD_ALL;
            }
        }
        // SAFETY: context and codec belong together; no options are given.
        let status = unsafe { ffi::avcodec_open2(context.as_ptr(), codec, ptr::null_mut()) };
        MediaError::check("avcodec_open2", status)?;
        Ok(decoder)
    }

    /// Gives the decoder a packet; `None` tells it that no more come.
    ///
    /// # Errors
    /// [`MediaError::Damaged`] when the packet makes no sense: later packets may still be good.
    pub fn send(&mut self, packet: Option<&Packet>) -> Result<(), MediaError> {
        let raw = packet.map_or(ptr::null(), Packet::as_ptr);
        // SAFETY: the context is open; the packet is valid or null, which drains.
        let status = unsafe { ffi::avcodec_send_packet(self.0.as_ptr(), raw) };
        MediaError::check("avcodec_send_packet", status).map(drop)
    }

    /// Takes the next frame in display order.
    ///
    /// # Errors
    /// [`MediaError::Damaged`] when a frame could not be decoded: later ones may still come.
    pub fn receive(&mut self, frame: &mut Frame) -> Result<Received, MediaError> {
        // SAFETY: context and frame are valid and held exclusively.
        let status = unsafe { ffi::avcodec_receive_frame(self.0.as_ptr(), frame.as_mut_ptr()) };
        if status == ffi::AVERROR(ffi::EAGAIN) {
            return Ok(Received::Hungry);
        }
        if status == ffi::AVERROR_EOF {
            return Ok(Received::End);
        }
        MediaError::check("avcodec_receive_frame", status).map(|_| Received::Frame)
    }

    /// Forgets everything sent, as after a seek.
    pub fn flush(&mut self) {
        // SAFETY: the context is open.
        unsafe { ffi::avcodec_flush_buffers(self.0.as_ptr()) }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        let mut raw = self.0.as_ptr();
        // SAFETY: we own the context, and nobody uses it after this.
        unsafe { ffi::avcodec_free_context(&raw mut raw) }
    }
}
