use bookend_timeline::{ClockError, FrameKind, SourceClock, choices};
use bookend_units::{FrameRate, Time};
use proptest::prelude::*;

use super::{FILM, NTSC, NTSC_FAST, PAL, RATES, clock, rounded, table};

#[test]
fn millisecond_times_snap_to_the_rate_and_gaps_stay_gaps() {
    let places = [0, 1, 2, 5, 6, 1000];
    let clock = clock(&rounded((1, 1000), NTSC, Some(NTSC), &places, 7), NTSC);
    assert_eq!(clock.rate(), Some(NTSC));
    for (n, place) in places.into_iter().enumerate() {
        assert_eq!(clock.time(u32::try_from(n).unwrap()), NTSC.time_of(place));
    }
    assert_eq!(clock.end(), NTSC.time_of(1001));
    assert_eq!(clock.time(6), clock.end());
}

#[test]
fn a_misdeclared_rate_near_a_standard_one_is_that_one() {
    let places: Vec<i64> = (0..3193).collect();
    let declared = FrameRate::new(19_001, 317);
    let clock = clock(&rounded((1, 1000), NTSC_FAST, declared, &places, 0), NTSC);
    assert_eq!(clock.rate(), Some(NTSC_FAST));
}

#[test]
fn a_declared_rate_is_a_standard_one_only_within_a_two_thousandth() {
    let source =
        |declared| rounded((1, 90_000), PAL, FrameRate::new(declared, 10_000), &(0..100).collect::<Vec<_>>(), 0);
    assert_eq!(clock(&source(250_124), NTSC).rate(), Some(PAL));
    assert_eq!(clock(&source(250_126), NTSC).rate(), None);
    assert_eq!(clock(&source(249_876), NTSC).rate(), Some(PAL));
    assert_eq!(clock(&source(249_874), NTSC).rate(), None);
}

#[test]
fn an_undeclared_rate_is_the_best_fitting_one() {
    let places: Vec<i64> = (0..2000).collect();
    for rate in RATES {
        let clock = clock(&rounded((1, 1000), rate, None, &places, 0), NTSC);
        assert_eq!(clock.rate(), Some(rate));
    }
}

#[test]
fn an_odd_declared_rate_stands_when_half_of_its_places_are_filled() {
    let rate = FrameRate::of(15, 1);
    let filled = rounded((1, 90_000), rate, Some(rate), &[0, 1, 2, 4, 7], 0);
    assert_eq!(clock(&filled, NTSC).rate(), Some(rate));
    let sparse = rounded((1, 90_000), rate, Some(rate), &[0, 1, 2, 4, 9, 10, 19], 0);
    assert_eq!(clock(&sparse, NTSC).rate(), None);
}

#[test]
fn one_frame_off_the_grid_makes_a_variable_source() {
    let mut off = rounded((1, 90_000), PAL, Some(PAL), &(0..50).collect::<Vec<_>>(), 0);
    off.frames[20].ticks += 2;
    let variable = clock(&off, NTSC);
    assert_eq!(variable.rate(), None);
    assert_eq!(variable.time(20), Time::new(20 * 3600 + 2, 90_000));
    off.frames[20].ticks -= 1;
    assert_eq!(clock(&off, NTSC).rate(), Some(PAL));
}

#[test]
fn a_coarse_tick_is_held_to_a_millisecond() {
    let off = table((1, 100), Some(PAL), [0, 4, 9, 12]);
    assert_eq!(clock(&off, NTSC).rate(), None);
}

#[test]
fn the_last_frame_of_a_variable_source_lasts_its_duration_else_the_median() {
    let mut variable = table((1, 1000), None, [0, 10, 110, 123, 400]);
    assert_eq!(clock(&variable, NTSC).rate(), None);
    assert_eq!(clock(&variable, NTSC).end(), Time::new(413, 1000), "the lower median of 10, 13, 100, 277");
    variable.frames[4].duration_ticks = 7;
    assert_eq!(clock(&variable, NTSC).end(), Time::new(407, 1000));
}

#[test]
fn a_lone_frame_lasts_its_rate_its_duration_or_a_house_frame() {
    let mut lone = table((1, 1000), None, [77]);
    assert_eq!(clock(&lone, PAL).end(), Time::new(1, 25));
    lone.frames[0].duration_ticks = 500;
    assert_eq!(clock(&lone, PAL).end(), Time::new(1, 2));
    lone.declared_rate = Some(FILM);
    assert_eq!(clock(&lone, PAL).end(), FILM.time_of(1));
}

