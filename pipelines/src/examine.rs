//! Examines any finished file in full.

use std::path::Path;

use bookend_config::spec::OutletSpec;
use bookend_jobs::facts::FileFacts;

use crate::{Progress, RecipeError};

/// Examines a file in full: structure, every frame, every sample.
///
/// # Errors
/// When the file cannot be read as media at all.
pub fn examine(_file: &Path, _outlet: &OutletSpec, _threads: u32, _progress: Progress<'_>) -> Result<FileFacts, RecipeError> {
    Err(RecipeError::Malformed("not built yet".into()))
}
