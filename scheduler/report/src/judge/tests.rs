use bookend_config::spec::{Clause, Colour, House, SoundLayout};
use bookend_jobs::facts::{FileWrapper, Loudness, ProofDepth, SeamFacts, Stretch, StretchKind};

use super::*;
use crate::{GaveWay, passed};

fn clauses(outlet: &str) -> Vec<Clause> {
    let house = House {
        raster: "1920x1080".parse().expect("a raster"),
        rate: "30000/1001".parse().expect("a rate"),
        sound: SoundLayout::Stereo,
        colour: Colour::Bt709,
    };
    bookend_config::outlet(outlet).expect("built in").resolve(&house).expect("resolves").clauses
}

/// A file that is all that `youtube-1080p` asks for: 900 frames with one cut at frame 450.
fn youtube() -> FileFacts {
    FileFacts {
        depth: ProofDepth::Full,
        bytes: 40_000_000,
        wrapper: FileWrapper {
            format: "mov,mp4,m4a,3gp,3g2,mj2".into(),
            brand: "isom".into(),
            moov_first: true,
            edit_lists: 0,
            picture_tracks: 1,
            sound_tracks: 1,
            other_tracks: 0,
        },
        picture: Some(FilePicture {
            codec: "h264".into(),
            profile: "High".into(),
            raster: "1920x1080".parse().ok(),
            sample_aspect: (1, 1),
            pixel_format: "yuv420p".into(),
            progressive: true,
            wrapper_colour: Some((1, 1, 1)),
            coded_colour: Some((1, 1, 1)),
            full_range: false,
            rate: "30000/1001".parse().ok(),
            frames: 900,
            frames_off_time: 0,
            first_off_time: None,
            longest_gop: 15,
            open_gops: 0,
            longest_b_run: 2,
            idr_id_repeats: 0,
        }),
        sound: Some(FileSound {
            codec: "aac".into(),
            profile: "LC".into(),
            channels: 2,
            rate_hz: 48_000,
            bit_rate_bps: 383_400,
            samples: 1_441_440,
            decoded_samples: 1_441_792,
        }),
        loudness: Some(Loudness { integrated_lufs: Some(-14.2), true_peak_dbtp: Some(-1.3), ..Loudness::default() }),
        gave_way: None,
        stretches: Vec::new(),
        seams: vec![SeamFacts {
            frame: 450,
            before_matches: Some(true),
            after_matches: Some(true),
            cut_seen: Some(true),
            sound_lag_us: Some(-120),
            pictures: None,
        }],
        packets_differing: Some(0),
        decode_errors: Vec::new(),
    }
}

/// The same programme as `master-prores`.
fn master() -> FileFacts {
    let mut facts = youtube();
    facts.wrapper.brand = "qt".into();
    facts.wrapper.moov_first = false;
    let picture = facts.picture.as_mut().expect("a picture");
    picture.codec = "prores".into();
    picture.profile = "HQ".into();
    picture.pixel_format = "yuv422p10le".into();
    (picture.longest_gop, picture.longest_b_run) = (1, 0);
    let sound = facts.sound.as_mut().expect("a sound");
    (sound.codec, sound.profile) = ("pcm_s24le".into(), String::new());
    (sound.bit_rate_bps, sound.decoded_samples) = (2_304_000, sound.samples);
    facts.loudness = Some(Loudness { integrated_lufs: Some(-23.1), true_peak_dbtp: Some(-1.0), ..Loudness::default() });
    facts
}

fn expected() -> Expected {
    Expected { cuts: vec![450], ..Expected::programme("30000/1001".parse().expect("a rate"), 900) }
}

fn stretch(kind: StretchKind, first: u64, frames: u64) -> Stretch {
    Stretch { kind, first, frames, explained: None }
}

/// The verdicts that are not a pass, as `id outcome`.
fn tripped(outlet: &str, facts: &FileFacts, expected: Option<&Expected>) -> Vec<String> {
    let verdicts = judge(&clauses(outlet), facts, expected);
    let open = verdicts.iter().filter(|verdict| verdict.verdict != Outcome::Pass);
    open.map(|verdict| format!("{} {}", verdict.id, verdict.verdict)).collect()
}

/// Those that fail or warn.
fn faults(outlet: &str, facts: &FileFacts) -> Vec<String> {
    let all = tripped(outlet, facts, Some(&expected()));
    all.into_iter().filter(|verdict| !verdict.ends_with("not-checked")).collect()
}

fn found(id: &str, facts: &FileFacts, expected: Option<&Expected>) -> (Outcome, String) {
    let verdicts = judge(&clauses("youtube-1080p"), facts, expected);
    verdicts
        .into_iter()
        .find(|verdict| verdict.id == id)
        .map(|verdict| (verdict.verdict, verdict.found))
        .expect("a clause")
}

