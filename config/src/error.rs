//! Why a configuration document, or what is asked of it, is wrong.

use std::path::PathBuf;

use bookend_units::FrameRate;

/// A configuration failure. Every variant means that the request is wrong and nothing ran (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file could not be read.
    #[error("{} could not be read; check the path and its permissions", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The text is not what this kind of document may say.
    #[error("{file}, line {line}: {message}{}", nearest.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?")))]
    Malformed {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
        /// The valid field or value whose spelling is nearest, where one is near.
        nearest: Option<String>,
    },
    /// The document reads well but says something that cannot be.
    #[error("{file}: `{field}` {message}")]
    Invalid {
        /// The file.
        file: String,
        /// The field, as a path through the tables.
        field: String,
        /// What is wrong with it and what to write.
        message: String,
    },
    /// No outlet has this name.
    #[error(
        "there is no outlet `{name}`; {} {}",
        nearest.as_ref().map_or_else(|| "there are:".to_owned(), |near| format!("did you mean `{near}`? There are:")),
        known.join(", ")
    )]
    UnknownOutlet {
        /// The name asked for.
        name: String,
        /// The known name whose spelling is nearest, where one is near.
        nearest: Option<String>,
        /// All names, in order.
        known: Vec<String>,
    },
    /// Two outlets have one name.
    #[error("outlet `{name}` is defined by {first} and by {second}; rename one")]
    TwiceNamed {
        /// The name.
        name: String,
        /// One place.
        first: String,
        /// The other.
        second: String,
    },
    /// No rule joins the house's frame rate to the outlet's.
    #[error("outlet `{outlet}` takes no {rate} frames a second; set the house's rate to one of {}", names(allowed))]
    RateRefused {
        /// The outlet.
        outlet: String,
        /// The house's rate.
        rate: FrameRate,
        /// The rates it takes.
        allowed: Vec<FrameRate>,
    },
    /// The outlet cannot carry the house's raster.
    #[error("outlet `{outlet}` cannot carry a house of {raster}: {why}")]
    RasterRefused {
        /// The outlet.
        outlet: String,
        /// The house's raster.
        raster: String,
        /// Why, and what to do.
        why: String,
    },
}

fn names(rates: &[FrameRate]) -> String {
    rates.iter().map(FrameRate::to_string).collect::<Vec<_>>().join(", ")
}
