//! Everything known of one deliverable: `<name>.report.json`. The format is described in `REPORT.md`.

use bookend_config::spec::LoudnessTarget;
use bookend_jobs::facts::{ItemGain, Loudness, ProofDepth, SeamFacts, Stretch};
use bookend_jobs::{Digest, Engine, Key, Known, KnownChunk, KnownSeam, KnownTone};
use bookend_units::FrameRate;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::verdict::passed;
use crate::{ClauseVerdict, Expected, GaveWay, ReportError};

/// The version of the report file that this build writes and reads.
pub const REPORT_VERSION: u32 = 1;

/// A deliverable's report.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Format version, [`REPORT_VERSION`].
    pub version: u32,
    /// The episode.
    pub episode: Episode,
    /// The outlet.
    pub outlet: OutletName,
    /// The file.
    pub file: FileName,
    /// What it was made with.
    pub engine: Engine,
    /// When the file was proved.
    pub made: Timestamp,
    /// How deep the proof went.
    pub proof: ProofDepth,
    /// What the file is expected to hold; what `verify` goes by.
    pub programme: Programme,
    /// The items in programme order.
    pub items: Vec<Item>,
    /// The cuts, in order.
    pub seams: Vec<Seam>,
    /// The sound.
    pub loudness: LoudnessReport,
    /// The verdicts in the outlet's order.
    pub clauses: Vec<ClauseVerdict>,
    /// Black, frozen and silent stretches.
    pub stretches: Vec<Stretch>,
    /// What was reused and what was made, by kind of result.
    pub reuse: Vec<Reuse>,
    /// What a producer should know besides: decisions changed since, frames without a place …
    pub warnings: Vec<String>,
}

/// The episode, as its rundown names it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Episode {
    /// Its id.
    pub id: String,
    /// Its title; may be empty.
    pub title: String,
    /// The series, if named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub series: Option<String>,
    /// Season, if numbered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub season: Option<u32>,
    /// Number in the season, if numbered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub number: Option<u32>,
}

/// The outlet that the file was made for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutletName {
    /// Its name.
    pub name: String,
    /// What a producer calls it.
    pub title: String,
    /// Edition of its text.
    pub edition: u32,
    /// The picture in words, for example `H.264 1920x1080, 30000/1001 fps`.
    pub picture: String,
    /// The sound in words, for example `AAC-LC stereo 384 kb/s`.
    pub sound: String,
}

/// The file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileName {
    /// Its name, without folders.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// What the file is expected to hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Programme {
    /// The programme clock.
    pub rate: FrameRate,
    /// Frames.
    pub frames: u64,
    /// Samples at 48 kHz.
    pub samples: u64,
    /// Hashes of the frames either side of every cut, as their chunks' proofs recorded them.
    #[serde(default)]
    pub seams: Vec<KnownSeam>,
    /// The chunks in order, each with one digest over its packets'.
    #[serde(default)]
    pub chunks: Vec<KnownChunk>,
    /// Where line-up tone is heard: it counts for no loudness.
    #[serde(default)]
    pub tone: Vec<KnownTone>,
    /// The result that holds the mix, for measuring the sound's lag while the store still has it.
    #[serde(default)]
    pub mix: Option<Key>,
}

/// Where an item comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// An approved piece.
    Piece,
    /// A file of the house.
    InHouse,
    /// Made by Bookend: black, bars, slate.
    Generated,
}

/// One placed item.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Segment, from 1.
    pub segment: u32,
    /// The segment's title, if any.
    pub segment_title: Option<String>,
    /// Place in the whole rundown, from 1.
    pub number: u32,
    /// Line in the rundown, from 1.
    pub line: Option<u32>,
    /// What a producer calls it: the piece's title, the file's name, `Black` …
    pub title: String,
    /// The role that the rundown gives it, for example `host`.
    pub role: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// The piece's id, when it is one.
    pub piece: Option<String>,
    /// First programme frame.
    pub first: u64,
    /// Length in programme frames.
    pub frames: u64,
    /// Timecode of the first frame.
    pub timecode: String,
    /// The source; absent when generated.
    pub source: Option<ItemSource>,
    /// The gain, and why; absent when the item has no sound.
    pub gain: Option<ItemGain>,
    /// In plain words: what conform did to picture and sound.
    pub conform: Vec<String>,
    /// Who is credited.
    pub credits: Vec<Credit>,
    /// How the piece's decision changed since the plan was made, if it did.
    pub decision_changed: Option<String>,
}

