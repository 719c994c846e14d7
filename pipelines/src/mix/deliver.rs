//! The mix as it is handed over: encoded, or as integer PCM, proved and read back.

use std::path::Path;

use bookend_config::spec::SoundEncoding;
use bookend_media::{DecodeOptions, Demuxer, Encoder, Frame, MediaError, Muxer, OpenOptions, Packet, TrackReader};
use bookend_units::PROGRAMME_SAMPLE_RATE;

use super::bus::BLOCK;
use super::dither::Dither;
use super::ramp;
use crate::RecipeError;
use crate::sound::wave_file::{WaveReader, WaveSample, WaveWriter};

/// Samples of an AAC packet. The first one is left out, so that many samples decode without what came before them.
const AAC_PACKET: u64 = 1024;
/// Bits a second and channel from which the fast coder codes every channel for itself. Measured at 384 kb/s on five stereo
/// programmes: the noise it leaves is 1 to 13 dB lower than with FFmpeg's usual coder, in a third to a half of the time.
const HIGH_RATE_BPS: u64 = 128_000;
/// Samples from which the fast coder is used: 30 s. In its first second it takes up to half as many bits again.
const STEADY_SAMPLES: u64 = 30 * PROGRAMME_SAMPLE_RATE as u64;
/// Times in the encoded file count samples.
const SAMPLE_BASE: (u32, u32) = (1, PROGRAMME_SAMPLE_RATE);

/// Returns the name of the file that a deliverable takes its sound from, packet by packet.
pub(crate) fn file_name(encoding: &SoundEncoding) -> &'static str {
    match encoding {
        SoundEncoding::Aac { .. } => "sound.mp4",
        SoundEncoding::Pcm { .. } => "sound.wav",
    }
}

/// Makes `file` of the programme's PCM; calls `step` with the samples worked off.
///
/// # Errors
/// When encoding or writing fails, or the file does not hold as many samples as the programme.
pub(crate) fn write(
    pcm: &mut WaveReader,
    encoding: &SoundEncoding,
    file: &Path,
    step: &mut dyn FnMut(u64),
) -> Result<(), RecipeError> {
    match *encoding {
        SoundEncoding::Pcm { bits: bits @ (16 | 24) } => write_integers(pcm, bits, file, step),
        SoundEncoding::Pcm { bits } => Err(RecipeError::Malformed(format!("PCM of {bits} bits: 16 and 24 are known"))),
        SoundEncoding::Aac { bit_rate_bps } => {
            write_aac(pcm, bit_rate_bps, file, step)?;
            prove_aac(pcm.samples(), file)
        }
    }
}

fn write_integers(pcm: &mut WaveReader, bits: u32, file: &Path, step: &mut dyn FnMut(u64)) -> Result<(), RecipeError> {
    let channels = usize::from(pcm.channels());
    let mut writer = WaveWriter::create(file, pcm.channels(), WaveSample::Integer(bits))?;
    let mut dither = Dither::new(bits, channels);
    let (mut floats, mut integers) = (Vec::new(), Vec::new());
    for at in (0..pcm.samples()).step_by(BLOCK as usize) {
        let count = BLOCK.min(pcm.samples() - at);
        floats.resize(count as usize * channels, 0.0);
        pcm.read_at(at as i64, &mut floats)?;
        integers.clear();
        dither.push(&floats, &mut integers);
        writer.write_integers(&integers)?;
        step(count);
    }
    let samples = writer.finish()?;
    if samples != pcm.samples() {
        return Err(RecipeError::Unproved(format!("{} samples were written of {}", samples, pcm.samples())));
    }
    Ok(())
}

