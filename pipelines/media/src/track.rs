//! What is known of a track before anything is decoded.

use std::collections::BTreeMap;
use std::ptr;

use ffmpeg_next::ffi;

use crate::error::owned_text;
use crate::frame::{ColourCodes, Fields};
use crate::pixel::{self, PixelFormat};

/// What a track carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Medium {
    /// Picture.
    Picture,
    /// Sound.
    Sound,
    /// Subtitles or captions.
    Subtitle,
    /// Timed data.
    Data,
    /// An attached file.
    Attachment,
}

/// A copy of what the file says of one track. Nothing here is to be trusted before decoding.
#[derive(Clone, Debug)]
pub struct Track {
    /// Place in the file.
    pub index: usize,
    /// What it carries.
    pub medium: Medium,
    /// FFmpeg's codec name; `unknown` when it has none.
    pub codec: String,
    /// Profile name, if the codec has one.
    pub profile: Option<String>,
    /// A picture that belongs to sound: album art.
    pub cover: bool,
    /// Marked as default.
    pub default: bool,
    /// Encrypted: cannot be decoded.
    pub encrypted: bool,
    /// Seconds in one tick, as a fraction.
    pub time_base: (u32, u32),
    /// First time stamp in ticks, if the file says.
    pub start: Option<i64>,
    /// Duration in ticks, if the file says.
    pub duration: Option<i64>,
    /// Average frame rate that the file states.
    pub average_rate: Option<(u32, u32)>,
    /// Lowest rate that fits all time stamps, by FFmpeg's guess.
    pub real_rate: Option<(u32, u32)>,
    /// Picture size in samples, zero when unknown.
    pub width: u32,
    /// Picture size in lines, zero when unknown.
    pub height: u32,
    /// Sample aspect, 1:1 when unknown.
    pub sample_aspect: (u32, u32),
    /// Pixel format.
    pub pixel_format: PixelFormat,
    /// Colour codes.
    pub colour: ColourCodes,
    /// Field order, if stated.
    pub fields: Fields,
    /// Turn and mirror stated by a display matrix.
    pub orientation: Orientation,
    /// Sound samples a second.
    pub sample_rate: u32,
    /// Sound channels.
    pub channels: u32,
    /// FFmpeg's name of the sound layout.
    pub layout: String,
    /// Bits a second that the file states, 0 when unknown.
    pub bit_rate: u64,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// How a picture is to be turned for showing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Orientation {
    /// Clockwise, in degrees: 0, 90, 180 or 270; other angles are rounded to the nearest of them.
    pub degrees: u32,
    /// Mirrored left to right, before turning.
    pub mirrored: bool,
}

impl Track {
    pub(crate) fn read(stream: &ffi::AVStream) -> Track {
        // SAFETY: a stream's parameters are allocated with it and live as long.
        let parameters = unsafe { &*stream.codecpar };
        // SAFETY: any codec id may be asked; the answer is a static string.
        let codec = unsafe { owned_text(ffi::avcodec_get_name(parameters.codec_id)) };
        // SAFETY: any id and profile may be asked; the answer is null or a static string.
        let profile = unsafe { owned_text(ffi::avcodec_profile_name(parameters.codec_id, parameters.profile)) };
        let medium = match parameters.codec_type {
            ffi::AVMediaType::AVMEDIA_TYPE_VIDEO => Medium::Picture,
            ffi::AVMediaType::AVMEDIA_TYPE_AUDIO => Medium::Sound,
            ffi::AVMediaType::AVMEDIA_TYPE_SUBTITLE => Medium::Subtitle,
            ffi::AVMediaType::AVMEDIA_TYPE_ATTACHMENT => Medium::Attachment,
            _ => Medium::Data,
        };
        let container_aspect = pixel::aspect(stream.sample_aspect_ratio);
        let codec_aspect = pixel::aspect(parameters.sample_aspect_ratio);
        let has_side = |kind| side_data(stream, kind).is_some();
        Track {
            index: stream.index.unsigned_abs() as usize,
            medium,
            codec: if codec.is_empty() || codec == "none" { "unknown".into() } else { codec },
            profile: (!profile.is_empty()).then_some(profile),
            cover: stream.disposition & (ffi::AV_DISPOSITION_ATTACHED_PIC | ffi::AV_DISPOSITION_TIMED_THUMBNAILS) != 0,
            default: stream.disposition & ffi::AV_DISPOSITION_DEFAULT != 0,
            encrypted: has_side(ffi::AVPacketSideDataType::AV_PKT_DATA_ENCRYPTION_INIT_INFO)
                || matches!(&parameters.codec_tag.to_le_bytes(), b"encv" | b"enca"),
            time_base: positive(stream.time_base).unwrap_or((1, 1_000_000)),
            start: known(stream.start_time),
            duration: known(stream.duration),
            average_rate: positive(stream.avg_frame_rate),
            real_rate: positive(stream.r_frame_rate),
            width: parameters.width.max(0).unsigned_abs(),
            height: parameters.height.max(0).unsigned_abs(),
            sample_aspect: if container_aspect == (1, 1) { codec_aspect } else { container_aspect },
            pixel_format: PixelFormat::from_raw(parameters.format),
            colour: ColourCodes {
                primaries: parameters.color_primaries as u8,
                transfer: parameters.color_trc as u8,
                matrix: parameters.color_space as u8,
                full_range: match parameters.color_range {
                    ffi::AVColorRange::AVCOL_RANGE_JPEG => Some(true),
                    ffi::AVColorRange::AVCOL_RANGE_MPEG => Some(false),
                    _ => None,
                },
            },
            fields: match parameters.field_order {
                ffi::AVFieldOrder::AV_FIELD_TT | ffi::AVFieldOrder::AV_FIELD_BT => Fields::TopFirst,
                ffi::AVFieldOrder::AV_FIELD_BB | ffi::AVFieldOrder::AV_FIELD_TB => Fields::BottomFirst,
                _ => Fields::None,
            },
            orientation: orientation(stream),
            sample_rate: parameters.sample_rate.max(0).unsigned_abs(),
            channels: parameters.ch_layout.nb_channels.max(0).unsigned_abs(),
            layout: layout_name(&parameters.ch_layout),
            bit_rate: u64::try_from(parameters.bit_rate).unwrap_or(0),
            tags: tags(stream.metadata),
        }
    }
}

