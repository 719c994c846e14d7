//! The engine: what makes two makes of a key interchangeable.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The set of recipes of this build. A change that alters what any recipe makes raises the kind's revision; a change
/// that alters the wire raises this.
pub const RECIPE_SET: u32 = 1;

/// Recipe set and encoder libraries. Chunks that join must come from one engine, so it is part of every key.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Engine {
    /// [`RECIPE_SET`] of the worker.
    pub recipes: u32,
    /// `major.minor` of libavcodec.
    pub avcodec: String,
    /// x264 build number.
    pub x264: String,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "recipes {} · libavcodec {} · x264 {}", self.recipes, self.avcodec, self.x264)
    }
}
