//! Pixel formats, aspects and colour codes, as FFmpeg numbers and names them.

use std::fmt;
use std::mem;

use ffmpeg_next::ffi;

use crate::error::owned_text;
use crate::frame::ColourCodes;

/// One of FFmpeg's pixel formats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PixelFormat(i32);

impl PixelFormat {
    /// No format.
    pub const NONE: PixelFormat = PixelFormat(-1);

    /// Finds a format by FFmpeg's name; [`PixelFormat::NONE`] when there is none.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let Ok(name) = std::ffi::CString::new(name) else { return PixelFormat::NONE };
        // SAFETY: the name is NUL-terminated and lives through the call.
        PixelFormat(unsafe { ffi::av_get_pix_fmt(name.as_ptr()) } as i32)
    }

    pub(crate) const fn from_raw(raw: i32) -> Self {
        PixelFormat(raw)
    }

    pub(crate) const fn raw(self) -> i32 {
        self.0
    }

    pub(crate) fn to_enum(self) -> ffi::AVPixelFormat {
        if self.descriptor_of_number().is_null() {
            return ffi::AVPixelFormat::AV_PIX_FMT_NONE;
        }
        // SAFETY: FFmpeg knows the number, and the enumeration was generated from this very FFmpeg's headers.
        unsafe { mem::transmute::<i32, ffi::AVPixelFormat>(self.0) }
    }

    fn descriptor_of_number(self) -> *const ffi::AVPixFmtDescriptor {
        // Walks FFmpeg's table instead of making an enumeration from an unchecked number.
        let mut descriptor = std::ptr::null();
        loop {
            // SAFETY: null starts the walk; later values come from the walk itself.
            descriptor = unsafe { ffi::av_pix_fmt_desc_next(descriptor) };
            if descriptor.is_null() {
                return descriptor;
            }
            // SAFETY: the descriptor is one of FFmpeg's own.
            let id = unsafe { ffi::av_pix_fmt_desc_get_id(descriptor) } as i32;
            if id == self.0 {
                return descriptor;
            }
        }
    }

    fn descriptor(self) -> Option<&'static ffi::AVPixFmtDescriptor> {
        // SAFETY: descriptors live in FFmpeg's static tables.
        unsafe { self.descriptor_of_number().as_ref() }
    }

    /// Returns the bits of the first component; 0 for no format.
    #[must_use]
    pub fn bit_depth(self) -> u32 {
        self.descriptor().map_or(0, |descriptor| descriptor.comp[0].depth.unsigned_abs())
    }

    /// Tells whether there is an alpha component (a palette counts: it may have one).
    #[must_use]
    pub fn has_alpha(self) -> bool {
        self.descriptor().is_some_and(|descriptor| descriptor.flags & u64::from(ffi::AV_PIX_FMT_FLAG_ALPHA as u32) != 0)
    }

    /// Tells whether samples are red, green and blue rather than luma and chroma.
    #[must_use]
    pub fn is_rgb(self) -> bool {
        self.descriptor().is_some_and(|descriptor| {
            descriptor.flags & u64::from((ffi::AV_PIX_FMT_FLAG_RGB | ffi::AV_PIX_FMT_FLAG_PAL) as u32) != 0
        })
    }

    /// Tells whether there is a single component besides alpha.
    #[must_use]
    pub fn is_grey(self) -> bool {
        self.descriptor().is_some_and(|descriptor| descriptor.nb_components <= 2) && !self.is_rgb()
    }

    /// Returns how many lines plane `index` of a picture of `height` lines has.
    #[must_use]
    pub fn plane_lines(self, index: usize, height: u32) -> u32 {
        let Some(descriptor) = self.descriptor() else { return 0 };
        let chroma = (index == 1 || index == 2) && !self.is_rgb();
        let shift = if chroma { u32::from(descriptor.log2_chroma_h) } else { 0 };
        (height + (1 << shift) - 1) >> shift
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.descriptor() {
            // SAFETY: the name is a static NUL-terminated string of FFmpeg's table.
            Some(descriptor) => f.write_str(&unsafe { owned_text(descriptor.name) }),
            None => f.write_str("none"),
        }
    }
}

