//! Stores that are not for this program.

use std::fs;

use super::Good;
use crate::cli::stage::OUTLET;

#[test]
fn a_store_of_another_format_or_engine_is_left_alone() {
    let good = Good::render();
    let mark = fs::read_to_string(good.stage.path(".bookend/bookend.json")).unwrap();
    fs::create_dir(good.stage.path("other")).unwrap();
    let other_engine = mark.replace("x264 ", "x264 9");
    assert_ne!(other_engine, mark);
    for (text, words) in [
        (
            "{\"format\": 99, \"engine\": \"x\"}",
            vec!["store format 99", "use the version of bookend that made it, or another --store"],
        ),
        (other_engine.as_str(), vec!["belongs to engine", "another --store"]),
        (
            "{\"format\": 1, \"engine\": \"some other program\"}",
            vec!["belongs to engine `some other program`", "another --store"],
        ),
        ("garbage", vec!["bookend.json", "--store"]),
    ] {
        good.stage.write("other/bookend.json", text);
        let told =
            good.stage.bookend(&["render", "good.toml", "--outlet", OUTLET, "--out", "out2", "--store", "other"]);
        told.failed(5, &words);
        assert_eq!(fs::read_to_string(good.stage.path("other/bookend.json")).unwrap(), text);
        assert!(good.stage.files("out2").is_empty());
        good.unharmed(&told);
    }
}

#[test]
fn a_place_that_cannot_be_a_store_is_named() {
    let good = Good::render();
    for store in ["one.mp4", "one.mp4/below", "/proc/bookend"] {
        let told = good.stage.bookend(&["render", "good.toml", "--outlet", OUTLET, "--out", "out2", "--store", store]);
        told.failed(5, &[store, "--store"]);
    }
    good.stage.bookend(&["pieces", "--store", "nowhere"]).failed(5, &["nowhere is not a store", "--store"]);
    assert!(!good.stage.path("nowhere").exists(), "a look makes no store");
    assert_eq!(
        fs::read(good.stage.path("one.mp4")).unwrap().len() as u64,
        fs::metadata(good.stage.path("one.mp4")).unwrap().len()
    );
}
