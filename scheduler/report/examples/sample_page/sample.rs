//! A report with something of everything, made up of one cut of sixteen items.

use bookend_config::spec::{Colour, House, SoundLayout};
use bookend_jobs::facts::{
    FileFacts, FilePicture, FileSound, FileWrapper, ItemGain, Loudness, ProofDepth, SeamFacts, Stretch, StretchKind,
};
use bookend_jobs::{Digest, Engine};
use bookend_report::{
    Credit, Episode, Expected, FileName, Item, ItemSource, LoudnessReport, Origin, OutletName, Programme,
    REPORT_VERSION, Report, Reuse, Seam, judge,
};
use bookend_units::{FrameRate, Timecode, TimecodeFormat};

/// Title, role, origin, seconds, measured loudness, gain, who is credited, what conform did.
type Row = (
    &'static str,
    &'static str,
    Origin,
    u64,
    f64,
    f64,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

const ROWS: [Row; 16] = [
    ("Slate", "", Origin::Generated, 5, -70.0, 0.0, &[], &[]),
    (
        "Tonight",
        "host",
        Origin::InHouse,
        6,
        -31.4,
        8.4,
        &[("Host", "Rosalind")],
        &["scaled 640x480, pillarboxed", "30 to 29.97 fps"],
    ),
    ("Crystals", "interstitial", Origin::InHouse, 6, -37.9, 12.0, &[], &["scaled 720x480"]),
    (
        "Tears of Steel: the battle",
        "",
        Origin::Piece,
        70,
        -8.8,
        -14.2,
        &[("Director", "Ian Hubert"), ("Music", "Joram Letwory")],
        &["letterboxed", "24 to 29.97 fps"],
    ),
    ("On what we just saw", "host", Origin::InHouse, 12, -22.4, -0.6, &[("Host", "Rosalind")], &["59.94 to 29.97 fps"]),
    (
        "A drive along the coast",
        "",
        Origin::Piece,
        29,
        -18.3,
        -4.7,
        &[("Camera", "Noor El Amrani")],
        &["scaled 480x270"],
    ),
    ("Elf", "interstitial", Origin::InHouse, 8, -42.8, 12.0, &[], &[]),
    (
        "Karma grip",
        "",
        Origin::Piece,
        12,
        -6.6,
        -16.4,
        &[("Camera", "Ben Okafor"), ("Editing", "Ben Okafor")],
        &["full range to limited"],
    ),
    ("The trailer", "", Origin::Piece, 64, -16.3, -6.7, &[("Director", "Brett Gaylor")], &["scaled 300x180"]),
    ("Halfway", "host", Origin::InHouse, 12, -22.4, -0.6, &[("Host", "Rosalind")], &[]),
    (
        "Big Buck Bunny, the first half minute",
        "",
        Origin::Piece,
        30,
        -23.3,
        0.3,
        &[("Director", "Sacha Goedegebure"), ("Music", "Jan Morgenstern")],
        &["24 to 29.97 fps"],
    ),
    ("Browser promo", "interstitial", Origin::InHouse, 29, -23.2, 0.2, &[], &[]),
    (
        "Lake at dusk",
        "",
        Origin::Piece,
        10,
        -24.2,
        1.2,
        &[("Camera", "Sveriges Television")],
        &["4:2:2 to 4:2:0", "96 kHz to 48 kHz"],
    ),
    ("Ask an astronaut", "", Origin::Piece, 16, -19.1, -3.9, &[("Director", "Noor El Amrani")], &["8 kHz to 48 kHz"]),
    ("Countdown", "", Origin::Piece, 120, -29.5, 6.5, &[("Animation", "Wen Li")], &["mono to stereo", "pillarboxed"]),
    ("A flower opens", "interstitial", Origin::InHouse, 5, -70.0, 0.0, &[], &[]),
];

/// The house of the sample.
pub fn house() -> House {
    let rate = FrameRate::of(30_000, 1001);
    House { raster: "1920x1080".parse().expect("a raster"), rate, sound: SoundLayout::Stereo, colour: Colour::Bt709 }
}

/// A report whose file passes with remarks.
pub fn report() -> Report {
    let rate = house().rate;
    let outlet = bookend_config::outlet("youtube-1080p").expect("built in");
    let spec = outlet.resolve(&house()).expect("resolves");
    let items = items(rate);
    let frames = items.iter().map(|item| item.frames).sum();
    let expected =
        Expected { cuts: items.iter().skip(1).map(|item| item.first).collect(), ..Expected::programme(rate, frames) };
    let seams = seams(&items);
    let curve = curve();
    let facts = facts(frames, expected.samples, &curve, &seams, &items);
    Report {
        version: REPORT_VERSION,
        episode: Episode {
            id: "s01e03".into(),
            title: "RE: Space".into(),
            series: Some("The Variety Hour".into()),
            season: Some(1),
            number: Some(3),
        },
        outlet: OutletName {
            name: outlet.name().into(),
            title: outlet.title().into(),
            edition: outlet.edition(),
            picture: "H.264 High, 1920x1080".into(),
            sound: "AAC-LC stereo, 384 kb/s".into(),
        },
        file: FileName { name: "s01e03.youtube-1080p.mp4".into(), bytes: 318_442_811, sha256: Digest::of(b"the file") },
        engine: Engine { recipes: 1, avcodec: "59.37".into(), x264: "164".into() },
        made: "2026-05-03T18:42:11Z".parse().expect("a time"),
        proof: ProofDepth::Parts,
        programme: Programme {
            rate,
            frames,
            samples: expected.samples,
            seams: vec![bookend_jobs::KnownSeam { frame: 150, before: "aa".repeat(32), after: "bb".repeat(32) }],
            chunks: vec![bookend_jobs::KnownChunk { frames: 150, packets: "cc".repeat(32) }],
            tone: Vec::new(),
            mix: None,
        },
        clauses: judge(&spec.clauses, &facts, Some(&expected)),
        stretches: facts.stretches.clone(),
        items,
        seams,
        loudness: LoudnessReport {
            target: spec.loudness,
            measured: facts.loudness,
            programme_gain_db: Some(8.9),
            limited: true,
            share_reduced: 0.004,
            gave_way: None,
        },
        reuse: vec![
            Reuse { kind: "inspect".into(), total: 15, reused: 15, made: 0, cpu_ms: 0 },
            Reuse { kind: "picture".into(), total: 31, reused: 27, made: 4, cpu_ms: 96_400 },
            Reuse { kind: "sound".into(), total: 15, reused: 14, made: 1, cpu_ms: 2_310 },
            Reuse { kind: "mix".into(), total: 1, reused: 0, made: 1, cpu_ms: 21_870 },
            Reuse { kind: "assemble".into(), total: 1, reused: 0, made: 1, cpu_ms: 6_120 },
        ],
        warnings: vec!["“Elf” and “Crystals” are far quieter than −23 LUFS: their gain is held at +12 dB.".into()],
    }
}

fn items(rate: FrameRate) -> Vec<Item> {
    let format = TimecodeFormat::new(rate, true).expect("drop-frame");
    let mut first = 0;
    let item = |(at, row): (usize, &Row)| {
        let (title, role, origin, seconds, lufs, gain_db, credits, conform) = *row;
        let frames = (seconds * u64::from(rate.num()) + u64::from(rate.den()) / 2) / u64::from(rate.den());
        let number = u32::try_from(at + 1).expect("few items");
        let item = Item {
            segment: if at < 9 { 1 } else { 2 },
            segment_title: Some(if at < 9 { "Act 1" } else { "Act 2" }.into()),
            number,
            line: Some(12 + number * 4),
            title: title.into(),
            role: (!role.is_empty()).then(|| role.into()),
            origin,
            piece: (origin == Origin::Piece).then(|| title.to_lowercase().replace([' ', ':', ','], "-")),
            first,
            frames,
            timecode: Timecode::from_frame(first, format).to_string(),
            source: (origin != Origin::Generated).then(|| ItemSource {
                name: format!("{}.mov", title.to_lowercase().replace(' ', "-")),
                digest: Digest::of(title.as_bytes()),
                r#in: "00:00:00:00".into(),
                out: format!("00:{:02}:{:02}:00", seconds / 60, seconds % 60),
            }),
            gain: (origin != Origin::Generated).then(|| ItemGain {
                measured_lufs: (lufs > -70.0).then_some(lufs),
                gain_db,
                reason: match gain_db {
                    gain if gain >= 12.0 => Some("held at +12 dB".into()),
                    _ if lufs <= -70.0 => Some("silent".into()),
                    _ => None,
                },
            }),
            conform: conform.iter().map(|&note| note.into()).collect(),
            credits: credits.iter().map(|&(role, name)| Credit { role: role.into(), name: name.into() }).collect(),
            decision_changed: None,
        };
        first += frames;
        item
    };
    ROWS.iter().enumerate().map(item).collect()
}

fn seams(items: &[Item]) -> Vec<Seam> {
    let seam = |pair: &[Item]| Seam {
        from_item: pair[0].number,
        to_item: pair[1].number,
        timecode: pair[1].timecode.clone(),
        facts: SeamFacts {
            frame: pair[1].first,
            before_matches: Some(true),
            after_matches: Some(true),
            cut_seen: Some(true),
            sound_lag_us: (pair[1].number != 16).then(|| i64::from(pair[1].number) * 97 % 241 - 120),
            pictures: Some((
                format!("seam-{}-before.jpg", pair[0].number),
                format!("seam-{}-after.jpg", pair[0].number),
            )),
        },
    };
    items.windows(2).map(seam).collect()
}

/// A curve that wanders about the target, piece by piece, the same each time.
fn curve() -> Vec<Option<f32>> {
    let mut state = 7_u32;
    let mut level = -20.0_f32;
    let mut curve = Vec::new();
    for (_, _, origin, seconds, lufs, ..) in ROWS {
        for second in 0..seconds {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f32::from(u8::try_from(state >> 24).expect("eight bits")) / 255.0 - 0.5;
            level += (-15.0 - level) * 0.22 + noise * 6.5;
            let silent = lufs <= -70.0 || origin == Origin::Generated;
            curve.push((!silent || second < 1).then_some(level.min(-8.2)));
        }
    }
    curve
}

fn facts(frames: u64, samples: u64, curve: &[Option<f32>], seams: &[Seam], items: &[Item]) -> FileFacts {
    FileFacts {
        depth: ProofDepth::Parts,
        bytes: 318_442_811,
        wrapper: FileWrapper {
            format: "mov,mp4,m4a,3gp,3g2,mj2".into(),
            brand: "isom".into(),
            moov_first: true,
            picture_tracks: 1,
            sound_tracks: 1,
            ..FileWrapper::default()
        },
        picture: Some(FilePicture {
            codec: "h264".into(),
            profile: "High".into(),
            raster: Some(house().raster),
            sample_aspect: (1, 1),
            pixel_format: "yuv420p".into(),
            progressive: true,
            wrapper_colour: Some((1, 1, 1)),
            coded_colour: Some((1, 1, 1)),
            rate: Some(house().rate),
            frames,
            longest_gop: 15,
            longest_b_run: 2,
            ..FilePicture::default()
        }),
        sound: Some(FileSound {
            codec: "aac".into(),
            profile: "LC".into(),
            channels: 2,
            rate_hz: 48_000,
            bit_rate_bps: 381_200,
            samples,
            decoded_samples: samples.next_multiple_of(1024),
        }),
        loudness: Some(Loudness {
            integrated_lufs: Some(-14.06),
            range_lu: Some(7.3),
            max_momentary_lufs: Some(-6.9),
            max_short_term_lufs: Some(-8.2),
            true_peak_dbtp: Some(-1.04),
            curve: curve.to_vec(),
        }),
        stretches: vec![
            Stretch {
                kind: StretchKind::Freeze,
                first: 0,
                frames: items[0].frames,
                explained: Some("item 1 is a slate".into()),
            },
            Stretch {
                kind: StretchKind::Silence,
                first: 0,
                frames: items[0].frames,
                explained: Some("item 1 is a slate".into()),
            },
            Stretch { kind: StretchKind::Freeze, first: items[13].first + 100, frames: 140, explained: None },
        ],
        seams: seams.iter().map(|seam| seam.facts.clone()).collect(),
        packets_differing: Some(0),
        ..FileFacts::default()
    }
}
