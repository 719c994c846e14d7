//! Encoding one track.

use std::ptr::{self, NonNull};

use bookend_units::{FrameRate, Raster};
use ffmpeg_next::ffi;

use crate::frame::clamp;
use crate::options::{Options, text};
use crate::pixel::{self, PixelFormat};
use crate::{ColourCodes, Frame, MediaError, Packet};

/// How a picture track is encoded.
#[derive(Clone, Debug)]
pub struct PictureEncoderOptions<'a> {
    /// FFmpeg's encoder name.
    pub encoder: &'a str,
    /// Size.
    pub raster: Raster,
    /// Frame rate; one tick is one frame.
    pub rate: FrameRate,
    /// Pixel format.
    pub format: PixelFormat,
    /// Colour codes written by the encoder.
    pub colour: ColourCodes,
    /// Threads.
    pub threads: u32,
    /// Encoder options by FFmpeg's names; an unknown one is an error.
    pub options: &'a [(&'a str, &'a str)],
}

/// An open encoder. Freed on drop.
pub struct Encoder(NonNull<ffi::AVCodecContext>);

// SAFETY: the context is used by one thread at a time (no `Sync`).
unsafe impl Send for Encoder {}

impl Encoder {
    /// Opens a picture encoder, parameter sets in the header rather than in every packet.
    ///
    /// # Errors
    /// When there is no such encoder or it refuses the options.
    pub fn picture(options: &PictureEncoderOptions<'_>) -> Result<Self, MediaError> {
        let (encoder, codec) = Self::allocate(options.encoder)?;
        let (primaries, transfer, matrix) = pixel::colour_enums(options.colour);
        // SAFETY: the context is ours and not yet open: these fields may be set.
        unsafe {
            let raw = encoder.0.as_ptr();
            (*raw).width = clamp(options.raster.width);
            (*raw).height = clamp(options.raster.height);
            (*raw).pix_fmt = options.format.to_enum();
            (*raw).sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
            (*raw).framerate = ffi::AVRational { num: clamp(options.rate.num()), den: clamp(options.rate.den()) };
            (*raw).time_base = ffi::AVRational { num: clamp(options.rate.den()), den: clamp(options.rate.num()) };
            (*raw).color_primaries = primaries;
            (*raw).color_trc = transfer;
            (*raw).colorspace = matrix;
            (*raw).color_range = if options.colour.full_range == Some(true) {
                ffi::AVColorRange::AVCOL_RANGE_JPEG
            } else {
                ffi::AVColorRange::AVCOL_RANGE_MPEG
            };
            (*raw).chroma_sample_location = ffi::AVChromaLocation::AVCHROMA_LOC_LEFT;
            (*raw).field_order = ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE;
            (*raw).thread_count = clamp(options.threads.max(1));
            (*raw).flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as i32;
        }
        encoder.open(codec, options.options)
    }

    /// Opens a sound encoder for planar 32-bit float samples.
    ///
    /// # Errors
    /// When there is no such encoder or it refuses the options.
    pub fn sound(
        name: &str,
        rate_hz: u32,
        channels: u32,
        bit_rate_bps: u64,
        options: &[(&str, &str)],
    ) -> Result<Self, MediaError> {
        let (encoder, codec) = Self::allocate(name)?;
        // SAFETY: the context is ours and not yet open: these fields may be set.
        unsafe {
            let raw = encoder.0.as_ptr();
            (*raw).sample_rate = clamp(rate_hz);
            (*raw).sample_fmt = ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP;
            (*raw).bit_rate = i64::try_from(bit_rate_bps).unwrap_or(i64::MAX);
            (*raw).time_base = ffi::AVRational { num: 1, den: clamp(rate_hz) };
            (*raw).thread_count = 1;
            (*raw).flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as i32;
            ffi::av_channel_layout_default(&raw mut (*raw).ch_layout, clamp(channels));
        }
        encoder.open(codec, options)
    }

    fn allocate(name: &str) -> Result<(Self, *const ffi::AVCodec), MediaError> {
        let wanted = text(name)?;
        // SAFETY: the name is NUL-terminated and lives through the call.
        let codec = unsafe { ffi::avcodec_find_encoder_by_name(wanted.as_ptr()) };
        if codec.is_null() {
            return Err(MediaError::UnsupportedCodec { codec: name.to_owned() });
        }
        // SAFETY: the codec is one of FFmpeg's static ones; null means no memory.
        let raw = unsafe { ffi::avcodec_alloc_context3(codec) };
        let context = NonNull::new(raw).ok_or(MediaError::out_of_memory("avcodec_alloc_context3"))?;
        Ok((Encoder(context), codec))
    }

    fn open(self, codec: *const ffi::AVCodec, options: &[(&str, &str)]) -> Result<Self, MediaError> {
        let mut dictionary = Options::new(options.iter().copied())?;
        // SAFETY: context and codec belong together; the dictionary is ours.
        let status = unsafe { ffi::avcodec_open2(self.0.as_ptr(), codec, dictionary.as_mut_ptr()) };
        MediaError::check("avcodec_open2", status)?;
        dictionary.all_used("avcodec_open2")?;
        Ok(self)
    }

    pub(crate) fn raw(&self) -> &ffi::AVCodecContext {
        // SAFETY: the pointer is ours and valid for as long as `self`.
        unsafe { self.0.as_ref() }
    }

    /// Returns the seconds of one tick, as a fraction.
    #[must_use]
    pub fn time_base(&self) -> (u32, u32) {
        (self.raw().time_base.num.unsigned_abs(), self.raw().time_base.den.unsigned_abs())
    }

    /// Returns the samples that a sound encoder takes at once; 0 where any number will do.
    #[must_use]
    pub fn frame_samples(&self) -> usize {
        self.raw().frame_size.unsigned_abs() as usize
    }

    /// Returns the samples that decoding begins with before the first one given: the encoder's priming.
    #[must_use]
    pub fn priming_samples(&self) -> u32 {
        self.raw().initial_padding.max(0).unsigned_abs()
    }

    /// Returns the header: parameter sets and the like.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        if self.raw().extradata.is_null() {
            return &[];
        }
        // SAFETY: extradata has `extradata_size` bytes behind it, which live as long as the context.
        unsafe { std::slice::from_raw_parts(self.raw().extradata, self.raw().extradata_size.unsigned_abs() as usize) }
    }

    /// Gives the encoder a frame, by reference; `None` tells it that no more come.
    ///
    /// # Errors
    /// When encoding fails.
    pub fn send(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        let raw = frame.map_or(ptr::null(), Frame::as_ptr);
        // SAFETY: the context is open; the frame is valid or null, which drains.
        MediaError::check("avcodec_send_frame", unsafe { ffi::avcodec_send_frame(self.0.as_ptr(), raw) }).map(drop)
    }

    /// Takes a packet out; `false` when there is none until more is sent, or none ever again.
    ///
    /// # Errors
    /// When encoding fails.
    pub fn receive(&mut self, packet: &mut Packet) -> Result<bool, MediaError> {
        packet.clear();
        // SAFETY: context and packet are valid and held exclusively.
        let status = unsafe { ffi::avcodec_receive_packet(self.0.as_ptr(), packet.as_mut_ptr()) };
        if status == ffi::AVERROR(ffi::EAGAIN) || status == ffi::AVERROR_EOF {
            return Ok(false);
        }
        MediaError::check("avcodec_receive_packet", status).map(|_| true)
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        let mut raw = self.0.as_ptr();
        // SAFETY: we own the context, and nobody uses it after this.
        unsafe { ffi::avcodec_free_context(&raw mut raw) }
    }
}
