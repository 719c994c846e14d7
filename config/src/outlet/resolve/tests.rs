use super::*;
use crate::spec::{Colour, SoundLayout};
use crate::{Outlets, outlet, outlets};

fn house(raster: &str, rate: &str) -> House {
    House {
        raster: raster.parse().expect("a raster"),
        rate: rate.parse().expect("a rate"),
        sound: SoundLayout::Stereo,
        colour: Colour::Bt709,
    }
}

fn spec(name: &str, raster: &str, rate: &str) -> OutletSpec {
    outlet(name).expect("a built-in outlet").resolve(&house(raster, rate)).expect("must resolve")
}

fn h264(name: &str, raster: &str, rate: &str) -> H264 {
    match spec(name, raster, rate).picture {
        PictureEncoding::H264(h264) => h264,
        PictureEncoding::ProRes(_) => panic!("{name} is H.264"),
    }
}

#[test]
fn the_built_in_outlets_read_and_are_named_after_their_files() {
    assert_eq!(outlets(), ["master-prores", "preview-360p", "youtube-1080p"]);
    for outlet in Outlets::built_in().iter() {
        assert!(!outlet.description().is_empty() && outlet.edition() == 1);
        assert!(outlet.clauses().iter().all(|clause| !clause.source.is_empty() && clause.id == clause.check));
    }
}

#[test]
fn every_rate_has_its_group_ceiling_and_level() {
    let table = [
        ("23.976", 12, 12_000_000, 41, 30),
        ("24", 12, 12_000_000, 41, 30),
        ("25", 12, 12_000_000, 41, 30),
        ("29.97", 15, 12_000_000, 41, 30),
        ("30", 15, 12_000_000, 41, 30),
        ("48000/1001", 24, 18_000_000, 42, 31),
        ("48", 24, 18_000_000, 42, 31),
        ("50", 25, 18_000_000, 42, 31),
        ("59.94", 30, 18_000_000, 42, 31),
        ("60", 30, 18_000_000, 42, 31),
    ];
    for (rate, gop_frames, max_rate_bps, level, preview_level) in table {
        let youtube = h264("youtube-1080p", "1920x1080", rate);
        assert_eq!(
            (youtube.gop_frames, youtube.max_rate_bps, youtube.level_times_ten),
            (gop_frames, max_rate_bps, level),
            "{rate}"
        );
        assert_eq!(youtube.buffer_bits, 2 * max_rate_bps);
        assert_eq!((youtube.b_frames, youtube.reorder_frames, youtube.threads), (2, 2, 1));
        let preview = h264("preview-360p", "1920x1080", rate);
        assert_eq!(
            (preview.gop_frames, preview.max_rate_bps, preview.level_times_ten),
            (gop_frames, 1_500_000, preview_level),
            "{rate}"
        );
        let master = spec("master-prores", "1920x1080", rate);
        assert_eq!((master.picture.gop_frames(), master.picture.rate()), (1, rate.parse().expect("a rate")));
    }
}

#[test]
fn a_rate_that_no_rule_joins_is_refused_with_the_remedy() {
    for rate in ["12", "15", "100", "120", "26", "30001/1001"] {
        for name in outlets() {
            let error = outlet(&name)
                .expect("built in")
                .resolve(&house("1920x1080", rate))
                .expect_err("must be refused")
                .to_string();
            assert!(
                error.contains(&format!("`{name}` takes no {rate} frames")) && error.contains("30000/1001"),
                "{error}"
            );
        }
    }
}

#[test]
fn the_house_aspect_is_fitted_to_even_sides() {
    let table = [
        ("1920x1080", "1920x1080", "640x360"),
        ("1280x720", "1920x1080", "640x360"),
        ("3840x2160", "1920x1080", "640x360"),
        ("640x480", "1440x1080", "480x360"),
        ("1080x1920", "608x1080", "202x360"),
        ("1080x1080", "1080x1080", "360x360"),
        ("1998x1080", "1920x1038", "640x346"),
        ("2048x858", "1920x804", "640x268"),
        ("1919x1079", "1920x1080", "640x360"),
    ];
    for (raster, youtube, preview) in table {
        assert_eq!(h264("youtube-1080p", raster, "25").raster.to_string(), youtube, "{raster}");
        assert_eq!(h264("preview-360p", raster, "25").raster.to_string(), preview, "{raster}");
    }
    let refused = outlet("preview-360p").expect("built in").resolve(&house("6400x16", "25"));
    assert!(matches!(refused, Err(ConfigError::RasterRefused { .. })));
}

#[test]
fn a_master_has_the_house_raster_or_says_why_not() {
    assert_eq!(spec("master-prores", "2048x858", "24").picture.raster().to_string(), "2048x858");
    for raster in ["1919x1080", "1920x1079", "9000x1080"] {
        let refused = outlet("master-prores").expect("built in").resolve(&house(raster, "25"));
        assert!(matches!(refused, Err(ConfigError::RasterRefused { .. })), "{raster}");
    }
}

