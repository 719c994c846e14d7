//! How long a source is, and when its frames are: what in and out points are resolved against.

use std::collections::BTreeMap;

use bookend_jobs::facts::{Facts, SourceFacts};
use bookend_jobs::{Commit, Key, Reason};
use bookend_store::{Digest, ObjectDigest, Store, StoreError, layout};
use bookend_timeline::{FrameKind, FrameTable, ShownFrame, SourceClock, SourceExtent};
use bookend_units::{FrameRate, Time};

use crate::SchedulerError;

/// The file of an Inspect result that holds the frame table.
const FRAME_TABLE: &str = "frames.table";
/// The largest frame table that is read, in bytes: the format's limit of frames at some ten bytes each.
const TABLE_LIMIT_BYTES: u64 = 256 << 20;

/// What Inspect found of one source, as far as a plan needs it.
#[derive(Clone, PartialEq, Debug)]
pub struct Inspected {
    /// Its facts.
    pub facts: SourceFacts,
    /// Its frame table, where the facts alone do not tell when frames are shown.
    pub table: Option<FrameTable>,
}

/// What points of one source are resolved against.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Extent {
    /// Moving picture.
    Picture(SourceClock),
    /// One picture without a clock.
    Still,
    /// Sound alone, until this time.
    Sound(Time),
}

/// Reads what a plan needs of the inspected media, frame tables only where nothing less will do.
///
/// # Errors
/// When a table is missing or damaged, or the store fails.
pub async fn read_inspected(
    store: &dyn Store,
    commits: &BTreeMap<Key, Commit>,
) -> Result<BTreeMap<Key, Inspected>, SchedulerError> {
    let mut all = BTreeMap::new();
    for (key, commit) in commits {
        let Facts::Inspect(facts) = &commit.facts else { continue };
        let table = if needs_table(facts) { Some(read_table(store, commit).await?) } else { None };
        all.insert(*key, Inspected { facts: (**facts).clone(), table });
    }
    Ok(all)
}

/// Tells whether only the frame table says when a source's frames are shown: its rate varies, or it has gaps.
pub(super) fn needs_table(facts: &SourceFacts) -> bool {
    let Some(picture) = facts.picture.as_ref().filter(|picture| !picture.still) else { return false };
    picture.rate.is_none_or(|rate| picture.end != rate.time_of(i64::from(picture.frames)))
}

async fn read_table(store: &dyn Store, commit: &Commit) -> Result<FrameTable, SchedulerError> {
    let missing = || SchedulerError::Missing { key: commit.key, what: "the frame table of a source".to_owned() };
    let file = commit.files.get(FRAME_TABLE).ok_or_else(missing)?;
    let key = Digest::from(*commit.key.as_bytes());
    let name = layout::result_file(&key, &commit.attempt.0, FRAME_TABLE)?;
    let bytes = store.get_bytes(&name, TABLE_LIMIT_BYTES).await?;
    let expected = ObjectDigest { sha256: Digest::from(*file.digest.as_bytes()), bytes: file.bytes };
    let found = ObjectDigest::of(&bytes);
    if found != expected {
        return Err(StoreError::DigestMismatch { what: name.to_string(), expected, found }.into());
    }
    FrameTable::decode(&bytes).map_err(|error| StoreError::Malformed { name, reason: error.to_string() }.into())
}

impl Inspected {
    /// Returns what points are resolved against, for a programme of the `house` rate.
    ///
    /// # Errors
    /// When the source shows and plays nothing, or its times make no clock: it is refused.
    pub(super) fn extent(&self, house: FrameRate) -> Result<Extent, Reason> {
        let refusal = |code: &str, message: String| Reason { code: code.to_owned(), message };
        match (&self.facts.picture, &self.facts.sound) {
            (Some(picture), _) if picture.still => Ok(Extent::Still),
            (Some(picture), _) => {
                let even;
                let table = match (&self.table, picture.rate) {
                    (Some(table), _) => table,
                    (None, Some(rate)) => {
                        even = even_table(picture.frames, rate);
                        &even
                    }
                    (None, None) => {
                        return Err(refusal("no-frame-table", "the source has no frame table; ingest it again".into()));
                    }
                };
                let clock =
                    SourceClock::from_table(table, house).map_err(|error| refusal("bad-times", error.to_string()))?;
                Ok(Extent::Picture(clock))
            }
            (None, Some(sound)) if sound.end > Time::ZERO => Ok(Extent::Sound(sound.end)),
            _ => Err(refusal("no-picture-or-sound", "the source has neither picture nor sound; use another".into())),
        }
    }
}

impl Extent {
    /// Returns the form that the timing rules take; nothing for a still.
    pub(super) fn of_source<'a>(&'a self, facts: &SourceFacts) -> Option<SourceExtent<'a>> {
        match self {
            Extent::Picture(clock) => {
                let start_timecode = facts.timecode.as_deref().and_then(|text| text.parse().ok());
                Some(SourceExtent::Picture { clock, start_timecode })
            }
            Extent::Sound(end) => Some(SourceExtent::Sound { end: *end }),
            Extent::Still => None,
        }
    }
}

/// Makes the table of a source whose frames fill every place of their rate.
fn even_table(frames: u32, rate: FrameRate) -> FrameTable {
    let frame = |n| ShownFrame { ticks: i64::from(n), duration_ticks: 1, key: false, kind: FrameKind::Progressive };
    FrameTable {
        time_base: (rate.den(), rate.num()),
        declared_rate: Some(rate),
        frames: (0..frames).map(frame).collect(),
    }
}

#[cfg(test)]
mod tests {
    use bookend_jobs::facts::SourcePicture;
    use bookend_units::Raster;

    use super::*;

    fn picture(frames: u32, rate: Option<FrameRate>, end: Time) -> SourceFacts {
        let raster = Raster { width: 640, height: 360 };
        let picture = SourcePicture {
            track: 0,
            codec: "h264".into(),
            profile: None,
            raster,
            display: raster,
            sample_aspect: (1, 1),
            rotation: 0,
            mirrored: false,
            pixel_format: "yuv420p".into(),
            bit_depth: 8,
            alpha: false,
            full_range: false,
            matrix: "bt709".into(),
            transfer: "bt709".into(),
            primaries: "bt709".into(),
            dynamics: Default::default(),
            scan: Default::default(),
            declared_rate: rate,
            rate,
            frames,
            end,
            still: false,
            changes: false,
            seekable: true,
        };
        SourceFacts { picture: Some(picture), ..SourceFacts::default() }
    }

    #[test]
    fn only_gaps_and_variable_rates_need_the_table() {
        let rate = FrameRate::of(25, 1);
        assert!(!needs_table(&picture(50, Some(rate), Time::from_seconds(2))));
        assert!(needs_table(&picture(50, Some(rate), Time::from_seconds(3))), "a gap");
        assert!(needs_table(&picture(50, None, Time::from_seconds(2))), "a variable rate");
        assert!(!needs_table(&SourceFacts::default()), "no picture");
    }

    #[test]
    fn an_even_source_has_its_frames_on_the_grid() {
        let rate = FrameRate::of(30_000, 1001);
        let facts = picture(60, Some(rate), rate.time_of(60));
        let Ok(Extent::Picture(clock)) = (Inspected { facts, table: None }).extent(FrameRate::of(25, 1)) else {
            panic!("a picture has a clock")
        };
        assert_eq!((clock.len(), clock.time(36), clock.end()), (60, rate.time_of(36), rate.time_of(60)));
    }
}
