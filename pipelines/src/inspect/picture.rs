//! Facts of the chosen picture.

use bookend_jobs::facts::{Dynamics, Scan, SourcePicture};
use bookend_media::{ColourCodes, Fields, Frame, Orientation, Track};
use bookend_timeline::{FrameKind, FrameTable, SourceClock};
use bookend_units::{FrameRate, Raster, Time};

use crate::RecipeError;

/// What the decoded frames showed.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub first: Option<FirstFrame>,
    pub interlaced: u64,
    pub top_first: u64,
    pub changes: bool,
    /// As the first picture itself has it; what the file says of the track goes before it.
    pub orientation: Option<Orientation>,
}

/// The first frame's shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FirstFrame {
    pub raster: Raster,
    pub format: bookend_media::PixelFormat,
    pub colour: ColourCodes,
    pub aspect: (u32, u32),
}

impl Seen {
    /// Looks at the next frame.
    pub(super) fn look(&mut self, frame: &Frame, track_aspect: (u32, u32)) -> FrameKind {
        let aspect = if track_aspect == (1, 1) { frame.sample_aspect() } else { track_aspect };
        let shape = FirstFrame { raster: frame.raster(), format: frame.pixel_format(), colour: frame.colour(), aspect };
        match &self.first {
            None => {
                self.first = Some(shape);
                self.orientation = frame.orientation();
            }
            Some(first) => self.changes |= first.raster != shape.raster || first.format != shape.format,
        }
        match frame.fields() {
            Fields::None => FrameKind::Progressive,
            Fields::TopFirst => {
                self.interlaced += 1;
                self.top_first += 1;
                FrameKind::TopFirst
            }
            Fields::BottomFirst => {
                self.interlaced += 1;
                FrameKind::BottomFirst
            }
        }
    }
}

/// Codecs of still pictures, whose samples use the full range unless they say otherwise.
const FULL_RANGE_CODECS: &[&str] =
    &["png", "apng", "gif", "tiff", "bmp", "webp", "mjpeg", "targa", "pgm", "pam", "ppm", "sgi", "dpx", "jpegls"];

/// Fills untagged colour with what such files mean: RGB is RGB; HD is BT.709; SD is BT.601 of its line standard.
pub(crate) fn assume(colour: ColourCodes, of: &Track, shape: &FirstFrame) -> (ColourCodes, bool) {
    let track = of.colour;
    let known = |frame: u8, track: u8| if frame == 2 || frame == 0 { track } else { frame };
    let hd = shape.raster.height >= 720 || shape.raster.width >= 1280;
    let sd_code = if shape.raster.height == 576 || shape.raster.height == 288 { 5 } else { 6 };
    let default = if hd { 1 } else { sd_code };
    let (primaries, transfer) = (known(colour.primaries, track.primaries), known(colour.transfer, track.transfer));
    let full_range = colour.full_range.or(track.full_range);
    if shape.format.is_rgb() {
        let rgb = ColourCodes {
            primaries: if primaries == 2 || primaries == 0 { 1 } else { primaries },
            transfer: if transfer == 2 || transfer == 0 { 13 } else { transfer },
            matrix: 0,
            full_range: Some(true),
        };
        return (rgb, false);
    }
    let matrix = known(colour.matrix, track.matrix);
    let guessed = matrix == 2 || matrix == 0;
    let matrix = match (guessed, primaries) {
        (false, _) => matrix,
        (true, 1) => 1,
        (true, 9) => 9,
        (true, 5 | 6) => primaries,
        _ => default,
    };
    let or = |code: u8, other: u8| if code == 2 || code == 0 { other } else { code };
    let assumed = ColourCodes {
        primaries: or(primaries, matrix.min(9)),
        transfer: or(transfer, 1),
        matrix,
        // Still-picture codecs without a word are full range; so are FFmpeg's `yuvj` formats by definition.
        full_range: Some(full_range.unwrap_or_else(|| {
            shape.format.to_string().starts_with("yuvj") || FULL_RANGE_CODECS.contains(&of.codec.as_str())
        })),
    };
    (assumed, guessed)
}

/// Returns the rate that the track declares: its average if a clock of frames, else FFmpeg's guess.
pub(super) fn declared_rate(track: &Track) -> Option<FrameRate> {
    let rate = |fraction: Option<(u32, u32)>| fraction.and_then(|(num, den)| FrameRate::new(num, den));
    // FFmpeg derives absurd rates from coarse time bases (1000/1, 90000/1): a rate above 240 declares nothing.
    [rate(track.average_rate), rate(track.real_rate)].into_iter().flatten().find(|rate| rate.to_f64_lossy() <= 240.0)
}

