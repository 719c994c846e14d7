use bookend_timeline::{ChunkGrid, Programme, chunks, gop_frames};
use bookend_units::FrameRate;
use proptest::prelude::*;

use super::{FILM, NTSC, PAL, RATES};

#[test]
fn gops_are_those_of_the_programme_rules() {
    let wanted = [12, 12, 12, 15, 15, 25, 30, 30];
    assert_eq!(RATES.map(gop_frames), wanted);
}

#[test]
#[allow(clippy::single_range_in_vec_init, reason = "a list of one chunk")]
fn chunks_are_whole_gops_under_the_cap() {
    assert_eq!(chunks(1200, NTSC), [0..585, 585..1170, 1170..1200]);
    assert_eq!(chunks(585, NTSC), [0..585]);
    assert_eq!(chunks(599, NTSC), [0..599], "a rest under a GOP joins");
    assert_eq!(chunks(600, NTSC), [0..585, 585..600]);
    assert_eq!(chunks(1, PAL), [0..1]);
    assert!(chunks(0, PAL).is_empty());
    let film = ChunkGrid::new(FILM, 99);
    assert_eq!(film.chunks(719), [0..719], "30 s hold 719 frames");
    assert_eq!(film.chunks(720), [0..708, 708..720]);
    let whole = ChunkGrid::new(FrameRate::of(30, 1), 30);
    assert_eq!(whole.chunks(901), [0..900, 900..901], "a rest joins only within 30 s");
}

#[test]
fn items_lie_one_after_the_other_on_frames_and_samples() {
    let programme = Programme::lay(NTSC, 30, [1, 4, 10]).unwrap();
    let places: Vec<_> = programme.items().iter().map(|item| (item.frames.clone(), item.samples.clone())).collect();
    assert_eq!(places, [(30..31, 48_048..49_650), (31..35, 49_650..56_056), (35..45, 56_056..72_072)]);
    assert_eq!(programme.items()[1].len(), 4);
    assert_eq!((programme.total_frames(), programme.total_samples()), (45, 72_072));
    assert_eq!((programme.item_at(29), programme.item_at(30), programme.item_at(44)), (None, Some(0), Some(2)));
    assert_eq!(programme.item_at(45), None);
    assert_eq!(Programme::lay(NTSC, 0, [1, u32::MAX]).unwrap_err().item, 1);
    assert_eq!(Programme::lay(NTSC, 7, []).unwrap().total_frames(), 7);
}

proptest! {
    #[test]
    fn chunks_cover_an_item_exactly(len in 0..200_000_u32, at in 0..8_usize, cap_s in 0..40_u32) {
        let rate = RATES[at];
        let gop = gop_frames(rate);
        let frames_in = |seconds: u32| seconds * rate.num() / rate.den();
        let cap = frames_in(cap_s.clamp(1, 30)).max(gop);
        let chunks = ChunkGrid::new(rate, cap_s).chunks(len);
        let mut next = 0;
        for (n, chunk) in chunks.iter().enumerate() {
            prop_assert_eq!(chunk.start, next);
            next = chunk.end;
            let frames = chunk.end - chunk.start;
            if n + 1 < chunks.len() {
                prop_assert!(frames % gop == 0 && frames <= cap && frames + gop > cap);
            } else {
                prop_assert!(frames > 0 && frames <= frames_in(30) && frames < cap + gop);
                let joined = frames + n.checked_sub(1).map_or(0, |before| chunks[before].end - chunks[before].start);
                prop_assert!(frames >= gop || n == 0 || joined > frames_in(30), "a short rest only where it cannot join");
            }
        }
        prop_assert_eq!(next, len);
    }

    #[test]
    fn an_item_has_the_samples_of_its_frames(lengths in prop::collection::vec(1..5000_u32, 1..30), at in 0..8_usize) {
        let rate: FrameRate = RATES[at];
        let programme = Programme::lay(rate, 0, lengths.iter().copied()).unwrap();
        let mut first = 0_i128;
        let sample = |n: i128| (2 * n * 48_000 * i128::from(rate.den()) + i128::from(rate.num())).div_euclid(2 * i128::from(rate.num()));
        for (item, length) in programme.items().iter().zip(lengths) {
            let end = first + i128::from(length);
            prop_assert_eq!(i128::from(item.samples.start), sample(first));
            prop_assert_eq!(i128::from(item.samples.end), sample(end));
            first = end;
        }
        prop_assert_eq!(i128::from(programme.total_frames()), first);
    }
}
