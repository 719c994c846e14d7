use bookend_timeline::{ChosenFrame, Field, FrameKind, SourceClock, choices, choose, item_length};
use bookend_units::{FrameRate, Time};
use proptest::prelude::*;

use super::{FILM, NTSC, NTSC_FAST, PAL, RATES, clock, rounded, table};

/// The rule word for word, over every frame: the longest overlap of its time on screen with the window within the item.
fn naive(clock: &SourceClock, start: Time, end: Time, house: FrameRate, j: u32) -> u32 {
    let from = start + house.time_of(i64::from(j));
    let to = (start + house.time_of(i64::from(j) + 1)).min(end);
    let mut best = (0, Time::new(-1, 1));
    for n in 0..clock.len() {
        let begins = if n == 0 { Time::from_seconds(-1_000_000) } else { clock.time(n) };
        let ends = if n + 1 == clock.len() { Time::from_seconds(1_000_000) } else { clock.time(n + 1) };
        let shown = ends.min(to) - begins.max(from);
        if shown > best.1 && shown > Time::ZERO {
            best = (n, shown);
        }
    }
    best.0
}

fn indices(clock: &SourceClock, start: Time, end: Time, house: FrameRate) -> Vec<u32> {
    let length = item_length(start, end, house);
    choices(clock, start, end, house, 0..length).map(|chosen| chosen.index).collect()
}

#[test]
fn equal_rates_show_consecutive_frames() {
    let places: Vec<i64> = (0..2990).collect();
    for rate in RATES {
        let clock = clock(&rounded((1, 1000), rate, Some(rate), &places, 3), rate);
        assert_eq!(indices(&clock, Time::ZERO, clock.end(), rate), (0..2990).collect::<Vec<_>>());
        assert_eq!(indices(&clock, clock.time(100), clock.time(1000), rate), (100..1000).collect::<Vec<_>>());
    }
}

#[test]
fn film_in_a_59_94_programme_repeats_two_and_three() {
    let clock = clock(&rounded((1, 24_000), FILM, Some(FILM), &(0..8).collect::<Vec<_>>(), 0), NTSC_FAST);
    let shown = indices(&clock, Time::ZERO, clock.end(), NTSC_FAST);
    assert_eq!(shown, [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 6, 7, 7]);
}

#[test]
fn a_tie_shows_the_earlier_frame() {
    let fifty = FrameRate::of(50, 1);
    let clock = clock(&rounded((1, 50), fifty, Some(fifty), &(0..6).collect::<Vec<_>>(), 0), PAL);
    assert_eq!(indices(&clock, Time::ZERO, clock.end(), PAL), [0, 2, 4]);
}

#[test]
fn a_frame_from_outside_the_item_is_never_shown() {
    // The last window reaches past out, where the next frame would have most of it.
    let clock = clock(&rounded((1, 50), PAL, Some(PAL), &(0..100).collect::<Vec<_>>(), 0), FrameRate::of(10, 1));
    let (start, end) = (Time::ZERO, Time::new(6, 100));
    assert_eq!(choose(&clock, start, end, FrameRate::of(10, 1), 0).index, 0);
    assert_eq!(choose(&clock, start, end, FrameRate::of(10, 1), 5).index, 1, "past out: the last frame within");
    let whole_end = clock.end() + Time::from_seconds(5);
    assert_eq!(choose(&clock, start, whole_end, PAL, 110).index, 99, "past the source: its last frame");
}

#[test]
fn an_interlaced_source_gives_its_fields_in_turn() {
    let mut source = rounded((1, 90_000), NTSC, Some(NTSC), &[0, 1, 2], 0);
    source.frames.iter_mut().for_each(|frame| frame.kind = FrameKind::BottomFirst);
    source.frames[1].kind = FrameKind::Progressive;
    let clock = clock(&source, NTSC_FAST);
    let shown: Vec<_> = choices(&clock, Time::ZERO, clock.end(), NTSC_FAST, 0..6).collect();
    let chosen = |index, field| ChosenFrame { index, field };
    let (first, second) = (Some(Field::First), Some(Field::Second));
    let wanted =
        [chosen(0, first), chosen(0, second), chosen(1, None), chosen(1, None), chosen(2, first), chosen(2, second)];
    assert_eq!(shown, wanted);
}

