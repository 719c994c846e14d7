use super::*;
use bookend_config::spec::{LoudnessTarget, SoundEncoding, SoundLayout};
use bookend_jobs::work::MixItem;
use proptest::prelude::*;

const RATES: [(u32, u32); 9] =
    [(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (50, 1), (60_000, 1001), (60, 1), (120_000, 1001)];

fn rate() -> impl Strategy<Value = FrameRate> {
    prop::sample::select(RATES.to_vec()).prop_map(|(num, den)| FrameRate::of(num, den))
}

fn facts() -> SoundFacts {
    SoundFacts {
        file: "sound.wav".into(),
        first_sample: 0,
        samples: 480_000,
        span_lufs: Some(-23.0),
        source_lufs: None,
        source_samples: 480_000,
        peak: 0.5,
        conform: Vec::new(),
    }
}

pub(crate) fn work(rate: FrameRate, items: Vec<MixItem>) -> Mix {
    Mix {
        rate,
        layout: SoundLayout::Stereo,
        items,
        target: LoudnessTarget { integrated_lufs: -23.0, tolerance_lu: 0.2, true_peak_dbtp: -1.0, give_way: None },
        encoding: SoundEncoding::Pcm { bits: 24 },
        ramp_samples: 96,
    }
}

fn sound(first: u32, frames: u32, start: Time) -> MixItem {
    MixItem { first, frames, content: MixContent::Sound { input: "a".into(), start } }
}

/// The rule of PROGRAMME 3 a second time, as one fraction over one denominator.
fn by_the_book(start: Time, n: i128, rate: FrameRate) -> i128 {
    let (num, den) = (i128::from(rate.num()), i128::from(rate.den()));
    let floor_half = |top: i128, bottom: i128| (2 * top + bottom).div_euclid(2 * bottom);
    let s_n = floor_half(n * 48_000 * den, num);
    // start × 48000 + S(n) − n × 48000 × den/num, over start.denom × num.
    let bottom = start.denom() * num;
    let top = start.numer() * 48_000 * num + s_n * bottom - n * 48_000 * den * start.denom();
    floor_half(top, bottom)
}

proptest! {
    #[test]
    fn source_samples_follow_the_book(
        rate in rate(), n in 0u32..5_000_000, ticks in -1_000_000i64..1_000_000_000, base in prop::sample::select(vec![1u32, 1000, 44_100, 48_000, 90_000, 30_000, 12_800])
    ) {
        let start = Time::from_ticks(ticks, 1, base);
        prop_assert_eq!(i128::from(source_sample(start, n, rate)), by_the_book(start, i128::from(n), rate));
    }

    #[test]
    fn neighbours_cover_the_programme(rate in rate(), lengths in prop::collection::vec(1u32..5000, 1..60)) {
        let mut first = 0;
        let items: Vec<_> = lengths.iter().map(|frames| {
            let item = sound(first, *frames, Time::from_seconds(1));
            first += frames;
            item
        }).collect();
        let facts = facts();
        let plan = MixPlan::of(&work(rate, items), |_| Ok(&facts)).unwrap();
        let mut at = 0;
        for item in &plan.items {
            prop_assert_eq!(item.samples.start, at);
            prop_assert!(item.samples.end > at);
            at = item.samples.end;
        }
        prop_assert_eq!(at, plan.samples);
        prop_assert_eq!(i128::from(plan.samples), by_the_book(Time::ZERO, 0, rate) + {
            let (num, den) = (i128::from(rate.num()), i128::from(rate.den()));
            (2 * i128::from(first) * 48_000 * den + num).div_euclid(2 * num)
        });
    }

    /// The whole of a source, cut anywhere into items on the source's own frames, is heard sample for sample within half
    /// a sample of its picture, and never drifts.
    #[test]
    fn cuts_do_not_drift(rate in rate(), lengths in prop::collection::vec(1u32..500, 2..80)) {
        let mut first = 0_u32;
        for frames in lengths {
            let start = rate.time_of(i64::from(first)) + Time::from_seconds(3);
            let placed = source_sample(start, first, rate);
            // Cut to itself, the offset between source and programme samples is the same three seconds everywhere.
            prop_assert_eq!(placed - rate.sample_of(i64::from(first)), 3 * 48_000);
            first += frames;
        }
    }

    /// The sample chosen lies within half a sample of where the source would be heard at the sample's own instant.
    #[test]
    fn sound_stays_within_half_a_sample_of_picture(rate in rate(), n in 0u32..1_000_000, ticks in 0i64..100_000_000) {
        let start = Time::from_ticks(ticks, 1, 90_000);
        let heard = Time::new(i128::from(source_sample(start, n, rate)), 48_000);
        let instant = Time::new(i128::from(rate.sample_of(i64::from(n))), 48_000) - rate.time_of(i64::from(n)) + start;
        let error = heard - instant;
        prop_assert!(error <= Time::new(1, 96_000) && error > Time::new(-1, 96_000));
    }
}

#[test]
fn the_file_is_read_from_its_own_first_sample() {
    let mut facts = facts();
    facts.first_sample = 46_080;
    let items = vec![
        MixItem { first: 0, frames: 25, content: MixContent::Silence },
        sound(25, 10, Time::from_seconds(1)),
        MixItem { first: 35, frames: 5, content: MixContent::Tone },
    ];
    let plan = MixPlan::of(&work(FrameRate::of(25, 1), items), |_| Ok(&facts)).unwrap();
    assert_eq!(plan.samples, 76_800);
    let Hears::Sound { first, .. } = plan.items[1].hears else { panic!("{plan:?}") };
    assert_eq!((first, plan.items[1].samples.clone()), (1920, 48_000..67_200));
    let pieces: Vec<_> = plan.split_by_tone(67_000..70_000).collect();
    assert_eq!(pieces, [(67_000..67_200, false), (67_200..70_000, true)]);
}

#[test]
fn gaps_overlaps_and_empty_items_are_malformed() {
    let facts = facts();
    let rate = FrameRate::of(25, 1);
    for items in [
        Vec::new(),
        vec![sound(1, 5, Time::ZERO)],
        vec![sound(0, 5, Time::ZERO), sound(6, 5, Time::ZERO)],
        vec![sound(0, 5, Time::ZERO), sound(4, 5, Time::ZERO)],
        vec![sound(0, 0, Time::ZERO)],
        vec![sound(0, u32::MAX, Time::ZERO), sound(u32::MAX, 1, Time::ZERO)],
    ] {
        assert!(matches!(MixPlan::of(&work(rate, items), |_| Ok(&facts)), Err(RecipeError::Malformed(_))));
    }
}

#[test]
fn lossy_codecs_get_headroom() {
    let silence = MixItem { first: 0, frames: 1, content: MixContent::Silence };
    let mut work = work(FrameRate::of(25, 1), vec![silence]);
    let none = |_: &str| -> Result<&SoundFacts, RecipeError> { Err(RecipeError::Malformed("none".into())) };
    assert_eq!(MixPlan::of(&work, none).unwrap().pcm_ceiling_dbtp, -1.0);
    work.encoding = SoundEncoding::Aac { bit_rate_bps: 384_000 };
    assert_eq!(MixPlan::of(&work, none).unwrap().pcm_ceiling_dbtp, -2.0);
}
