//! An outlet for one house format: everything open is decided.

use bookend_units::{FrameRate, PROGRAMME_SAMPLE_RATE, Raster};

use super::check::{CheckName, CheckRule};
use super::text::{H264At, Outlet, PictureRule, RasterRule};
use crate::ConfigError;
use crate::spec::{Check, Clause, H264, House, OutletSpec, PictureEncoding, ProRes, ProResProfile, SoundEncoding};

/// Sides that ProRes is made for at most: 8K.
const LARGEST: Raster = Raster { width: 8192, height: 4320 };

impl Outlet {
    /// Decides everything that the house format leaves open: raster, rate, group length, bit rates, level, clause values.
    ///
    /// # Errors
    /// When no rule joins the house's rate to the outlet ([`ConfigError::RateRefused`]), or its raster cannot be carried
    /// ([`ConfigError::RasterRefused`]); both say what to change.
    pub fn resolve(&self, house: &House) -> Result<OutletSpec, ConfigError> {
        let raster = self.raster_for(house)?;
        let picture = self.picture_for(house.rate, raster)?;
        let clauses = self
            .clauses
            .iter()
            .map(|clause| Clause {
                id: clause.id.clone(),
                title: clause.title.clone(),
                source: clause.source.clone(),
                check: self.check_for(clause.check, house, &picture),
            })
            .collect();
        Ok(OutletSpec {
            name: self.name.clone(),
            version: self.edition,
            wrapper: self.wrapper,
            picture,
            sound: self.sound.clone(),
            loudness: self.loudness.clone(),
            clauses,
        })
    }

    fn raster_for(&self, house: &House) -> Result<Raster, ConfigError> {
        let refuse = |why: &str| {
            Err(ConfigError::RasterRefused {
                outlet: self.name.clone(),
                raster: house.raster.to_string(),
                why: why.to_owned(),
            })
        };
        match self.raster {
            RasterRule::Inside(limits) => match fit(house.raster, limits) {
                Some(raster) => Ok(raster),
                None => refuse("fitted inside the outlet's size one side vanishes; choose a less extreme aspect"),
            },
            RasterRule::House => {
                let Raster { width, height } = house.raster;
                if !width.is_multiple_of(2) || !height.is_multiple_of(2) {
                    return refuse("sides must be even; make the odd side one more or one less");
                }
                if width > LARGEST.width || height > LARGEST.height {
                    return refuse("it is larger than 8192x4320; choose a smaller house raster");
                }
                Ok(house.raster)
            }
        }
    }

    fn picture_for(&self, rate: FrameRate, raster: Raster) -> Result<PictureEncoding, ConfigError> {
        let refused = || ConfigError::RateRefused { outlet: self.name.clone(), rate, allowed: self.rates() };
        match &self.picture {
            PictureRule::ProRes { profile, threads, rates } => {
                let taken = rates.contains(&rate).then_some(()).ok_or_else(refused);
                taken.map(|()| PictureEncoding::ProRes(ProRes { raster, rate, profile: *profile, threads: *threads }))
            }
            PictureRule::H264 { preset, crf, buffer_ms, b_frames, reorder_frames, threads, at } => {
                let at = at.iter().find(|at| at.rates.contains(&rate)).ok_or_else(refused)?;
                let buffer_bits = at.max_rate_bps * buffer_ms / 1000;
                self.check_level(at, raster, rate, buffer_bits)?;
                Ok(PictureEncoding::H264(H264 {
                    raster,
                    rate,
                    preset: preset.clone(),
                    crf: *crf,
                    max_rate_bps: at.max_rate_bps,
                    buffer_bits,
                    gop_frames: at.gop_frames,
                    b_frames: *b_frames,
                    reorder_frames: *reorder_frames,
                    level_times_ten: at.level_times_ten,
                    threads: *threads,
                }))
            }
        }
    }

    /// A level that the stream does not keep to is a lie that hardware decoders trip over.
    fn check_level(&self, at: &H264At, raster: Raster, rate: FrameRate, buffer_bits: u64) -> Result<(), ConfigError> {
        let macroblocks = u64::from(raster.width.div_ceil(16)) * u64::from(raster.height.div_ceil(16));
        let per_second = (macroblocks * u64::from(rate.num())).div_ceil(u64::from(rate.den()));
        let holds = level_limits(at.level_times_ten).is_some_and(|level| {
            macroblocks <= level.macroblocks
                && per_second <= level.macroblocks_per_second
                && at.max_rate_bps <= level.high_bps
                && buffer_bits <= level.high_buffer_bits
        });
        if holds {
            return Ok(());
        }
        let level = format!("{}.{}", at.level_times_ten / 10, at.level_times_ten % 10);
        Err(ConfigError::RasterRefused {
            outlet: self.name.clone(),
            raster: raster.to_string(),
            why: format!(
                "at {rate} frames and {} bits a second it is beyond H.264 level {level}; raise the outlet's level",
                at.max_rate_bps
            ),
        })
    }

