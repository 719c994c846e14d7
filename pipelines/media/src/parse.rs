//! What the headers in a packet say of its picture, read without decoding it.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use bookend_units::Raster;
use ffmpeg_next::ffi;

use crate::{Demuxer, MediaError, Packet};

/// The picture number that a parser leaves as it is where it finds no picture.
const NO_PICTURE: c_int = c_int::MIN;

/// Reads the headers of one track's packets, each of which must hold one whole picture. Freed on drop.
pub struct PictureParser {
    parser: NonNull<ffi::AVCodecParserContext>,
    context: NonNull<ffi::AVCodecContext>,
}

// SAFETY: parser and context are used by one thread at a time (no `Sync`).
unsafe impl Send for PictureParser {}

/// What a packet's headers say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PictureHead {
    /// Size of the shown picture.
    pub raster: Raster,
    /// FFmpeg's number of the pixel format, as the headers have it.
    pub format: i32,
    /// A whole frame whose lines belong to one moment.
    pub progressive: bool,
}

impl PictureParser {
    /// Makes a parser for a track; `None` when FFmpeg has none for its codec.
    ///
    /// # Errors
    /// When there is no such track, or memory runs out.
    pub fn on(demuxer: &Demuxer, track: usize) -> Result<Option<Self>, MediaError> {
        let stream = demuxer
            .stream(track)
            .ok_or_else(|| MediaError::Call { call: "PictureParser::on", cause: format!("no track {track}") })?;
        // SAFETY: a stream's parameters are allocated with it and live as long.
        let parameters = unsafe { &*stream.codecpar };
        // SAFETY: any codec id may be asked; null means that there is no parser for it.
        let parser = unsafe { ffi::av_parser_init(parameters.codec_id as c_int) };
        let Some(parser) = NonNull::new(parser) else { return Ok(None) };
        // SAFETY: a context without a codec may be allocated; null means no memory.
        let context = unsafe { ffi::avcodec_alloc_context3(ptr::null()) };
        let Some(context) = NonNull::new(context) else {
            // SAFETY: the parser is ours, and nobody uses it after this.
            unsafe { ffi::av_parser_close(parser.as_ptr()) }
            return Err(MediaError::out_of_memory("avcodec_alloc_context3"));
        };
        let made = PictureParser { parser, context };
        // SAFETY: both structures are valid and ours; the first call copies, the flag is set before any parsing.
        let status = unsafe {
            (*parser.as_ptr()).flags |= ffi::PARSER_FLAG_COMPLETE_FRAMES;
            ffi::avcodec_parameters_to_context(context.as_ptr(), parameters)
        };
        MediaError::check("avcodec_parameters_to_context", status)?;
        Ok(Some(made))
    }

    /// Reads the headers of the track's next packet; `None` when they are not those of one whole frame.
    pub fn look(&mut self, packet: &Packet) -> Option<PictureHead> {
        let bytes = packet.data();
        let size = c_int::try_from(bytes.len()).ok()?;
        let (mut out, mut out_size) = (ptr::null_mut(), 0);
        // SAFETY: parser and context belong together and are held exclusively; the packet's bytes are followed by the padding
        // that FFmpeg gives every packet; the answer points into them and is not used.
        let (used, found) = unsafe {
            (*self.parser.as_ptr()).output_picture_number = NO_PICTURE;
            (*self.parser.as_ptr()).picture_structure = ffi::AVPictureStructure::AV_PICTURE_STRUCTURE_UNKNOWN;
            (*self.parser.as_ptr()).field_order = ffi::AVFieldOrder::AV_FIELD_UNKNOWN;
            let none = ffi::AV_NOPTS_VALUE;
            let used = ffi::av_parser_parse2(
                self.parser.as_ptr(),
                self.context.as_ptr(),
                &raw mut out,
                &raw mut out_size,
                bytes.as_ptr(),
                size,
                none,
                none,
                0,
            );
            (used, self.parser.as_ref())
        };
        // Structure and order stay unknown where the codec has them only in messages beside the picture, and there are none.
        let field = matches!(
            found.picture_structure,
            ffi::AVPictureStructure::AV_PICTURE_STRUCTURE_TOP_FIELD
                | ffi::AVPictureStructure::AV_PICTURE_STRUCTURE_BOTTOM_FIELD
        );
        let whole = found.output_picture_number != NO_PICTURE && !field;
        let (width, height) = (u32::try_from(found.width).ok()?, u32::try_from(found.height).ok()?);
        (used == size && out_size == size && whole && width > 0 && height > 0).then_some(PictureHead {
            raster: Raster { width, height },
            format: found.format,
            progressive: matches!(
                found.field_order,
                ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE | ffi::AVFieldOrder::AV_FIELD_UNKNOWN
            ),
        })
    }
}

impl Drop for PictureParser {
    fn drop(&mut self) {
        let mut context = self.context.as_ptr();
        // SAFETY: both are ours, and nobody uses them after this.
        unsafe {
            ffi::av_parser_close(self.parser.as_ptr());
            ffi::avcodec_free_context(&raw mut context);
        }
    }
}
