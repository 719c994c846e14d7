//! WAV files of any length: 32-bit float between recipes, integer PCM for delivery.
//!
//! Own code because the mix needs random access to the sample and no crate at hand writes files over 4 GiB: those become
//! RF64 (EBU Tech 3306), for which room is kept in the header of every file.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bookend_units::PROGRAMME_SAMPLE_RATE;

use crate::RecipeError;

/// How samples are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WaveSample {
    /// IEEE float, 32 bits.
    Float32,
    /// Signed integer, little-endian, of this many bits (16 or 24).
    Integer(u32),
}

impl WaveSample {
    fn bytes(self) -> u64 {
        match self {
            WaveSample::Float32 => 4,
            WaveSample::Integer(bits) => u64::from(bits / 8),
        }
    }

    fn format_tag(self) -> u16 {
        match self {
            WaveSample::Float32 => 3,
            WaveSample::Integer(_) => 1,
        }
    }
}

/// Bytes before the first sample: RIFF head 12, room for `ds64` 8 + 28, `fmt ` 8 + 16, `data` head 8.
const HEADER_BYTES: u64 = 12 + 36 + 24 + 8;

/// Writes a 48 kHz WAV file, interleaved.
pub(crate) struct WaveWriter {
    path: PathBuf,
    out: BufWriter<File>,
    channels: u16,
    sample: WaveSample,
    bytes: u64,
    riff_limit: u64,
}

impl WaveWriter {
    /// Creates the file, replacing one of that name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn create(path: &Path, channels: u16, sample: WaveSample) -> Result<Self, RecipeError> {
        let file = File::create(path).map_err(|source| file_error(path, "written", source))?;
        let mut writer = WaveWriter {
            path: path.to_owned(),
            out: BufWriter::with_capacity(1 << 18, file),
            channels,
            sample,
            bytes: 0,
            riff_limit: u64::from(u32::MAX),
        };
        let header = writer.header();
        writer.write(&header)?;
        Ok(writer)
    }

    /// Appends interleaved float samples.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write_floats(&mut self, samples: &[f32]) -> Result<(), RecipeError> {
        debug_assert_eq!(self.sample, WaveSample::Float32);
        let mut bytes = [0; 4 * 1024];
        for part in samples.chunks(1024) {
            for (place, sample) in bytes.chunks_exact_mut(4).zip(part) {
                place.copy_from_slice(&sample.to_le_bytes());
            }
            self.write(&bytes[..4 * part.len()])?;
        }
        self.bytes += 4 * samples.len() as u64;
        Ok(())
    }

    /// Appends interleaved integer samples, already within the width of the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write_integers(&mut self, samples: &[i32]) -> Result<(), RecipeError> {
        let width = self.sample.bytes() as usize;
        for sample in samples {
            self.write(&sample.to_le_bytes()[..width])?;
        }
        self.bytes += (width * samples.len()) as u64;
        Ok(())
    }

    /// Completes the header and returns the samples a channel.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn finish(mut self) -> Result<u64, RecipeError> {
        if self.bytes % 2 == 1 {
            self.write(&[0])?;
        }
        let header = self.header();
        self.out.seek(SeekFrom::Start(0)).map_err(|source| file_error(&self.path, "written", source))?;
        self.write(&header)?;
        self.out.flush().map_err(|source| file_error(&self.path, "written", source))?;
        Ok(self.samples())
    }

    fn samples(&self) -> u64 {
        self.bytes / (u64::from(self.channels) * self.sample.bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), RecipeError> {
        self.out.write_all(bytes).map_err(|source| file_error(&self.path, "written", source))
    }

    fn header(&self) -> Vec<u8> {
        let riff_bytes = HEADER_BYTES - 8 + self.bytes + self.bytes % 2;
        let long = riff_bytes > self.riff_limit;
        let short = |bytes: u64| if long { u32::MAX } else { u32::try_from(bytes).unwrap_or(u32::MAX) };
        let frame_bytes = u64::from(self.channels) * self.sample.bytes();
        let mut head = Vec::with_capacity(HEADER_BYTES as usize);
        head.extend_from_slice(if long { b"RF64" } else { b"RIFF" });
        head.extend_from_slice(&short(riff_bytes).to_le_bytes());
        head.extend_from_slice(b"WAVE");
        head.extend_from_slice(if long { b"ds64" } else { b"JUNK" });
        head.extend_from_slice(&28_u32.to_le_bytes());
        for value in [riff_bytes, self.bytes, self.samples()] {
            head.extend_from_slice(&if long { value } else { 0 }.to_le_bytes());
        }
        head.extend_from_slice(&0_u32.to_le_bytes());
        head.extend_from_slice(b"fmt ");
        head.extend_from_slice(&16_u32.to_le_bytes());
        head.extend_from_slice(&self.sample.format_tag().to_le_bytes());
        head.extend_from_slice(&self.channels.to_le_bytes());
        head.extend_from_slice(&PROGRAMME_SAMPLE_RATE.to_le_bytes());
        head.extend_from_slice(&((u64::from(PROGRAMME_SAMPLE_RATE) * frame_bytes) as u32).to_le_bytes());
        head.extend_from_slice(&(frame_bytes as u16).to_le_bytes());
        head.extend_from_slice(&(8 * self.sample.bytes() as u16).to_le_bytes());
        head.extend_from_slice(b"data");
        head.extend_from_slice(&short(self.bytes).to_le_bytes());
        head
    }
}

