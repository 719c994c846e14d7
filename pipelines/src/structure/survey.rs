//! Surveys a finished MP4 or QuickTime file: wrapper, time tables and every picture packet, without decoding.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bookend_jobs::facts::{FilePicture, FileSound, FileWrapper};

use super::boxes::{Movie, Track};
use super::h264::ParameterSets;
use super::{picture_survey::PictureSurvey, sound_survey};
use crate::RecipeError;

/// FFmpeg's name of the format family.
const FORMAT: &str = "mov,mp4,m4a,3gp,3g2,mj2";
/// Largest picture packet read; an uncompressed 2160p frame fits.
const LARGEST_PACKET: u32 = 256 << 20;
/// Most sentences kept about damaged packets.
const MOST_COMPLAINTS: usize = 20;

/// What the bytes of a file say, without decoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StructureFacts {
    /// Size of the file.
    pub bytes: u64,
    /// The wrapper.
    pub wrapper: FileWrapper,
    /// The first picture track; absent when there is none.
    pub picture: Option<FilePicture>,
    /// The first sound track, `decoded_samples` 0; absent when there is none.
    pub sound: Option<FileSound>,
    /// What is wrong with tables and packets, in plain words; empty is sound.
    pub damage: Vec<String>,
    /// The movie has fragments: the tables do not say everything, so counts and times are not to be trusted.
    pub fragmented: bool,
}

/// A picture packet as it lies in the file.
#[derive(Debug)]
pub struct SurveyedPacket<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The parameter sets in force, for H.264.
    pub parameter_sets: Option<&'a ParameterSets>,
}

/// Surveys the file at `path`; `each` sees every picture packet of the first picture track in decoding order.
/// `None` when the file is not ISO base media or QuickTime.
///
/// # Errors
/// When the file cannot be read; when its boxes are damaged or the movie header is missing (refused, `damaged-wrapper`);
/// when `each` fails. Damage inside packets is a fact, not an error.
pub fn survey(
    path: &Path,
    each: &mut dyn FnMut(SurveyedPacket<'_>) -> Result<(), RecipeError>,
) -> Result<Option<StructureFacts>, RecipeError> {
    let Some(movie) = Movie::read(path)? else { return Ok(None) };
    let mut facts = StructureFacts {
        bytes: movie.file_bytes,
        wrapper: wrapper(&movie),
        fragmented: movie.fragmented,
        ..StructureFacts::default()
    };
    if movie.truncated {
        facts.damage.push("the file ends before its last box does".to_owned());
    }
    if let Some(track) = movie.tracks_of(*b"vide").next() {
        let unread = |source| RecipeError::File { path: path.to_owned(), doing: "read", source };
        let file = File::open(path).map_err(unread)?;
        let picture =
            survey_picture(&movie, track, &file, &mut facts.damage, each).map_err(|failure| match failure {
                Failure::Io(source) => unread(source),
                Failure::Each(error) => error,
            })?;
        facts.picture = Some(picture);
    }
    facts.sound = movie.tracks_of(*b"soun").next().map(sound_survey::sound);
    Ok(Some(facts))
}

fn wrapper(movie: &Movie) -> FileWrapper {
    let count = |handler: [u8; 4]| u32::try_from(movie.tracks_of(handler).count()).unwrap_or(u32::MAX);
    let (picture_tracks, sound_tracks) = (count(*b"vide"), count(*b"soun"));
    let all = u32::try_from(movie.tracks.len()).unwrap_or(u32::MAX);
    let edit_lists = movie.tracks.iter().filter(|track| track.edits.is_some()).count();
    FileWrapper {
        format: FORMAT.to_owned(),
        brand: movie.brand.clone(),
        moov_first: movie.moov_first(),
        edit_lists: u32::try_from(edit_lists).unwrap_or(u32::MAX),
        picture_tracks,
        sound_tracks,
        other_tracks: all - picture_tracks - sound_tracks,
    }
}

enum Failure {
    Io(std::io::Error),
    Each(RecipeError),
}

fn survey_picture(
    movie: &Movie,
    track: &Track,
    file: &File,
    damage: &mut Vec<String>,
    each: &mut dyn FnMut(SurveyedPacket<'_>) -> Result<(), RecipeError>,
) -> Result<FilePicture, Failure> {
    let mut survey = PictureSurvey::new(track, movie.timescale);
    let mut bytes = Vec::new();
    let mut complain = |complaint: String| {
        if damage.len() < MOST_COMPLAINTS {
            damage.push(complaint);
        }
    };
    for sample in track.tables.samples() {
        let outside = sample.offset.checked_add(u64::from(sample.bytes)).is_none_or(|end| end > movie.file_bytes);
        if outside || sample.bytes > LARGEST_PACKET {
            complain(format!("packet {}: its bytes are not in the file", sample.index));
            survey.push_missing(&sample);
            continue;
        }
        bytes.resize(bytes.len().max(sample.bytes as usize), 0);
        let bytes = &mut bytes[..sample.bytes as usize];
        file.read_exact_at(bytes, sample.offset).map_err(Failure::Io)?;
        if let Err(damage) = survey.push(&sample, bytes) {
            complain(format!("packet {}: {damage}", sample.index));
        }
        each(SurveyedPacket { bytes, parameter_sets: survey.parameter_sets() }).map_err(Failure::Each)?;
    }
    if let Some(complaint) = survey.header_damage() {
        complain(complaint);
    }
    Ok(survey.finish())
}