fn write_aac(
    pcm: &mut WaveReader,
    bit_rate_bps: u64,
    file: &Path,
    step: &mut dyn FnMut(u64),
) -> Result<(), RecipeError> {
    let channels = u32::from(pcm.channels());
    let fast = bit_rate_bps / u64::from(channels) >= HIGH_RATE_BPS && pcm.samples() >= STEADY_SAMPLES;
    let (coder, middle_and_side) = if fast { ("fast", "0") } else { ("twoloop", "auto") };
    let options = [
        ("profile", "aac_low"),
        ("aac_coder", coder),
        ("aac_ms", middle_and_side),
        // There are bits enough: no band is replaced by made-up noise, or by one channel for both.
        ("aac_pns", "0"),
        ("aac_is", "0"),
    ];
    let mut encoder =
        Encoder::sound("aac", PROGRAMME_SAMPLE_RATE, channels, bit_rate_bps, &options).map_err(encoding)?;
    if encoder.frame_samples() as u64 != AAC_PACKET || u64::from(encoder.priming_samples()) != AAC_PACKET {
        return Err(RecipeError::Unproved(format!(
            "the AAC encoder takes {} samples and primes {}, {AAC_PACKET} of each are known how to place",
            encoder.frame_samples(),
            encoder.priming_samples()
        )));
    }
    let mut muxer = Muxer::create(file, "mp4").map_err(writing)?;
    let track = muxer.add_encoded(&encoder).map_err(writing)?;
    // Every time in the file is a sample count from zero: nothing is left for an edit list to say.
    muxer.start(&[("use_editlist", "0")]).map_err(writing)?;
    let mut packets =
        Packets { muxer: &mut muxer, track, samples: pcm.samples(), packet: Packet::empty().map_err(encoding)? };
    let mut block = Vec::new();
    for at in (0..pcm.samples()).step_by(AAC_PACKET as usize) {
        let count = AAC_PACKET.min(pcm.samples() - at);
        block.resize(count as usize * channels as usize, 0.0);
        pcm.read_at(at as i64, &mut block)?;
        if at == 0 {
            fade_in(&mut block, channels as usize);
        }
        let frame = planar(&block, channels, at).map_err(encoding)?;
        encoder.send(Some(&frame)).map_err(encoding)?;
        packets.take(&mut encoder)?;
        step(count);
    }
    encoder.send(None).map_err(encoding)?;
    packets.take(&mut encoder)?;
    muxer.finish().map_err(writing)
}

/// Fades the programme's first packet in: it decodes without the overlap of its predecessor, which was left out.
fn fade_in(block: &mut [f32], channels: usize) {
    for (place, frame) in block.chunks_exact_mut(channels).enumerate() {
        let weight = ramp::weight(place as u64, AAC_PACKET);
        frame.iter_mut().for_each(|sample| *sample *= weight);
    }
}

fn planar(block: &[f32], channels: u32, at: u64) -> Result<Frame, MediaError> {
    let count = block.len() / channels as usize;
    let mut frame = Frame::sound(count as u32, channels, PROGRAMME_SAMPLE_RATE)?;
    for channel in 0..channels as usize {
        let samples = block.iter().skip(channel).step_by(channels as usize);
        for (place, sample) in frame.channel_mut(channel)?.iter_mut().zip(samples) {
            *place = *sample;
        }
    }
    frame.set_pts(at as i64);
    Ok(frame)
}

/// Drops the priming packet and times the others by counting.
struct Packets<'a> {
    muxer: &'a mut Muxer,
    track: usize,
    samples: u64,
    packet: Packet,
}

impl Packets<'_> {
    fn take(&mut self, encoder: &mut Encoder) -> Result<(), RecipeError> {
        while encoder.receive(&mut self.packet).map_err(encoding)? {
            // Packet times follow the input's: what lies before it is priming, what lies behind it padding.
            let Some(at) = self.packet.pts().and_then(|pts| u64::try_from(pts).ok()).filter(|at| *at < self.samples)
            else {
                continue;
            };
            let duration = AAC_PACKET.min(self.samples - at);
            self.packet.set_times(at as i64, at as i64, duration as i64);
            self.muxer.write(self.track, &mut self.packet, SAMPLE_BASE).map_err(writing)?;
        }
        Ok(())
    }
}

