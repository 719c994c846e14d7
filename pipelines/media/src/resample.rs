//! Conforming sound: any format, rate and layout to interleaved 32-bit float at one rate.

use std::ops::{Range, RangeInclusive};
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi;

use crate::frame::clamp;
use crate::{Frame, MediaError, SoundShape};

/// Rates outside are a damaged header, not sound: a packet must not grow without bound.
const RATES_HZ: RangeInclusive<u32> = 1_000..=1_536_000;
/// libswresample's own limit.
const MOST_CHANNELS: usize = 64;
/// Length of the interpolation filter in input samples; FFmpeg's default is 32. Costs time, keeps more of the top octave.
const FILTER_SAMPLES: i64 = 64;

/// Mixes and resamples frames of one shape. Freed on drop.
///
/// The first sample out lies exactly on the first sample in, and `n` samples in make `round(n × out / in)` out: FFmpeg's
/// filter delay is taken off both ends, nothing is stretched or dithered.
pub struct Resampler {
    context: NonNull<ffi::SwrContext>,
    shape: SoundShape,
    channels: u32,
    rate_hz: u32,
    taken: u64,
    given: u64,
}

// SAFETY: the context is used by one thread at a time (no `Sync`).
unsafe impl Send for Resampler {}

impl Resampler {
    /// Makes a resampler from `shape` to `matrix.len()` channels at `rate_hz`. Row `o` of the matrix holds the factor of
    /// every input channel in output channel `o`; it is applied as it stands, never scaled to avoid overload.
    ///
    /// # Errors
    /// When the shape is not one of sound, a row has not one factor for each input channel, or memory runs out.
    pub fn new(shape: &SoundShape, matrix: &[Vec<f64>], rate_hz: u32) -> Result<Self, MediaError> {
        let inputs = shape.speakers.len();
        let fits = (1..=MOST_CHANNELS).contains(&inputs)
            && (1..=MOST_CHANNELS).contains(&matrix.len())
            && matrix.iter().all(|row| row.len() == inputs)
            && RATES_HZ.contains(&shape.rate_hz)
            && RATES_HZ.contains(&rate_hz);
        if !fits {
            return Err(MediaError::Call {
                call: "Resampler::new",
                cause: format!(
                    "cannot make {} channels at {rate_hz} Hz of {inputs} at {} Hz",
                    matrix.len(),
                    shape.rate_hz
                ),
            });
        }
        let context = allocate(shape, matrix.len(), rate_hz)?;
        let resampler =
            Resampler { context, shape: shape.clone(), channels: matrix.len() as u32, rate_hz, taken: 0, given: 0 };
        resampler.configure(matrix)?;
        Ok(resampler)
    }

    fn configure(&self, matrix: &[Vec<f64>]) -> Result<(), MediaError> {
        let raw = self.context.as_ptr();
        let factors = matrix.concat();
        // SAFETY: the context is not yet initialised, as the calls ask; the names are NUL-terminated and known to it; the
        // matrix has one row of `stride` factors for each output channel.
        unsafe {
            MediaError::check(
                "av_opt_set_int",
                ffi::av_opt_set_int(raw.cast(), c"filter_size".as_ptr(), FILTER_SAMPLES, 0),
            )?;
            let format = ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP;
            let status = ffi::av_opt_set_sample_fmt(raw.cast(), c"internal_sample_fmt".as_ptr(), format, 0);
            MediaError::check("av_opt_set_sample_fmt", status)?;
            let stride = clamp(self.shape.speakers.len() as u32);
            MediaError::check("swr_set_matrix", ffi::swr_set_matrix(raw, factors.as_ptr(), stride))?;
            MediaError::check("swr_init", ffi::swr_init(raw))?;
        }
        Ok(())
    }

    /// Returns the shape that frames must have.
    #[must_use]
    pub fn shape(&self) -> &SoundShape {
        &self.shape
    }

    /// Takes a frame from its sample `skip` on, and appends what comes out, interleaved, to `out`.
    ///
    /// # Errors
    /// When the frame has another shape, or FFmpeg fails.
    pub fn push(&mut self, frame: &Frame, skip: usize, out: &mut Vec<f32>) -> Result<(), MediaError> {
        self.push_part(frame, skip.min(frame.samples())..frame.samples(), out)
    }

