//! Picture sizes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A picture's width and height in samples, both at least 1. Serialised as `"1920x1080"`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Raster {
    /// Samples in a line.
    pub width: u32,
    /// Lines in a frame.
    pub height: u32,
}

impl fmt::Display for Raster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// The text names no picture size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a raster: write width x height, for example `1920x1080`")]
pub struct ParseRasterError(String);

impl FromStr for Raster {
    type Err = ParseRasterError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseRasterError(text.to_owned());
        let (width, height) = text.split_once('x').ok_or_else(wrong)?;
        let raster =
            Raster { width: width.parse().map_err(|_| wrong())?, height: height.parse().map_err(|_| wrong())? };
        if raster.width == 0 || raster.height == 0 { Err(wrong()) } else { Ok(raster) }
    }
}

impl Serialize for Raster {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Raster {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
