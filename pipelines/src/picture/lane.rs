//! One encoding of a Picture job: fits frames, encodes them, remembers what they looked like.

use std::path::Path;

use bookend_config::spec::PictureEncoding;
use bookend_media::{ColourCodes, Fields, Frame, Graph};

use super::chunk_file::{ChunkFile, pixel_format};
use super::conform::{self, Shape};
use super::look::Look;
use crate::RecipeError;

/// A lane from decoded frames to one chunk.
pub(super) struct Lane {
    encoding: PictureEncoding,
    file: ChunkFile,
    graph: Option<(Shape, Graph)>,
    fitted: Frame,
    before: Option<Frame>,
    looks: Vec<Look>,
    words: Vec<String>,
    threads: u32,
}

/// What a lane made.
pub(super) struct MadeChunk {
    pub looks: Vec<Look>,
    pub words: Vec<String>,
}

impl Lane {
    pub(super) fn create(folder: &Path, encoding: &PictureEncoding, threads: u32) -> Result<Self, RecipeError> {
        Ok(Lane {
            encoding: encoding.clone(),
            file: ChunkFile::create(folder, encoding)?,
            graph: None,
            fitted: Frame::empty().map_err(fitting)?,
            before: None,
            looks: Vec::new(),
            words: Vec::new(),
            threads,
        })
    }

    /// Returns the path of the chunk's file.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Returns the encoding.
    pub(super) fn encoding(&self) -> &PictureEncoding {
        &self.encoding
    }

    /// Fits one decoded frame and shows it for `count` programme frames.
    pub(super) fn show(&mut self, frame: &Frame, shape: Shape, count: u32) -> Result<(), RecipeError> {
        if self.graph.as_ref().is_none_or(|(known, _)| *known != shape) {
            let conform = conform::plan(&shape, self.encoding.raster(), pixel_format(&self.encoding));
            let mut like = frame.share().map_err(fitting)?;
            like.set_colour(shape.colour);
            let graph = Graph::new(&like, (1, 1), &conform.filters, self.threads).map_err(fitting)?;
            for word in conform.words {
                if !self.words.contains(&word) {
                    self.words.push(word);
                }
            }
            self.graph = Some((shape, graph));
        }
        let Some((_, graph)) = self.graph.as_mut() else { return Ok(()) };
        let mut input = frame.share().map_err(fitting)?;
        input.set_colour(shape.colour);
        input.set_fields(Fields::None);
        input.set_pts(0);
        graph.push(Some(&input)).map_err(fitting)?;
        if !graph.pull(&mut self.fitted).map_err(fitting)? {
            return Err(RecipeError::Malformed("the fitting filters kept a frame back".into()));
        }
        let fitted = self.fitted.share().map_err(fitting)?;
        self.encode(fitted, count)
    }

    /// Encodes a frame that already has the encoding's size and format for `count` programme frames.
    pub(super) fn encode(&mut self, mut frame: Frame, count: u32) -> Result<(), RecipeError> {
        frame.set_colour(ColourCodes::BT709);
        frame.set_fields(Fields::None);
        frame.set_square_samples();
        frame.clear_side_data();
        frame.clear_type();
        for _ in 0..count {
            self.looks.push(Look::at(&frame, self.before.as_ref()));
            let mut next = frame.share().map_err(fitting)?;
            self.file.push(&mut next)?;
            self.before = Some(next);
        }
        Ok(())
    }

    /// Adds a word about what conform did.
    pub(super) fn note(&mut self, word: &str) {
        if !self.words.iter().any(|known| known == word) {
            self.words.push(word.to_owned());
        }
    }

    /// Closes the chunk's file.
    pub(super) fn finish(self) -> Result<MadeChunk, RecipeError> {
        self.file.finish()?;
        Ok(MadeChunk { looks: self.looks, words: self.words })
    }
}

fn fitting(source: bookend_media::MediaError) -> RecipeError {
    RecipeError::Media { doing: "fitting a frame", source }
}
