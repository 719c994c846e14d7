//! The slate: the episode's facts in white on black, set in fonts that the binary carries.

use ab_glyph::{Font, FontRef, Glyph, Point, PxScale, ScaleFont};
use bookend_config::spec::PictureEncoding;
use bookend_jobs::work::SlateLine;
use bookend_media::Frame;

use super::bars::black;
use crate::RecipeError;

// DejaVu Sans, free to embed and to pass on (LICENSE-DEJAVU.txt beside it).
const PLAIN: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold.ttf");

/// Most of the raster's height that one line may take, as 1/n.
const TALLEST_LINE: f32 = 14.0;
/// Text stays inside the central 80 % (safe title area of SMPTE ST 2046-1 is 90 %).
const MARGIN: f32 = 0.1;

/// Draws the slate at the encoding's size and format.
pub(super) fn slate(encoding: &PictureEncoding, lines: &[SlateLine]) -> Result<Frame, RecipeError> {
    let broken = |_| RecipeError::Malformed("an embedded font does not read".into());
    let plain = FontRef::try_from_slice(PLAIN).map_err(broken)?;
    let bold = FontRef::try_from_slice(BOLD).map_err(broken)?;
    let mut frame = black(encoding)?;
    let raster = encoding.raster();
    #[allow(clippy::cast_precision_loss)]
    let (width, height) = (raster.width as f32, raster.height as f32);
    #[allow(clippy::cast_precision_loss)]
    let rows = (lines.len().max(4) as f32) * 1.5;
    let size = (height * (1.0 - 2.0 * MARGIN) / rows).min(height / TALLEST_LINE);
    let labels = lines.iter().map(|line| set(&plain, &line.label, size).1).fold(0.0, f32::max);
    let gap = if labels > 0.0 { labels + size } else { 0.0 };
    let room = width * (1.0 - 2.0 * MARGIN) - gap;
    let mut canvas = Canvas { frame: &mut frame, width: raster.width, height: raster.height };
    #[allow(clippy::cast_precision_loss)]
    let mut top = (height - lines.len() as f32 * size * 1.5) / 2.0;
    for line in lines {
        let (label, _) = set(&plain, &line.label, size);
        canvas.draw(&plain, &label, width * MARGIN, top)?;
        let (value, wide) = set(&bold, &line.value, size);
        // A title too long for its line is set smaller, never cut.
        let (value, _) = if wide > room { set(&bold, &line.value, size * room / wide) } else { (value, wide) };
        canvas.draw(&bold, &value, width * MARGIN + gap, top)?;
        top += size * 1.5;
    }
    Ok(frame)
}

/// Sets a line of text, origin at its upper left; returns the glyphs and the line's width.
fn set(font: &FontRef<'_>, text: &str, size: f32) -> (Vec<Glyph>, f32) {
    let scaled = font.as_scaled(PxScale::from(size.max(1.0)));
    let mut glyphs = Vec::new();
    let (mut x, mut before) = (0.0, None);
    for character in text.chars().filter(|character| !character.is_control()) {
        let id = scaled.glyph_id(character);
        if let Some(before) = before {
            x += scaled.kern(before, id);
        }
        glyphs.push(id.with_scale_and_position(scaled.scale(), Point { x, y: scaled.ascent() }));
        x += scaled.h_advance(id);
        before = Some(id);
    }
    (glyphs, x)
}

struct Canvas<'a> {
    frame: &'a mut Frame,
    width: u32,
    height: u32,
}

impl Canvas<'_> {
    fn draw(&mut self, font: &FontRef<'_>, glyphs: &[Glyph], left: f32, top: f32) -> Result<(), RecipeError> {
        let (width, height) = (self.width, self.height);
        let shift = self.frame.pixel_format().bit_depth().saturating_sub(8);
        let (samples, stride) =
            self.frame.plane_mut(0).map_err(|source| RecipeError::Media { doing: "drawing a slate", source })?;
        for glyph in glyphs {
            let Some(outline) = font.outline_glyph(glyph.clone()) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|x, y, coverage| {
                #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
                let (x, y) = ((bounds.min.x + left) as i64 + i64::from(x), (bounds.min.y + top) as i64 + i64::from(y));
                if x < 0 || y < 0 || x >= i64::from(width) || y >= i64::from(height) {
                    return;
                }
                // White is 235, black 16 (BT.709 limited range).
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let luma = (16.0 + 219.0 * coverage.clamp(0.0, 1.0)) as u16;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let (x, y) = (x as usize, y as usize);
                if shift == 0 {
                    let sample = &mut samples[y * stride + x];
                    *sample = (*sample).max(luma.to_le_bytes()[0]);
                } else {
                    let at = y * stride + 2 * x;
                    let now = u16::from_le_bytes([samples[at], samples[at + 1]]);
                    samples[at..at + 2].copy_from_slice(&now.max(luma << shift).to_le_bytes());
                }
            });
        }
        Ok(())
    }
}
