//! The house format and the sound ramp of a rundown.

use bookend_units::{FrameRate, Raster};

use super::error::RundownError;
use super::fields::{Field, Fields, Scope};
use super::tree::Value;
use super::{Colour, House, SoundLayout};

pub(super) const DEFAULT_RAMP_MS: u32 = 2;
const MAX_RAMP_MS: u32 = 20;
const MAX_RASTER_SIDE: u32 = 8192;

const FIELDS: &[&str] = &["raster", "rate", "sound", "colour"];
const RASTER_REMEDY: &str = "write width x height, both even, from 16 to 8192: \"1920x1080\"";
const RATE_REMEDY: &str = "write a rate of at most 120 frames a second: \"25\", \"30000/1001\" or \"29.97\"";

pub(super) fn read(field: Field) -> Result<House, RundownError> {
    let mut fields = Fields::of(field.node, "[house]", FIELDS, None)?;
    let Some(raster) = fields.take("raster") else {
        return Err(fields.error("[house] has no raster", RASTER_REMEDY));
    };
    let Some(rate) = fields.take("rate") else {
        return Err(fields.error("[house] has no rate", RATE_REMEDY));
    };
    let (raster, rate) = (read_raster(&raster)?, read_rate(&rate)?);
    let sound = match fields.take("sound") {
        None => SoundLayout::default(),
        Some(field) => match field.text(None)? {
            "stereo" => SoundLayout::Stereo,
            other => return Err(field.wrong(None, format!("cannot be \"{other}\""), "write \"stereo\"")),
        },
    };
    let colour = match fields.take("colour") {
        None => Colour::default(),
        Some(field) => match field.text(None)? {
            "bt709" => Colour::Bt709,
            other => return Err(field.wrong(None, format!("cannot be \"{other}\""), "write \"bt709\"")),
        },
    };
    Ok(House { raster, rate, sound, colour })
}

fn read_raster(field: &Field) -> Result<Raster, RundownError> {
    let raster: Raster = field.parsed(None, RASTER_REMEDY)?;
    let fits = |side: u32| (16..=MAX_RASTER_SIDE).contains(&side) && side.is_multiple_of(2);
    if fits(raster.width) && fits(raster.height) {
        Ok(raster)
    } else {
        Err(field.wrong(None, format!("cannot be \"{raster}\""), RASTER_REMEDY))
    }
}

/// Reads a rate, in quotes or as a bare number.
fn read_rate(field: &Field) -> Result<FrameRate, RundownError> {
    let rate = match &field.node.value {
        Value::Number(number) => number.parse().ok(),
        _ => Some(field.parsed(None, RATE_REMEDY)?),
    };
    let in_range = |rate: &FrameRate| rate.num() / rate.den() <= 120 && rate.num() >= rate.den();
    rate.filter(in_range).ok_or_else(|| field.wrong(None, "is no programme's rate", RATE_REMEDY))
}

/// Reads `"0"` or whole milliseconds, `"2ms"`.
pub(super) fn ramp_ms(field: &Field, scope: Scope) -> Result<u32, RundownError> {
    const REMEDY: &str = "write \"0\" for none, or \"1ms\" to \"20ms\"";
    let text = field.text(scope)?;
    let ms = match text.strip_suffix("ms") {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        None if text == "0" => Some(0),
        _ => None,
    };
    ms.filter(|&ms| ms <= MAX_RAMP_MS).ok_or_else(|| field.wrong(scope, format!("cannot be \"{text}\""), REMEDY))
}
