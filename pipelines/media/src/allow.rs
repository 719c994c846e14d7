//! What may be opened at all: demuxers, decoders and protocols by name.
//!
//! Playlists, concatenation lists, image sequences, devices and network protocols are absent on purpose: a file can name
//! other files through them. MagicYUV is absent on purpose (CVE-2026-8461 in FFmpeg 5.1.9 and older).

/// No protocol at all: the file is opened by us and given to FFmpeg as bytes, so that nothing in it can name another.
pub const PROTOCOLS: &str = "none";

/// Demuxers, by FFmpeg's names.
pub const DEMUXERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,ogg,mxf,asf,asf_o,gxf,dv,ivf,\
nut,h264,hevc,m4v,av1,obu,wav,w64,aiff,flac,mp3,aac,ac3,eac3,amr,amrnb,amrwb,au,caf,tta,wv,ape,mpc,mpc8,oma,dts,\
truehd,mlp,gif,apng,jpeg_pipe,png_pipe,webp_pipe,tiff_pipe,bmp_pipe,jpegls_pipe,j2k_pipe,dpx_pipe,exr_pipe,psd_pipe,pam_pipe,\
ppm_pipe,pgm_pipe,qdraw_pipe,sgi_pipe,sunrast_pipe,tga_pipe";

/// Decoders, by FFmpeg's names.
pub const DECODERS: &[&str] = &[
    // Picture.
    "h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "libdav1d", "libaom-av1", "av1", "mpeg1video", "mpeg2video", "mpegvideo", "mpeg4", "h263",
    "h263i", "h263p", "flv", "msmpeg4v1", "msmpeg4", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "theora", "mjpeg",
    "mjpegb", "prores", "dnxhd", "cfhd", "dvvideo", "ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "v210", "v308",
    "v408", "v410", "r210", "qtrle", "rpza", "svq1", "svq3", "cinepak", "jpeg2000", "libopenjpeg", "gif", "png", "apng",
    "webp", "tiff", "bmp", "targa", "dpx", "exr", "pam", "ppm", "pgm", "sgi", "jpegls", "psd", "vp6", "vp6f", "vp6a",
    "indeo3", "indeo4", "indeo5", "msvideo1", "msrle", "hap",
    // Sound.
    "aac", "aac_latm", "ac3", "eac3", "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float", "opus", "libopus", "vorbis",
    "flac", "alac", "tta", "wavpack", "ape", "dca", "truehd", "mlp", "wmav1", "wmav2", "wmapro", "wmalossless", "amrnb",
    "amrwb", "libopencore_amrnb", "libopencore_amrwb", "gsm", "gsm_ms", "libgsm", "libgsm_ms", "g722", "g726", "g723_1",
    "g729", "nellymoser", "speex", "libspeex", "qdm2", "mpc7", "mpc8", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_ms",
    "adpcm_swf", "adpcm_yamaha", "adpcm_g722", "adpcm_g726", "adpcm_ima_amv", "pcm_s16le", "pcm_s16be", "pcm_u16le", "pcm_u16be", "pcm_s24le",
    "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_u8", "pcm_s8",
    "pcm_alaw", "pcm_mulaw", "pcm_bluray", "pcm_dvd", "pcm_s24daud", "pcm_s16be_planar", "pcm_s16le_planar",
    "pcm_s8_planar", "s302m", "ra_144", "ra_288", "cook", "sipr", "atrac3", "atrac3p",
];

/// Tells whether a decoder may be opened.
#[must_use]
pub fn decoder(name: &str) -> bool {
    DECODERS.contains(&name)
}