#[test]
fn clause_values_are_the_encodings_own() {
    let spec = spec("youtube-1080p", "1080x1920", "59.94");
    let check = |id: &str| {
        spec.clauses.iter().find(|clause| clause.id == id).map(|clause| clause.check.clone()).expect("a clause")
    };
    assert_eq!(check("closed-gop"), Check::ClosedGop { max_frames: 30 });
    assert_eq!(check("raster"), Check::Raster { raster: "608x1080".parse().expect("a raster") });
    assert_eq!(check("frame-rate"), Check::FrameRate { rate: "59.94".parse().expect("a rate") });
    assert_eq!(check("loudness"), Check::Loudness { integrated_lufs: -14.0, tolerance_lu: 0.5 });
    assert_eq!(check("sound-format"), Check::SoundFormat { channels: 2, rate_hz: 48_000 });
    assert_eq!(check("sound-bit-rate"), Check::SoundBitRate { bit_rate_bps: 384_000 });
}

#[test]
fn a_misspelt_outlet_names_the_nearest() {
    let error = outlet("youtube-1080").expect_err("must be refused").to_string();
    assert_eq!(
        error,
        "there is no outlet `youtube-1080`; did you mean `youtube-1080p`? There are: master-prores, preview-360p, youtube-1080p"
    );
    assert!(matches!(outlet("xyz"), Err(ConfigError::UnknownOutlet { nearest: None, .. })));
}

/// The YouTube outlet's text with one replacement.
fn edited(from: &str, to: &str) -> String {
    let text = include_str!("../../../outlets/youtube-1080p.toml");
    assert!(text.contains(from), "{from}");
    let edited = text.replacen(from, to, 1);
    Outlet::from_toml("mine.toml", &edited)
        .and_then(|outlet| outlet.resolve(&house("1920x1080", "60")))
        .expect_err(to)
        .to_string()
}

#[test]
fn wrong_outlets_name_the_line_and_the_remedy() {
    let cases = [
        ("tolerance_lu", "tolerence_lu", "unknown field `tolerence_lu`", "did you mean `tolerance_lu`?"),
        (
            "check = \"moov-first\"",
            "check = \"moov-frist\"",
            "unknown variant `moov-frist`",
            "did you mean `moov-first`?",
        ),
        ("codec = \"h264\"", "codec = \"h265\"", "unknown variant `h265`", "did you mean `h264`?"),
        ("rate = \"house\"", "rate = \"25\"", "unknown variant `25`", "`house`"),
        ("id = \"moov-first\"", "id = \"wrapper\"", "`id` `wrapper` is used twice", "unique in an outlet"),
        (
            "source = \"PROGRAMME 4, chunk and full decode\"",
            "source = \"\"",
            "`source` is empty",
            "document and clause",
        ),
        ("crf = 18\n", "", "`picture.crf` is missing", "H.264 needs it"),
        ("crf = 18", "crf = 99", "`picture.crf` must be 1", "51"),
        ("preset = \"veryfast\"", "preset = \"ultrafast\"", "`picture.preset` must be an x264 preset", "veryfast"),
        ("min_ms = 2000\n", "", "`min_ms` is missing", "the check `black` needs it"),
        ("max_us = 1000", "max_us = 1000\nmin_ms = 1", "`min_ms` means nothing for the check `av-sync`", "remove it"),
        ("\"24000/1001\", \"24\", \"25\"", "\"24\", \"24\"", "`picture.at.rates` names a rate twice", ""),
        (
            "rates = [\"60000/1001\", \"60\"]\ngop_frames = 30\nmax_rate_bps = 18_000_000\nlevel = \"4.2\"",
            "rates = [\"60\"]\ngop_frames = 30\nmax_rate_bps = 18_000_000\nlevel = \"4.1\"",
            "beyond H.264 level 4.1",
            "raise the outlet's level",
        ),
        ("level = \"4.1\"", "level = \"4.7\"", "`picture.at.level` must be a level", ""),
        ("share_of_blocks = 0.01", "share_of_blocks = 1.5", "`loudness.give_way.share_of_blocks` must be 0 to 1", ""),
    ];
    let text = include_str!("../../../outlets/youtube-1080p.toml");
    for (from, to, start, end) in cases {
        let error = edited(from, to);
        assert!(error.contains(start), "{error}\nwanted: {start}");
        if error.contains("unknown") {
            let before = text.split(from).next().expect("the text before the edit");
            let line = 1 + before.matches('\n').count();
            assert!(error.starts_with(&format!("mine.toml, line {line}: ")), "{error}");
        }
        assert!(error.contains(end), "{error}\nwanted: {end}");
    }
}

#[test]
fn a_users_folder_adds_outlets_and_may_not_shadow_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mine = include_str!("../../../outlets/preview-360p.toml").replacen(
        "name = \"preview-360p\"",
        "name = \"our-preview\"",
        1,
    );
    std::fs::write(folder.path().join("ours.toml"), &mine).expect("written");
    std::fs::write(folder.path().join("notes.txt"), "not an outlet").expect("written");
    let all = Outlets::built_in().with_folder(folder.path()).expect("must read");
    assert_eq!(all.names(), ["master-prores", "our-preview", "preview-360p", "youtube-1080p"]);
    let path = folder.path().join("ours.toml");
    assert_eq!(outlet(path.to_str().expect("a UTF-8 path")).expect("read from the path").name(), "our-preview");
    assert!(matches!(all.with_folder(folder.path()), Err(ConfigError::TwiceNamed { .. })));
    assert!(matches!(
        Outlets::built_in().with_folder(&folder.path().join("none")),
        Err(ConfigError::Unreadable { .. })
    ));
}
