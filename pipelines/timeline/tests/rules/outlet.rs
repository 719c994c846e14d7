use bookend_timeline::{Cadence, OutletFrame, OutletScan};
use bookend_units::FrameRate;

use super::{FILM, NTSC, NTSC_FAST, PAL};

const FIFTY: FrameRate = FrameRate::of(50, 1);

fn cadence(house: FrameRate, outlet: FrameRate, scan: OutletScan) -> Cadence {
    Cadence::between(house, outlet, scan).unwrap()
}

fn fields(cadence: Cadence, outlet_frames: u32) -> Vec<(u32, u32)> {
    let fill = |k| cadence.fill(k, |_| 0..u32::MAX);
    (0..outlet_frames).map(fill).map(|OutletFrame { first, second }| (first, second)).collect()
}

#[test]
fn the_allowed_cadences() {
    use OutletScan::{Interlaced, Progressive};
    assert_eq!(fields(cadence(NTSC, NTSC, Progressive), 3), [(0, 0), (1, 1), (2, 2)]);
    assert_eq!(cadence(PAL, PAL, Interlaced), Cadence::SegmentedFrame);
    assert_eq!(fields(cadence(PAL, PAL, Interlaced), 2), [(0, 0), (1, 1)]);
    assert_eq!(fields(cadence(PAL, FIFTY, Progressive), 4), [(0, 0), (0, 0), (1, 1), (1, 1)]);
    assert_eq!(fields(cadence(NTSC_FAST, NTSC, Progressive), 3), [(0, 0), (2, 2), (4, 4)]);
    assert_eq!(fields(cadence(FIFTY, PAL, Interlaced), 2), [(0, 1), (2, 3)]);
    assert_eq!(fields(cadence(NTSC_FAST, NTSC, Interlaced), 2), [(0, 1), (2, 3)]);
    assert_eq!(fields(cadence(FILM, NTSC, Interlaced), 6), [(0, 0), (1, 1), (1, 2), (2, 3), (3, 3), (4, 4)]);
    let frames: Vec<u32> = fields(cadence(FILM, NTSC_FAST, Progressive), 10).iter().map(|pair| pair.0).collect();
    assert_eq!(frames, [0, 0, 1, 1, 1, 2, 2, 3, 3, 3]);
}

#[test]
fn anything_else_is_refused_with_the_remedy() {
    use OutletScan::{Interlaced, Progressive};
    for (house, outlet, scan) in [
        (PAL, NTSC, Progressive),
        (FILM, PAL, Interlaced),
        (FILM, NTSC, Progressive),
        (FrameRate::of(24, 1), FrameRate::of(30, 1), Interlaced),
        (NTSC, NTSC_FAST, Interlaced),
    ] {
        assert!(Cadence::between(house, outlet, scan).is_err());
    }
    let message = Cadence::between(FILM, PAL, Interlaced).unwrap_err().to_string();
    let remedy = "choose an outlet of 24000/1001p, 48000/1001p, 12000/1001p, 30000/1001i, 60000/1001p, \
                  or set the rundown's house rate to the outlet's";
    assert_eq!(
        message,
        format!("a house of 24000/1001 frames a second cannot fill an outlet of 25 interlaced frames; {remedy}")
    );
}

#[test]
fn no_frame_mixes_items() {
    let items = |frame: u32| if frame < 2 { 0..2 } else { 2..9 };
    let mixed = Cadence::PulldownFields.fill(2, items);
    assert_eq!(mixed, OutletFrame { first: 1, second: 1 });
    let lone = Cadence::ByField.fill(1, |frame| frame..frame + 1);
    assert_eq!(lone, OutletFrame { first: 2, second: 2 });
}

#[test]
fn an_outlet_has_the_frames_whose_first_field_the_programme_owns() {
    let all = [
        Cadence::OneToOne,
        Cadence::SegmentedFrame,
        Cadence::Doubled,
        Cadence::Halved,
        Cadence::ByField,
        Cadence::PulldownFields,
        Cadence::PulldownFrames,
    ];
    for cadence in all {
        for house_frames in 0..50 {
            let owned = (0..200).filter(|&k| cadence.fill(k, |_| 0..u32::MAX).first < house_frames).count();
            assert_eq!(cadence.outlet_frames(house_frames) as usize, owned, "{cadence:?} {house_frames}");
        }
        for house in 0..20 {
            let shifted = cadence.fill(cadence.outlet_frames(house * cadence.period()), |_| 0..u32::MAX).first;
            assert_eq!(shifted, house * cadence.period(), "the cadence begins anew each period");
        }
    }
    assert!(Cadence::ByField.outlet_run(3..4).is_empty(), "a lone odd frame owns no first field");
    assert_eq!(Cadence::ByField.outlet_run(3..5), 2..3);
}
