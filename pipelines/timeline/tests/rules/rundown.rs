use bookend_timeline::{Cut, ItemKind, ItemPlace, RUNDOWN_HELP, Rundown, RundownError, SoundPicture};
use proptest::prelude::*;

use super::NTSC;

const HEAD: &str = "title = \"RE: Space\"\n[house]\nraster = \"1920x1080\"\nrate = \"29.97\"\n";

const EPISODE: &str = r#"id = "s01e03"                  # a comment
title = "RE: Space"
[house]
raster = "1920x1080"
rate = "30000/1001"

[[segment]]
title = "Act 1"
[[segment.item]]
source = "host/open.mov"
role = "host"
in = "00:00:01:00"
out = "00:00:21:12"
[[segment.item]]
piece = "the-river"
[[segment.item]]
source = "talk.wav"
picture = "talk.png"
audio_track = 1

[[segment]]
[[segment.item]]
black = "12f"
[[segment.item]]
slate = "10s"
text = ["One", ""]
"#;

fn parse(text: &str) -> Result<Rundown, RundownError> {
    Rundown::parse(text, "episode.toml")
}

/// The message for a rundown of one segment with these item lines, which begin on line 7.
fn item_error(item: &str) -> String {
    parse(&format!("{HEAD}[[segment]]\n[[segment.item]]\n{item}")).unwrap_err().to_string()
}

#[test]
fn an_episode_is_read_with_the_line_of_every_item() {
    let episode = parse(EPISODE).unwrap();
    assert_eq!((episode.id.as_str(), episode.house.rate, episode.ramp_ms), ("s01e03", NTSC, 2));
    assert_eq!(episode.segments.len(), 2);
    let places: Vec<_> = episode.items().map(|item| (item.line, item.place.segment, item.place.item)).collect();
    assert_eq!(places, [(9, 1, 1), (14, 1, 2), (16, 1, 3), (22, 2, 1), (24, 2, 2)]);
    let items: Vec<_> = episode.items().collect();
    assert_eq!(items[0].role.as_deref(), Some("host"));
    let ItemKind::Source { path, cut, picture, .. } = &items[0].kind else { panic!("a source") };
    assert_eq!((path.as_str(), picture), ("host/open.mov", &SoundPicture::Black));
    assert_eq!(cut.start, Some("00:00:01:00".parse().unwrap()));
    let ItemKind::Piece { id, cut, .. } = &items[1].kind else { panic!("a piece") };
    assert_eq!((id.as_str(), cut), ("the-river", &Cut::default()));
    let ItemKind::Source { audio_track, picture, .. } = &items[2].kind else { panic!("a source") };
    assert_eq!((audio_track, picture), (&Some(1), &SoundPicture::Still("talk.png".to_owned())));
    assert_eq!(items[3].kind, ItemKind::Black { duration: "12f".parse().unwrap() });
    let text = Some(vec!["One".to_owned(), String::new()]);
    assert_eq!(items[4].kind, ItemKind::Slate { duration: "10s".parse().unwrap(), text });
}

