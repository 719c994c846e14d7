use std::collections::BTreeMap;

use bookend_config::spec::{LoudnessTarget, ReductionLimit, SoundEncoding, SoundLayout};
use bookend_jobs::LocalInput;
use bookend_jobs::work::{MixContent, MixItem};
use bookend_units::{FrameRate, Time};

use super::*;
use crate::sound::lag::lag_of_best_correlation;
use crate::sound::loudness::IntegratedMeter;
use crate::sound::made::{both, noise, sine};

const RATE: FrameRate = FrameRate::of(30_000, 1001);

/// A mix of mono sounds, one item each, as long as they are in whole frames.
struct Case {
    inputs: BTreeMap<String, LocalInput>,
    items: Vec<MixItem>,
    frames: u32,
    target: LoudnessTarget,
    encoding: SoundEncoding,
    folder: tempfile::TempDir,
}

impl Case {
    fn new(integrated_lufs: f64, encoding: SoundEncoding) -> Self {
        let target = LoudnessTarget { integrated_lufs, tolerance_lu: 0.2, true_peak_dbtp: -1.0, give_way: None };
        let folder = tempfile::tempdir().unwrap();
        Case { inputs: BTreeMap::new(), items: Vec::new(), frames: 0, target, encoding, folder }
    }

    fn gives_way(mut self) -> Self {
        self.target.give_way = Some(ReductionLimit { reduction_db: 6.0, share_of_blocks: 0.01 });
        self
    }

    fn item(mut self, frames: u32, content: MixContent) -> Self {
        self.items.push(MixItem { first: self.frames, frames, content });
        self.frames += frames;
        self
    }

    /// Adds an item that plays a whole source from its start.
    fn sound(mut self, mono: &[f32]) -> Self {
        let frames = RATE.frames_in(Time::new(mono.len() as i128, 48_000)) as u32;
        let name = format!("sound{}", self.items.len());
        let path = self.folder.path().join(format!("{name}.wav"));
        let samples = both(mono);
        let mut writer = WaveWriter::create(&path, 2, WaveSample::Float32).unwrap();
        writer.write_floats(&samples).unwrap();
        writer.finish().unwrap();
        let mut meter = IntegratedMeter::new(2).unwrap();
        meter.add(&samples).unwrap();
        let facts = SoundFacts {
            file: "sound.wav".into(),
            first_sample: 0,
            samples: mono.len() as u64,
            span_lufs: meter.lufs().unwrap(),
            source_lufs: meter.lufs().unwrap(),
            source_samples: mono.len() as u64,
            peak: 1.0,
            conform: Vec::new(),
        };
        let files = BTreeMap::from([("sound.wav".to_owned(), path)]);
        self.inputs.insert(name.clone(), LocalInput::Result { files, facts: Box::new(Facts::Sound(facts)) });
        self.item(frames, MixContent::Sound { input: name, start: Time::ZERO })
    }

    /// Mixes; returns the facts, the PCM and what the delivered file gives back, left channels.
    fn mix(&self) -> (MixFacts, Vec<f32>, Vec<f32>) {
        let work = Mix {
            rate: RATE,
            layout: SoundLayout::Stereo,
            items: self.items.clone(),
            target: self.target.clone(),
            encoding: self.encoding.clone(),
            ramp_samples: 96,
        };
        let job = JobFolder::new(&self.inputs, self.folder.path(), 1);
        let key = Key::from_bytes([7; 32]);
        let mut reports = Vec::new();
        let made = make(&work, key, &job, &mut |done, total| reports.push((done, total))).unwrap();
        assert!(reports.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1));
        assert!(reports.last().is_some_and(|(done, total)| done == total));
        let Facts::Mix(facts) = made.facts else { panic!("not a mix") };
        assert_eq!(made.files, [facts.pcm.clone(), facts.encoded.clone().unwrap()]);
        assert_eq!(facts.samples, RATE.sample_of(i64::from(self.frames)) as u64);
        let folder = job.result_folder(key).unwrap();
        let mut pcm = WaveReader::open(&folder.join(&facts.pcm)).unwrap();
        assert_eq!(pcm.samples(), facts.samples);
        let mut samples = vec![0.0; facts.samples as usize * 2];
        pcm.read_at(0, &mut samples).unwrap();
        let mut back = Vec::new();
        let file = folder.join(facts.encoded.as_ref().unwrap());
        deliver::read_back(&self.encoding, &file, facts.samples, &mut |block| {
            back.extend(block.iter().step_by(2));
            Ok(())
        })
        .unwrap();
        assert_eq!(back.len() as u64, facts.samples);
        (*facts, samples.into_iter().step_by(2).collect(), back)
    }
}

