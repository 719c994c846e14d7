//! The programme's timing rules: clocks of sources, which frame is shown when, lengths, the chunk grid, outlets' cadence.
//!
//! For: every decision about time, as pure functions over plain values. Does not: read files, know FFmpeg, or keep time in
//! floating point. Start at [`SourceClock`] and [`choices`]; a rundown is read by [`Rundown::parse`].

mod choice;
mod chunk;
mod clock;
mod frame_table;
mod layout;
mod length;
mod outlet_clock;
mod point;
mod rundown;
mod span;

pub use choice::{Choices, ChosenFrame, Field, choices, choose};
pub use chunk::{ChunkGrid, DEFAULT_CHUNK_CAP_S, MAX_CHUNK_S, chunks, gop_frames};
pub use clock::{ClockError, SourceClock};
pub use frame_table::{FrameKind, FrameTable, FrameTableError, MAX_TABLE_FRAMES, ShownFrame};
pub use layout::{MAX_PROGRAMME_FRAMES, PlacedItem, Programme, ProgrammeTooLong};
pub use length::item_length;
pub use outlet_clock::{Cadence, CadenceError, OutletFrame, OutletScan};
pub use point::{Length, ParseLengthError, ParsePointError, Point};
pub use rundown::{
    Colour, House, Item, ItemKind, ItemPlace, RUNDOWN_HELP, Rundown, RundownError, Segment, SoundLayout, SoundPicture,
};
pub use span::{Cut, PointError, SourceExtent, Span};
