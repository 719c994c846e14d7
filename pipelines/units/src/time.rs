//! Exact time: a rational number of seconds.

use std::fmt;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use num_rational::Ratio;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact instant or duration in seconds, as a reduced fraction of two 128-bit integers.
///
/// Serialised as `"num/den"`, for example `"1001/30000"`; a whole number is written without `/`.
/// Media arithmetic multiplies a 64-bit tick count by a 32-bit time base, so 128 bits cannot overflow in practice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Time(Ratio<i128>);

impl Time {
    /// Zero seconds.
    pub const ZERO: Time = Time(Ratio::new_raw(0, 1));

    /// Makes `num/den` seconds; `den` must not be zero.
    ///
    /// # Panics
    /// When `den` is zero: a zero denominator is a programming error, refused at every edge that reads files.
    #[must_use]
    pub fn new(num: i128, den: i128) -> Self {
        Time(Ratio::new(num, den))
    }

    /// Makes a whole number of seconds in a constant.
    #[must_use]
    pub const fn whole(seconds: u32) -> Self {
        Time(Ratio::new_raw(seconds as i128, 1))
    }

    /// Makes a whole number of seconds.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Time(Ratio::from_integer(i128::from(seconds)))
    }

    /// Makes `ticks` of a time base of `num/den` seconds.
    #[must_use]
    pub fn from_ticks(ticks: i64, num: u32, den: u32) -> Self {
        Time(Ratio::new(i128::from(ticks) * i128::from(num), i128::from(den)))
    }

    /// Returns the numerator of the reduced fraction.
    #[must_use]
    pub fn numer(self) -> i128 {
        *self.0.numer()
    }

    /// Returns the denominator of the reduced fraction, always positive.
    #[must_use]
    pub fn denom(self) -> i128 {
        *self.0.denom()
    }

    /// Returns `self × num / den` rounded to the nearest integer, halves upwards (towards +∞).
    #[must_use]
    pub fn count_round(self, num: u32, den: u32) -> i64 {
        let scaled = self.0 * Ratio::new(i128::from(num), i128::from(den));
        clamp_i64(round_half_up(*scaled.numer(), *scaled.denom()))
    }

    /// Returns `self × num / den` rounded down (towards −∞).
    #[must_use]
    pub fn count_floor(self, num: u32, den: u32) -> i64 {
        let scaled = self.0 * Ratio::new(i128::from(num), i128::from(den));
        clamp_i64(num_integer::div_floor(*scaled.numer(), *scaled.denom()))
    }

    /// Returns the time as floating-point seconds, for display and filter options only.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn to_seconds_lossy(self) -> f64 {
        self.numer() as f64 / self.denom() as f64
    }
}

fn clamp_i64(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// Rounds `num/den` to the nearest integer, halves upwards (towards +∞); `den` must be positive.
#[must_use]
pub fn round_half_up(num: i128, den: i128) -> i128 {
    num_integer::div_floor(2 * num + den, 2 * den)
}

impl Add for Time {
    type Output = Time;
    fn add(self, other: Time) -> Time {
        Time(self.0 + other.0)
    }
}

impl Sub for Time {
    type Output = Time;
    fn sub(self, other: Time) -> Time {
        Time(self.0 - other.0)
    }
}

impl Mul<i64> for Time {
    type Output = Time;
    fn mul(self, count: i64) -> Time {
        Time(self.0 * Ratio::from_integer(i128::from(count)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denom() == 1 { write!(f, "{}", self.numer()) } else { write!(f, "{}/{}", self.numer(), self.denom()) }
    }
}

/// The text is not `num` or `num/den` with a positive denominator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an exact time: write whole seconds or `num/den`")]
pub struct ParseTimeError(String);

impl FromStr for Time {
    type Err = ParseTimeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseTimeError(text.to_owned());
        let (num, den) = text.split_once('/').unwrap_or((text, "1"));
        let num: i128 = num.parse().map_err(|_| wrong())?;
        let den: i128 = den.parse().map_err(|_| wrong())?;
        if den <= 0 { Err(wrong()) } else { Ok(Time::new(num, den)) }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
