//! How a decoded frame is fitted to an encoding: a chain of filters, decided from its shape alone.
//!
//! Order (PROGRAMME 2): rotate, sample aspect, matrix, range and transfer, scale, pad. Deinterlacing comes before, in
//! `source`, for it needs the frame's neighbours.

use bookend_media::{ColourCodes, PixelFormat};
use bookend_units::Raster;

use crate::inspect::display;

/// All that conform depends on: frames of one shape share a filter chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub raster: Raster,
    pub format: PixelFormat,
    /// With guesses filled in.
    pub colour: ColourCodes,
    pub aspect: (u32, u32),
    pub degrees: u32,
    pub mirrored: bool,
}

/// Everything up to half of diffuse white stays as it is, so that faces and a grey card (26 cd/m² of 203, ITU-R BT.2408)
/// have the level that SDR gives them; what is above it up to 1,000 cd/m² is bent into the rest, diffuse white coming out at
/// 88 %. The peak is fixed, whatever a file claims of its own: two shots of one camera map alike.
const TONE_CURVE: &str = "tonemap=mobius:param=0.5:peak=4.926:desat=0";

/// A chain of filters, and what it does in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Conform {
    pub filters: String,
    pub words: Vec<String>,
}

/// BT.709 and limited range need no conversion.
fn is_house_colour(colour: ColourCodes) -> bool {
    colour.matrix == 1 && colour.full_range != Some(true)
}

/// Decides how frames of `shape` become frames of `target` size in `format`, BT.709 limited.
pub(crate) fn plan(shape: &Shape, target: Raster, format: &str) -> Conform {
    let mut filters = Vec::new();
    let mut words = Vec::new();
    let mut raster = shape.raster;
    orient(shape, &mut filters, &mut words);
    if shape.degrees == 90 || shape.degrees == 270 {
        raster = Raster { width: raster.height, height: raster.width };
    }
    let seen = display(shape.raster, shape.aspect, shape.degrees);
    let fitted = fit(seen, target);
    let size = format!("w={}:h={}", fitted.width, fitted.height);
    let dynamics = matches!(shape.colour.transfer, 16 | 18);
    let odd = raster.width % 2 == 1 || raster.height % 2 == 1;
    if dynamics {
        tone_map(shape, &size, &mut filters, &mut words);
    } else if shape.format.has_alpha() {
        // Over black: colour times alpha. In RGB, so that luma and chroma need no offsets.
        let wide = if shape.format.bit_depth() > 8 { "16le" } else { "" };
        filters.push(format!("{},format=gbrap{wide}", to_rgb(shape)));
        filters.push("premultiply=inplace=1".into());
        filters.push(format!("format=gbrp{wide}"));
        filters.push(from_rgb(&size));
        words.push("alpha shown over black".into());
    } else if shape.format.is_rgb() {
        let wide = if shape.format.bit_depth() > 8 { "16le" } else { "" };
        filters.push(format!("format=gbrp{wide}"));
        filters.push(from_rgb(&size));
        words.push("RGB to BT.709".into());
    } else if is_house_colour(shape.colour) || shape.format.is_grey() && shape.colour.full_range != Some(true) {
        filters.push(format!("scale={size}:flags=bicubic:in_range=limited:out_range=limited"));
    } else {
        if odd || shape.format.is_grey() {
            // The colour converter refuses subsampled pictures of odd size.
            let wide = if shape.format.bit_depth() > 8 { "p10le" } else { "p" };
            let range = range_name(shape.colour);
            filters.push(format!("scale=flags=bicubic:in_range={range}:out_range={range},format=yuv444{wide}"));
        }
        let matrix = zimg_matrix(shape.colour.matrix);
        let range = range_name(shape.colour);
        // Matrix and range only: transfer and primaries are said to be equal on both sides, for SD and HD curves are.
        filters.push(format!(
            "zscale={size}:filter=bicubic:min={matrix}:m=709:rin={range}:r=limited:tin=709:t=709:pin=709:p=709"
        ));
        if shape.colour.matrix != 1 {
            words.push(format!("matrix {matrix} to BT.709"));
        }
        if shape.colour.full_range == Some(true) {
            words.push("full range to limited".into());
        }
    }
    if seen != target {
        words.push(format!("{seen} scaled to {fitted}"));
    }
    // The scaler may round; padding needs the format it pads in.
    filters.push(format!("format={format}"));
    if fitted != target {
        let (x, y) = ((target.width - fitted.width) / 4 * 2, (target.height - fitted.height) / 4 * 2);
        filters.push(format!("pad=w={}:h={}:x={x}:y={y}:color=black", target.width, target.height));
        words.push(if fitted.width == target.width { "letterboxed".into() } else { "pillarboxed".into() });
    }
    filters.push("setsar=1".into());
    Conform { filters: filters.join(","), words }
}

fn orient(shape: &Shape, filters: &mut Vec<String>, words: &mut Vec<String>) {
    if shape.mirrored {
        filters.push("hflip".into());
        words.push("mirrored".into());
    }
    match shape.degrees {
        90 => filters.push("transpose=clock".into()),
        180 => filters.push("hflip,vflip".into()),
        270 => filters.push("transpose=cclock".into()),
        _ => return,
    }
    words.push(format!("turned {}° clockwise", shape.degrees));
}

