//! Finding the regular grid on which a source's frame times lie.

use bookend_units::{FrameRate, Time, round_half_up};

/// A rate, and each frame's place on it.
pub(super) struct Grid {
    pub(super) rate: FrameRate,
    pub(super) places: Vec<i64>,
}

/// Returns the grid on which all frames lie, within one tick and at most a millisecond of it; `None` when the source is
/// variable. `ticks` count from the first frame and never fall.
pub(super) fn find(ticks: &[i64], time_base: (u32, u32), declared: Option<FrameRate>) -> Option<Grid> {
    let rate = match declared {
        Some(declared) => match nearest_standard(declared) {
            Some(rate) => rate,
            None if is_half_filled(ticks, time_base, declared) => declared,
            None => return None,
        },
        None if ticks.len() < 2 => return None,
        None => best_fitting(ticks, time_base)?,
    };
    let scale = Scale::new(time_base, rate);
    let places: Vec<i64> = ticks.iter().map(|&ticks| scale.place(ticks)).collect();
    let fits = ticks.iter().zip(&places).all(|(&ticks, &place)| scale.is_near(scale.deviation(ticks, place)));
    fits.then_some(Grid { rate, places })
}

/// Returns the standard rate nearest to `declared`, if it lies within 0.05 % of it.
fn nearest_standard(declared: FrameRate) -> Option<FrameRate> {
    let as_time = |rate: FrameRate| Time::new(i128::from(rate.num()), i128::from(rate.den()));
    let distance = |rate: FrameRate| {
        let difference = as_time(rate) - as_time(declared);
        difference.max(Time::ZERO - difference)
    };
    let nearest = FrameRate::STANDARD.into_iter().min_by_key(|&rate| distance(rate))?;
    (distance(nearest) * 2000 <= as_time(declared)).then_some(nearest)
}

/// Returns the standard rate whose largest deviation is smallest, the slowest of equals.
fn best_fitting(ticks: &[i64], time_base: (u32, u32)) -> Option<FrameRate> {
    FrameRate::STANDARD.into_iter().min_by_key(|&rate| {
        let scale = Scale::new(time_base, rate);
        let largest = ticks.iter().map(|&ticks| scale.deviation(ticks, scale.place(ticks))).max().unwrap_or(0);
        Time::new(largest, scale.unit)
    })
}

/// Returns whether frames take at least half of the places from the first to the last.
fn is_half_filled(ticks: &[i64], time_base: (u32, u32), rate: FrameRate) -> bool {
    let scale = Scale::new(time_base, rate);
    let mut filled = 0_i64;
    let mut previous = -1;
    for place in ticks.iter().map(|&ticks| scale.place(ticks)) {
        filled += i64::from(place != previous);
        previous = place;
    }
    filled * 2 > previous
}

/// A unit of time of which both ticks and places are whole multiples: 1/(time base denominator × rate numerator) s.
struct Scale {
    tick: i128,
    place: i128,
    unit: i128,
}

impl Scale {
    fn new(time_base: (u32, u32), rate: FrameRate) -> Self {
        let (num, den) = (i128::from(time_base.0), i128::from(time_base.1));
        Scale {
            tick: num * i128::from(rate.num()),
            place: den * i128::from(rate.den()),
            unit: den * i128::from(rate.num()),
        }
    }

    fn place(&self, ticks: i64) -> i64 {
        let place = round_half_up(i128::from(ticks) * self.tick, self.place);
        i64::try_from(place).expect("1,000 hours at any 32-bit rate have fewer than 2^63 places")
    }

    fn deviation(&self, ticks: i64, place: i64) -> i128 {
        (i128::from(ticks) * self.tick - i128::from(place) * self.place).abs()
    }

    fn is_near(&self, deviation: i128) -> bool {
        deviation <= self.tick && deviation * 1000 <= self.unit
    }
}