#[test]
fn a_second_field_begins_halfway_through_its_own_frame() {
    let mut source = table((1, 1000), None, [0, 103, 210, 300]);
    source.frames.iter_mut().for_each(|frame| frame.kind = FrameKind::TopFirst);
    source.frames[0].duration_ticks = 40;
    source.frames[1].duration_ticks = 999;
    let clock = clock(&source, FrameRate::of(100, 1));
    assert!(clock.is_field_clock() && clock.rate().is_none());
    let shown: Vec<_> = choices(&clock, Time::ZERO, Time::new(21, 100), FrameRate::of(100, 1), 0..21).collect();
    let seconds = shown.iter().filter(|shown| shown.field == Some(Field::Second));
    let of_frame = |index| seconds.clone().filter(|shown| shown.index == index).count();
    assert_eq!((of_frame(0), of_frame(1)), (8, 5), "from 20 ms of its 40 on, held to 103; from 156.5 ms");
}

#[test]
fn a_repeated_time_keeps_its_number_and_is_never_shown() {
    let source = table((1, 25), Some(PAL), [0, 1, 1, 2]);
    assert_eq!(indices(&clock(&source, PAL), Time::ZERO, Time::new(3, 25), PAL), [0, 2, 3]);
}

fn any_clock() -> impl Strategy<Value = (SourceClock, FrameRate)> {
    let house = prop::sample::select(RATES.to_vec());
    let gaps = prop::collection::vec(prop_oneof![8 => Just(1_i64), 1 => 2..9_i64], 1..60);
    let grid = (prop::sample::select(RATES.to_vec()), gaps, 0..100_i64, any::<bool>());
    let variable = prop::collection::vec(0..200_i64, 1..60);
    let of_grid = (grid, house.clone()).prop_map(|((rate, gaps, offset, fine), house)| {
        let places: Vec<i64> = gaps
            .iter()
            .scan(-1, |place, gap| {
                *place += gap;
                Some(*place)
            })
            .collect();
        let base = if fine { (1, 90_000) } else { (1, 1000) };
        (clock(&rounded(base, rate, Some(rate), &places, offset), house), house)
    });
    let of_ticks = (variable, house).prop_map(|(steps, house)| {
        let ticks: Vec<i64> = steps
            .iter()
            .scan(0, |ticks, step| {
                *ticks += step;
                Some(*ticks)
            })
            .collect();
        (clock(&table((1, 1000), FrameRate::new(1000, 1), ticks), house), house)
    });
    prop_oneof![of_grid, of_ticks]
}

proptest! {
    #[test]
    fn every_choice_is_the_frame_on_screen_longest(
        (clock, house) in any_clock(), from in 0..1000_i128, to in 0..1000_i128, skip in 0..20_u32,
    ) {
        let part = |of: i128| Time::new(clock.end().numer() * of, clock.end().denom() * 1000);
        let (start, end) = (part(from.min(to)), part(from.max(to) + 1));
        let length = item_length(start, end, house);
        let run: Vec<u32> = choices(&clock, start, end, house, 0..length).map(|chosen| chosen.index).collect();
        for (j, &index) in (0..length).zip(&run) {
            prop_assert_eq!(index, naive(&clock, start, end, house, j), "frame {}", j);
            prop_assert!(clock.time(index) < end, "never past out");
        }
        let tail: Vec<u32> = choices(&clock, start, end, house, skip.min(length)..length).map(|chosen| chosen.index).collect();
        prop_assert_eq!(&tail[..], &run[skip.min(length) as usize..], "a run does not depend on where it begins");
        prop_assert!(run.is_sorted());
    }

    #[test]
    fn a_length_is_the_nearest_count_of_frames(at in 0..8_usize, num in 0..10_000_000_i128, den in 1..100_000_i128) {
        let house = RATES[at];
        let start = Time::new(7, 3);
        let length = item_length(start, start + Time::new(num, den), house);
        let span = |frames: i64| house.time_of(2 * frames);
        let twice = Time::new(2 * num, den);
        let frames = i64::from(length);
        prop_assert!(length == 1 || twice >= span(frames) - house.time_of(1));
        prop_assert!(twice < span(frames) + house.time_of(1));
    }
}