    fn check_for(&self, rule: CheckRule, house: &House, picture: &PictureEncoding) -> Check {
        match rule.name {
            CheckName::Wrapper => Check::Wrapper { format: self.wrapper },
            CheckName::MoovFirst => Check::MoovFirst,
            CheckName::NoEditList => Check::NoEditList,
            CheckName::Tracks => Check::Tracks { picture: rule.tracks.0, sound: rule.tracks.1 },
            CheckName::PictureCodec => {
                let (codec, profile) = picture_names(picture);
                Check::PictureCodec { codec: codec.to_owned(), profile: profile.to_owned() }
            }
            CheckName::Raster => Check::Raster { raster: picture.raster() },
            CheckName::Progressive => Check::Progressive,
            CheckName::SampleFormat => Check::SampleFormat {
                format: match picture {
                    PictureEncoding::H264(_) => "yuv420p",
                    PictureEncoding::ProRes(_) => "yuv422p10le",
                }
                .to_owned(),
            },
            CheckName::Bt709Tags => Check::Bt709Tags,
            CheckName::BFrameRun => Check::BFrameRun {
                max: match picture {
                    PictureEncoding::H264(h264) => h264.b_frames,
                    PictureEncoding::ProRes(_) => 0,
                },
            },
            CheckName::ClosedGop => Check::ClosedGop { max_frames: picture.gop_frames() },
            CheckName::IdrIds => Check::IdrIds,
            CheckName::FrameRate => Check::FrameRate { rate: picture.rate() },
            CheckName::FrameTimes => Check::FrameTimes,
            CheckName::FrameCount => Check::FrameCount,
            CheckName::SoundCodec => {
                let (codec, profile) = sound_names(&self.sound);
                Check::SoundCodec { codec: codec.to_owned(), profile: profile.to_owned() }
            }
            CheckName::SoundFormat => {
                Check::SoundFormat { channels: house.sound.channels(), rate_hz: PROGRAMME_SAMPLE_RATE }
            }
            CheckName::SoundBitRate => Check::SoundBitRate { bit_rate_bps: bit_rate(&self.sound, house) },
            CheckName::SampleCount => Check::SampleCount,
            CheckName::Loudness => Check::Loudness {
                integrated_lufs: self.loudness.integrated_lufs,
                tolerance_lu: self.loudness.tolerance_lu,
            },
            CheckName::TruePeak => Check::TruePeak { max_dbtp: self.loudness.true_peak_dbtp },
            CheckName::Black => Check::Black { min_ms: rule.min_ms },
            CheckName::Freeze => Check::Freeze { min_ms: rule.min_ms },
            CheckName::Silence => Check::Silence { min_ms: rule.min_ms },
            CheckName::AvSync => Check::AvSync { max_us: rule.max_us },
            CheckName::Seams => Check::Seams,
            CheckName::Packets => Check::Packets,
            CheckName::Decodes => Check::Decodes,
        }
    }
}

/// FFmpeg's names of codec and profile.
fn picture_names(picture: &PictureEncoding) -> (&'static str, &'static str) {
    match picture {
        PictureEncoding::H264(_) => ("h264", "High"),
        PictureEncoding::ProRes(ProRes { profile: ProResProfile::Hq, .. }) => ("prores", "HQ"),
    }
}

fn sound_names(sound: &SoundEncoding) -> (&'static str, &'static str) {
    match sound {
        SoundEncoding::Aac { .. } => ("aac", "LC"),
        SoundEncoding::Pcm { bits: 16 } => ("pcm_s16le", ""),
        SoundEncoding::Pcm { .. } => ("pcm_s24le", ""),
    }
}

fn bit_rate(sound: &SoundEncoding, house: &House) -> u64 {
    match sound {
        SoundEncoding::Aac { bit_rate_bps } => *bit_rate_bps,
        SoundEncoding::Pcm { bits } => u64::from(bits * house.sound.channels() * PROGRAMME_SAMPLE_RATE),
    }
}

/// Fits an aspect inside limits, to the nearest even sides; `None` when a side vanishes.
fn fit(aspect: Raster, limits: Raster) -> Option<Raster> {
    let (width, height) = (u64::from(aspect.width), u64::from(aspect.height));
    let (most_wide, most_high) = (u64::from(limits.width), u64::from(limits.height));
    // The nearest even number to a × b / c.
    let even = |a: u64, b: u64, c: u64| (a * b + c) / (2 * c) * 2;
    let (wide, high) = if width * most_high >= most_wide * height {
        (most_wide, even(most_wide, height, width))
    } else {
        (even(most_high, width, height), most_high)
    };
    let side = |side: u64, most: u64| u32::try_from(side.min(most)).ok().filter(|side| *side >= 16);
    Some(Raster { width: side(wide, most_wide)?, height: side(high, most_high)? })
}

/// What a level allows in the High profile.
pub(super) struct LevelLimits {
    macroblocks: u64,
    macroblocks_per_second: u64,
    high_bps: u64,
    high_buffer_bits: u64,
}

/// ITU-T H.264 Table A-1: MaxFS, MaxMBPS, MaxBR and MaxCPB; the last two with cpbBrVclFactor 1250 of the High profile.
pub(super) fn level_limits(level_times_ten: u32) -> Option<LevelLimits> {
    let (macroblocks, macroblocks_per_second, bit_rate, buffer) = match level_times_ten {
        30 => (1_620, 40_500, 10_000, 10_000),
        31 => (3_600, 108_000, 14_000, 14_000),
        32 => (5_120, 216_000, 20_000, 20_000),
        40 => (8_192, 245_760, 20_000, 25_000),
        41 => (8_192, 245_760, 50_000, 62_500),
        42 => (8_704, 522_240, 50_000, 62_500),
        50 => (22_080, 589_824, 135_000, 135_000),
        51 => (36_864, 983_040, 240_000, 240_000),
        52 => (36_864, 2_073_600, 240_000, 240_000),
        _ => return None,
    };
    Some(LevelLimits {
        macroblocks,
        macroblocks_per_second,
        high_bps: bit_rate * 1250,
        high_buffer_bits: buffer * 1250,
    })
}

#[cfg(test)]
mod tests;
