use bookend_timeline::{Cut, Length, Point, PointError, SourceExtent, Span};
use bookend_units::{FrameRate, Time, Timecode, TimecodeError};
use proptest::prelude::*;

use super::{FILM, NTSC, PAL, RATES, clock, rounded, table};

fn cut(start: &str, end: &str) -> Cut {
    let point = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    Cut { start: point(start), end: point(end), duration: None }
}

fn lasting(start: &str, duration: &str) -> Cut {
    Cut { duration: Some(duration.parse().unwrap()), ..cut(start, "") }
}

/// Resolves against 300 frames at a rate.
fn resolve(rate: FrameRate, start_timecode: Option<&str>, cut: &Cut) -> Result<Span, PointError> {
    let clock = clock(&rounded((1, 90_000), rate, Some(rate), &(0..300).collect::<Vec<_>>(), 0), NTSC);
    let start_timecode = start_timecode.map(|text| text.parse::<Timecode>().unwrap());
    SourceExtent::Picture { clock: &clock, start_timecode }.span(cut, NTSC)
}

fn frames(rate: FrameRate, start: i64, end: i64) -> Span {
    Span { start: rate.time_of(start), end: rate.time_of(end) }
}

#[test]
fn points_of_every_form() {
    assert_eq!(resolve(PAL, None, &cut("", "")), Ok(frames(PAL, 0, 300)));
    assert_eq!(resolve(PAL, None, &cut("36f", "300f")), Ok(frames(PAL, 36, 300)));
    assert_eq!(
        resolve(PAL, None, &cut("1.5s", "00:00:02:10")),
        Ok(Span { start: Time::new(3, 2), end: Time::new(60, 25) })
    );
    assert_eq!(resolve(PAL, None, &cut("", "12s")), Ok(frames(PAL, 0, 300)));
    assert_eq!(resolve(NTSC, None, &cut("00:00:01;00", "00:00:09;29")), Ok(frames(NTSC, 30, 299)));
    assert_eq!(resolve(FILM, None, &cut("00:00:01:00", "")), Ok(frames(FILM, 24, 300)));
}

#[test]
fn a_duration_ends_at_the_source_if_that_is_sooner() {
    assert_eq!(resolve(PAL, None, &lasting("25f", "2s")), Ok(frames(PAL, 25, 75)));
    assert_eq!(resolve(PAL, None, &lasting("", "60s")), Ok(frames(PAL, 0, 300)));
    let programme_frames = resolve(PAL, None, &lasting("", "30f")).unwrap();
    assert_eq!(programme_frames.end, NTSC.time_of(30), "frames of a length are the programme's");
    let both = Cut { end: Some("2s".parse().unwrap()), ..lasting("", "1s") };
    assert_eq!(resolve(PAL, None, &both), Err(PointError::OutAndDuration));
}

#[test]
fn a_start_timecode_makes_timecode_absolute() {
    let start = Some("01:00:00;00");
    assert_eq!(resolve(NTSC, start, &cut("01:00:01;00", "01:00:02;00")), Ok(frames(NTSC, 30, 60)));
    assert_eq!(resolve(PAL, Some("23:59:59:00"), &cut("00:00:00:00", "")), Ok(frames(PAL, 25, 300)), "over midnight");
    let before = resolve(NTSC, start, &cut("00:59:59;29", "")).unwrap_err();
    assert_eq!(
        before.to_string(),
        "`00:59:59;29` lies outside the source, whose timecode runs from `01:00:00;00` to `01:00:10;00`; choose one inside it"
    );
    let unlike = resolve(NTSC, start, &cut("01:00:01:00", "")).unwrap_err();
    assert!(matches!(unlike, PointError::Timecode(TimecodeError::DropFrameMismatch { drop_frame: true, .. })));
    let unlike = resolve(NTSC, Some("01:00:00:00"), &cut("01:00:01;00", "")).unwrap_err();
    assert!(matches!(unlike, PointError::Timecode(TimecodeError::DropFrameMismatch { drop_frame: false, .. })));
}