#[test]
fn a_file_that_is_as_asked_passes_every_clause() {
    assert_eq!(tripped("youtube-1080p", &youtube(), Some(&expected())), Vec::<String>::new());
    assert_eq!(tripped("master-prores", &master(), Some(&expected())), Vec::<String>::new());
    assert_eq!(expected().samples, 1_441_440);
}

type Fault = (&'static str, fn(&mut FileFacts));

/// One fault for each clause: the verdict it must come to, and the edit.
const FAULTS: [Fault; 50] = [
    ("wrapper fail", |f| f.wrapper.brand = "qt".into()),
    ("wrapper fail", |f| f.wrapper.format = "matroska,webm".into()),
    ("moov-first fail", |f| f.wrapper.moov_first = false),
    ("no-edit-list fail", |f| f.wrapper.edit_lists = 2),
    ("tracks fail", |f| f.wrapper.other_tracks = 1),
    ("tracks fail", |f| f.wrapper.sound_tracks = 2),
    ("picture-codec fail", |f| picture(f).profile = "Main".into()),
    ("picture-codec fail", |f| {
        // Encoded anew: no groups that we read, other packets, other frames.
        *picture(f) =
            FilePicture { codec: "hevc".into(), profile: "Main".into(), longest_gop: 0, ..picture(f).clone() };
        picture(f).coded_colour = None;
        f.packets_differing = Some(900);
        f.seams[0].before_matches = Some(false);
    }),
    ("raster fail", |f| picture(f).raster = "1280x720".parse().ok()),
    ("raster fail", |f| picture(f).sample_aspect = (4, 3)),
    ("raster fail", |f| {
        picture(f).raster = "1280x720".parse().ok();
        f.packets_differing = Some(900);
        f.seams[0].after_matches = Some(false);
    }),
    ("progressive fail", |f| picture(f).progressive = false),
    ("sample-format fail", |f| picture(f).pixel_format = "gray".into()),
    ("bt709-tags fail", |f| picture(f).wrapper_colour = Some((6, 6, 6))),
    ("bt709-tags fail", |f| picture(f).wrapper_colour = None),
    ("bt709-tags fail", |f| picture(f).coded_colour = None),
    ("bt709-tags fail", |f| (picture(f).full_range, picture(f).pixel_format) = (true, "yuvj420p".into())),
    ("b-frame-run fail", |f| picture(f).longest_b_run = 3),
    ("b-frame-run fail", |f| {
        picture(f).longest_b_run = 3;
        f.packets_differing = Some(900);
        f.seams[0].before_matches = Some(false);
    }),
    ("closed-gop fail", |f| picture(f).longest_gop = 16),
    ("closed-gop fail", |f| picture(f).open_gops = 59),
    ("idr-ids fail", |f| picture(f).idr_id_repeats = 1),
    ("frame-rate fail", |f| (picture(f).rate, picture(f).frames_off_time) = ("25".parse().ok(), 899)),
    ("frame-times fail", |f| (picture(f).frames_off_time, picture(f).first_off_time) = (1, Some(30))),
    ("frame-count fail", |f| picture(f).frames = 899),
    ("frame-count fail", |f| (picture(f).frames, f.packets_differing) = (899, Some(1))),
    ("sound-codec fail", |f| (sound(f).profile, sound(f).samples) = ("HE-AAC".into(), 1_442_000)),
    ("sound-codec fail", |f| {
        (sound(f).codec, sound(f).profile, sound(f).bit_rate_bps) = ("mp3".into(), "".into(), 128_000)
    }),
    ("sound-format fail", |f| sound(f).channels = 1),
    ("sound-format fail", |f| (sound(f).rate_hz, sound(f).samples) = (44_100, 1_324_323)),
    ("sound-bit-rate warn", |f| sound(f).bit_rate_bps = 128_000),
    ("sound-bit-rate warn", |f| sound(f).bit_rate_bps = 450_000),
    ("sound-bit-rate fail", |f| sound(f).bit_rate_bps = 512_000),
    ("sample-count fail", |f| sound(f).samples -= 1),
    ("sample-count fail", |f| sound(f).decoded_samples = 1_440_000),
    ("loudness fail", |f| loudness(f).integrated_lufs = Some(-14.51)),
    ("loudness fail", |f| loudness(f).integrated_lufs = Some(-13.4)),
    ("true-peak fail", |f| loudness(f).true_peak_dbtp = Some(-0.99)),
    ("black warn", |f| f.stretches.push(stretch(StretchKind::Black, 100, 60))),
    ("black warn", |f| {
        // Black stands still too.
        f.stretches.push(stretch(StretchKind::Black, 100, 120));
        f.stretches.push(stretch(StretchKind::Freeze, 80, 150));
    }),
    ("freeze warn", |f| f.stretches.push(stretch(StretchKind::Freeze, 100, 90))),
    ("silence warn", |f| f.stretches.push(stretch(StretchKind::Silence, 100, 90))),
    ("av-sync fail", |f| f.seams[0].sound_lag_us = Some(1001)),
    ("av-sync fail", |f| f.seams[0].sound_lag_us = Some(-21_333)),
    ("seams fail", |f| f.seams[0].before_matches = Some(false)),
    ("seams fail", |f| (f.seams[0].after_matches, f.packets_differing) = (Some(false), Some(12))),
    ("seams fail", |f| f.seams[0].cut_seen = Some(false)),
    ("packets fail", |f| f.packets_differing = Some(1)),
    ("decodes fail", |f| f.decode_errors.push("frame 3: error while decoding MB 5 7".into())),
    ("decodes fail", |f| {
        f.decode_errors.push("frame 3: error while decoding MB 5 7".into());
        f.packets_differing = Some(1);
        sound(f).decoded_samples = 1_000_000;
    }),
];

fn picture(facts: &mut FileFacts) -> &mut FilePicture {
    facts.picture.as_mut().expect("a picture")
}

fn sound(facts: &mut FileFacts) -> &mut FileSound {
    facts.sound.as_mut().expect("a sound")
}

fn loudness(facts: &mut FileFacts) -> &mut Loudness {
    facts.loudness.as_mut().expect("a loudness")
}

#[test]
fn every_fault_trips_its_own_clause_and_no_other() {
    for (at, (trips, edit)) in FAULTS.iter().enumerate() {
        let mut facts = youtube();
        edit(&mut facts);
        assert_eq!(faults("youtube-1080p", &facts), [*trips], "fault {at}");
    }
    let covered: Vec<&str> = FAULTS.iter().filter_map(|(trips, _)| trips.split(' ').next()).collect();
    for clause in clauses("youtube-1080p") {
        assert!(covered.contains(&clause.id.as_str()), "no fault for {}", clause.id);
    }
}

#[test]
fn a_masters_faults_trip_their_own_clauses() {
    let table: [Fault; 8] = [
        ("wrapper fail", |f| f.wrapper.brand = "isom".into()),
        ("picture-codec fail", |f| picture(f).profile = "Standard".into()),
        ("picture-codec fail", |f| (picture(f).codec, picture(f).profile) = ("dnxhd".into(), "DNXHR HQX".into())),
        ("sample-format fail", |f| picture(f).pixel_format = "yuv444p10le".into()),
        ("bt709-tags fail", |f| (picture(f).coded_colour, f.packets_differing) = (Some((2, 2, 2)), Some(900))),
        ("sound-codec fail", |f| sound(f).codec = "pcm_s16le".into()),
        ("loudness fail", |f| loudness(f).integrated_lufs = Some(-23.3)),
        ("true-peak fail", |f| loudness(f).true_peak_dbtp = Some(-0.5)),
    ];
    for (trips, edit) in table {
        let mut facts = master();
        edit(&mut facts);
        assert_eq!(faults("master-prores", &facts), [trips]);
    }
}

#[test]
fn what_is_missing_is_not_checked_and_never_passes() {
    let alone = tripped("youtube-1080p", &youtube(), None);
    assert_eq!(alone, ["frame-count not-checked", "sample-count not-checked"]);

    let mut bare = youtube();
    bare.packets_differing = None;
    bare.loudness = None;
    bare.seams.clear();
    let open = ["loudness", "true-peak", "av-sync", "seams", "packets"].map(|id| format!("{id} not-checked"));
    assert_eq!(tripped("youtube-1080p", &bare, Some(&expected())), open);

    let mut silent = youtube();
    silent.sound = None;
    silent.loudness = None;
    silent.wrapper.sound_tracks = 0;
    let table = tripped("youtube-1080p", &silent, Some(&expected()));
    assert_eq!(table[0], "tracks fail");
    assert!(table.len() == 9 && table[1..].iter().all(|verdict| verdict.ends_with("not-checked")), "{table:?}");

    let mut blind = youtube();
    blind.picture = None;
    blind.wrapper.picture_tracks = 0;
    let table = tripped("youtube-1080p", &blind, Some(&expected()));
    assert_eq!(table[0], "tracks fail");
    assert!(table.len() == 16 && table[1..].iter().all(|verdict| verdict.ends_with("not-checked")), "{table:?}");

    let mut partly = youtube();
    partly.seams[0].after_matches = None;
    assert_eq!(found("seams", &partly, Some(&expected())), (Outcome::NotChecked, "0 of 1 seam compared".into()));
    let missed = Expected { cuts: vec![450, 600], ..expected() };
    assert_eq!(found("seams", &youtube(), Some(&missed)), (Outcome::NotChecked, "1 of 2 seams compared".into()));
}

#[test]
fn the_loudness_target_may_give_way_downwards_and_only_with_a_reason() {
    let mut facts = youtube();
    loudness(&mut facts).integrated_lufs = Some(-16.3);
    assert_eq!(found("loudness", &facts, None), (Outcome::Fail, "−16.30 LUFS".into()));
    facts.gave_way = Some("6 dB of limiting in 1.4 % of blocks".into());
    let (outcome, said) = found("loudness", &facts, None);
    assert_eq!(
        (outcome, said.as_str()),
        (Outcome::Pass, "−16.30 LUFS; the target gave way: 6 dB of limiting in 1.4 % of blocks")
    );
    loudness(&mut facts).integrated_lufs = Some(-12.0);
    assert_eq!(found("loudness", &facts, None).0, Outcome::Fail);

    // A report knows how loud it was when it gave way: quieter still is a fault.
    let gave_way = |lufs| Some(GaveWay { reason: "too loud".into(), integrated_lufs: Some(lufs) });
    let mut facts = youtube();
    loudness(&mut facts).integrated_lufs = Some(-16.3);
    let then = Expected { gave_way: gave_way(-16.2), ..expected() };
    assert_eq!(found("loudness", &facts, Some(&then)).0, Outcome::Pass);
    loudness(&mut facts).integrated_lufs = Some(-20.0);
    assert_eq!(found("loudness", &facts, Some(&then)).0, Outcome::Fail);
}

#[test]
fn silence_has_no_loudness_and_no_peak() {
    let mut facts = youtube();
    facts.loudness = Some(Loudness::default());
    assert_eq!(found("loudness", &facts, None), (Outcome::NotChecked, "silent, or too short to measure".into()));
    assert_eq!(found("true-peak", &facts, None), (Outcome::Pass, "digital silence".into()));
}

#[test]
fn levels_are_judged_as_they_are_shown() {
    let mut facts = youtube();
    for (lufs, outcome) in [(-14.504, Outcome::Pass), (-14.506, Outcome::Fail), (-13.496, Outcome::Pass)] {
        loudness(&mut facts).integrated_lufs = Some(lufs);
        assert_eq!(found("loudness", &facts, None).0, outcome, "{lufs}");
    }
    loudness(&mut facts).true_peak_dbtp = Some(-0.996);
    assert_eq!(found("true-peak", &facts, None), (Outcome::Pass, "−1.00 dBTP".into()));
}

#[test]
fn a_stretch_is_explained_by_its_facts_or_by_the_plan() {
    let mut facts = youtube();
    facts.stretches.push(stretch(StretchKind::Black, 300, 75));
    let (outcome, said) = found("black", &facts, Some(&expected()));
    assert_eq!((outcome, said.as_str()), (Outcome::Warn, "unexplained at 00:00:10;00 for 2.5 s"));

    let planned = Expected { explained: vec![stretch(StretchKind::Black, 290, 100)], ..expected() };
    assert_eq!(found("black", &facts, Some(&planned)).0, Outcome::Pass);
    let elsewhere = Expected { explained: vec![stretch(StretchKind::Silence, 290, 100)], ..expected() };
    assert_eq!(found("black", &facts, Some(&elsewhere)).0, Outcome::Warn);
    facts.stretches[0].explained = Some("item 3 is black".into());
    assert_eq!(found("black", &facts, None), (Outcome::Pass, "none but 1 that the programme explains".into()));

    facts.stretches = vec![stretch(StretchKind::Black, 300, 59)];
    assert_eq!(found("black", &facts, None).0, Outcome::Pass, "59 frames at 29.97 are under 2 s");
}

#[test]
fn a_long_freeze_beside_black_is_still_a_freeze() {
    let mut facts = youtube();
    facts.stretches = vec![stretch(StretchKind::Freeze, 100, 200), stretch(StretchKind::Black, 100, 30)];
    assert_eq!(faults("youtube-1080p", &facts), ["freeze warn"]);
}

#[test]
fn the_worst_seam_is_named() {
    let mut facts = youtube();
    facts.seams.push(SeamFacts { frame: 1800, sound_lag_us: None, ..facts.seams[0].clone() });
    facts.seams.push(SeamFacts { frame: 1798, sound_lag_us: Some(250), ..facts.seams[0].clone() });
    let (outcome, said) = found("av-sync", &facts, None);
    assert_eq!(
        (outcome, said.as_str()),
        (Outcome::Pass, "at most 0.25 ms late at 00:00:59;28, 2 seams measured; 1 too quiet to tell")
    );
}

#[test]
fn only_a_failure_stops_a_file() {
    let mut facts = youtube();
    facts.stretches.push(stretch(StretchKind::Silence, 0, 900));
    assert!(passed(&judge(&clauses("youtube-1080p"), &facts, None)));
    facts.wrapper.moov_first = false;
    assert!(!passed(&judge(&clauses("youtube-1080p"), &facts, None)));
}
