//! Frames: decoded picture or sound, moved by reference.

use std::ptr::NonNull;
use std::slice;

use bookend_units::Raster;
use ffmpeg_next::ffi;

use crate::MediaError;
use crate::error::owned_text;
use crate::pixel::{self, PixelFormat};
use crate::track::Orientation;

/// A decoded picture or a run of sound samples.
///
/// Samples lie in reference-counted buffers: [`Frame::share`] makes a second frame on the same samples, and nothing here
/// copies them.
pub struct Frame(NonNull<ffi::AVFrame>);

// SAFETY: an AVFrame is plain data and counted references; FFmpeg's reference counts are atomic.
unsafe impl Send for Frame {}

/// Colour codes of a frame (H.273 numbers) and its range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct ColourCodes {
    /// Colour primaries.
    pub primaries: u8,
    /// Transfer characteristics.
    pub transfer: u8,
    /// Matrix coefficients.
    pub matrix: u8,
    /// Full range; `None` when the frame does not say.
    pub full_range: Option<bool>,
}

impl ColourCodes {
    /// BT.709, limited range.
    pub const BT709: ColourCodes = ColourCodes { primaries: 1, transfer: 1, matrix: 1, full_range: Some(false) };
}

/// Which field of an interlaced frame comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Fields {
    /// Not interlaced.
    None,
    /// Upper lines first.
    TopFirst,
    /// Lower lines first.
    BottomFirst,
}

