//! Plain, versioned specification values: what settings, house formats and outlets resolve to.
//!
//! These values are all that crosses the wire. A field here is part of a result's key when it changes what is made, so
//! a change of meaning needs a new revision of the kinds that read it.

mod clause;
mod house;
mod outlet;
mod picture;
mod sound;

pub use clause::{Check, Clause};
pub use house::{Colour, House, SoundLayout};
pub use outlet::{OutletSpec, Wrapper};
pub use picture::{H264, PictureEncoding, ProRes, ProResProfile};
pub use sound::{LoudnessTarget, ReductionLimit, SoundEncoding};
