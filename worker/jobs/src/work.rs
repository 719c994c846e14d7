//! What each kind of job is asked to do: the recipes' parameters, by value.

mod assemble;
mod inspect;
mod mix;
mod picture;
mod sound;

use serde::{Deserialize, Serialize};

pub use assemble::{Assemble, AssembleChunk};
pub use inspect::{Inspect, InspectLimits};
pub use mix::{Mix, MixContent, MixItem};
pub use picture::{Composition, Picture, SlateLine};
pub use sound::Sound;

use crate::Kind;

/// The parameters of one result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Work {
    /// See [`Inspect`].
    Inspect(Inspect),
    /// See [`Picture`].
    Picture(Picture),
    /// See [`Sound`].
    Sound(Sound),
    /// See [`Mix`].
    Mix(Mix),
    /// See [`Assemble`].
    Assemble(Assemble),
}

impl Work {
    /// Returns the kind of result that this makes.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Work::Inspect(_) => Kind::Inspect,
            Work::Picture(_) => Kind::Picture,
            Work::Sound(_) => Kind::Sound,
            Work::Mix(_) => Kind::Mix,
            Work::Assemble(_) => Kind::Assemble,
        }
    }
}