impl Frame {
    /// Makes an empty frame for FFmpeg to fill.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn empty() -> Result<Self, MediaError> {
        // SAFETY: the call takes nothing; null means no memory.
        let raw = unsafe { ffi::av_frame_alloc() };
        NonNull::new(raw).map(Frame).ok_or(MediaError::out_of_memory("av_frame_alloc"))
    }

    /// Makes a writable picture of undefined samples.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn picture(raster: Raster, format: PixelFormat, colour: ColourCodes) -> Result<Self, MediaError> {
        let mut frame = Frame::empty()?;
        // SAFETY: we own the frame exclusively; the fields are plain numbers.
        unsafe {
            let raw = frame.0.as_mut();
            raw.width = clamp(raster.width);
            raw.height = clamp(raster.height);
            raw.format = format.raw();
            raw.sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
        }
        frame.set_colour(colour);
        // SAFETY: size and format were set above; 0 asks for the default alignment.
        let status = unsafe { ffi::av_frame_get_buffer(frame.0.as_ptr(), 0) };
        MediaError::check("av_frame_get_buffer", status)?;
        Ok(frame)
    }

    /// Makes writable planar 32-bit float sound of undefined samples.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn sound(samples: u32, channels: u32, rate_hz: u32) -> Result<Self, MediaError> {
        let mut frame = Frame::empty()?;
        // SAFETY: we own the frame exclusively; the layout call fills a plain structure inside it.
        unsafe {
            let raw = frame.0.as_mut();
            raw.nb_samples = clamp(samples);
            raw.sample_rate = clamp(rate_hz);
            raw.format = ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP as i32;
            ffi::av_channel_layout_default(&raw mut raw.ch_layout, clamp(channels));
        }
        // SAFETY: count, layout and format were set above.
        let status = unsafe { ffi::av_frame_get_buffer(frame.0.as_ptr(), 0) };
        MediaError::check("av_frame_get_buffer", status)?;
        Ok(frame)
    }

    /// Makes a second frame on the same samples: a counted reference, never a copy.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn share(&self) -> Result<Self, MediaError> {
        // SAFETY: our frame is valid; the call makes a new one that references its buffers.
        let raw = unsafe { ffi::av_frame_clone(self.0.as_ptr()) };
        NonNull::new(raw).map(Frame).ok_or(MediaError::out_of_memory("av_frame_clone"))
    }

    pub(crate) fn as_ptr(&self) -> *const ffi::AVFrame {
        self.0.as_ptr()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut ffi::AVFrame {
        self.0.as_ptr()
    }

    fn raw(&self) -> &ffi::AVFrame {
        // SAFETY: the pointer is ours and valid for as long as `self`.
        unsafe { self.0.as_ref() }
    }

    fn raw_mut(&mut self) -> &mut ffi::AVFrame {
        // SAFETY: the pointer is ours, valid, and borrowed exclusively.
        unsafe { self.0.as_mut() }
    }

    /// Returns the picture's size; zero for sound.
    #[must_use]
    pub fn raster(&self) -> Raster {
        Raster { width: self.raw().width.unsigned_abs(), height: self.raw().height.unsigned_abs() }
    }

    /// Returns the picture's pixel format.
    #[must_use]
    pub fn pixel_format(&self) -> PixelFormat {
        PixelFormat::from_raw(self.raw().format)
    }

    /// Returns the sample aspect ratio; 1:1 where the frame states none or nonsense.
    #[must_use]
    pub fn sample_aspect(&self) -> (u32, u32) {
        pixel::aspect(self.raw().sample_aspect_ratio)
    }

    /// Returns the colour codes.
    #[must_use]
    pub fn colour(&self) -> ColourCodes {
        let raw = self.raw();
        ColourCodes {
            primaries: raw.color_primaries as u8,
            transfer: raw.color_trc as u8,
            matrix: raw.colorspace as u8,
            full_range: match raw.color_range {
                ffi::AVColorRange::AVCOL_RANGE_JPEG => Some(true),
                ffi::AVColorRange::AVCOL_RANGE_MPEG => Some(false),
                _ => None,
            },
        }
    }

    /// Says what the colours of this frame mean; changes no sample.
    pub fn set_colour(&mut self, colour: ColourCodes) {
        let (primaries, transfer, matrix) = pixel::colour_enums(colour);
        let raw = self.raw_mut();
        raw.color_primaries = primaries;
        raw.color_trc = transfer;
        raw.colorspace = matrix;
        raw.color_range = match colour.full_range {
            Some(true) => ffi::AVColorRange::AVCOL_RANGE_JPEG,
            Some(false) => ffi::AVColorRange::AVCOL_RANGE_MPEG,
            None => ffi::AVColorRange::AVCOL_RANGE_UNSPECIFIED,
        };
    }

    /// Returns the time stamp in the track's ticks, guessed by FFmpeg where the packet had none.
    #[must_use]
    pub fn ticks(&self) -> Option<i64> {
        let ticks = self.raw().best_effort_timestamp;
        (ticks != ffi::AV_NOPTS_VALUE).then_some(ticks)
    }

    /// Returns the time stamp given by the packet or a filter.
    #[must_use]
    pub fn pts(&self) -> Option<i64> {
        let pts = self.raw().pts;
        (pts != ffi::AV_NOPTS_VALUE).then_some(pts)
    }

    /// Sets the time stamp that a filter or encoder sees.
    pub fn set_pts(&mut self, pts: i64) {
        self.raw_mut().pts = pts;
    }

    /// Returns the duration in ticks; zero when unknown.
    #[must_use]
    pub fn duration_ticks(&self) -> i64 {
        self.raw().pkt_duration.max(0)
    }

    /// Tells whether the decoder may start here.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.raw().key_frame != 0
    }

    /// Tells whether the decoder met an error in this frame, or shows what another frame was to repair.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.raw().decode_error_flags != 0 || (self.raw().flags & ffi::AV_FRAME_FLAG_CORRUPT) != 0
    }

    /// Returns which field comes first.
    #[must_use]
    pub fn fields(&self) -> Fields {
        match (self.raw().interlaced_frame != 0, self.raw().top_field_first != 0) {
            (false, _) => Fields::None,
            (true, true) => Fields::TopFirst,
            (true, false) => Fields::BottomFirst,
        }
    }

    /// Says how the frame is scanned; changes no sample.
    pub fn set_fields(&mut self, fields: Fields) {
        let raw = self.raw_mut();
        raw.interlaced_frame = i32::from(fields != Fields::None);
        raw.top_field_first = i32::from(fields == Fields::TopFirst);
    }

    /// Says the sample aspect is 1:1.
    pub fn set_square_samples(&mut self) {
        self.raw_mut().sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
    }

    /// Clears the decoder's frame type, so that an encoder decides for itself.
    pub fn clear_type(&mut self) {
        let raw = self.raw_mut();
        raw.pict_type = ffi::AVPictureType::AV_PICTURE_TYPE_NONE;
        raw.key_frame = 0;
        raw.coded_picture_number = 0;
        raw.display_picture_number = 0;
        raw.repeat_pict = 0;
    }

    /// Returns how the picture itself says it is to be turned, as an EXIF orientation or a message in the stream does.
    #[must_use]
    pub fn orientation(&self) -> Option<Orientation> {
        // SAFETY: the frame is valid; the answer is null or side data that lives as long as the frame does.
        let found = unsafe {
            ffi::av_frame_get_side_data(self.0.as_ptr(), ffi::AVFrameSideDataType::AV_FRAME_DATA_DISPLAYMATRIX).as_ref()
        }?;
        // SAFETY: side data has `size` bytes behind its pointer.
        let bytes = unsafe { slice::from_raw_parts(found.data, found.size) };
        Some(Orientation::from_bytes(bytes))
    }

    /// Removes side data (captions, display matrices …) that must not reach an encoder.
    pub fn clear_side_data(&mut self) {
        while self.raw().nb_side_data > 0 {
            // SAFETY: the frame has at least one side datum, so the first pointer is valid; the call removes all of its type.
            unsafe {
                let kind = (**self.raw().side_data).type_;
                ffi::av_frame_remove_side_data(self.0.as_ptr(), kind);
            }
        }
    }

    /// Returns the bytes of one plane and the distance between its lines; empty when there is no such plane.
    #[must_use]
    pub fn plane(&self, index: usize) -> (&[u8], usize) {
        let (lines, stride) = self.plane_shape(index);
        if lines == 0 {
            return (&[], stride);
        }
        // SAFETY: FFmpeg keeps `lines` lines of `stride` bytes behind a plane's pointer while the buffer is referenced.
        (unsafe { slice::from_raw_parts(self.raw().data[index], lines * stride) }, stride)
    }

    /// Returns the bytes of one plane for writing, and the distance between its lines.
    ///
    /// # Errors
    /// When the samples are shared and no private copy can be made.
    pub fn plane_mut(&mut self, index: usize) -> Result<(&mut [u8], usize), MediaError> {
        // SAFETY: the frame is valid; the call gives it samples of its own unless it has them already.
        MediaError::check("av_frame_make_writable", unsafe { ffi::av_frame_make_writable(self.0.as_ptr()) })?;
        let (lines, stride) = self.plane_shape(index);
        if lines == 0 {
            return Ok((&mut [], stride));
        }
        // SAFETY: as in `plane`, and the samples are ours alone after the call above.
        Ok((unsafe { slice::from_raw_parts_mut(self.raw().data[index], lines * stride) }, stride))
    }

    fn plane_shape(&self, index: usize) -> (usize, usize) {
        let raw = self.raw();
        if index >= raw.data.len() || raw.data[index].is_null() || raw.linesize[index] <= 0 {
            return (0, 0);
        }
        let lines = self.pixel_format().plane_lines(index, self.raster().height);
        (lines as usize, raw.linesize[index].unsigned_abs() as usize)
    }

    /// Returns the number of samples of each channel; zero for a picture.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.raw().nb_samples.unsigned_abs() as usize
    }

    /// Returns the samples a second; zero for a picture.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        self.raw().sample_rate.unsigned_abs()
    }

    /// Returns the number of sound channels; zero for a picture.
    #[must_use]
    pub fn channels(&self) -> u32 {
        self.raw().ch_layout.nb_channels.unsigned_abs()
    }

    /// Returns FFmpeg's name of the sample format of sound, for example `fltp`.
    #[must_use]
    pub fn sample_format(&self) -> String {
        let format = pixel::sample_format(self.raw().format);
        // SAFETY: the call returns null or a static string.
        unsafe { owned_text(ffi::av_get_sample_fmt_name(format)) }
    }

    /// Returns one channel of planar 32-bit float sound; empty for any other format or channel.
    #[must_use]
    pub fn channel(&self, index: usize) -> &[f32] {
        let raw = self.raw();
        let planar = raw.format == ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP as i32;
        if !planar || index >= self.channels() as usize || raw.extended_data.is_null() {
            return &[];
        }
        // SAFETY: planar sound has one pointer a channel, each to `nb_samples` aligned floats.
        unsafe {
            let data = *raw.extended_data.add(index);
            slice::from_raw_parts(data.cast::<f32>(), self.samples())
        }
    }

    /// Returns one channel of planar 32-bit float sound for writing.
    ///
    /// # Errors
    /// When the frame holds something else, or no private copy can be made.
    pub fn channel_mut(&mut self, index: usize) -> Result<&mut [f32], MediaError> {
        // SAFETY: as in `plane_mut`.
        MediaError::check("av_frame_make_writable", unsafe { ffi::av_frame_make_writable(self.0.as_ptr()) })?;
        let raw = self.raw();
        let planar = raw.format == ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP as i32;
        if !planar || index >= self.channels() as usize || raw.extended_data.is_null() {
            return Err(MediaError::Call { call: "channel_mut", cause: "not planar float, or no such channel".into() });
        }
        // SAFETY: as in `channel`, and the samples are ours alone after the call above.
        Ok(unsafe {
            let data = *raw.extended_data.add(index);
            slice::from_raw_parts_mut(data.cast::<f32>(), raw.nb_samples.unsigned_abs() as usize)
        })
    }

    /// Returns a tag that the decoder attached to this frame, for one EXIF `Orientation`.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<String> {
        crate::track::tags(self.raw().metadata).remove(name)
    }

    /// Drops what the frame refers to, leaving it empty for reuse.
    pub fn clear(&mut self) {
        // SAFETY: the frame is valid; the call releases its references and resets its fields.
        unsafe { ffi::av_frame_unref(self.0.as_ptr()) }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        let mut raw = self.0.as_ptr();
        // SAFETY: we own the frame, and nobody uses it after this.
        unsafe { ffi::av_frame_free(&raw mut raw) }
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}, {}, pts {:?})", self.raster(), self.pixel_format(), self.pts())
    }
}

pub(crate) fn clamp(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
