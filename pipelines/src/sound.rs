//! Sound.

use bookend_jobs::work::Sound;
use bookend_jobs::{Key, MadeResult};

use crate::{JobFolder, Progress, RecipeError};

/// Makes the one result of a Sound job.
pub(crate) fn make(_work: &Sound, _key: Key, _job: &JobFolder<'_>, _progress: Progress<'_>) -> Result<MadeResult, RecipeError> {
    Err(RecipeError::Malformed("not built yet".into()))
}