fn known(ticks: i64) -> Option<i64> {
    (ticks != ffi::AV_NOPTS_VALUE).then_some(ticks)
}

fn positive(ratio: ffi::AVRational) -> Option<(u32, u32)> {
    match (u32::try_from(ratio.num), u32::try_from(ratio.den)) {
        (Ok(num), Ok(den)) if num > 0 && den > 0 => Some((num, den)),
        _ => None,
    }
}

pub(crate) fn layout_name(layout: &ffi::AVChannelLayout) -> String {
    let mut buffer = [0 as std::ffi::c_char; 128];
    // SAFETY: the layout is valid, the buffer as long as said; the call ends it with NUL when it succeeds.
    let status = unsafe { ffi::av_channel_layout_describe(layout, buffer.as_mut_ptr(), buffer.len()) };
    // SAFETY: on success the buffer was ended with NUL.
    if status > 0 { unsafe { owned_text(buffer.as_ptr()) } } else { String::new() }
}

/// Returns a stream's side data of one kind.
fn side_data(stream: &ffi::AVStream, kind: ffi::AVPacketSideDataType) -> Option<&[u8]> {
    let mut size = 0usize;
    // SAFETY: the stream is valid, and the size pointer is ours.
    let data = unsafe { ffi::av_stream_get_side_data(stream, kind, &raw mut size) };
    // SAFETY: a non-null answer has `size` bytes behind it, which live as long as the stream.
    (!data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data, size) })
}

fn orientation(stream: &ffi::AVStream) -> Orientation {
    let matrix = side_data(stream, ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX);
    matrix.map_or_else(Orientation::default, Orientation::from_bytes)
}

impl Orientation {
    /// Reads a display matrix as FFmpeg stores it: nine words of this machine's order.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Orientation {
        let matrix: Vec<i32> = bytes.as_chunks::<4>().0.iter().map(|word| i32::from_ne_bytes(*word)).collect();
        matrix.try_into().map_or_else(|_| Orientation::default(), |matrix: [i32; 9]| Orientation::from_matrix(&matrix))
    }

    /// Reads a display matrix: nine 32-bit values, of which the upper left four turn and mirror (ISO/IEC 14496-12 6.2.2).
    #[must_use]
    pub fn from_matrix(matrix: &[i32; 9]) -> Orientation {
        let [a, b, c, d] = [matrix[0], matrix[1], matrix[3], matrix[4]].map(i64::from);
        if a * d - b * c == 0 {
            return Orientation::default();
        }
        let mirrored = a * d - b * c < 0;
        // A mirror before the turn negates the first column; undo it, then see which axis x is sent to.
        let (x, y) = if mirrored { (-a, -b) } else { (a, b) };
        let degrees = match (x.abs() >= y.abs(), x >= 0, y >= 0) {
            (true, true, _) => 0,
            (true, false, _) => 180,
            (false, _, true) => 90,
            (false, _, false) => 270,
        };
        Orientation { degrees, mirrored }
    }
}

/// Copies a metadata dictionary.
pub(crate) fn tags(dictionary: *const ffi::AVDictionary) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let mut entry = ptr::null();
    loop {
        // SAFETY: the dictionary is null or valid, the previous entry null or one of it.
        entry = unsafe { ffi::av_dict_get(dictionary, c"".as_ptr(), entry, ffi::AV_DICT_IGNORE_SUFFIX) };
        // SAFETY: a non-null entry is valid until the dictionary changes.
        let Some(pair) = (unsafe { entry.as_ref() }) else { return tags };
        // SAFETY: keys and values are NUL-terminated strings.
        unsafe { tags.insert(owned_text(pair.key), owned_text(pair.value)) };
    }
}

#[cfg(test)]
mod tests {
    use super::Orientation;

    const ONE: i32 = 1 << 16;

    fn read(a: i32, b: i32, c: i32, d: i32) -> (u32, bool) {
        let orientation = Orientation::from_matrix(&[a, b, 0, c, d, 0, 0, 0, 1 << 30]);
        (orientation.degrees, orientation.mirrored)
    }

    #[test]
    fn matrices_turn_clockwise() {
        assert_eq!(read(ONE, 0, 0, ONE), (0, false));
        assert_eq!(read(0, ONE, -ONE, 0), (90, false));
        assert_eq!(read(-ONE, 0, 0, -ONE), (180, false));
        assert_eq!(read(0, -ONE, ONE, 0), (270, false));
        assert_eq!(read(-ONE, 0, 0, ONE), (0, true));
        assert_eq!(read(0, 0, 0, 0), (0, false));
    }
}