fn tone_map(shape: &Shape, size: &str, filters: &mut Vec<String>, words: &mut Vec<String>) {
    let (curve, name) = if shape.colour.transfer == 16 { ("smpte2084", "PQ") } else { ("arib-std-b67", "HLG") };
    let matrix = zimg_matrix(if shape.colour.matrix == 1 { 1 } else { shape.colour.matrix });
    let primaries = if shape.colour.primaries == 1 { "709" } else { "2020" };
    let range = range_name(shape.colour);
    filters.push(
        "format=yuv420p10le|yuv422p10le|yuv444p10le|yuv420p12le|yuv422p12le|yuv444p12le|yuv420p|yuv422p|yuv444p".into(),
    );
    // 203 nits is diffuse white (ITU-R BT.2408): SDR white maps to it.
    filters.push(format!(
        "zscale={size}:filter=bicubic:tin={curve}:min={matrix}:pin={primaries}:rin={range}:t=linear:npl=203"
    ));
    filters.push(format!("format=gbrpf32le,zscale=p=709,tonemap={TONE_CURVE}"));
    filters.push("zscale=t=709:m=709:p=709:r=limited,format=yuv444p10le".into());
    words.push(format!("{name} mapped to standard range"));
}

fn to_rgb(shape: &Shape) -> String {
    if shape.format.is_rgb() {
        return "null".into();
    }
    let matrix = if shape.colour.matrix == 1 { "bt709" } else { "bt601" };
    format!("scale=flags=bicubic+accurate_rnd:in_color_matrix={matrix}:in_range={}", range_name(shape.colour))
}

fn from_rgb(size: &str) -> String {
    format!(
        "zscale={size}:filter=bicubic:min=gbr:m=709:rin=full:r=limited:tin=709:t=709:pin=709:p=709,format=yuv444p|yuv444p10le|yuv444p16le"
    )
}

fn range_name(colour: ColourCodes) -> &'static str {
    if colour.full_range == Some(true) { "full" } else { "limited" }
}

fn zimg_matrix(code: u8) -> &'static str {
    match code {
        1 => "709",
        4 => "fcc",
        5 => "470bg",
        9 => "2020_ncl",
        10 => "2020_cl",
        7 => "240m",
        _ => "170m",
    }
}

/// Returns the largest even size of `seen`'s aspect inside `target`; within one part in a hundred of filling it, all of it.
pub(crate) fn fit(seen: Raster, target: Raster) -> Raster {
    let (width, height) = (u64::from(seen.width.max(1)), u64::from(seen.height.max(1)));
    let (wide, high) = (u64::from(target.width), u64::from(target.height));
    let even = |value: u64, most: u64| (value.div_ceil(2) * 2).clamp(2, most);
    let (w, h) = if width * high >= wide * height {
        (wide, even((wide * height + width / 2) / width, high))
    } else {
        (even((high * width + height / 2) / height, wide), high)
    };
    let fills = |part: u64, whole: u64| (whole - part) * 100 <= whole;
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    if fills(w, wide) && fills(h, high) { target } else { Raster { width: small(w), height: small(h) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(width: u32, height: u32) -> Raster {
        Raster { width, height }
    }

    #[test]
    fn pictures_fit_with_even_sizes_and_bars() {
        let hd = raster(1920, 1080);
        assert_eq!(fit(raster(640, 480), hd), raster(1440, 1080));
        assert_eq!(fit(raster(480, 854), hd), raster(608, 1080));
        assert_eq!(fit(raster(800, 332), hd), raster(1920, 798));
        assert_eq!(fit(raster(854, 480), hd), hd);
        assert_eq!(fit(raster(1, 5000), hd), raster(2, 1080));
        assert_eq!(fit(raster(3840, 2160), hd), hd);
    }

    fn shape(format: &str, matrix: u8, transfer: u8) -> Shape {
        let full_range = Some(format.starts_with("yuvj"));
        Shape {
            raster: raster(640, 480),
            format: PixelFormat::named(format),
            colour: ColourCodes { primaries: 1, transfer, matrix, full_range },
            aspect: (1, 1),
            degrees: 0,
            mirrored: false,
        }
    }

    #[test]
    fn only_what_is_needed_is_converted() {
        let hd = raster(1920, 1080);
        let same = plan(&shape("yuv420p", 1, 1), raster(640, 480), "yuv420p");
        assert!(same.words.is_empty() && !same.filters.contains("zscale"), "{same:?}");
        let sd = plan(&shape("yuv420p", 6, 6), hd, "yuv420p");
        assert!(sd.filters.contains("min=170m:m=709") && sd.words.contains(&"pillarboxed".to_owned()), "{sd:?}");
        let hdr = plan(&shape("yuv420p10le", 9, 16), hd, "yuv420p");
        assert!(hdr.filters.contains("tonemap"), "{hdr:?}");
        let alpha = plan(&shape("yuva420p", 6, 6), hd, "yuv420p");
        assert!(alpha.filters.contains("premultiply"), "{alpha:?}");
    }
}
