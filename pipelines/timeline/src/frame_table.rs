//! What is known of every shown frame of a source.

mod encoding;

use bookend_units::FrameRate;

pub use encoding::FrameTableError;

/// The most frames a table may hold: 92 hours at 60 frames a second.
pub const MAX_TABLE_FRAMES: usize = 20_000_000;

/// Time, kind and key flag of every shown frame, in the order in which they are shown (after edit lists; hidden frames and
/// the second packets of field pairs are not frames).
///
/// Kept as a file by [`FrameTable::encode`]; the format's page is `FRAME_TABLE.md`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameTable {
    /// Length of a tick in seconds, as numerator and denominator, both positive.
    pub time_base: (u32, u32),
    /// The frame rate that the container or the stream declares, if any.
    pub declared_rate: Option<FrameRate>,
    /// The shown frames.
    pub frames: Vec<ShownFrame>,
}

/// One frame of a source as it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShownFrame {
    /// When it appears, in ticks of the table's time base; only differences between frames matter.
    pub ticks: i64,
    /// How long its container says it lasts, in ticks; 0 when unknown.
    pub duration_ticks: u32,
    /// Whether decoding can start at this frame.
    pub key: bool,
    /// How its lines were taken.
    pub kind: FrameKind,
}

/// Whether a frame is one picture or two fields, and which field comes first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FrameKind {
    /// One picture.
    Progressive,
    /// Two fields, the top one first in time.
    TopFirst,
    /// Two fields, the bottom one first in time.
    BottomFirst,
}
