//! What the worker tells its child, and what the child answers: JSON on stdin, JSON lines on stdout.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::message::WantedResult;
use crate::{Disposition, Engine, Key, Known, Reason};
use bookend_config::spec::OutletSpec;

/// The task on the child's stdin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum ChildTask {
    /// Says which engine this is.
    Engine,
    /// Makes results.
    Make {
        /// The results, all of one kind.
        results: Vec<WantedResult>,
        /// Inputs by name, as local files.
        inputs: BTreeMap<String, LocalInput>,
        /// The folder to write in; each result's files go to a folder in it named by the result's key.
        scratch: PathBuf,
        /// Threads that FFmpeg may use beside the encoders' own.
        threads: u32,
    },
    /// Examines any file in full, for `verify`.
    Examine {
        /// The file.
        file: PathBuf,
        /// What it is to be judged by: tells which measurements are wanted.
        outlet: Box<OutletSpec>,
        /// What is known of its making.
        known: Box<Known>,
        /// Threads that FFmpeg may use.
        threads: u32,
    },
}

/// An input as the child finds it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "kebab-case")]
pub enum LocalInput {
    /// A source's bytes.
    Source {
        /// Where they lie.
        path: PathBuf,
    },
    /// A result's files and facts.
    Result {
        /// Its files by name.
        files: BTreeMap<String, PathBuf>,
        /// Its facts.
        facts: Box<Facts>,
    },
}

/// A line on the child's stdout.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum ChildLine {
    /// Real progress.
    Progress {
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
    },
    /// The engine asked for.
    Engine {
        /// It.
        engine: Engine,
    },
    /// All results were made and proved; the last line.
    Made {
        /// By key: the files written (names in the result's folder) and the facts.
        results: BTreeMap<Key, MadeResult>,
    },
    /// The file was examined; the last line.
    Examined {
        /// What was found.
        facts: Box<crate::facts::FileFacts>,
    },
    /// It could not be done; the last line.
    Failed {
        /// What happens next.
        disposition: Disposition,
        /// Why.
        reason: Reason,
    },
}

/// One made result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MadeResult {
    /// Names of its files in its folder.
    pub files: Vec<String>,
    /// What was found and proved.
    pub facts: Facts,
}
