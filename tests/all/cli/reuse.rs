//! What exists is not made again.

use std::collections::BTreeSet;

use super::stage::{OUTLET, Stage};

const ITEMS: [&str; 4] = [
    "source = \"one.mp4\"\nout = \"40f\"",
    "source = \"two.mp4\"\nin = \"10f\"\nout = \"2s\"",
    "bars = \"12f\"",
    "source = \"three.mp4\"",
];

/// Returns the kinds of the results that would be made now, with the items that they are of.
fn to_make(stage: &Stage) -> BTreeSet<(String, String)> {
    let told = stage.bookend(&["plan", "show.toml", "--outlet", OUTLET, "--json"]);
    told.ended(0);
    let plan = told.outcome();
    let make = plan["results"].as_array().unwrap().iter().filter(|result| result["action"] == "make");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    make.map(|result| (text(&result["kind"]), text(&result["label"]))).collect()
}

fn kinds(results: &BTreeSet<(String, String)>) -> BTreeSet<&str> {
    results.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[test]
fn only_what_changed_is_made() {
    let stage = Stage::new();
    stage.show(&ITEMS);
    let told = stage.render("show");
    told.ended(0);
    assert_eq!(
        (told.jobs("reused"), told.jobs("made")),
        (0, told.jobs("total")),
        "all of it is new, what planning inspected too"
    );
    let total = told.jobs("total");

    // Nothing changed.
    assert!(to_make(&stage).is_empty());
    let before = stage.store().commits();
    let told = stage.render("show");
    told.ended(0);
    assert_eq!((told.jobs("total"), told.jobs("reused"), told.jobs("made")), (total, total, 0));
    assert_eq!(stage.store().commits(), before);

    // Another title and id: what a file is called is in no key.
    stage
        .episode("renamed", &ITEMS.map(|item| format!("{item}\ntitle = \"Something\"")).each_ref().map(String::as_str));
    assert_eq!(stage.render("renamed").jobs("made"), 0);

    // Another order: no picture and no item's sound.
    stage.show(&[ITEMS[3], ITEMS[0], ITEMS[2], ITEMS[1]]);
    let ordered = to_make(&stage);
    assert_eq!(kinds(&ordered), BTreeSet::from(["assemble", "mix"]), "{ordered:?}");
    let told = stage.render("show");
    told.ended(0);
    assert_eq!(told.jobs("made"), 2);

    // One point: that item's results and what is made of them.
    stage.show(&[ITEMS[0], "source = \"two.mp4\"\nin = \"11f\"\nout = \"2s\"", ITEMS[2], ITEMS[3]]);
    let cut = to_make(&stage);
    assert_eq!(kinds(&cut), BTreeSet::from(["assemble", "mix", "picture", "sound"]), "{cut:?}");
    let of_items: Vec<_> = cut.iter().filter(|(kind, _)| kind == "picture" || kind == "sound").collect();
    assert!(of_items.iter().all(|(_, label)| label.contains("two.mp4")), "{cut:?}");
    let told = stage.render("show");
    told.ended(0);
    assert_eq!(told.jobs("made"), cut.len() as u64, "as the plan said");
}

#[test]
fn a_damaged_result_is_made_again_and_nothing_else() {
    let stage = Stage::new();
    stage.show(&ITEMS);
    stage.render("show").ended(0);
    let frames = stage.frames(&format!("out/show-{OUTLET}.mp4"));
    let before = stage.store().commits();
    // Somebody lost the finished file, and a chunk of the first picture.
    let lost: Vec<_> =
        stage.store().kept().into_iter().filter(|path| path.to_string_lossy().contains("deliverable.mp4")).collect();
    assert_eq!(lost.len(), 1);
    std::fs::remove_file(&lost[0]).unwrap();
    std::fs::remove_dir_all(stage.path("out")).unwrap();
    let told = stage.render("show");
    told.ended(0);
    assert_eq!(told.jobs("made"), 1);
    assert_eq!(stage.frames(&format!("out/show-{OUTLET}.mp4")), frames);
    let after = stage.store().commits();
    assert_eq!(before.iter().filter(|(key, commit)| after.get(*key) != Some(commit)).count(), 1);
}
