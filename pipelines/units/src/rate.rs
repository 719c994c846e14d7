//! Frame rates, and the programme clock they make.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::{Time, round_half_up};

/// Samples a second of all programme sound.
pub const PROGRAMME_SAMPLE_RATE: u32 = 48_000;

/// A frame rate of `num/den` frames a second, reduced, both parts positive.
///
/// Serialised as `"30000/1001"`, or `"25"` when whole. The decimal names of broadcast (`23.976`, `23.98`, `29.97`, `59.94`,
/// `47.952`, `119.88`) are read as their exact ×1000/1001 fractions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FrameRate {
    num: u32,
    den: u32,
}

impl FrameRate {
    /// The rates that sources and programmes are made at, slowest first (PROGRAMME 1).
    pub const STANDARD: [FrameRate; 13] = [
        FrameRate::of(24_000, 1001),
        FrameRate::of(24, 1),
        FrameRate::of(25, 1),
        FrameRate::of(30_000, 1001),
        FrameRate::of(30, 1),
        FrameRate::of(48_000, 1001),
        FrameRate::of(48, 1),
        FrameRate::of(50, 1),
        FrameRate::of(60_000, 1001),
        FrameRate::of(60, 1),
        FrameRate::of(100, 1),
        FrameRate::of(120_000, 1001),
        FrameRate::of(120, 1),
    ];

    /// Makes a rate from a fraction, reducing it; `None` when either part is zero.
    #[must_use]
    pub fn new(num: u32, den: u32) -> Option<Self> {
        if num == 0 || den == 0 {
            return None;
        }
        let common = num_integer::gcd(num, den);
        Some(FrameRate { num: num / common, den: den / common })
    }

    /// Makes a rate in a constant; both parts must be positive and already reduced.
    #[must_use]
    pub const fn of(num: u32, den: u32) -> Self {
        assert!(num > 0 && den > 0);
        FrameRate { num, den }
    }

    /// Returns the numerator: frames per `den` seconds.
    #[must_use]
    pub const fn num(self) -> u32 {
        self.num
    }

    /// Returns the denominator, in seconds.
    #[must_use]
    pub const fn den(self) -> u32 {
        self.den
    }

    /// Returns the start of frame `n`: exactly `n × den / num` seconds.
    #[must_use]
    pub fn time_of(self, n: i64) -> Time {
        Time::new(i128::from(n) * i128::from(self.den), i128::from(self.num))
    }

    /// Returns the first sample of frame `n` at 48 kHz, `S(n) = round_half_up(n × 48000 × den / num)`, counted from frame 0.
    #[must_use]
    pub fn sample_of(self, n: i64) -> i64 {
        let scaled = i128::from(n) * i128::from(PROGRAMME_SAMPLE_RATE) * i128::from(self.den);
        let sample = round_half_up(scaled, i128::from(self.num));
        i64::try_from(sample).expect("a 64-bit frame number at a 32-bit rate stays within 64 bits in any programme")
    }

    /// Returns how many frames `span` lasts, rounded half up; may be zero or negative.
    #[must_use]
    pub fn frames_in(self, span: Time) -> i64 {
        span.count_round(self.num, self.den)
    }

    /// Returns the timecode base: the rate rounded to whole frames a second (30 for 29.97).
    #[must_use]
    pub fn timecode_base(self) -> u32 {
        (self.num + self.den / 2) / self.den
    }

    /// Returns the rate as a floating-point number, for display and heuristics only.
    #[must_use]
    pub fn to_f64_lossy(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

/// The text names no frame rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a frame rate: write a whole number, a fraction such as `30000/1001`, or 23.976, 29.97, 59.94")]
pub struct ParseFrameRateError(String);

impl FromStr for FrameRate {
    type Err = ParseFrameRateError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseFrameRateError(text.to_owned());
        let ntsc = |whole: u32| FrameRate::of(whole * 1000, 1001);
        match text {
            "23.976" | "23.98" => return Ok(ntsc(24)),
            "29.97" => return Ok(ntsc(30)),
            "47.952" | "47.95" => return Ok(ntsc(48)),
            "59.94" => return Ok(ntsc(60)),
            "119.88" => return Ok(ntsc(120)),
            _ => {}
        }
        let (num, den) = text.split_once('/').unwrap_or((text, "1"));
        let num = num.parse().map_err(|_| wrong())?;
        let den = den.parse().map_err(|_| wrong())?;
        FrameRate::new(num, den).ok_or_else(wrong)
    }
}

impl Serialize for FrameRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FrameRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
