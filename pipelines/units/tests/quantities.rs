//! The exact quantities against the standard's numbers and against formulas written a second time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bookend_units::{FrameRate, Lufs, Raster, Time, Timecode, TimecodeError, TimecodeFormat};
use proptest::prelude::*;

const NTSC: FrameRate = FrameRate::of(30_000, 1001);

fn rates_with_drop() -> Vec<(FrameRate, bool)> {
    let whole = [24, 25, 30, 48, 50, 60].map(|base| (FrameRate::of(base, 1), false));
    let thousandths = [24, 30, 48, 60].map(|base| (FrameRate::of(base * 1000, 1001), false));
    let drop = [(NTSC, true), (FrameRate::of(60_000, 1001), true)];
    whole.into_iter().chain(thousandths).chain(drop).collect()
}

/// Counts up label by label, leaving out what ST 12-1 leaves out.
fn next_label((h, m, s, f): (u32, u32, u32, u32), base: u32, drop: u32) -> (u32, u32, u32, u32) {
    let mut at = (h, m, s, f + 1);
    if at.3 == base {
        at = (h, m, s + 1, 0);
    }
    if at.2 == 60 {
        at = (h, m + 1, 0, 0);
    }
    if at.1 == 60 {
        at = (h + 1, 0, 0, 0);
    }
    if at.2 == 0 && at.3 == 0 && at.1 % 10 != 0 {
        at.3 = drop;
    }
    at
}

#[test]
fn drop_frame_counts_what_the_standard_counts() {
    let format = TimecodeFormat::new(NTSC, true).unwrap();
    assert_eq!(format.frames_per_ten_minutes(), 17_982);
    let hour: Timecode = "01:00:00;00".parse().unwrap();
    assert_eq!(hour.frame_number(format).unwrap(), 107_892);
    assert_eq!(Timecode::from_frame(1799, format).to_string(), "00:00:59;29");
    assert_eq!(Timecode::from_frame(1800, format).to_string(), "00:01:00;02");
    assert_eq!(Timecode::from_frame(17_982, format).to_string(), "00:10:00;00");
    assert_eq!(Timecode::from_frame(2_589_408, format).to_string(), "00:00:00;00");
    let double = TimecodeFormat::new(FrameRate::of(60_000, 1001), true).unwrap();
    assert_eq!(Timecode::from_frame(3600, double).to_string(), "00:01:00;04");
}

#[test]
fn an_hour_of_labels_counts_up_one_by_one() {
    for (rate, drop_frame) in rates_with_drop() {
        let format = TimecodeFormat::new(rate, drop_frame).unwrap();
        let drop = if drop_frame { format.base() / 15 } else { 0 };
        let mut label = (0, 0, 0, 0);
        for n in 0..format.frames_per_ten_minutes() * 7 {
            let timecode = Timecode::from_frame(u64::from(n), format);
            let (h, m, s, f) = timecode.parts();
            assert_eq!((u32::from(h), u32::from(m), u32::from(s), u32::from(f)), label, "{rate} frame {n}");
            assert_eq!(timecode.frame_number(format), Ok(n));
            label = next_label(label, format.base(), drop);
        }
    }
}

#[test]
fn labels_that_do_not_exist_are_refused_with_a_remedy() {
    let drop = TimecodeFormat::new(NTSC, true).unwrap();
    let plain = TimecodeFormat::new(NTSC, false).unwrap();
    let number = |text: &str, format| text.parse::<Timecode>().unwrap().frame_number(format);
    let dropped = number("00:01:00;01", drop).unwrap_err();
    assert_eq!(
        dropped.to_string(),
        "`00:01:00;01` does not exist in drop-frame timecode; the next frame is `00:01:00;02`"
    );
    let mismatch = number("00:01:00:02", drop).unwrap_err();
    assert_eq!(
        mismatch.to_string(),
        "`00:01:00:02` does not count as its source does (drop-frame); write `00:01:00;02`"
    );
    assert!(matches!(number("00:01:00;02", plain), Err(TimecodeError::DropFrameMismatch { .. })));
    assert!(matches!(number("00:00:00:30", plain), Err(TimecodeError::FramesBeyondRate { last: 29, .. })));
    for text in
        ["", "1:00:00:00", "24:00:00:00", "00:60:00:00", "00:00:60:00", "00;00:00:00", "00:00:00.00", "０0:00:00:0"]
    {
        assert!(text.parse::<Timecode>().is_err(), "{text}");
    }
    assert!(TimecodeFormat::new(FrameRate::of(25, 1), true).is_err());
    assert!(TimecodeFormat::new(FrameRate::of(15, 1), false).is_err());
    assert!(TimecodeFormat::new(FrameRate::of(25_000, 1001), false).is_err());
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn quantities_are_serialised_as_the_text_people_write() {
    assert_eq!(json(&"01:02:03;04".parse::<Timecode>().unwrap()), "\"01:02:03;04\"");
    assert_eq!(json(&NTSC), "\"30000/1001\"");
    assert_eq!(json(&"1920x1080".parse::<Raster>().unwrap()), "\"1920x1080\"");
    assert_eq!(json(&Time::new(2002, 60_000)), "\"1001/30000\"");
    assert_eq!(json(&Lufs(-23.0)), "-23.0");
}

proptest! {
    #[test]
    fn timecode_round_trips(at in 0..12_usize, n in 0..5_184_000_u64) {
        let (rate, drop_frame) = rates_with_drop()[at];
        let format = TimecodeFormat::new(rate, drop_frame).unwrap();
        let n = n % u64::from(format.frames_per_day());
        let timecode = Timecode::from_frame(n, format);
        prop_assert_eq!(timecode.to_string().parse::<Timecode>(), Ok(timecode));
        prop_assert_eq!(timecode.frame_number(format).map(u64::from), Ok(n));
    }

    #[test]
    fn any_text_parses_or_is_refused(text in "[0-9:;]{0,12}|.{0,12}") {
        if let Ok(timecode) = text.parse::<Timecode>() {
            prop_assert_eq!(timecode.to_string(), text);
        }
    }

    /// S(n) a second time: the least sample s with 2·s·num > 2·n·48000·den − num, that is, nearest with halves upwards.
    #[test]
    fn the_first_sample_of_a_frame_is_the_nearest(num in 1..200_000_u32, den in 1..2000_u32, n in 0..100_000_000_i64) {
        let rate = FrameRate::new(num, den).unwrap();
        let sample = i128::from(rate.sample_of(n));
        let exact = i128::from(n) * 48_000 * i128::from(rate.den());
        let num = i128::from(rate.num());
        prop_assert!(2 * sample * num > 2 * exact - num);
        prop_assert!(2 * (sample - 1) * num <= 2 * exact - num);
    }

    #[test]
    fn frames_and_times_agree(num in 1..200_000_u32, den in 1..2000_u32, n in -1_000_000..1_000_000_i64) {
        let rate = FrameRate::new(num, den).unwrap();
        prop_assert_eq!(rate.frames_in(rate.time_of(n)), n);
        prop_assert_eq!(rate.to_string().parse(), Ok(rate));
    }
}
