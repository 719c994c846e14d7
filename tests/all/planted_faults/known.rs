//! What is known of a file from its making, found out without Bookend.

use std::path::Path;

use bookend_jobs::{Known, KnownChunk, KnownSeam};

use super::movie::Movie;
use super::studio::{CUT, Studio};
use super::wave;

/// Frames either side of the cut as the ffmpeg program decodes them, and the sound as it decodes it.
pub fn of(studio: &Studio, file: &Path) -> Known {
    let raw = studio.path("raw");
    let input = file.to_str().unwrap();
    let select = format!("select='between(n,{},{CUT})'", CUT - 1);
    studio.ffmpeg(["-i", input, "-map", "0:v", "-vf", &select, "-vsync", "0", "-f", "rawvideo"], &raw);
    let frames = std::fs::read(&raw).unwrap();
    let (before, after) = frames.split_at(frames.len() / 2);
    let hash = |frame: &[u8]| blake3::hash(frame).to_hex().to_string();
    let seam = KnownSeam { frame: CUT, before: hash(before), after: hash(after) };

    studio.ffmpeg(["-i", input, "-map", "0:a", "-f", "f32le"], &raw);
    let samples = std::fs::read(&raw).unwrap();
    let samples: Vec<f32> = samples.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let mix = studio.path("wav");
    wave::write(&mix, &samples);
    Known { seams: vec![seam], chunks: Vec::new(), mix: Some(mix), tone: Vec::new() }
}

/// The chunks that a good picture is made of. Digests are taken with `idr_pic_id` 0: of H.264, each group is encoded alone,
/// for the first IDR picture of a stream has that.
pub fn chunks(studio: &Studio) -> Vec<KnownChunk> {
    if !studio.is_h264() {
        return vec![chunk(studio.good_picture())];
    }
    studio.groups().iter().map(|group| chunk(group)).collect()
}

fn chunk(file: &Path) -> KnownChunk {
    let movie = Movie(std::fs::read(file).unwrap());
    let mut digests = blake3::Hasher::new();
    let samples = movie.samples();
    for sample in &samples {
        let digest = blake3::hash(&movie.0[sample.clone()]);
        digests.update(&digest.to_hex().as_bytes()[..32]);
    }
    KnownChunk { frames: u32::try_from(samples.len()).unwrap(), packets: digests.finalize().to_hex().to_string() }
}