/// Puts the facts of the picture together.
pub(super) fn facts(
    track: &Track,
    seen: &Seen,
    table: &FrameTable,
    still: bool,
    seekable: bool,
    notes: &mut Vec<String>,
) -> Result<SourcePicture, RecipeError> {
    let Some(first) = seen.first else {
        return Err(RecipeError::refused(
            "picture-undecodable",
            format!("no frame of the {} picture could be decoded: the file is damaged or incomplete", track.codec),
        ));
    };
    let house = table.declared_rate.unwrap_or(FrameRate::of(25, 1));
    let clock = SourceClock::from_table(table, house)
        .map_err(|error| RecipeError::refused("picture-times", error.to_string()))?;
    let (colour, guessed) = assume(first.colour, track, &first);
    if guessed && !first.format.is_grey() {
        notes.push(format!(
            "no colour matrix is stated: {} is assumed by the picture's size",
            matrix_name(colour.matrix)
        ));
    }
    if seen.changes {
        notes.push("the picture changes size or format on the way: each part is fitted for itself".into());
    }
    let frames = table.frames.len();
    let interlaced = seen.interlaced * 2 > frames as u64;
    let turn = match track.orientation {
        unsaid if unsaid == Orientation::default() => seen.orientation.unwrap_or_default(),
        said => said,
    };
    Ok(SourcePicture {
        track: u32::try_from(track.index).unwrap_or(u32::MAX),
        codec: track.codec.clone(),
        profile: track.profile.clone(),
        raster: first.raster,
        display: display(first.raster, first.aspect, turn.degrees),
        sample_aspect: first.aspect,
        rotation: turn.degrees,
        mirrored: turn.mirrored,
        pixel_format: first.format.to_string(),
        bit_depth: first.format.bit_depth(),
        alpha: first.format.has_alpha(),
        full_range: colour.full_range == Some(true),
        matrix: matrix_name(colour.matrix).into(),
        transfer: transfer_name(colour.transfer).into(),
        primaries: primaries_name(colour.primaries).into(),
        dynamics: match colour.transfer {
            16 => Dynamics::Pq,
            18 => Dynamics::Hlg,
            _ => Dynamics::Sdr,
        },
        scan: match (interlaced, seen.top_first * 2 > seen.interlaced) {
            (false, _) => Scan::Progressive,
            (true, true) => Scan::TopFirst,
            (true, false) => Scan::BottomFirst,
        },
        declared_rate: table.declared_rate,
        rate: clock.rate(),
        frames: u32::try_from(frames).unwrap_or(u32::MAX),
        end: if still { Time::ZERO } else { clock.end() },
        still,
        changes: seen.changes,
        seekable,
    })
}

/// Returns the size as seen, after sample aspect (applied to the width) and turning.
pub(crate) fn display(raster: Raster, (num, den): (u32, u32), degrees: u32) -> Raster {
    let width = (u64::from(raster.width) * u64::from(num) + u64::from(den) / 2) / u64::from(den);
    let seen = Raster { width: u32::try_from(width).unwrap_or(u32::MAX).max(1), height: raster.height };
    if degrees == 90 || degrees == 270 { Raster { width: seen.height, height: seen.width } } else { seen }
}

/// FFmpeg's name of an H.273 matrix code.
pub(crate) fn matrix_name(code: u8) -> &'static str {
    match code {
        0 => "gbr",
        1 => "bt709",
        4 => "fcc",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        9 => "bt2020nc",
        10 => "bt2020c",
        _ => "unknown",
    }
}

fn transfer_name(code: u8) -> &'static str {
    match code {
        1 => "bt709",
        4 => "bt470m",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        8 => "linear",
        13 => "iec61966-2-1",
        14 => "bt2020-10",
        15 => "bt2020-12",
        16 => "smpte2084",
        18 => "arib-std-b67",
        _ => "unknown",
    }
}

fn primaries_name(code: u8) -> &'static str {
    match code {
        1 => "bt709",
        4 => "bt470m",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        9 => "bt2020",
        12 => "smpte432",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_aspect_widens_and_turning_swaps() {
        let raster = Raster { width: 720, height: 576 };
        assert_eq!(display(raster, (64, 45), 0), Raster { width: 1024, height: 576 });
        assert_eq!(display(raster, (1, 1), 90), Raster { width: 576, height: 720 });
    }
}
