//! Which FFmpeg this is.

use ffmpeg_next::ffi;

/// Versions of the libraries at run time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Versions {
    /// FFmpeg's own version text, for example `5.1.9-0+deb12u1`.
    pub ffmpeg: String,
    /// libavcodec, major and minor.
    pub avcodec: (u32, u32),
    /// x264's build number, from the name of the linked library; empty when there is no x264.
    pub x264: String,
}

/// Asks the libraries which they are.
#[must_use]
pub fn versions() -> Versions {
    // SAFETY: the calls take nothing; the text is static.
    let (ffmpeg, avcodec) = unsafe { (crate::error::owned_text(ffi::av_version_info()), ffi::avcodec_version()) };
    Versions { ffmpeg, avcodec: (avcodec >> 16, (avcodec >> 8) & 0xff), x264: x264_build() }
}

/// Returns the build number in the name of the x264 library that is mapped into this process (`libx264.so.164`).
fn x264_build() -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines()
        .filter_map(|line| line.rsplit('/').next())
        .find_map(|name| name.strip_prefix("libx264.so."))
        .map(|build| build.trim().to_owned())
        .unwrap_or_default()
}

/// Tells whether an encoder of this name is built in.
#[must_use]
pub fn has_encoder(name: &str) -> bool {
    let Ok(name) = std::ffi::CString::new(name) else { return false };
    // SAFETY: the name is NUL-terminated and lives through the call.
    !unsafe { ffi::avcodec_find_encoder_by_name(name.as_ptr()) }.is_null()
}

/// Tells whether a filter of this name is built in.
#[must_use]
pub fn has_filter(name: &str) -> bool {
    let Ok(name) = std::ffi::CString::new(name) else { return false };
    // SAFETY: the name is NUL-terminated and lives through the call.
    !unsafe { ffi::avfilter_get_by_name(name.as_ptr()) }.is_null()
}