/// Reads a WAV file that [`WaveWriter`] made, at any sample.
pub(crate) struct WaveReader {
    path: PathBuf,
    input: BufReader<File>,
    channels: u16,
    sample: WaveSample,
    samples: u64,
    /// The sample that the next byte read belongs to.
    at: u64,
}

impl WaveReader {
    /// Opens the file and reads its header.
    ///
    /// # Errors
    /// When the file cannot be read or was not written by [`WaveWriter`].
    pub(crate) fn open(path: &Path) -> Result<Self, RecipeError> {
        let file = File::open(path).map_err(|source| file_error(path, "read", source))?;
        let mut input = BufReader::with_capacity(1 << 18, file);
        let mut head = [0; HEADER_BYTES as usize];
        input.read_exact(&mut head).map_err(|source| file_error(path, "read", source))?;
        let (channels, sample, bytes) = parse_header(&head)
            .ok_or_else(|| RecipeError::Malformed(format!("{}: not a WAV file of our making", path.display())))?;
        let samples = bytes / (u64::from(channels) * sample.bytes());
        Ok(WaveReader { path: path.to_owned(), input, channels, sample, samples, at: 0 })
    }

    /// Returns the number of channels.
    pub(crate) fn channels(&self) -> u16 {
        self.channels
    }

    /// Returns the samples a channel.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// Fills `out` (whole interleaved frames) from sample `first` on; what lies before or past the file is silence.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read_at(&mut self, first: i64, out: &mut [f32]) -> Result<(), RecipeError> {
        let channels = usize::from(self.channels);
        let wanted = (out.len() / channels) as i64;
        let from = first.clamp(0, self.samples as i64);
        let to = (first + wanted).clamp(from, self.samples as i64);
        let before = ((from - first).min(wanted).max(0) as usize) * channels;
        let after = before + (to - from) as usize * channels;
        out[..before].fill(0.0);
        out[after..].fill(0.0);
        if after > before {
            self.seek(from as u64)?;
            self.read(&mut out[before..after])?;
        }
        Ok(())
    }

    fn seek(&mut self, sample: u64) -> Result<(), RecipeError> {
        if sample != self.at {
            let frame_bytes = u64::from(self.channels) * self.sample.bytes();
            // Relative, so that a short step stays within the buffer.
            let step = (sample as i64 - self.at as i64) * frame_bytes as i64;
            self.input.seek_relative(step).map_err(|source| file_error(&self.path, "read", source))?;
            self.at = sample;
        }
        Ok(())
    }

    fn read(&mut self, out: &mut [f32]) -> Result<(), RecipeError> {
        let width = self.sample.bytes() as usize;
        let mut bytes = [0; 4 * 1024];
        for part in out.chunks_mut(1024) {
            let bytes = &mut bytes[..width * part.len()];
            self.input.read_exact(bytes).map_err(|source| file_error(&self.path, "read", source))?;
            for (sample, place) in part.iter_mut().zip(bytes.chunks_exact(width)) {
                *sample = self.sample.decode(place);
            }
        }
        self.at += (out.len() / usize::from(self.channels)) as u64;
        Ok(())
    }
}

