//! Places and lengths of the programme, for people; integers throughout.

use bookend_units::FrameRate;

use crate::Report;

/// The programme clock and the programme's length.
pub(super) struct Clock {
    pub(super) rate: FrameRate,
    pub(super) frames: u64,
}

impl Clock {
    pub(super) fn of(report: &Report) -> Self {
        let end = report.items.iter().map(|item| item.first + item.frames).max().unwrap_or(0);
        Clock { rate: report.programme.rate, frames: report.programme.frames.max(end).max(1) }
    }

    /// A length as `1:10.0`, or `12.4 s` below a minute.
    pub(super) fn length(&self, frames: u64) -> String {
        let tenths = self.scaled(frames, 10);
        let (minutes, seconds, tenth) = (tenths / 600, tenths / 10 % 60, tenths % 10);
        if minutes == 0 {
            format!("{seconds}.{tenth} s")
        } else {
            format!("{}.{tenth}", sexagesimal(minutes * 60 + seconds))
        }
    }

    /// The programme's length as `10:28`.
    pub(super) fn whole(&self) -> String {
        sexagesimal(self.scaled(self.frames, 1))
    }

    /// The programme's length in whole seconds, rounded up.
    pub(super) fn seconds(&self) -> u64 {
        let (num, den) = (u128::from(self.rate.num()), u128::from(self.rate.den()));
        u64::try_from((u128::from(self.frames) * den).div_ceil(num)).unwrap_or(u64::MAX)
    }

    /// A frame's place on an axis of `width` units, in hundredths of a unit.
    pub(super) fn place(&self, frame: u64, width: u64) -> u64 {
        let place = u128::from(frame.min(self.frames)) * u128::from(width) * 100 / u128::from(self.frames);
        u64::try_from(place).unwrap_or(u64::MAX)
    }

    /// A second's place on an axis of `width` units, in hundredths of a unit.
    pub(super) fn place_of_second(&self, second: u64, width: u64) -> u64 {
        let (num, den) = (u128::from(self.rate.num()), u128::from(self.rate.den()));
        let place = u128::from(second) * u128::from(width) * 100 * num / (u128::from(self.frames) * den);
        u64::try_from(place).unwrap_or(u64::MAX).min(width * 100)
    }

    /// Marks for a time axis: at most `most`, whole steps that people count in.
    pub(super) fn marks(&self, most: u64) -> Vec<(u64, String)> {
        let seconds = self.seconds().max(1);
        let steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
        let step = steps.into_iter().find(|step| seconds / step <= most).unwrap_or(7200);
        let last = self.scaled(self.frames, 1);
        (0..=last / step).map(|mark| (mark * step, sexagesimal(mark * step))).collect()
    }

    fn scaled(&self, frames: u64, units_a_second: u128) -> u64 {
        let (num, den) = (u128::from(self.rate.num()), u128::from(self.rate.den()));
        u64::try_from((u128::from(frames) * den * units_a_second + num / 2) / num).unwrap_or(u64::MAX)
    }
}

/// Hundredths as a decimal: `1234` is `12.34`.
pub(super) fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `1:02:03` or `2:03`.
pub(super) fn sexagesimal(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 { format!("{minutes}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}