#[test]
fn json_is_the_same_rundown() {
    let json = r#"{
  "id": "s01e03", "title": "RE: Space",
  "house": {"raster": "1920x1080", "rate": 29.97},
  "segment": [
    {"title": "Act 1", "item": [
      {"piece": "the-river"},
      {
        "black": "12f"
      }
    ]}
  ]
}"#;
    let toml = "id = \"s01e03\"\ntitle = \"RE: Space\"\nhouse = { raster = \"1920x1080\", rate = 29.97 }\n\n[[segment]]\n\
                title = \"Act 1\"\nitem = [\n{ piece = \"the-river\" },\n{ black = \"12f\" }]\n";
    let (from_json, from_toml) = (Rundown::parse(json, "e.json").unwrap(), parse(toml).unwrap());
    let kinds = |rundown: &Rundown| rundown.items().map(|item| item.kind.clone()).collect::<Vec<_>>();
    assert_eq!(kinds(&from_json), kinds(&from_toml));
    assert_eq!((from_json.id, from_json.house), (from_toml.id, from_toml.house));
    let lines: Vec<_> = from_json.segments[0].items.iter().map(|item| item.line).collect();
    assert_eq!(lines, [6, 7]);
    let wrong = json.replace("\"black\"", "\"blck\"");
    let error = Rundown::parse(&wrong, "e.json").unwrap_err();
    assert_eq!(error.to_string(), "e.json:8: segment 1, item 2: unknown field \"blck\"; did you mean \"black\"?");
    let broken = Rundown::parse("{\n \"id\": 1,\n oops", "e.json").unwrap_err();
    assert_eq!(broken.to_string(), "e.json:3: this is not JSON: key must be a string; correct the line");
    let twice = Rundown::parse("{\n\"id\": 1,\n\"id\": 2}", "e.json").unwrap_err();
    assert_eq!((twice.line, twice.message.contains("given twice")), (3, true));
}