impl WaveSample {
    /// Reads one stored sample; integers become fractions of full scale.
    fn decode(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (WaveSample::Float32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (WaveSample::Integer(24), &[a, b, c]) => (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 / 8_388_608.0,
            (WaveSample::Integer(16), &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
            _ => 0.0,
        }
    }
}

fn parse_header(head: &[u8]) -> Option<(u16, WaveSample, u64)> {
    let u16_at = |at: usize| head.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes);
    let u32_at = |at: usize| head.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let u64_at = |at: usize| head.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let tags = [(8, b"WAVE"), (48, b"fmt "), (72, b"data")];
    if tags.iter().any(|(at, tag)| head.get(*at..*at + 4) != Some(*tag)) {
        return None;
    }
    let bytes = match head.get(..4)? {
        b"RIFF" => u64::from(u32_at(76)?),
        b"RF64" => u64_at(28)?,
        _ => return None,
    };
    let sample = match (u16_at(56)?, u16_at(70)?) {
        (3, 32) => WaveSample::Float32,
        (1, bits @ (16 | 24)) => WaveSample::Integer(u32::from(bits)),
        _ => return None,
    };
    let channels = u16_at(58).filter(|channels| *channels > 0)?;
    Some((channels, sample, bytes))
}

fn file_error(path: &Path, doing: &'static str, source: io::Error) -> RecipeError {
    RecipeError::File { path: path.to_owned(), doing, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(frames: usize) -> Vec<f32> {
        (0..frames * 2).map(|index| index as f32 / 1e6).collect()
    }

    fn written(folder: &Path, riff_limit: u64) -> PathBuf {
        let path = folder.join("a.wav");
        let mut writer = WaveWriter::create(&path, 2, WaveSample::Float32).unwrap();
        writer.riff_limit = riff_limit;
        writer.write_floats(&ramp(5000)).unwrap();
        assert_eq!(writer.finish().unwrap(), 5000);
        path
    }

    #[test]
    fn floats_come_back_bit_for_bit_at_any_sample() {
        let folder = tempfile::tempdir().unwrap();
        for riff_limit in [u64::from(u32::MAX), 1000] {
            let path = written(folder.path(), riff_limit);
            let mut reader = WaveReader::open(&path).unwrap();
            assert_eq!((reader.channels(), reader.samples()), (2, 5000));
            for (first, frames) in [(0, 5000), (17, 3), (4000, 1000), (10, 3000), (4999, 1)] {
                let mut out = vec![9.0; frames * 2];
                reader.read_at(first, &mut out).unwrap();
                assert_eq!(out, &ramp(5000)[first as usize * 2..][..frames * 2]);
            }
        }
    }

    #[test]
    fn a_long_file_says_rf64() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = std::fs::read(written(folder.path(), 1000)).unwrap();
        assert_eq!(&bytes[..4], b"RF64");
        assert_eq!(&bytes[12..16], b"ds64");
    }

    #[test]
    fn other_readers_understand_both_kinds() {
        use bookend_media::{DecodeOptions, Frame, OpenOptions, TrackReader};
        let folder = tempfile::tempdir().unwrap();
        for riff_limit in [u64::from(u32::MAX), 1000] {
            let path = written(folder.path(), riff_limit);
            let mut reader = TrackReader::open(&path, 0, &OpenOptions::default(), &DecodeOptions::default()).unwrap();
            let (mut frame, mut samples) = (Frame::empty().unwrap(), 0);
            while reader.next(&mut frame).unwrap() {
                assert_eq!((frame.channels(), frame.sample_rate()), (2, 48_000));
                samples += frame.samples();
            }
            assert_eq!(samples, 5000);
        }
    }

    #[test]
    fn outside_the_file_is_silence() {
        let folder = tempfile::tempdir().unwrap();
        let mut reader = WaveReader::open(&written(folder.path(), u64::MAX)).unwrap();
        let mut out = vec![9.0; 8];
        reader.read_at(-2, &mut out).unwrap();
        assert_eq!(out[..4], [0.0; 4]);
        assert_eq!(out[4..], ramp(2));
        reader.read_at(4998, &mut out).unwrap();
        assert_eq!(out[..4], ramp(5000)[9996..]);
        assert_eq!(out[4..], [0.0; 4]);
        for far in [-100, 5000, 90_000] {
            reader.read_at(far, &mut out).unwrap();
            assert_eq!(out, [0.0; 8]);
        }
    }

    #[test]
    fn integers_keep_their_value() {
        let folder = tempfile::tempdir().unwrap();
        for (bits, scale) in [(24, 8_388_608.0), (16, 32_768.0)] {
            let path = folder.path().join("i.wav");
            let mut writer = WaveWriter::create(&path, 1, WaveSample::Integer(bits)).unwrap();
            writer.write_integers(&[-1, 0, 1, 32_767, -32_768]).unwrap();
            assert_eq!(writer.finish().unwrap(), 5);
            let mut out = [0.0; 5];
            WaveReader::open(&path).unwrap().read_at(0, &mut out).unwrap();
            assert_eq!(out, [-1.0, 0.0, 1.0, 32_767.0, -32_768.0].map(|value| value / scale));
        }
    }
}