/// An item's source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ItemSource {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// In, in the source's own terms; empty for a still.
    pub r#in: String,
    /// Out, exclusive, in the source's own terms; empty for a still.
    pub out: String,
}

/// A credit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Credit {
    /// For example `Director`.
    pub role: String,
    /// The name.
    pub name: String,
}

/// A cut between two items.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Seam {
    /// Number of the item before.
    pub from_item: u32,
    /// Number of the item after.
    pub to_item: u32,
    /// Timecode of the first frame after the cut.
    pub timecode: String,
    /// What was found there.
    pub facts: SeamFacts,
}

/// The sound of the deliverable.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LoudnessReport {
    /// What was wanted.
    pub target: LoudnessTarget,
    /// What the file measures; absent when it has no sound.
    pub measured: Option<Loudness>,
    /// Gain given to the whole programme, dB; absent where nothing could be measured.
    pub programme_gain_db: Option<f64>,
    /// The limiter worked.
    pub limited: bool,
    /// Share of 10 ms blocks reduced by more than the give-way limit, 0 to 1.
    pub share_reduced: f64,
    /// The target gave way, and why.
    pub gave_way: Option<String>,
}

/// What was reused of one kind of result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reuse {
    /// The kind, for example `picture`.
    pub kind: String,
    /// Results that the deliverable needs.
    pub total: u32,
    /// Results that were there already.
    pub reused: u32,
    /// Results made for it.
    pub made: u32,
    /// CPU time of those made, milliseconds.
    pub cpu_ms: u64,
}

impl Report {
    /// Tells whether the file passed: no clause failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        passed(&self.clauses)
    }

    /// Returns what `verify` may compare the file beside this report with; the mix itself lies in a store.
    #[must_use]
    pub fn known(&self) -> Known {
        let programme = &self.programme;
        Known {
            seams: programme.seams.clone(),
            chunks: programme.chunks.clone(),
            mix: None,
            tone: programme.tone.clone(),
        }
    }

    /// Returns what `verify` may expect of the file beside this report.
    #[must_use]
    pub fn expected(&self) -> Expected {
        let measured = self.loudness.measured.as_ref();
        Expected {
            rate: self.programme.rate,
            frames: self.programme.frames,
            samples: self.programme.samples,
            cuts: self.items.iter().skip(1).map(|item| item.first).collect(),
            gave_way: self.loudness.gave_way.as_ref().map(|reason| GaveWay {
                reason: reason.clone(),
                integrated_lufs: measured.and_then(|measured| measured.integrated_lufs),
            }),
            explained: self.stretches.iter().filter(|stretch| stretch.explained.is_some()).cloned().collect(),
        }
    }

    /// Writes the report as indented JSON, ending in a newline.
    ///
    /// # Errors
    /// Only when a value cannot be JSON, which no report made from facts has.
    pub fn to_json(&self) -> Result<String, ReportError> {
        let mut json = serde_json::to_string_pretty(self).map_err(ReportError::Unwritable)?;
        json.push('\n');
        Ok(json)
    }

    /// Reads a report.
    ///
    /// # Errors
    /// When the text is not a report, or one of another format version.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        let found = serde_json::from_str::<Versioned>(text).map_err(ReportError::Malformed)?.version;
        if found != u64::from(REPORT_VERSION) {
            return Err(ReportError::Version { found, known: REPORT_VERSION });
        }
        serde_json::from_str(text).map_err(ReportError::Malformed)
    }
}
