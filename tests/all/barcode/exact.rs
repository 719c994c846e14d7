//! Exact fractions, and PROGRAMME 1 written a second time with them.

use std::cmp::Ordering;
use std::ops::{Add, Mul, Sub};

/// A fraction in lowest terms, its denominator above zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exact(pub i128, pub i128);

impl Exact {
    pub fn new(num: i128, den: i128) -> Self {
        let (mut a, mut b) = (num.abs(), den.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let sign = if den < 0 { -1 } else { 1 };
        Exact(sign * num / a.max(1), sign * den / a.max(1))
    }

    pub fn whole(value: i128) -> Self {
        Exact(value, 1)
    }

    /// Nearest whole number, halves upwards.
    pub fn round_half_up(self) -> i128 {
        (2 * self.0 + self.1).div_euclid(2 * self.1)
    }

    pub fn over(self, other: Exact) -> Exact {
        Exact::new(self.0 * other.1, self.1 * other.0)
    }
}

impl Add for Exact {
    type Output = Exact;
    fn add(self, other: Exact) -> Exact {
        Exact::new(self.0 * other.1 + other.0 * self.1, self.1 * other.1)
    }
}

impl Sub for Exact {
    type Output = Exact;
    fn sub(self, other: Exact) -> Exact {
        Exact::new(self.0 * other.1 - other.0 * self.1, self.1 * other.1)
    }
}

impl Mul for Exact {
    type Output = Exact;
    fn mul(self, other: Exact) -> Exact {
        Exact::new(self.0 * other.0, self.1 * other.1)
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        (self.0 * other.1).cmp(&(other.0 * self.1))
    }
}

/// The sample at 48 kHz that programme frame `n` starts at: `round_half_up(n × 48000 × den / num)`.
pub fn sample_of(n: i128, rate: Exact) -> i128 {
    (Exact::whole(n * 48_000).over(rate)).round_half_up()
}

/// How many programme frames `[start, end)` lasts: `max(1, round_half_up((end − start) × R))`.
pub fn length(start: Exact, end: Exact, rate: Exact) -> i128 {
    ((end - start) * rate).round_half_up().max(1)
}

/// The source frame on screen for most of `[start + j/R, start + (j+1)/R)` inside `[start, end)`, the earlier one on a
/// tie; `times` are when frames begin, the last one stays.
pub fn chosen(times: &[Exact], start: Exact, end: Exact, rate: Exact, j: i128) -> usize {
    let from = start + Exact::whole(j).over(rate);
    let to = (start + Exact::whole(j + 1).over(rate)).min(end);
    let mut most = (0, Exact::whole(-1));
    for (index, &begins) in times.iter().enumerate() {
        let ends = times.get(index + 1).copied().unwrap_or(to);
        let shown = ends.min(to) - begins.max(from);
        if shown > most.1 && shown > Exact::whole(0) {
            most = (index, shown);
        }
    }
    most.0
}

#[test]
fn the_second_writing_agrees_with_pencil_and_paper() {
    let at = |rate: i128| (0..10).map(|n| Exact::new(n, rate)).collect::<Vec<_>>();
    let ntsc = Exact::new(30_000, 1001);
    assert_eq!((sample_of(1, ntsc), sample_of(2, ntsc), sample_of(5, ntsc)), (1602, 3203, 8008));
    assert_eq!(length(Exact::whole(0), Exact::new(1, 1000), ntsc), 1);
    assert_eq!(length(Exact::whole(1), Exact::new(11, 10), Exact::whole(25)), 3, "2.5 rounds up");
    let end = Exact::whole(1);
    // 50 into 25: two source frames each for half of the window, the earlier one wins.
    assert_eq!(chosen(&at(50), Exact::whole(0), end, Exact::whole(25), 2), 4);
    // 24 into 30: the third window, 66.7 to 100 ms, has frame 1 to 83.3 and frame 2 after, each for half.
    let film: Vec<_> = (0..5).map(|j| chosen(&at(24), Exact::whole(0), end, Exact::whole(30), j)).collect();
    assert_eq!(film, [0, 1, 1, 2, 3]);
}
