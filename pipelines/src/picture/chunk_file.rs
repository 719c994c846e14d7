//! The file of a chunk: its encoder, its wrapper.

use std::path::{Path, PathBuf};

use bookend_config::spec::{H264, PictureEncoding, ProRes};
use bookend_media::{ColourCodes, Encoder, Frame, MediaError, Muxer, Packet, PictureEncoderOptions, PixelFormat};
use bookend_units::FrameRate;

use crate::RecipeError;

/// File that lists a chunk's packets, beside it.
pub(crate) const PACKETS: &str = "packets.json";

/// Returns the name of a chunk's file.
pub(crate) fn chunk_name(encoding: &PictureEncoding) -> &'static str {
    match encoding {
        PictureEncoding::H264(_) => "picture.mp4",
        PictureEncoding::ProRes(_) => "picture.mov",
    }
}

/// Returns FFmpeg's name of the pixel format that an encoding takes.
pub(crate) fn pixel_format(encoding: &PictureEncoding) -> &'static str {
    match encoding {
        PictureEncoding::H264(_) => "yuv420p",
        PictureEncoding::ProRes(_) => "yuv422p10le",
    }
}

/// A chunk being written: frames in, a file out.
pub(crate) struct ChunkFile {
    encoder: Encoder,
    muxer: Option<Muxer>,
    packet: Packet,
    path: PathBuf,
    rate: FrameRate,
    next: i64,
}

impl ChunkFile {
    /// Starts a chunk in `folder`.
    pub(crate) fn create(folder: &Path, encoding: &PictureEncoding) -> Result<Self, RecipeError> {
        let failed = |source| RecipeError::Media { doing: "starting the chunk", source };
        let encoder = open_encoder(encoding).map_err(failed)?;
        let path = folder.join(chunk_name(encoding));
        let format = if matches!(encoding, PictureEncoding::H264(_)) { "mp4" } else { "mov" };
        let mut muxer = Muxer::create(&path, format).map_err(failed)?;
        muxer.add_encoded(&encoder).map_err(failed)?;
        let timescale = encoding.rate().num().to_string();
        muxer.start(&wrapper_options(&timescale)).map_err(failed)?;
        let packet = Packet::empty().map_err(failed)?;
        Ok(ChunkFile { encoder, muxer: Some(muxer), packet, path, rate: encoding.rate(), next: 0 })
    }

    /// Returns where the chunk is written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Encodes one more programme frame, by reference.
    pub(crate) fn push(&mut self, frame: &mut Frame) -> Result<(), RecipeError> {
        frame.set_pts(self.next);
        self.next += 1;
        self.encode(Some(frame)).map_err(|source| RecipeError::Media { doing: "encoding the chunk", source })
    }

    fn encode(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        self.encoder.send(frame)?;
        let base = (self.rate.den(), self.rate.num());
        while self.encoder.receive(&mut self.packet)? {
            let (pts, dts) = (self.packet.pts().unwrap_or(0), self.packet.dts().unwrap_or(0));
            self.packet.set_times(pts, dts, 1);
            if let Some(muxer) = self.muxer.as_mut() {
                muxer.write(0, &mut self.packet, base)?;
            }
        }
        Ok(())
    }

    /// Drains the encoder and closes the file.
    pub(crate) fn finish(mut self) -> Result<(), RecipeError> {
        let failed = |source| RecipeError::Media { doing: "finishing the chunk", source };
        self.encode(None).map_err(failed)?;
        match self.muxer.take() {
            Some(muxer) => muxer.finish().map_err(failed),
            None => Ok(()),
        }
    }
}

/// Options of every MP4 and QuickTime file made here: one tick is 1/num of a second, and times begin at zero without an
/// edit list.
pub(crate) fn wrapper_options(timescale: &str) -> [(&'static str, &str); 3] {
    [("video_track_timescale", timescale), ("use_editlist", "0"), ("movflags", "+negative_cts_offsets+write_colr")]
}

fn open_encoder(encoding: &PictureEncoding) -> Result<Encoder, MediaError> {
    match encoding {
        PictureEncoding::H264(h264) => open_h264(h264),
        PictureEncoding::ProRes(prores) => open_prores(prores),
    }
}

fn open_h264(h264: &H264) -> Result<Encoder, MediaError> {
    let text = |value: u64| value.to_string();
    let (crf, gop, b_frames) = (text(h264.crf.into()), text(h264.gop_frames.into()), text(h264.b_frames.into()));
    let (rate, buffer) = (text(h264.max_rate_bps), text(h264.buffer_bits));
    let level = format!("{}.{}", h264.level_times_ten / 10, h264.level_times_ten % 10);
    Encoder::picture(&PictureEncoderOptions {
        encoder: "libx264",
        raster: h264.raster,
        rate: h264.rate,
        format: PixelFormat::named("yuv420p"),
        colour: ColourCodes::BT709,
        threads: h264.threads,
        options: &[
            ("preset", &h264.preset),
            ("profile", "high"),
            ("level", &level),
            ("crf", &crf),
            ("maxrate", &rate),
            ("bufsize", &buffer),
            ("g", &gop),
            ("keyint_min", &gop),
            ("sc_threshold", "0"),
            ("bf", &b_frames),
            ("flags", "+cgop"),
            ("x264-params", "stitchable=1:aud=1:scenecut=0:open-gop=0:b-pyramid=normal"),
        ],
    })
}

fn open_prores(prores: &ProRes) -> Result<Encoder, MediaError> {
    Encoder::picture(&PictureEncoderOptions {
        encoder: "prores_ks",
        raster: prores.raster,
        rate: prores.rate,
        format: PixelFormat::named("yuv422p10le"),
        colour: ColourCodes::BT709,
        threads: prores.threads,
        options: &[("profile", "hq"), ("vendor", "apl0")],
    })
}