#[test]
fn an_interlaced_source_counts_fields_below_the_house_rate_only() {
    let mut source = rounded((1, 90_000), PAL, Some(PAL), &[0, 1, 2, 3], 0);
    assert!(!clock(&source, NTSC).is_field_clock());
    source.frames.iter_mut().for_each(|frame| frame.kind = FrameKind::TopFirst);
    assert!(!clock(&source, PAL).is_field_clock());
    assert!(!clock(&source, FILM).is_field_clock());
    let fields = clock(&source, NTSC);
    assert!(fields.is_field_clock());
    assert_eq!((fields.len(), fields.time(3), fields.end()), (4, Time::new(3, 25), Time::new(4, 25)));
    source.frames[0].kind = FrameKind::Progressive;
    source.frames[1].kind = FrameKind::Progressive;
    assert!(!clock(&source, NTSC).is_field_clock(), "half is not most");
}

#[test]
fn unusable_tables_are_refused() {
    let refusal = |table| SourceClock::from_table(&table, PAL).unwrap_err();
    assert_eq!(refusal(table((1, 25), None, [])), ClockError::NoFrames);
    assert_eq!(refusal(table((1, 25), None, [0, 2, 1])), ClockError::Unordered { frame: 2 });
    assert_eq!(refusal(table((0, 25), None, [0])), ClockError::TimeBase { num: 0, den: 25 });
    assert_eq!(refusal(table((1, 25), None, [i64::MIN, i64::MAX])), ClockError::TooLong);
    assert_eq!(refusal(table((1, 1), None, [0, 3_600_001])), ClockError::TooLong);
    let mut long = table((u32::MAX, 1), None, [0]);
    long.frames[0].duration_ticks = u32::MAX;
    assert_eq!(refusal(long), ClockError::TooLong);
}

#[test]
fn frames_on_screen_in_a_span() {
    let clock = clock(&rounded((1, 90_000), PAL, Some(PAL), &[0, 1, 2, 5, 6], 0), NTSC);
    let at = |num| Time::new(num, 50);
    assert_eq!(clock.span_frames(at(2), at(4)), 1..2);
    assert_eq!(clock.span_frames(at(1), at(5)), 0..3);
    assert_eq!(clock.span_frames(at(7), at(9)), 2..3, "held over the gap");
    assert_eq!(clock.span_frames(at(9), at(99)), 2..5);
    assert_eq!(clock.span_frames(at(5), at(5)), 0..0);
}

proptest! {
    /// Any table either makes a clock whose times rise to its end or is refused.
    #[test]
    fn any_table_makes_a_clock_or_is_refused(
        num in prop_oneof![1..5_u32, any::<u32>()],
        den in prop_oneof![1..100_000_u32, any::<u32>()],
        declared in prop::option::of((any::<u32>(), any::<u32>())),
        frames in prop::collection::vec((-2..5000_i64, prop_oneof![Just(0), any::<u32>()], 0..3_u8), 0..40),
        first in any::<i64>(),
    ) {
        let declared = declared.and_then(|(num, den)| FrameRate::new(num, den));
        let mut ticks = first;
        let mut source = table((num, den), declared, []);
        for (step, duration_ticks, kind) in frames {
            ticks = ticks.saturating_add(step);
            let kind = [FrameKind::Progressive, FrameKind::TopFirst, FrameKind::BottomFirst][usize::from(kind)];
            source.frames.push(bookend_timeline::ShownFrame { ticks, duration_ticks, key: true, kind });
        }
        if let Ok(clock) = SourceClock::from_table(&source, NTSC) {
            prop_assert_eq!(clock.len() as usize, source.frames.len());
            prop_assert_eq!(clock.time(0), Time::ZERO);
            for n in 0..clock.len() {
                prop_assert!(clock.time(n) <= clock.time(n + 1));
            }
            prop_assert!(clock.time(clock.len() - 1) < clock.end());
            let shown: Vec<u32> = choices(&clock, Time::new(1, 1001), clock.end(), NTSC, 0..60).map(|shown| shown.index).collect();
            prop_assert!(shown.is_sorted() && shown.iter().all(|&index| index < clock.len()));
        }
    }
}
