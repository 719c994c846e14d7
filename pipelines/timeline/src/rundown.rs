//! The rundown: the ordered programme as a producer writes it.

mod error;
mod fields;
mod house;
mod item;
mod json;
mod slug;
mod tree;

use bookend_units::{FrameRate, Raster};

use crate::point::Length;
use crate::span::Cut;

pub use error::{ItemPlace, RundownError};

use fields::Fields;

/// The rundown's page: every field with its unit and default.
pub const RUNDOWN_HELP: &str = include_str!("../RUNDOWN.md");

/// An episode: segments of items, and the format they are conformed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rundown {
    /// The episode's id, safe as a file name: as written, or a slug of those present of series, season, number and title.
    pub id: String,
    /// The episode's title.
    pub title: Option<String>,
    /// The series' title.
    pub series: Option<String>,
    /// The season's number.
    pub season: Option<u32>,
    /// The episode's number.
    pub number: Option<u32>,
    /// What every item is conformed to.
    pub house: House,
    /// The fade of sound before and after each cut, in milliseconds, 0 to 20; default 2.
    pub ramp_ms: u32,
    /// The acts, at least one.
    pub segments: Vec<Segment>,
}

/// The house format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct House {
    /// The picture's size, which fixes its aspect and the scale of graphics; pixels are square.
    pub raster: Raster,
    /// The programme's rate.
    pub rate: FrameRate,
    /// The channels of the programme's sound.
    pub sound: SoundLayout,
    /// The primaries, transfer and matrix of the programme's picture.
    pub colour: Colour,
}

/// The channels of the programme's sound.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum SoundLayout {
    /// Left and right.
    #[default]
    Stereo,
}

/// The colour of the programme's picture.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Colour {
    /// ITU-R BT.709, narrow range.
    #[default]
    Bt709,
}

/// A stretch between breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The segment's title.
    pub title: Option<String>,
    /// The line on which it begins in the rundown, from 1.
    pub line: usize,
    /// Its items, at least one.
    pub items: Vec<Item>,
}

/// A placed piece, in-house file or generated picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Where it stands.
    pub place: ItemPlace,
    /// The line on which it begins in the rundown, from 1.
    pub line: usize,
    /// What it is called in reports and cue sheets.
    pub title: Option<String>,
    /// What it is in the show, in the producer's own word (`host`, `interview`, `ident`).
    pub role: Option<String>,
    /// What it shows.
    pub kind: ItemKind,
}

/// What an item shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ItemKind {
    /// An approved piece.
    Piece {
        /// The piece's id.
        id: String,
        /// In and out, replacing the piece's own.
        cut: Cut,
        /// The picture shown when the piece has none.
        picture: SoundPicture,
    },
    /// An in-house file; a still when the file proves to be one, with `cut.duration` its length.
    Source {
        /// The file's path as written: relative to the rundown's folder, or absolute.
        path: String,
        /// In and out.
        cut: Cut,
        /// The picture shown when the file has none.
        picture: SoundPicture,
        /// Which of the file's video tracks to show, from 0; default the file's own default.
        video_track: Option<u32>,
        /// Which of the file's audio tracks to play, from 0; default the file's own default.
        audio_track: Option<u32>,
    },
    /// Black and silence.
    Black {
        /// How long.
        duration: Length,
    },
    /// Colour bars and tone.
    Bars {
        /// How long.
        duration: Length,
    },
    /// A slate: lines of text on black, and silence.
    Slate {
        /// How long.
        duration: Length,
        /// The lines; default the episode's facts.
        text: Option<Vec<String>>,
    },
}

/// The picture of an item whose source has none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum SoundPicture {
    /// Black.
    #[default]
    Black,
    /// A still's path as written: relative to the rundown's folder, or absolute.
    Still(String),
}

impl Rundown {
    /// Reads a rundown; `file` is its name in messages. Text is JSON when that name ends in `.json` or it begins with `{`,
    /// else TOML.
    ///
    /// # Errors
    /// At the first thing wrong, with its line, its item and what to do.
    pub fn parse(text: &str, file: &str) -> Result<Self, RundownError> {
        read(text, file).map_err(|error| error.in_file(file))
    }

    /// Returns all items in order, over all segments.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.segments.iter().flat_map(|segment| &segment.items)
    }
}

const FIELDS: &[&str] = &["id", "title", "series", "season", "number", "ramp", "house", "segment"];

fn read(text: &str, file: &str) -> Result<Rundown, RundownError> {
    let is_json = file.to_ascii_lowercase().ends_with(".json") || text.trim_start().starts_with('{');
    let root = if is_json { json::parse(text)? } else { tree::parse_toml(text)? };
    let mut fields = Fields::of(root, "a rundown", FIELDS, None)?;
    let title = fields.text("title")?;
    let series = fields.text("series")?;
    let season = fields.number("season")?;
    let number = fields.number("number")?;
    let id = match fields.take("id") {
        Some(node) => slug::checked_id(&node, fields.scope())?,
        None => slug::of_facts(series.as_deref(), season, number, title.as_deref()).ok_or_else(|| {
            fields.error("the rundown has no id and nothing to make one from", "write `id = \"…\"` or a title")
        })?,
    };
    let ramp_ms = match fields.take("ramp") {
        Some(node) => house::ramp_ms(&node, fields.scope())?,
        None => house::DEFAULT_RAMP_MS,
    };
    let house = match fields.take("house") {
        Some(node) => house::read(node)?,
        None => return Err(fields.error("the rundown has no [house]", "write [house] with its raster and rate")),
    };
    let segments = fields.list("segment")?;
    if segments.is_empty() {
        return Err(fields.error("the rundown has no segment", "write [[segment]] and [[segment.item]]"));
    }
    let segments = segments.into_iter().enumerate().map(|(at, node)| item::segment(node, at + 1));
    Ok(Rundown { id, title, series, season, number, house, ramp_ms, segments: segments.collect::<Result<_, _>>()? })
}