    /// Takes a part of a frame's samples, and appends what comes out, interleaved, to `out`.
    ///
    /// # Errors
    /// When the frame has another shape or no such part, or FFmpeg fails.
    pub fn push_part(&mut self, frame: &Frame, part: Range<usize>, out: &mut Vec<f32>) -> Result<(), MediaError> {
        if SoundShape::of(frame) != self.shape {
            return Err(MediaError::Call { call: "Resampler::push_part", cause: "a frame of another shape".into() });
        }
        if part.end > frame.samples() {
            return Err(MediaError::Call { call: "Resampler::push_part", cause: "a part outside the frame".into() });
        }
        let samples = part.len();
        if samples == 0 {
            return Ok(());
        }
        let mut planes = planes_from(frame, &self.shape, part.start);
        self.taken += samples as u64;
        self.convert(&mut planes, samples, out)
    }

    /// Appends what is still inside, so that the samples given match the samples taken; the resampler is done then.
    ///
    /// # Errors
    /// When FFmpeg fails.
    pub fn finish(mut self, out: &mut Vec<f32>) -> Result<(), MediaError> {
        let before = out.len();
        self.convert(&mut [], 0, out)?;
        let twice = 2 * u128::from(self.taken) * u128::from(self.rate_hz) + u128::from(self.shape.rate_hz);
        let wanted = twice / (2 * u128::from(self.shape.rate_hz));
        let given_before = self.given - ((out.len() - before) as u64 / u64::from(self.channels));
        let missing = usize::try_from(wanted.saturating_sub(u128::from(given_before))).unwrap_or(0);
        out.resize(before + missing * self.channels as usize, 0.0);
        Ok(())
    }

    /// Converts `samples` behind `planes`; without planes, drains.
    fn convert(&mut self, planes: &mut [*const u8], samples: usize, out: &mut Vec<f32>) -> Result<(), MediaError> {
        let count = i32::try_from(samples)
            .map_err(|_| MediaError::Call { call: "swr_convert", cause: "too many samples at once".into() })?;
        let channels = self.channels as usize;
        // SAFETY: the context is initialised.
        let room = unsafe { ffi::swr_get_out_samples(self.context.as_ptr(), count) };
        let room = MediaError::check("swr_get_out_samples", room)?;
        let start = out.len();
        out.resize(start + room.unsigned_abs() as usize * channels, 0.0);
        let mut target: *mut u8 = out[start..].as_mut_ptr().cast();
        let source = if planes.is_empty() { ptr::null_mut() } else { planes.as_mut_ptr() };
        // SAFETY: the target has room for `room` frames of packed floats; the source has one pointer for each plane of the
        // format, each to at least `count` samples, or is null, which drains.
        let status = unsafe { ffi::swr_convert(self.context.as_ptr(), &raw mut target, room, source, count) };
        let got = MediaError::check("swr_convert", status)?.unsigned_abs();
        out.truncate(start + got as usize * channels);
        self.given += u64::from(got);
        Ok(())
    }
}

fn allocate(shape: &SoundShape, channels: usize, rate_hz: u32) -> Result<NonNull<ffi::SwrContext>, MediaError> {
    // Without stated positions FFmpeg leaves the mixing to our matrix, for any number of channels.
    let unstated = |count: usize| ffi::AVChannelLayout {
        order: ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC,
        nb_channels: clamp(count as u32),
        u: ffi::AVChannelLayout__bindgen_ty_1 { mask: 0 },
        opaque: ptr::null_mut(),
    };
    let (mut output, mut input) = (unstated(channels), unstated(shape.speakers.len()));
    let mut raw = ptr::null_mut();
    // SAFETY: the layouts are valid and copied; a null context asks for a new one; a wrong format is refused.
    let status = unsafe {
        ffi::swr_alloc_set_opts2(
            &raw mut raw,
            &raw mut output,
            ffi::AVSampleFormat::AV_SAMPLE_FMT_FLT,
            clamp(rate_hz),
            &raw mut input,
            crate::pixel::sample_format(shape.format),
            clamp(shape.rate_hz),
            0,
            ptr::null_mut(),
        )
    };
    MediaError::check("swr_alloc_set_opts2", status)?;
    NonNull::new(raw).ok_or(MediaError::out_of_memory("swr_alloc_set_opts2"))
}

/// Returns a pointer to sample `skip` of every plane of a frame.
fn planes_from(frame: &Frame, shape: &SoundShape, skip: usize) -> Vec<*const u8> {
    let format = crate::pixel::sample_format(shape.format);
    // SAFETY: the calls look the format up in a table and take any value.
    let (planar, width) =
        unsafe { (ffi::av_sample_fmt_is_planar(format) != 0, ffi::av_get_bytes_per_sample(format).max(0) as usize) };
    let channels = shape.speakers.len();
    let (planes, step) = if planar { (channels, width) } else { (1, width * channels) };
    // SAFETY: a frame of sound has one pointer for each plane in `extended_data`, each to `nb_samples` samples, and `skip`
    // is below that number.
    unsafe {
        let data = (*frame.as_ptr()).extended_data;
        (0..planes).map(|plane| (*data.add(plane)).add(skip * step).cast_const()).collect()
    }
}