#[test]
fn a_misspelt_field_is_named_with_its_nearest() {
    let wanted = "episode.toml:8: segment 1, item 1: unknown field \"durration\"; did you mean \"duration\"?";
    assert_eq!(item_error("source = \"logo.png\"\ndurration = \"5s\""), wanted);
    let error = parse(&format!("{HEAD}[[segments]]\n")).unwrap_err();
    assert_eq!((error.line, error.remedy.as_str()), (5, "did you mean \"segment\"?"));
    let error = parse(&format!("{HEAD}zzz = 1\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "episode.toml:5: unknown field \"zzz\"; the fields here are raster, rate, sound, colour"
    );
}

#[test]
fn an_item_is_exactly_one_thing() {
    let start = "episode.toml:6: segment 1, item 1: the item does not say what it is; ";
    assert_eq!(item_error("role = \"host\""), format!("{start}write one of piece, source, black, bars, slate"));
    let both = "episode.toml:8: segment 1, item 1: the item is both \"piece\" and \"black\"; keep one of piece, source, black, bars, slate";
    assert_eq!(item_error("piece = \"a\"\nblack = \"1s\""), both);
    let misplaced =
        "episode.toml:8: segment 1, item 1: \"duration\" does not apply to black; write the length as black = \"5s\"";
    assert_eq!(item_error("black = \"1s\"\nduration = \"1s\""), misplaced);
    assert!(item_error("black = \"1s\"\nin = \"1s\"").ends_with("\"in\" does not apply to black; remove it"));
}

#[test]
fn values_are_refused_with_their_line_and_a_remedy() {
    let cases = [
        ("source = 5", "\"source\" is a number; write text in quotes"),
        ("source = \" \"", "\"source\" is empty; write its text, or remove it"),
        (
            "source = \"a\"\nin = \"1,5s\"",
            "\"in\" cannot be \"1,5s\"; write frames (\"36f\"), seconds (\"1.5s\") or timecode (\"00:00:01:12\")",
        ),
        ("source = \"a\"\nout = \"2s\"\nduration = \"1s\"", "\"duration\" is given beside \"out\"; remove one of them"),
        ("source = \"a\"\nvideo_track = -1", "\"video_track\" cannot be -1; write a whole number from 0"),
        ("source = \"a\"\nvideo_track = true", "\"video_track\" is true or false; write a whole number from 0"),
        ("slate = \"1s\"\ntext = [1]", "a line of \"text\" is a number; write each line in quotes"),
    ];
    for (item, wanted) in cases {
        let line = 6 + item.lines().count();
        assert_eq!(item_error(item), format!("episode.toml:{line}: segment 1, item 1: {wanted}"));
    }
    assert!(item_error("black = \"0f\"").contains("write a length above zero"));
}

#[test]
fn the_house_is_checked() {
    let house = |fields: &str| {
        let text = format!("title = \"t\"\n[house]\n{fields}\n[[segment]]\n[[segment.item]]\nblack = \"1s\"\n");
        parse(&text).map(|rundown| rundown.house)
    };
    assert!(house("raster = \"1280x720\"\nrate = 50").is_ok());
    assert!(house("raster = \"1280x720\"\nrate = 59.94").is_ok());
    for wrong in [
        "rate = \"25\"",
        "raster = \"1280x720\"",
        "raster = \"1281x720\"\nrate = 50",
        "raster = \"99999x99998\"\nrate = 50",
        "raster = \"1280x720\"\nrate = \"0\"",
        "raster = \"1280x720\"\nrate = \"1000\"",
        "raster = \"1280x720\"\nrate = 50\nsound = \"5.1\"",
        "raster = \"1280x720\"\nrate = 50\ncolour = \"bt2020\"",
    ] {
        assert!(house(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn an_id_is_a_slug_of_what_there_is() {
    let id = |head: &str| {
        let house = "[house]\nraster = \"1280x720\"\nrate = 50\n[[segment]]\n[[segment.item]]\nblack = \"1s\"\n";
        parse(&format!("{head}\n{house}")).map(|rundown| rundown.id)
    };
    assert_eq!(id("title = \"RE: Space\"").unwrap(), "re-space");
    assert_eq!(id("series = \"The Show\"\nseason = 1\nnumber = 3\ntitle = \"Été!\"").unwrap(), "the-show-1-3-été");
    assert_eq!(id("number = 3").unwrap(), "3");
    assert!(id("").is_err());
    assert!(id("title = \"!!\"").is_err());
    for wrong in ["../up", "a/b", ".hidden", "a b", "-dash", ""] {
        assert!(id(&format!("id = \"{wrong}\"")).is_err(), "{wrong}");
    }
}

#[test]
fn the_ramp_is_zero_or_milliseconds() {
    let body = format!("{HEAD}[[segment]]\n[[segment.item]]\nblack = \"1s\"\n");
    let ramp = |text: &str| parse(&format!("ramp = \"{text}\"\n{body}")).map(|rundown| rundown.ramp_ms);
    assert_eq!((ramp("0").unwrap(), ramp("2ms").unwrap(), ramp("20ms").unwrap()), (0, 2, 20));
    for wrong in ["2", "2s", "21ms", "ms", "-1ms", "+1ms"] {
        assert!(ramp(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn an_empty_programme_is_refused() {
    assert!(parse(HEAD).unwrap_err().message.contains("no segment"));
    assert_eq!(parse(&format!("{HEAD}[[segment]]\n")).unwrap_err().line, 5);
    assert_eq!(parse("title = \"a\"\ntitle = ").unwrap_err().line, 2);
}

#[test]
fn the_page_describes_every_field_and_its_example_parses() {
    let example: String =
        RUNDOWN_HELP.lines().filter_map(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect();
    assert_eq!(parse(&example).unwrap().items().count(), 4);
    for field in ["in", "out", "duration", "role", "title", "picture", "video_track", "audio_track", "text", "ramp"] {
        assert!(RUNDOWN_HELP.contains(&format!("`{field}`")), "{field}");
    }
    let place = ItemPlace { segment: 1, item: 3 };
    assert_eq!(place.to_string(), "segment 1, item 3");
}

proptest! {
    #[test]
    fn any_text_is_a_rundown_or_refused(text in "(\\PC|\n){0,60}", at in 0..400_usize, json in any::<bool>()) {
        let mut broken = EPISODE.to_owned();
        let mut at = at.min(broken.len());
        while !broken.is_char_boundary(at) { at -= 1; }
        broken.insert_str(at, &text);
        let file = if json { "e.json" } else { "e.toml" };
        for text in [&text, &broken] {
            if let Err(error) = Rundown::parse(text, file) {
                prop_assert!(error.line >= 1 && error.line <= text.lines().count() + 1);
                prop_assert!(!error.remedy.is_empty());
            }
        }
    }
}