fn pcm() -> SoundEncoding {
    SoundEncoding::Pcm { bits: 24 }
}

fn aac() -> SoundEncoding {
    SoundEncoding::Aac { bit_rate_bps: 384_000 }
}

/// Something like speech: noise in syllables and pauses, with peaks well over its mean.
fn talk(seconds: usize, peak: f32, seed: u64) -> Vec<f32> {
    let mut sound = noise(seconds * 48_000, 1.0, seed);
    let mut low = 0.0;
    for (index, sample) in sound.iter_mut().enumerate() {
        low += 0.08 * (*sample - low);
        let syllable = (index as f32 / 9000.0).sin().max(0.0).powi(3);
        let sentence = if (index / 100_000) % 4 == 3 { 0.003 } else { 1.0 };
        *sample = peak * 3.0 * low * syllable * sentence;
    }
    sound
}

fn clicks(seconds: usize, floor: f32) -> Vec<f32> {
    let mut sound = noise(seconds * 48_000, floor, 3);
    for second in (0..seconds).step_by(2) {
        for place in 0..24 {
            sound[second * 48_000 + 24_200 + place] = if place % 2 == 0 { 0.9 } else { -0.9 };
        }
    }
    sound
}

fn near(found: Option<f64>, wanted: f64, by: f64) {
    assert!(found.is_some_and(|found| (found - wanted).abs() <= by), "{found:?} is not {wanted} ±{by}");
}

#[test]
fn any_programme_meets_a_broadcast_target() {
    for case in [
        Case::new(-23.0, pcm()).sound(&talk(12, 0.01, 1)),
        Case::new(-23.0, pcm()).sound(&noise(480_000, 1.0, 2)),
        Case::new(-23.0, pcm()).sound(&talk(8, 0.9, 1)).sound(&talk(8, 0.005, 2)).sound(&clicks(5, 0.05)),
        Case::new(-14.0, pcm()).sound(&talk(12, 0.5, 4)),
        Case::new(-14.0, pcm()).sound(&sine(480_000, 90.0, 0.4)).sound(&talk(6, 0.5, 4)),
    ] {
        let (facts, ..) = case.mix();
        near(facts.measured.integrated_lufs, case.target.integrated_lufs, 0.03);
        assert!(facts.measured.true_peak_dbtp.unwrap() <= -1.0, "{facts:?}");
        assert_eq!((facts.passes, facts.gave_way), (1, None));
    }
}

#[test]
fn aac_meets_its_target_and_ceiling_and_lies_in_place() {
    let case = Case::new(-14.0, aac())
        .gives_way()
        .sound(&talk(9, 0.5, 5))
        .sound(&talk(7, 0.02, 6))
        .item(7, MixContent::Silence);
    let (facts, mixed, back) = case.mix();
    assert!(facts.measured.true_peak_dbtp.unwrap() <= -1.0, "{facts:?}");
    near(facts.measured.integrated_lufs, -14.0, 0.1);
    assert!(facts.limited && facts.gave_way.is_none());
    for from in [1024, 100_000, 400_000, 700_000] {
        assert_eq!(lag_of_best_correlation(&mixed[from..from + 24_000], &back[from..from + 24_000], 2000), Some(0));
    }
}

#[test]
fn a_short_or_odd_length_keeps_its_count() {
    for frames in [1, 2, 3, 30, 31] {
        let samples = RATE.sample_of(frames) as usize;
        for encoding in [aac(), pcm(), SoundEncoding::Pcm { bits: 16 }] {
            let (facts, ..) = Case::new(-14.0, encoding).sound(&noise(samples, 0.1, 7)).mix();
            assert_eq!(facts.programme_gain_db.is_some(), frames > 12);
        }
    }
}

#[test]
fn a_squashed_target_gives_way_with_its_reason() {
    let peaky: Vec<f32> = noise(960_000, 0.08, 3)
        .iter()
        .enumerate()
        .map(|(index, sample)| {
            // A click in every tenth of a second: in one block of ten.
            if index % 4800 / 24 == 9 { if index % 2 == 0 { 0.9 } else { -0.9 } } else { *sample }
        })
        .collect();
    let (facts, ..) = Case::new(-14.0, pcm()).gives_way().sound(&peaky).mix();
    assert!(facts.gave_way.is_some_and(|why| why.contains("more than 6 dB")), "{:?}", facts.programme_gain_db);
    assert!(facts.share_reduced <= 0.01 && facts.limited);
    assert!(facts.measured.integrated_lufs.unwrap() < -14.5);
    assert!(facts.measured.true_peak_dbtp.unwrap() <= -1.0);
    let (strict, ..) = Case::new(-14.0, pcm()).sound(&peaky).mix();
    assert_eq!(strict.gave_way, None);
    near(strict.measured.integrated_lufs, -14.0, 0.03);
    assert!(strict.share_reduced > 0.01);
}