impl Drop for Resampler {
    fn drop(&mut self) {
        let mut raw = self.context.as_ptr();
        // SAFETY: we own the context, and nobody uses it after this.
        unsafe { ffi::swr_free(&raw mut raw) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(samples: &[f32], channels: u32, rate_hz: u32) -> Frame {
        let mut frame = Frame::sound(samples.len() as u32, channels, rate_hz).unwrap();
        for channel in 0..channels as usize {
            frame.channel_mut(channel).unwrap().copy_from_slice(samples);
        }
        frame
    }

    /// Resamples mono sound to mono at 48 kHz, in uneven portions.
    fn conformed(samples: &[f32], rate_hz: u32) -> Vec<f32> {
        let shape = SoundShape::of(&frame(&samples[..1], 1, rate_hz));
        let mut resampler = Resampler::new(&shape, &[vec![1.0]], 48_000).unwrap();
        let mut out = Vec::new();
        for part in samples.chunks(777) {
            resampler.push(&frame(part, 1, rate_hz), 0, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn clicks_stay_where_they_are_at_every_rate() {
        for rate_hz in [8_000, 11_025, 22_050, 32_000, 44_056, 44_099, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
        {
            let length = rate_hz as usize * 3;
            let mut samples = vec![0.0; length];
            let places = [rate_hz as usize / 10, length / 2, length - rate_hz as usize / 10];
            for place in places {
                samples[place] = 1.0;
            }
            let out = conformed(&samples, rate_hz);
            assert_eq!(out.len(), (length * 48_000).div_ceil(rate_hz as usize), "{rate_hz}");
            for place in places {
                // The centre of gravity of the click's energy, to a tenth of a sample.
                let wanted = place as f64 * 48_000.0 / f64::from(rate_hz);
                let near = wanted as usize - 200..wanted as usize + 200;
                let energy: f64 = out[near.clone()].iter().map(|sample| f64::from(sample * sample)).sum();
                let centre: f64 =
                    near.map(|index| index as f64 * f64::from(out[index] * out[index])).sum::<f64>() / energy;
                assert!((centre - wanted).abs() < 0.1, "{rate_hz}: {centre} is not {wanted}");
            }
        }
    }

    #[test]
    fn the_programmes_own_rate_and_format_pass_bit_for_bit() {
        let samples: Vec<f32> = (0..5000).map(|index| (index as f32 * 0.37).sin() * 1.7).collect();
        assert_eq!(conformed(&samples, 48_000), samples);
    }

    #[test]
    fn the_count_matches_whatever_the_rate() {
        for rate_hz in [8_000, 44_100, 44_101, 96_000] {
            for length in [1, 2, 100, 1023, 4410] {
                let wanted = (2 * length * 48_000 + rate_hz) / (2 * rate_hz);
                assert_eq!(conformed(&vec![0.5; length], rate_hz as u32).len(), wanted, "{length} at {rate_hz}");
            }
        }
    }

    #[test]
    fn the_matrix_is_applied_as_it_stands() {
        let input = frame(&[0.5; 100], 6, 48_000);
        let matrix = [vec![1.0, 0.0, 0.5, 0.0, 0.5, 0.0], vec![0.0, 1.0, 1.0, 0.0, 0.0, 1.5]];
        let mut resampler = Resampler::new(&SoundShape::of(&input), &matrix, 48_000).unwrap();
        let mut out = Vec::new();
        assert!(resampler.push_part(&input, 90..101, &mut out).is_err());
        resampler.push(&input, 90, &mut out).unwrap();
        resampler.finish(&mut out).unwrap();
        assert_eq!(out.len(), 20);
        assert!(out.chunks(2).all(|pair| (pair[0] - 1.0).abs() < 1e-6 && (pair[1] - 1.75).abs() < 1e-6), "{out:?}");
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        let shape = SoundShape { rate_hz: 0, speakers: vec![crate::Speaker::Left], format: 8 };
        assert!(Resampler::new(&shape, &[vec![1.0]], 48_000).is_err());
        let shape = SoundShape { rate_hz: 48_000, speakers: Vec::new(), format: 8 };
        assert!(Resampler::new(&shape, &[vec![]], 48_000).is_err());
        let shape = SoundShape { rate_hz: 48_000, speakers: vec![crate::Speaker::Left], format: -1 };
        assert!(Resampler::new(&shape, &[vec![1.0]], 48_000).is_err());
    }
}
