//! Items laid on the programme: what each shows and plays, and for how long.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use bookend_jobs::facts::SourceFacts;
use bookend_jobs::work::SlateLine;
use bookend_jobs::{Digest, Engine, Key, Reason};
use bookend_timeline::{
    Cut, Item, ItemKind, ItemPlace, Length, PointError, Programme, Rundown, RundownError, Span, item_length,
};
use bookend_units::{FrameRate, Time};

use super::extent::Extent;
use super::{Inspected, Media, Origin, Sourced, SourcedItem};
use crate::{Refusal, SchedulerError};

/// An item in its place in the programme.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// Where it stands in the rundown.
    pub place: ItemPlace,
    /// Its line in the rundown.
    pub line: usize,
    /// What it is called.
    pub title: String,
    /// What it is in the show.
    pub role: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// What it shows.
    pub shows: Shows,
    /// What it plays.
    pub plays: ItemSound,
    /// The stretch of its source, in the source's clock; absent for stills and generated items.
    pub span: Option<Span>,
    /// Its programme frames.
    pub frames: Range<u32>,
}

/// What an item shows.
#[derive(Clone, PartialEq, Debug)]
pub enum Shows {
    /// A stretch of a source's picture.
    Source {
        /// The source.
        source: Digest,
        /// Its Inspect result.
        inspect: Key,
        /// The stretch, in the source's clock.
        span: Span,
    },
    /// The one picture of a source, held.
    Still {
        /// The source.
        source: Digest,
        /// Its Inspect result.
        inspect: Key,
    },
    /// Black.
    Black,
    /// Colour bars.
    Bars,
    /// Text on black.
    Slate(Vec<SlateLine>),
}

/// What an item plays.
#[derive(Clone, PartialEq, Debug)]
pub enum ItemSound {
    /// A source's sound.
    Source {
        /// The source.
        source: Digest,
        /// Its Inspect result.
        inspect: Key,
        /// Where it starts, in the source's clock.
        start: Time,
        /// Where the source's sound begins and ends, in the source's clock.
        heard: Span,
    },
    /// Line-up tone.
    Tone,
    /// Silence.
    Silence,
}

/// An item that knows its length but not its place.
struct Measured {
    shows: Shows,
    plays: ItemSound,
    span: Option<Span>,
    length: u32,
}

/// Lays all items one after the other.
///
/// # Errors
/// With all items that are refused, or at the first that asks for what makes no sense.
pub(super) fn place(
    sourced: &Sourced,
    inspected: &BTreeMap<Key, Inspected>,
    engine: &Engine,
) -> Result<(Programme, Vec<Placed>), SchedulerError> {
    let rate = sourced.rundown.house.rate;
    let mut refusals = Vec::new();
    let mut measured = Vec::new();
    let mut measure = Measure { rundown: &sourced.rundown, inspected, engine, rate, extents: BTreeMap::new() };
    for (at, (item, found)) in sourced.rundown.items().zip(&sourced.items).enumerate() {
        match measure.item(item, found) {
            Ok(item) => measured.push(item),
            Err(Wrong::Refused(reason)) => refusals.push(Refusal { place: sourced.place(at), reason }),
            Err(Wrong::Rundown(message, remedy)) => return Err(wrong(sourced, item, message, remedy)),
        }
    }
    if !refusals.is_empty() {
        return Err(SchedulerError::Refused(refusals));
    }
    let programme = Programme::lay(rate, 0, measured.iter().map(|item| item.length)).map_err(|error| {
        let item = sourced.rundown.items().nth(error.item).or(sourced.rundown.items().next());
        let message = "the programme is too long".to_owned();
        item.map_or_else(
            || SchedulerError::Request { problem: message.clone(), remedy: "split the rundown".into() },
            |item| wrong(sourced, item, message.clone(), "split the rundown".into()),
        )
    })?;
    let placed = sourced.rundown.items().zip(&sourced.items).zip(measured).zip(programme.items()).map(
        |(((item, found), measured), place)| Placed {
            place: item.place,
            line: item.line,
            title: title(item, found),
            role: item.role.clone(),
            origin: found.origin.clone(),
            shows: measured.shows,
            plays: measured.plays,
            span: measured.span,
            frames: place.frames.clone(),
        },
    );
    let placed = placed.collect();
    Ok((programme, placed))
}

fn wrong(sourced: &Sourced, item: &Item, message: String, remedy: String) -> SchedulerError {
    RundownError { file: sourced.file.clone(), line: item.line, item: Some(item.place), message, remedy }.into()
}

/// Why an item cannot be placed.
enum Wrong {
    /// Its source is at fault.
    Refused(Reason),
    /// The rundown is: what is wrong, and what to do.
    Rundown(String, String),
}

impl From<Reason> for Wrong {
    fn from(reason: Reason) -> Self {
        Wrong::Refused(reason)
    }
}

impl From<PointError> for Wrong {
    fn from(error: PointError) -> Self {
        let text = error.to_string();
        match error {
            PointError::OutsideSource { .. } | PointError::OutsideTimecode { .. } => {
                Wrong::Refused(Reason { code: "outside-source".to_owned(), message: text })
            }
            _ => {
                let (message, remedy) = text.rsplit_once("; ").unwrap_or((&text, "mend the rundown"));
                Wrong::Rundown(message.to_owned(), remedy.to_owned())
            }
        }
    }
}

struct Measure<'a> {
    rundown: &'a Rundown,
    inspected: &'a BTreeMap<Key, Inspected>,
    engine: &'a Engine,
    rate: FrameRate,
    extents: BTreeMap<Key, Extent>,
}

