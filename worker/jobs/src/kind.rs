//! The kinds of results, and the revision of each kind's recipe.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of result (DESIGN 5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Facts of a source and its frame table.
    Inspect,
    /// A run of programme frames with one composition, in one encoding, with its proof.
    Picture,
    /// An item's conformed PCM and its loudness state.
    Sound,
    /// The programme's sound for one layout and target; encoded too for a lossy outlet.
    Mix,
    /// Chunks and sound joined into a deliverable.
    Assemble,
}

impl Kind {
    /// Returns the recipe's revision: raised whenever the same request would make something different.
    #[must_use]
    pub const fn revision(self) -> u32 {
        match self {
            Kind::Sound | Kind::Assemble => 1,
            Kind::Mix => 2,
            Kind::Inspect | Kind::Picture => 3,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Inspect => "inspect",
            Kind::Picture => "picture",
            Kind::Sound => "sound",
            Kind::Mix => "mix",
            Kind::Assemble => "assemble",
        })
    }
}
