//! Approval from the first decision to the last.

use super::stage::{OUTLET, Stage};

#[test]
fn what_was_approved_and_then_rejected_is_not_handed_over() {
    let stage = Stage::new();
    let asset = stage.ingest("one.mp4");
    stage.bookend(&["approve", &asset, "--piece", "river"]).ended(0);
    stage.show(&["black = \"6f\"", "piece = \"river\"\nout = \"10f\""]);
    stage.render("show").ended(0);
    let frames = stage.frames(&format!("out/show-{OUTLET}.mp4"));
    stage.bookend(&["reject", "river"]).ended(0);
    std::fs::rename(stage.path("out"), stage.path("earlier")).unwrap();
    let told = stage.render("show");
    told.failed(3, &["show.toml:8: segment 1, item 2: piece `river` is rejected", "approve it or take it out"]);
    assert!(stage.files("out").is_empty());
    assert_eq!(stage.frames(&format!("earlier/show-{OUTLET}.mp4")), frames, "what was handed over stays");
    // Approved again, it is all there still.
    stage.bookend(&["approve", &asset, "--piece", "river"]).ended(0);
    let told = stage.render("show");
    told.ended(0);
    assert_eq!(told.jobs("made"), 0);
}

#[test]
fn a_piece_is_the_fold_of_its_decisions() {
    let stage = Stage::new();
    let (one, two) = (stage.ingest("one.mp4"), stage.ingest("two.mp4"));
    let piece = || {
        let told = stage.bookend(&["pieces", "--json"]);
        told.lines()
            .into_iter()
            .find(|line| line["piece"] == "river")
            .map(|line| ["state", "title", "asset"].map(|field| line[field].as_str().unwrap().to_owned()))
    };
    assert_eq!(piece(), None);
    stage.bookend(&["reject", "river"]).failed(2, &["there is no piece `river`"]);
    stage.bookend(&["approve", &one, "--piece", "river", "--title", "First"]).ended(0);
    assert_eq!(piece(), Some(["approved", "First", &one].map(str::to_owned)));
    stage.bookend(&["reject", "river"]).ended(0);
    assert_eq!(piece(), Some(["rejected", "First", &one].map(str::to_owned)));
    stage.bookend(&["approve", &two, "--piece", "river", "--title", "Second"]).ended(0);
    assert_eq!(piece(), Some(["approved", "Second", &two].map(str::to_owned)));
    // Each decision is a fact that stays.
    assert_eq!(stage.files(".bookend/pieces/river").len(), 3);
}