impl Measure<'_> {
    fn item(&mut self, item: &Item, found: &SourcedItem) -> Result<Measured, Wrong> {
        let generated = |shows, plays, length: Length| {
            let length = length.frames(self.rate).map_err(PointError::from)?;
            Ok(Measured { shows, plays, span: None, length })
        };
        match (&item.kind, &found.media) {
            (ItemKind::Black { duration }, _) => generated(Shows::Black, ItemSound::Silence, *duration),
            (ItemKind::Bars { duration }, _) => generated(Shows::Bars, ItemSound::Tone, *duration),
            (ItemKind::Slate { duration, text }, _) => {
                generated(Shows::Slate(slate(self.rundown, text.as_deref())), ItemSound::Silence, *duration)
            }
            (ItemKind::Piece { .. } | ItemKind::Source { .. }, Some(media)) => self.media(found, media),
            (ItemKind::Piece { .. } | ItemKind::Source { .. }, None) => {
                Err(Wrong::Rundown("the item has no source".into(), "name one".into()))
            }
        }
    }

    fn media(&mut self, found: &SourcedItem, media: &Media) -> Result<Measured, Wrong> {
        let found_in = self.inspected;
        let (inspect, inspected) = look_up(found_in, media, self.engine)?;
        let facts = &inspected.facts;
        let source = media.digest;
        let (rate, cut) = (self.rate, found.cut);
        let extent = match self.extents.entry(inspect) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(inspected.extent(rate)?),
        };
        let Some(extent) = extent.of_source(facts) else {
            let length = still_length(cut, rate)?;
            return Ok(Measured {
                shows: Shows::Still { source, inspect },
                plays: ItemSound::Silence,
                span: None,
                length,
            });
        };
        let span = extent.span(&cut, rate)?;
        let length = item_length(span.start, span.end, rate);
        let plays = sound(facts, source, inspect, span);
        let shows = match (facts.picture.is_some(), &found.still) {
            (true, None) => Shows::Source { source, inspect, span },
            (true, Some(_)) => {
                let remedy = "remove `picture`, which is for sound alone";
                return Err(Wrong::Rundown("the source has a picture of its own".into(), remedy.into()));
            }
            (false, None) => Shows::Black,
            (false, Some(still)) => {
                let (inspect, inspected) = look_up(found_in, still, self.engine)?;
                if !inspected.facts.picture.as_ref().is_some_and(|picture| picture.still) {
                    let message = format!("{} is not a still; write a still's path, or \"black\"", still.label());
                    return Err(Wrong::Refused(Reason { code: "not-a-still".to_owned(), message }));
                }
                Shows::Still { source: still.digest, inspect }
            }
        };
        Ok(Measured { shows, plays, span: Some(span), length })
    }
}

fn look_up<'a>(
    inspected: &'a BTreeMap<Key, Inspected>,
    media: &Media,
    engine: &Engine,
) -> Result<(Key, &'a Inspected), Wrong> {
    let key = media.inspection().key(engine);
    let inspected = inspected.get(&key).ok_or_else(|| Reason {
        code: "not-inspected".to_owned(),
        message: format!("{} could not be inspected; run again", media.label()),
    })?;
    Ok((key, inspected))
}

/// Returns what an item plays of a source: silence where its span lies wholly outside the source's sound.
fn sound(facts: &SourceFacts, source: Digest, inspect: Key, span: Span) -> ItemSound {
    match &facts.sound {
        Some(sound) if sound.start < span.end && sound.end > span.start => {
            ItemSound::Source { source, inspect, start: span.start, heard: Span { start: sound.start, end: sound.end } }
        }
        _ => ItemSound::Silence,
    }
}

fn still_length(cut: Cut, rate: FrameRate) -> Result<u32, Wrong> {
    if cut.start.is_some() || cut.end.is_some() {
        return Err(Wrong::Rundown("a still has no in and out".into(), "write its length as duration = \"5s\"".into()));
    }
    Ok(cut.duration.unwrap_or(Length::DEFAULT_STILL).frames(rate).map_err(PointError::from)?)
}

/// Returns what an item is called: by the rundown, by its piece, or by its file.
fn title(item: &Item, found: &SourcedItem) -> String {
    if let Some(title) = &item.title {
        return title.clone();
    }
    match (&found.origin, &item.kind) {
        (Origin::Piece(approval), _) => approval.title.clone(),
        (Origin::InHouse { path }, _) => path.rsplit('/').next().unwrap_or(path).to_owned(),
        (Origin::Generated, ItemKind::Bars { .. }) => "Bars and tone".to_owned(),
        (Origin::Generated, ItemKind::Slate { .. }) => "Slate".to_owned(),
        (Origin::Generated, _) => "Black".to_owned(),
    }
}

/// Returns a slate's lines: those given, or the episode's facts.
fn slate(rundown: &Rundown, text: Option<&[String]>) -> Vec<SlateLine> {
    let line = |label: &str, value: &str| SlateLine { label: label.to_owned(), value: value.to_owned() };
    if let Some(lines) = text {
        return lines.iter().map(|text| line("", text)).collect();
    }
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let house = rundown.house;
    let facts = [
        ("Series", rundown.series.clone()),
        ("Title", rundown.title.clone()),
        ("Season", number(rundown.season)),
        ("Episode", number(rundown.number)),
        ("Id", Some(rundown.id.clone())),
        ("Format", Some(format!("{}, {} fps, stereo", house.raster, house.rate))),
    ];
    facts.iter().filter_map(|(label, value)| value.as_deref().map(|value| line(label, value))).collect()
}