#[test]
fn points_outside_say_where_the_source_ends() {
    let past = resolve(PAL, None, &cut("", "301f")).unwrap_err();
    let wanted =
        "`301f` lies outside the source, which ends at `12s` after 300 frames (`300f`); choose a point inside it";
    assert_eq!(past.to_string(), wanted);
    assert!(matches!(resolve(PAL, None, &cut("300f", "")), Err(PointError::OutsideSource { .. })));
    assert!(matches!(resolve(PAL, None, &cut("", "12.000000001s")), Err(PointError::OutsideSource { .. })));
    assert!(matches!(resolve(PAL, None, &cut("00:00:12:00", "")), Err(PointError::OutsideSource { .. })));
    assert!(matches!(resolve(PAL, None, &cut("20f", "20f")), Err(PointError::InNotBeforeOut { .. })));
    assert!(matches!(resolve(PAL, None, &cut("1s", "20f")), Err(PointError::InNotBeforeOut { .. })));
}

#[test]
fn timecode_is_refused_where_it_counts_nothing() {
    let fifteen = FrameRate::of(15, 1);
    let error = resolve(fifteen, None, &cut("00:00:01:00", "")).unwrap_err();
    assert!(matches!(error, PointError::Timecode(TimecodeError::RateTakesNoTimecode { .. })));
    let error = resolve(PAL, None, &cut("00:00:01;00", "")).unwrap_err();
    assert!(matches!(error, PointError::Timecode(TimecodeError::RateTakesNoDropFrame { .. })));

    let variable = clock(&table((1, 1000), None, [0, 10, 110, 123, 400]), NTSC);
    let extent = SourceExtent::Picture { clock: &variable, start_timecode: None };
    assert!(matches!(extent.span(&cut("00:00:00:00", ""), NTSC), Err(PointError::VariableRateTimecode { .. })));
    assert_eq!(extent.span(&cut("2f", "5f"), NTSC), Ok(Span { start: Time::new(110, 1000), end: variable.end() }));
}

#[test]
fn a_source_without_picture_takes_seconds_alone() {
    let extent = SourceExtent::Sound { end: Time::new(5, 2) };
    assert_eq!(extent.span(&cut("0.5s", "2.5s"), PAL), Ok(Span { start: Time::new(1, 2), end: Time::new(5, 2) }));
    assert_eq!(extent.span(&lasting("1s", "25f"), PAL), Ok(Span { start: Time::whole(1), end: Time::whole(2) }));
    for text in ["1f", "00:00:01:00"] {
        assert!(matches!(extent.span(&cut(text, ""), PAL), Err(PointError::FramesWithoutPicture { .. })));
    }
    let past = extent.span(&cut("3s", ""), PAL).unwrap_err();
    assert_eq!(past.to_string(), "`3s` lies outside the source, which ends at `2.5s`; choose a point inside it");
}

#[test]
fn texts_that_are_no_point_or_length() {
    for text in
        ["", "f", "s", "-1f", "1.5f", "1,5s", "1.s", ".5s", "+1s", "1e3s", " 1s", "12", "0x1f", "1.0000000001s", "5ms"]
    {
        assert!(text.parse::<Point>().is_err(), "{text}");
    }
    for text in ["0f", "0s", "0.000s", "00:00:00:00", "five"] {
        assert!(text.parse::<Length>().is_err(), "{text}");
    }
}

#[test]
fn lengths_are_programme_frames() {
    let length = |text: &str, house| text.parse::<Length>().unwrap().frames(house);
    assert_eq!(length("12f", NTSC), Ok(12));
    assert_eq!(length("5s", NTSC), Ok(150));
    assert_eq!(length("0.000001s", NTSC), Ok(1));
    assert_eq!(length("00:01:00;02", NTSC), Ok(1800));
    assert!(length("00:00:01;00", PAL).is_err());
    assert_eq!(Length::DEFAULT_STILL.frames(PAL), Ok(125));
}

proptest! {
    #[test]
    fn a_frame_point_is_the_frames_time(at in 0..8_usize, start in 0..299_u32, more in 1..300_u32) {
        let rate = RATES[at];
        let end = (start + more).min(300);
        let span = resolve(rate, None, &cut(&format!("{start}f"), &format!("{end}f"))).unwrap();
        prop_assert_eq!(span, frames(rate, i64::from(start), i64::from(end)));
    }

    #[test]
    fn points_are_written_as_they_are_read(whole in 0..9_999_999_u32, fraction in "[0-9]{0,8}[1-9]", frame in 0..999_999_999_u32) {
        for text in [format!("{whole}.{fraction}s"), format!("{whole}s"), format!("{frame}f")] {
            prop_assert_eq!(text.parse::<Point>().unwrap().to_string(), text);
        }
    }
}