/// Returns a usable aspect: 1:1 for zero, negative or absurd ratios.
pub(crate) fn aspect(ratio: ffi::AVRational) -> (u32, u32) {
    match (u32::try_from(ratio.num), u32::try_from(ratio.den)) {
        (Ok(num), Ok(den)) if num > 0 && den > 0 && num / den < 100 && den / num < 100 => (num, den),
        _ => (1, 1),
    }
}

/// Returns FFmpeg's enumerations for H.273 codes; unknown codes become unspecified.
pub(crate) fn colour_enums(
    colour: ColourCodes,
) -> (ffi::AVColorPrimaries, ffi::AVColorTransferCharacteristic, ffi::AVColorSpace) {
    use ffi::AVColorPrimaries::{
        AVCOL_PRI_BT470BG, AVCOL_PRI_BT470M, AVCOL_PRI_BT709, AVCOL_PRI_BT2020, AVCOL_PRI_SMPTE170M,
        AVCOL_PRI_SMPTE240M, AVCOL_PRI_SMPTE432, AVCOL_PRI_UNSPECIFIED,
    };
    use ffi::AVColorSpace::{
        AVCOL_SPC_BT470BG, AVCOL_SPC_BT709, AVCOL_SPC_BT2020_CL, AVCOL_SPC_BT2020_NCL, AVCOL_SPC_FCC, AVCOL_SPC_RGB,
        AVCOL_SPC_SMPTE170M, AVCOL_SPC_SMPTE240M, AVCOL_SPC_UNSPECIFIED,
    };
    use ffi::AVColorTransferCharacteristic::{
        AVCOL_TRC_ARIB_STD_B67, AVCOL_TRC_BT709, AVCOL_TRC_BT2020_10, AVCOL_TRC_BT2020_12, AVCOL_TRC_GAMMA22,
        AVCOL_TRC_GAMMA28, AVCOL_TRC_IEC61966_2_1, AVCOL_TRC_LINEAR, AVCOL_TRC_SMPTE170M, AVCOL_TRC_SMPTE240M,
        AVCOL_TRC_SMPTE2084, AVCOL_TRC_UNSPECIFIED,
    };
    let primaries = match colour.primaries {
        1 => AVCOL_PRI_BT709,
        4 => AVCOL_PRI_BT470M,
        5 => AVCOL_PRI_BT470BG,
        6 => AVCOL_PRI_SMPTE170M,
        7 => AVCOL_PRI_SMPTE240M,
        9 => AVCOL_PRI_BT2020,
        12 => AVCOL_PRI_SMPTE432,
        _ => AVCOL_PRI_UNSPECIFIED,
    };
    let transfer = match colour.transfer {
        1 => AVCOL_TRC_BT709,
        4 => AVCOL_TRC_GAMMA22,
        5 => AVCOL_TRC_GAMMA28,
        6 => AVCOL_TRC_SMPTE170M,
        7 => AVCOL_TRC_SMPTE240M,
        8 => AVCOL_TRC_LINEAR,
        13 => AVCOL_TRC_IEC61966_2_1,
        14 => AVCOL_TRC_BT2020_10,
        15 => AVCOL_TRC_BT2020_12,
        16 => AVCOL_TRC_SMPTE2084,
        18 => AVCOL_TRC_ARIB_STD_B67,
        _ => AVCOL_TRC_UNSPECIFIED,
    };
    let matrix = match colour.matrix {
        0 => AVCOL_SPC_RGB,
        1 => AVCOL_SPC_BT709,
        4 => AVCOL_SPC_FCC,
        5 => AVCOL_SPC_BT470BG,
        6 => AVCOL_SPC_SMPTE170M,
        7 => AVCOL_SPC_SMPTE240M,
        9 => AVCOL_SPC_BT2020_NCL,
        10 => AVCOL_SPC_BT2020_CL,
        _ => AVCOL_SPC_UNSPECIFIED,
    };
    (primaries, transfer, matrix)
}

/// Returns the sample format of a number FFmpeg gave us; none when it is out of range.
pub(crate) fn sample_format(raw: i32) -> ffi::AVSampleFormat {
    if raw < 0 || raw >= ffi::AVSampleFormat::AV_SAMPLE_FMT_NB as i32 {
        return ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE;
    }
    // SAFETY: the number lies inside the enumeration, which has no holes and was generated from this FFmpeg's headers.
    unsafe { mem::transmute::<i32, ffi::AVSampleFormat>(raw) }
}
