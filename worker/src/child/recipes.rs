//! What a child can do.

use std::collections::BTreeMap;
use std::path::Path;

use bookend_config::spec::OutletSpec;
use bookend_jobs::facts::FileFacts;
use bookend_jobs::{Engine, Key, Known, MadeResult, RECIPE_SET, WantedResult};
use bookend_pipelines::{JobFolder, Progress, RecipeError};

/// What a child can do, as values, so that tests can put something else in.
#[derive(Clone, Debug)]
pub struct Recipes {
    /// Says which engine this is.
    pub engine: fn() -> Engine,
    /// Makes all results of a job.
    pub make: Make,
    /// Examines a file in full.
    pub examine: Examine,
}

/// Makes all results of a job: see [`bookend_pipelines::make`].
pub type Make = fn(&[WantedResult], &JobFolder<'_>, Progress<'_>) -> Result<BTreeMap<Key, MadeResult>, RecipeError>;
/// Examines a file against what is known of it, with this many threads: see [`bookend_pipelines::examine_against`].
pub type Examine = fn(&Path, &OutletSpec, &Known, u32, Progress<'_>) -> Result<FileFacts, RecipeError>;

impl Recipes {
    /// The recipes of `bookend-pipelines`.
    #[must_use]
    pub const fn built_in() -> Self {
        Recipes { engine, make: bookend_pipelines::make, examine: bookend_pipelines::examine_against }
    }
}

fn engine() -> Engine {
    let versions = bookend_pipelines::versions();
    let (major, minor) = versions.avcodec;
    Engine { recipes: RECIPE_SET, avcodec: format!("{major}.{minor}"), x264: versions.x264 }
}
