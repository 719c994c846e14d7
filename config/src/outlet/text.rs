//! An outlet's TOML: parsed into private builders, then validated.

use bookend_units::{FrameRate, Raster};
use serde::Deserialize;
use toml::Spanned;

use super::ClauseText;
use super::check::{CheckName, CheckRule};
use crate::document::{line_of, parse};
use crate::spec::{LoudnessTarget, ProResProfile, ReductionLimit, SoundEncoding, Wrapper};
use crate::{ConfigError, spec};

/// A destination's technical specification, as written: what depends on the house is still open.
#[derive(Clone, PartialEq, Debug)]
pub struct Outlet {
    pub(super) name: String,
    pub(super) edition: u32,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) wrapper: Wrapper,
    pub(super) raster: RasterRule,
    pub(super) picture: PictureRule,
    pub(super) sound: SoundEncoding,
    pub(super) loudness: LoudnessTarget,
    pub(super) clauses: Vec<ClauseRule>,
}

/// Which raster a house comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RasterRule {
    /// The house's own.
    House,
    /// The house's aspect, fitted inside.
    Inside(Raster),
}

/// How the picture is encoded at each rate.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum PictureRule {
    H264 { preset: String, crf: u32, buffer_ms: u64, b_frames: u32, reorder_frames: u32, threads: u32, at: Vec<H264At> },
    ProRes { profile: ProResProfile, threads: u32, rates: Vec<FrameRate> },
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct H264At {
    pub(super) rates: Vec<FrameRate>,
    pub(super) gop_frames: u32,
    pub(super) max_rate_bps: u64,
    pub(super) level_times_ten: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct ClauseRule {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) check: CheckRule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutletText {
    #[serde(rename = "version")]
    _version: i64,
    edition: u32,
    name: String,
    title: String,
    description: String,
    wrapper: Wrapper,
    picture: Spanned<PictureText>,
    sound: Spanned<SoundText>,
    loudness: Spanned<LoudnessText>,
    #[serde(default)]
    clause: Vec<Spanned<ClauseLines>>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PictureCodec {
    H264,
    #[serde(rename = "prores")]
    ProRes,
}

/// The keyword `"house"`: the value is the house format's.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum House {
    House,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PictureText {
    codec: PictureCodec,
    raster: String,
    #[serde(rename = "rate")]
    _rate: House,
    threads: u32,
    preset: Option<String>,
    crf: Option<u32>,
    buffer_ms: Option<u64>,
    b_frames: Option<u32>,
    reorder_frames: Option<u32>,
    profile: Option<ProResProfile>,
    at: Vec<AtText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AtText {
    rates: Vec<FrameRate>,
    gop_frames: Option<u32>,
    max_rate_bps: Option<u64>,
    level: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SoundCodec {
    Aac,
    Pcm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SoundText {
    codec: SoundCodec,
    bit_rate_bps: Option<u64>,
    bits: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoudnessText {
    integrated_lufs: f64,
    tolerance_lu: f64,
    true_peak_dbtp: f64,
    give_way: Option<GiveWayText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GiveWayText {
    reduction_db: f64,
    share_of_blocks: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClauseLines {
    id: String,
    title: String,
    source: String,
    check: CheckName,
    picture: Option<u32>,
    sound: Option<u32>,
    min_ms: Option<u64>,
    max_us: Option<u64>,
}

impl Outlet {
    /// Reads an outlet from its TOML; `file` names it in errors.
    ///
    /// # Errors
    /// When the text is not TOML, has an unknown, missing or impossible field, names the line and the nearest valid one.
    pub fn from_toml(file: &str, text: &str) -> Result<Outlet, ConfigError> {
        let lines: OutletText = parse(file, text)?;
        let place = Place { file, text };
        place.check(is_name(&lines.name), 0, "name", "must be lowercase letters, digits and hyphens")?;
        place.check(!lines.title.trim().is_empty(), 0, "title", "is empty: write what a producer calls this outlet")?;
        place.check(lines.edition >= 1, 0, "edition", "counts from 1")?;
        let (raster, picture) = picture(&place, &lines.picture)?;
        let mut clauses: Vec<ClauseRule> = Vec::new();
        for clause in lines.clause {
            let at = clause.span().start;
            let rule = clause_rule(&place, at, clause.into_inner(), &picture)?;
            let twice = clauses.iter().any(|known| known.id == rule.id);
            place.check(
                !twice,
                at,
                "id",
                &format!("`{}` is used twice: clause ids are unique in an outlet", rule.id),
            )?;
            clauses.push(rule);
        }
        place.check(!clauses.is_empty(), 0, "clause", "is missing: an outlet is judged by at least one")?;
        Ok(Outlet {
            name: lines.name,
            edition: lines.edition,
            title: lines.title,
            description: lines.description,
            wrapper: lines.wrapper,
            raster,
            picture,
            sound: sound(&place, &lines.sound)?,
            loudness: loudness(&place, &lines.loudness)?,
            clauses,
        })
    }

    /// Returns the name that `--outlet` takes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the edition of the outlet's text, from 1.
    #[must_use]
    pub fn edition(&self) -> u32 {
        self.edition
    }

    /// Returns what a producer calls it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns one sentence about what it is for.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the file format.
    #[must_use]
    pub fn wrapper(&self) -> Wrapper {
        self.wrapper
    }

    /// Returns the clauses in the order reports show.
    #[must_use]
    pub fn clauses(&self) -> Vec<ClauseText> {
        self.clauses
            .iter()
            .map(|clause| ClauseText {
                id: clause.id.clone(),
                title: clause.title.clone(),
                source: clause.source.clone(),
                check: clause.check.name.text().to_owned(),
            })
            .collect()
    }

    /// Returns the house rates that the outlet takes, in the order written.
    #[must_use]
    pub fn rates(&self) -> Vec<FrameRate> {
        match &self.picture {
            PictureRule::H264 { at, .. } => at.iter().flat_map(|at| at.rates.iter().copied()).collect(),
            PictureRule::ProRes { rates, .. } => rates.clone(),
        }
    }
}

/// Where in a document something is said, for errors.
struct Place<'a> {
    file: &'a str,
    text: &'a str,
}

impl Place<'_> {
    fn check(&self, holds: bool, at: usize, field: &str, message: &str) -> Result<(), ConfigError> {
        if holds { Ok(()) } else { Err(self.wrong(at, field, message)) }
    }

    fn wrong(&self, at: usize, field: &str, message: &str) -> ConfigError {
        ConfigError::Malformed {
            file: self.file.to_owned(),
            line: line_of(self.text, at),
            message: format!("`{field}` {message}"),
            nearest: None,
        }
    }

    fn need<T>(&self, value: Option<T>, at: usize, field: &str, what: &str) -> Result<T, ConfigError> {
        value.ok_or_else(|| self.wrong(at, field, &format!("is missing: {what} needs it")))
    }

    fn refuse<T>(&self, value: Option<&T>, at: usize, field: &str, what: &str) -> Result<(), ConfigError> {
        self.check(value.is_none(), at, field, &format!("means nothing for {what}: remove it"))
    }
}

fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.chars().all(legal) && !name.starts_with('-') && !name.ends_with('-')
}

fn picture(place: &Place<'_>, lines: &Spanned<PictureText>) -> Result<(RasterRule, PictureRule), ConfigError> {
    let (at, lines) = (lines.span().start, lines.get_ref());
    let raster = match lines.raster.as_str() {
        "house" => RasterRule::House,
        size => {
            let box_: Raster = size.parse().map_err(|error: bookend_units::ParseRasterError| {
                place.wrong(at, "picture.raster", &format!("{error}, or `house`"))
            })?;
            place.check(
                box_.width.is_multiple_of(2) && box_.height.is_multiple_of(2),
                at,
                "picture.raster",
                "must have even sides",
            )?;
            RasterRule::Inside(box_)
        }
    };
    place.check((1..=64).contains(&lines.threads), at, "picture.threads", "must be 1 to 64")?;
    let mut rates: Vec<FrameRate> = lines.at.iter().flat_map(|at| at.rates.iter().copied()).collect();
    place.check(!rates.is_empty(), at, "picture.at.rates", "is empty: name the house rates that the outlet takes")?;
    let count = rates.len();
    rates.sort_by_key(|rate| (rate.num(), rate.den()));
    rates.dedup();
    place.check(rates.len() == count, at, "picture.at.rates", "names a rate twice")?;
    let rule = match lines.codec {
        PictureCodec::H264 => h264(place, at, lines)?,
        PictureCodec::ProRes => prores(place, at, lines)?,
    };
    Ok((raster, rule))
}

fn h264(place: &Place<'_>, at: usize, lines: &PictureText) -> Result<PictureRule, ConfigError> {
    const WHAT: &str = "H.264";
    place.refuse(lines.profile.as_ref(), at, "picture.profile", WHAT)?;
    let preset = place.need(lines.preset.clone(), at, "picture.preset", WHAT)?;
    let presets = ["superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"];
    let message = format!("must be an x264 preset that keeps the High profile: {}", presets.join(", "));
    place.check(presets.contains(&preset.as_str()), at, "picture.preset", &message)?;
    let crf = place.need(lines.crf, at, "picture.crf", WHAT)?;
    place.check((1..=51).contains(&crf), at, "picture.crf", "must be 1 (best, largest) to 51")?;
    let buffer_ms = place.need(lines.buffer_ms, at, "picture.buffer_ms", WHAT)?;
    place.check((100..=10_000).contains(&buffer_ms), at, "picture.buffer_ms", "must be 100 to 10000")?;
    let b_frames = place.need(lines.b_frames, at, "picture.b_frames", WHAT)?;
    let reorder_frames = place.need(lines.reorder_frames, at, "picture.reorder_frames", WHAT)?;
    place.check(b_frames <= 2, at, "picture.b_frames", "must be 0 to 2 (PROGRAMME 2)")?;
    place.check(reorder_frames <= b_frames, at, "picture.reorder_frames", "must be at most b_frames")?;
    let per_rate = |lines: &AtText| {
        let gop_frames = place.need(lines.gop_frames, at, "picture.at.gop_frames", WHAT)?;
        place.check((1..=600).contains(&gop_frames), at, "picture.at.gop_frames", "must be 1 to 600")?;
        let max_rate_bps = place.need(lines.max_rate_bps, at, "picture.at.max_rate_bps", WHAT)?;
        let level = place.need(lines.level.as_deref(), at, "picture.at.level", WHAT)?;
        let level_times_ten = level_times_ten(level).ok_or_else(|| {
            place.wrong(at, "picture.at.level", "must be a level of H.264 Table A-1, for example \"4.1\"")
        })?;
        Ok(H264At { rates: lines.rates.clone(), gop_frames, max_rate_bps, level_times_ten })
    };
    let at = lines.at.iter().map(per_rate).collect::<Result<_, ConfigError>>()?;
    Ok(PictureRule::H264 { preset, crf, buffer_ms, b_frames, reorder_frames, threads: lines.threads, at })
}

fn level_times_ten(level: &str) -> Option<u32> {
    let (whole, tenth) = level.split_once('.').unwrap_or((level, "0"));
    let level = whole.parse::<u32>().ok()?.checked_mul(10)? + tenth.parse::<u32>().ok().filter(|tenth| *tenth < 10)?;
    super::resolve::level_limits(level).map(|_| level)
}

fn prores(place: &Place<'_>, at: usize, lines: &PictureText) -> Result<PictureRule, ConfigError> {
    const WHAT: &str = "ProRes";
    place.refuse(lines.preset.as_ref(), at, "picture.preset", WHAT)?;
    place.refuse(lines.crf.as_ref(), at, "picture.crf", WHAT)?;
    place.refuse(lines.buffer_ms.as_ref(), at, "picture.buffer_ms", WHAT)?;
    place.refuse(lines.b_frames.as_ref(), at, "picture.b_frames", WHAT)?;
    place.refuse(lines.reorder_frames.as_ref(), at, "picture.reorder_frames", WHAT)?;
    for per_rate in &lines.at {
        place.refuse(per_rate.gop_frames.as_ref(), at, "picture.at.gop_frames", WHAT)?;
        place.refuse(per_rate.max_rate_bps.as_ref(), at, "picture.at.max_rate_bps", WHAT)?;
        place.refuse(per_rate.level.as_ref(), at, "picture.at.level", WHAT)?;
    }
    let profile = place.need(lines.profile, at, "picture.profile", WHAT)?;
    let rates = lines.at.iter().flat_map(|at| at.rates.iter().copied()).collect();
    Ok(PictureRule::ProRes { profile, threads: lines.threads, rates })
}

fn sound(place: &Place<'_>, lines: &Spanned<SoundText>) -> Result<SoundEncoding, ConfigError> {
    let (at, lines) = (lines.span().start, lines.get_ref());
    match lines.codec {
        SoundCodec::Aac => {
            place.refuse(lines.bits.as_ref(), at, "sound.bits", "AAC")?;
            let bit_rate_bps = place.need(lines.bit_rate_bps, at, "sound.bit_rate_bps", "AAC")?;
            place.check(
                (32_000..=512_000).contains(&bit_rate_bps),
                at,
                "sound.bit_rate_bps",
                "must be 32000 to 512000",
            )?;
            Ok(SoundEncoding::Aac { bit_rate_bps })
        }
        SoundCodec::Pcm => {
            place.refuse(lines.bit_rate_bps.as_ref(), at, "sound.bit_rate_bps", "PCM")?;
            let bits = place.need(lines.bits, at, "sound.bits", "PCM")?;
            place.check(matches!(bits, 16 | 24), at, "sound.bits", "must be 16 or 24")?;
            Ok(SoundEncoding::Pcm { bits })
        }
    }
}

fn loudness(place: &Place<'_>, lines: &Spanned<LoudnessText>) -> Result<LoudnessTarget, ConfigError> {
    let (at, lines) = (lines.span().start, lines.get_ref());
    let within = |value: f64, low: f64, high: f64, field: &str| {
        place.check((low..=high).contains(&value), at, field, &format!("must be {low} to {high}"))
    };
    within(lines.integrated_lufs, -40.0, -5.0, "loudness.integrated_lufs")?;
    within(lines.tolerance_lu, 0.1, 2.0, "loudness.tolerance_lu")?;
    within(lines.true_peak_dbtp, -20.0, 0.0, "loudness.true_peak_dbtp")?;
    let give_way = match &lines.give_way {
        None => None,
        Some(limit) => {
            within(limit.reduction_db, 0.5, 24.0, "loudness.give_way.reduction_db")?;
            within(limit.share_of_blocks, 0.0, 1.0, "loudness.give_way.share_of_blocks")?;
            Some(ReductionLimit { reduction_db: limit.reduction_db, share_of_blocks: limit.share_of_blocks })
        }
    };
    Ok(spec::LoudnessTarget {
        integrated_lufs: lines.integrated_lufs,
        tolerance_lu: lines.tolerance_lu,
        true_peak_dbtp: lines.true_peak_dbtp,
        give_way,
    })
}

fn clause_rule(
    place: &Place<'_>,
    at: usize,
    lines: ClauseLines,
    picture: &PictureRule,
) -> Result<ClauseRule, ConfigError> {
    let name = lines.check;
    let what = format!("the check `{}`", name.text());
    place.check(is_name(&lines.id), at, "id", "must be lowercase letters, digits and hyphens")?;
    place.check(!lines.title.trim().is_empty(), at, "title", "is empty: write what the clause asks")?;
    place.check(
        !lines.source.trim().is_empty(),
        at,
        "source",
        "is empty: every clause names the document and clause it comes from",
    )?;
    let codes_groups = matches!(name, CheckName::BFrameRun | CheckName::ClosedGop | CheckName::IdrIds);
    let alone = matches!(picture, PictureRule::ProRes { .. });
    place.check(
        !(codes_groups && alone),
        at,
        "check",
        "needs groups of pictures, and in ProRes every frame stands alone",
    )?;
    let mut check = CheckRule { name, tracks: (0, 0), min_ms: 0, max_us: 0 };
    if name == CheckName::Tracks {
        check.tracks = (place.need(lines.picture, at, "picture", &what)?, place.need(lines.sound, at, "sound", &what)?);
    } else {
        place.refuse(lines.picture.as_ref(), at, "picture", &what)?;
        place.refuse(lines.sound.as_ref(), at, "sound", &what)?;
    }
    if matches!(name, CheckName::Black | CheckName::Freeze | CheckName::Silence) {
        check.min_ms = place.need(lines.min_ms, at, "min_ms", &what)?;
    } else {
        place.refuse(lines.min_ms.as_ref(), at, "min_ms", &what)?;
    }
    if name == CheckName::AvSync {
        check.max_us = place.need(lines.max_us, at, "max_us", &what)?;
    } else {
        place.refuse(lines.max_us.as_ref(), at, "max_us", &what)?;
    }
    Ok(ClauseRule { id: lines.id, title: lines.title, source: lines.source, check })
}
