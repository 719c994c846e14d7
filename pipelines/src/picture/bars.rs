//! Generated pictures without text: black and colour bars.

use bookend_config::spec::PictureEncoding;
use bookend_media::{ColourCodes, Frame, Graph, MediaError, PixelFormat};

use super::chunk_file::pixel_format;
use crate::RecipeError;

/// Makes a black frame of the encoding's size and format: luma 16, chroma 128, scaled to its bits.
pub(super) fn black(encoding: &PictureEncoding) -> Result<Frame, RecipeError> {
    let format = PixelFormat::named(pixel_format(encoding));
    let mut frame = Frame::picture(encoding.raster(), format, ColourCodes::BT709).map_err(drawing)?;
    let shift = format.bit_depth().saturating_sub(8);
    for plane in 0..3 {
        let value: u16 = if plane == 0 { 16 } else { 128 } << shift;
        let (samples, _) = frame.plane_mut(plane).map_err(drawing)?;
        if shift == 0 {
            samples.fill(value.to_le_bytes()[0]);
        } else {
            samples.as_chunks_mut::<2>().0.fill(value.to_le_bytes());
        }
    }
    Ok(frame)
}

/// Draws HD colour bars to SMPTE RP 219-1, as FFmpeg's `smptehdbars` knows them.
pub(super) fn bars(encoding: &PictureEncoding) -> Result<Frame, RecipeError> {
    let filters =
        format!("smptehdbars=size={}:rate=25:duration=1,format={}", encoding.raster(), pixel_format(encoding));
    let mut graph = Graph::generate(&filters).map_err(drawing)?;
    let mut frame = Frame::empty().map_err(drawing)?;
    if graph.pull(&mut frame).map_err(drawing)? {
        Ok(frame)
    } else {
        Err(RecipeError::Malformed("the bars filter gave no frame".into()))
    }
}

fn drawing(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "drawing a picture", source }
}
