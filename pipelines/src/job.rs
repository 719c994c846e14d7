//! One job: its folder, its inputs, its progress, and which recipe does it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bookend_jobs::facts::Facts;
use bookend_jobs::work::Work;
use bookend_jobs::{Key, LocalInput, MadeResult, WantedResult};

use crate::{RecipeError, assemble, inspect, mix, picture, sound};

/// Called with units done and units in all; real progress only.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// What a recipe works with: inputs by name, and a folder for each result.
#[derive(Debug)]
pub struct JobFolder<'a> {
    inputs: &'a BTreeMap<String, LocalInput>,
    scratch: &'a Path,
    threads: u32,
}

impl<'a> JobFolder<'a> {
    /// Makes a job's view of its inputs and scratch; `threads` is what FFmpeg may use beside the encoders' own.
    #[must_use]
    pub fn new(inputs: &'a BTreeMap<String, LocalInput>, scratch: &'a Path, threads: u32) -> Self {
        JobFolder { inputs, scratch, threads }
    }

    /// Returns the thread budget of this job, at least 1.
    #[must_use]
    pub fn threads(&self) -> u32 {
        self.threads.max(1)
    }

    /// Returns the folder that the files of result `key` are written to, making it.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn result_folder(&self, key: Key) -> Result<PathBuf, RecipeError> {
        let path = self.scratch.join(key.to_string());
        std::fs::create_dir_all(&path).map_err(|source| RecipeError::File {
            path: path.clone(),
            doing: "made",
            source,
        })?;
        Ok(path)
    }

    /// Returns the path of the source named `name`.
    ///
    /// # Errors
    /// When there is no such input or it is a result.
    pub fn source(&self, name: &str) -> Result<&Path, RecipeError> {
        match self.inputs.get(name) {
            Some(LocalInput::Source { path }) => Ok(path),
            _ => Err(RecipeError::Malformed(format!("input `{name}` is not a source"))),
        }
    }

    /// Returns the facts of the result named `name`.
    ///
    /// # Errors
    /// When there is no such input or it is a source.
    pub fn facts(&self, name: &str) -> Result<&Facts, RecipeError> {
        match self.inputs.get(name) {
            Some(LocalInput::Result { facts, .. }) => Ok(facts),
            _ => Err(RecipeError::Malformed(format!("input `{name}` is not a result"))),
        }
    }

    /// Returns the path of file `file` of the result named `name`.
    ///
    /// # Errors
    /// When there is no such input or file.
    pub fn file(&self, name: &str, file: &str) -> Result<&Path, RecipeError> {
        match self.inputs.get(name) {
            Some(LocalInput::Result { files, .. }) => files
                .get(file)
                .map(PathBuf::as_path)
                .ok_or_else(|| RecipeError::Malformed(format!("input `{name}` has no file `{file}`"))),
            _ => Err(RecipeError::Malformed(format!("input `{name}` is not a result"))),
        }
    }
}

/// Makes all results of one job, proved, in their folders.
///
/// # Errors
/// As the kind's recipe says; nothing is to be kept then.
pub fn make(
    results: &[WantedResult],
    job: &JobFolder<'_>,
    progress: Progress<'_>,
) -> Result<BTreeMap<Key, MadeResult>, RecipeError> {
    let Some(first) = results.first() else {
        return Err(RecipeError::Malformed("a job without results".into()));
    };
    match &first.work {
        Work::Picture(_) => picture::make(results, job, progress),
        one => {
            let [only] = results else {
                return Err(RecipeError::Malformed(format!("a {} job makes one result", one.kind())));
            };
            let made = match &only.work {
                Work::Inspect(work) => inspect::make(work, only.key, job, progress)?,
                Work::Sound(work) => sound::make(work, only.key, job, progress)?,
                Work::Mix(work) => mix::make(work, only.key, job, progress)?,
                Work::Assemble(work) => assemble::make(work, only.key, job, progress)?,
                Work::Picture(_) => unreachable!("matched above"),
            };
            Ok(BTreeMap::from([(only.key, made)]))
        }
    }
}
