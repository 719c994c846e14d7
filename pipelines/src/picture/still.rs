//! The one picture of a still.

use std::path::Path;

use bookend_jobs::facts::SourcePicture;
use bookend_media::Frame;
use bookend_timeline::{ChosenFrame, FrameTable};

use super::conform::Shape;
use super::source::{Run, SourceFrames};
use crate::RecipeError;

/// Decodes a still and shows it for `count` programme frames.
pub(super) fn show(
    path: &Path,
    facts: &SourcePicture,
    table: &FrameTable,
    count: u32,
    threads: u32,
    show: &mut dyn FnMut(&Frame, Shape, Run) -> Result<(), RecipeError>,
) -> Result<(), RecipeError> {
    let run = Run { chosen: ChosenFrame { index: 0, field: None }, count };
    SourceFrames::open(path, facts, table, threads)?.each(&[run], show)
}
