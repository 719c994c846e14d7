//! Picture.

use std::collections::BTreeMap;

use bookend_jobs::{Key, MadeResult, WantedResult};

use crate::{JobFolder, Progress, RecipeError};

/// Makes all results of a Picture job from one decode.
pub(crate) fn make(
    _results: &[WantedResult],
    _job: &JobFolder<'_>,
    _progress: Progress<'_>,
) -> Result<BTreeMap<Key, MadeResult>, RecipeError> {
    Err(RecipeError::Malformed("not built yet".into()))
}