#[test]
fn rare_clicks_in_silence_are_not_driven_for_nothing() {
    let (facts, ..) = Case::new(-14.0, pcm()).gives_way().sound(&clicks(20, 0.0)).mix();
    assert!(facts.gave_way.as_ref().is_some_and(|why| why.contains("no gain")), "{facts:?}");
    assert!(facts.measured.true_peak_dbtp.unwrap() <= -1.0);
}

#[test]
fn silence_stays_digital_silence() {
    let silent = vec![0.0; 96_000];
    for encoding in [pcm(), aac()] {
        let case = Case::new(-14.0, encoding.clone())
            .sound(&talk(5, 0.5, 8))
            .sound(&silent)
            .item(60, MixContent::Silence)
            .sound(&talk(5, 0.5, 9));
        let (facts, mixed, back) = case.mix();
        let sample = |frame: u32| RATE.sample_of(i64::from(frame)) as usize;
        let (from, to) = (sample(case.items[1].first), sample(case.items[3].first));
        assert!(mixed[from..to].iter().all(|sample| *sample == 0.0));
        if encoding == pcm() {
            assert!(back[from..to].iter().all(|sample| *sample == 0.0));
        }
        let told = facts.silence.iter().find(|stretch| stretch.frames >= 115).expect("two seconds each");
        assert!(told.first + 3 >= u64::from(case.items[1].first));
        assert!(told.explained.as_ref().unwrap().contains("the rundown"), "{told:?}");
        assert_eq!(facts.items[1].reason.as_deref(), Some("silent"));
    }
}

#[test]
fn a_pause_of_the_source_explains_itself_at_its_level_in_the_programme() {
    let mut paused = talk(6, 0.5, 13);
    for (sample, hiss) in paused[100_000..160_000].iter_mut().zip(noise(60_000, 0.00003, 14)) {
        *sample = hiss;
    }
    let (facts, ..) = Case::new(-23.0, pcm()).sound(&paused).mix();
    let pause = facts.silence.iter().find(|stretch| (stretch.first..stretch.first + stretch.frames).contains(&80));
    let pause = pause.expect("a pause of over a second");
    assert!(pause.first <= 63 && pause.first + pause.frames >= 99, "{pause:?}");
    assert_eq!(pause.explained.as_deref(), Some("the source is silent here"));
}

#[test]
fn a_silent_programme_gets_no_gain() {
    let (facts, mixed, _) = Case::new(-14.0, aac()).gives_way().sound(&vec![0.0; 144_144]).mix();
    assert_eq!((facts.programme_gain_db, facts.limited, facts.gave_way), (None, false, None));
    assert_eq!(facts.measured.integrated_lufs, None);
    assert_eq!(facts.silence.len(), 1);
    assert_eq!((facts.silence[0].first, facts.silence[0].frames), (0, 90));
    assert!(mixed.iter().all(|sample| *sample == 0.0));
}

#[test]
fn line_up_tone_keeps_its_level_and_is_not_counted() {
    let case =
        Case::new(-14.0, pcm()).item(300, MixContent::Tone).item(60, MixContent::Silence).sound(&talk(10, 0.1, 10));
    let (facts, mixed, _) = case.mix();
    near(facts.measured.integrated_lufs, -14.0, 0.03);
    let tone_end = RATE.sample_of(300) as usize;
    let peak = mixed[96..tone_end - 96].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!((peak - 0.1).abs() < 1e-6);
    assert_eq!((mixed[0], mixed[tone_end - 1], mixed[tone_end]), (0.0, 0.0, 0.0));
    assert_eq!(facts.items[0].gain_db, 0.0);
}

#[test]
fn a_click_is_where_the_placement_says() {
    let mut first = noise(96_096, 0.02, 11);
    let mut second = noise(96_096, 0.02, 12);
    first[50_000] = 0.4;
    second[40_000] = 0.4;
    let case = Case::new(-23.0, pcm()).sound(&first).sound(&second);
    let (_, mixed, back) = case.mix();
    let start = RATE.sample_of(i64::from(case.items[1].first)) as usize;
    for sound in [mixed, back] {
        let loudest =
            |from: usize, to: usize| (from..to).max_by(|a, b| sound[*a].abs().total_cmp(&sound[*b].abs())).unwrap();
        assert_eq!((loudest(0, start), loudest(start, sound.len())), (50_000, start + 40_000));
    }
}