/// Reads the time table back: one packet after the other from zero, as many samples as the programme.
fn prove_aac(samples: u64, file: &Path) -> Result<(), RecipeError> {
    let mut demuxer = Demuxer::open(file, &OpenOptions::default()).map_err(reading)?;
    let bases: Vec<_> = demuxer.tracks().iter().map(|track| track.time_base).collect();
    if bases != [SAMPLE_BASE] {
        return Err(RecipeError::Unproved(format!("the encoded sound has tracks with time bases {bases:?}")));
    }
    let mut packet = Packet::empty().map_err(reading)?;
    let mut at = 0;
    while demuxer.read(&mut packet).map_err(reading)? {
        if packet.pts() != Some(at) {
            return Err(RecipeError::Unproved(format!(
                "a packet of encoded sound lies at {:?}, not {at}",
                packet.pts()
            )));
        }
        at += packet.duration();
    }
    if u64::try_from(at) != Ok(samples) {
        return Err(RecipeError::Unproved(format!("the encoded sound lasts {at} samples, the programme {samples}")));
    }
    Ok(())
}

/// Reads what [`write`] made, as a player would: calls `take` with interleaved samples in order, as many as the programme.
///
/// # Errors
/// When the file cannot be read, holds too few samples, or `take` fails.
pub(crate) fn read_back(
    encoding: &SoundEncoding,
    file: &Path,
    samples: u64,
    take: &mut dyn FnMut(&[f32]) -> Result<(), RecipeError>,
) -> Result<(), RecipeError> {
    let found = match encoding {
        SoundEncoding::Pcm { .. } => read_integers(file, take)?,
        SoundEncoding::Aac { .. } => decode(file, samples, take)?,
    };
    if found < samples {
        return Err(RecipeError::Unproved(format!("{found} samples of {samples} can be read back")));
    }
    Ok(())
}

fn read_integers(file: &Path, take: &mut dyn FnMut(&[f32]) -> Result<(), RecipeError>) -> Result<u64, RecipeError> {
    let mut reader = WaveReader::open(file)?;
    let mut block = Vec::new();
    for at in (0..reader.samples()).step_by(BLOCK as usize) {
        block.resize(BLOCK.min(reader.samples() - at) as usize * usize::from(reader.channels()), 0.0);
        reader.read_at(at as i64, &mut block)?;
        take(&block)?;
    }
    Ok(reader.samples())
}

fn decode(
    file: &Path,
    samples: u64,
    take: &mut dyn FnMut(&[f32]) -> Result<(), RecipeError>,
) -> Result<u64, RecipeError> {
    let mut reader = TrackReader::open(file, 0, &OpenOptions::default(), &DecodeOptions::default()).map_err(reading)?;
    let mut frame = Frame::empty().map_err(reading)?;
    let mut block = Vec::new();
    let mut decoded = 0;
    while reader.next(&mut frame).map_err(reading)? {
        let wanted = (samples.saturating_sub(decoded)).min(frame.samples() as u64) as usize;
        let channels: Vec<&[f32]> = (0..frame.channels() as usize).map(|channel| frame.channel(channel)).collect();
        if channels.iter().any(|channel| channel.len() < wanted) {
            return Err(RecipeError::Unproved(format!("decoding gives {}, not planar float", frame.sample_format())));
        }
        block.clear();
        block.extend((0..wanted).flat_map(|place| channels.iter().map(move |channel| channel[place])));
        take(&block)?;
        decoded += frame.samples() as u64;
    }
    if reader.damage() != bookend_media::Damage::default() {
        return Err(RecipeError::Unproved(format!("decoding the encoded sound met damage: {:?}", reader.damage())));
    }
    Ok(decoded)
}

fn encoding(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "encoding sound", source }
}

fn writing(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "writing encoded sound", source }
}

fn reading(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "reading encoded sound back", source }
}
