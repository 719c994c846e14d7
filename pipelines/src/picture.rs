//! Picture: a run of programme frames with one composition, in one or several encodings, from one decode.
//!
//! `conform` says how a frame is fitted (pure); `source` finds the frames the timeline names; `lane` fits and encodes
//! them for one encoding; `proof` decodes what was written and compares it with what was encoded.

mod bars;
mod chunk_file;
mod conform;
mod lane;
mod look;
mod proof;
mod run;
mod slate;
mod source;
mod still;

pub(crate) use chunk_file::{PACKETS, chunk_name, wrapper_options};
pub(crate) use look::{Look, frame_hash};
pub(crate) use run::make;
