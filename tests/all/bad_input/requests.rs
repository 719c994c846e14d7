//! Requests that are wrong: rundowns, outlets, settings, usage. Nothing runs.

use super::Good;
use crate::cli::stage::{OUTLET, rundown};

#[test]
fn a_wrong_rundown_is_refused_with_file_line_and_the_nearest_name() {
    let good = Good::render();
    for (text, words) in [
        (
            rundown("show", &["souce = \"one.mp4\""]),
            vec!["show.toml:7: segment 1, item 1", "unknown field \"souce\"", "did you mean \"source\"?"],
        ),
        (
            rundown("show", &["source = \"one.mp4\"\nblack = \"1s\""]),
            vec!["show.toml:8: segment 1, item 1", "both \"source\" and \"black\""],
        ),
        (
            rundown("show", &["source = 7"]),
            vec!["show.toml:7: segment 1, item 1", "\"source\" is a number", "write text in quotes"],
        ),
        (rundown("show", &[]), vec!["show.toml:5", "segment 1 has no item", "write [[segment.item]]"]),
        (
            rundown("show", &["black = \"1s\""]).replace("raster", "rastr"),
            vec!["show.toml:3", "unknown field \"rastr\"", "did you mean \"raster\"?"],
        ),
        (
            rundown("show", &["black = \"1s\""]).replace("rate = \"25\"", "rate = \"fast\""),
            vec!["show.toml:4", "\"rate\" cannot be \"fast\""],
        ),
        (rundown("show", &["black = \"1s\""]).replace("320x180", "321x180"), vec!["show.toml:3", "both even"]),
        (rundown("show", &["black = \"1s\" \"2s\""]), vec!["show.toml:7"]),
        ("{\"id\": ".to_owned(), vec!["show.toml:1"]),
        (String::new(), vec!["show.toml"]),
    ] {
        good.stage.write("show.toml", &text);
        let told = good.stage.render("show");
        told.failed(2, &words);
        good.unharmed(&told);
    }
    good.stage.write("show.toml", [0xff, 0xfe, 0x00]);
    good.stage.render("show").failed(2, &["show.toml"]);
    good.stage.render("nowhere").failed(2, &["nowhere.toml", "cannot be read", "check the path"]);
}

#[test]
fn a_house_rate_that_no_rule_joins_to_the_outlet_names_those_that_do() {
    let good = Good::render();
    good.stage.write("show.toml", rundown("show", &["black = \"1s\""]).replace("\"25\"", "\"23\""));
    let told = good.stage.render("show");
    told.failed(2, &[OUTLET, "takes no 23 frames a second", "24000/1001, 24, 25"]);
    good.unharmed(&told);
}

#[test]
fn wrong_usage_ends_with_2_and_names_what_is_near() {
    let good = Good::render();
    for (arguments, words) in [
        (
            vec!["render", "good.toml", "--outlet", "preview-36p"],
            vec!["there is no outlet `preview-36p`", "did you mean `preview-360p`?", "youtube-1080p"],
        ),
        (vec!["render", "good.toml"], vec!["--outlet"]),
        (vec!["rendr"], vec!["unrecognized subcommand", "render"]),
        (vec!["outlets", "show", "nothing-like-it"], vec!["there is no outlet", "master-prores"]),
        (vec!["approve", "ffff"], vec!["there is no asset `ffff`", "bookend ingest"]),
        (vec!["reject", "nobody"], vec!["there is no piece `nobody`", "bookend pieces"]),
        (vec!["status", "nothing"], vec!["there is no run `nothing`", "bookend runs"]),
        (vec!["pieces", "--config", "nowhere.toml"], vec!["nowhere.toml", "check the path"]),
        (vec!["pieces", "--store", "ftp://host/x"], vec!["ftp", "use a folder"]),
    ] {
        let told = good.stage.bookend(&arguments);
        told.failed(2, &words);
        assert!(told.out.is_empty(), "{told:#?}");
        good.unharmed(&told);
    }
}

#[test]
fn wrong_settings_are_refused_with_file_and_line() {
    let good = Good::render();
    good.stage.write("settings.toml", "version = 1\n[wroker]\nslots = 2\n");
    good.stage
        .bookend(&["pieces", "--config", "settings.toml"])
        .failed(2, &["settings.toml", "line 2", "did you mean `worker`?"]);
}
