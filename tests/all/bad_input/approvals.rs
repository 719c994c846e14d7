//! What nobody approved, and who says so.

use super::Good;

#[test]
fn what_is_not_approved_is_refused_by_item() {
    let good = Good::render();
    let stage = &good.stage;
    let asset = stage.ingest("two.mp4");
    good.refuses("source = \"two.mp4\"", 3, &["is asset", "no piece of it is approved", "bookend approve"]);
    stage.bookend(&["approve", &asset, "--title", "The River"]).ended(0);
    good.refuses("piece = \"the-rivr\"", 3, &["piece `the-rivr`", "did you mean `the-river`?"]);
    good.refuses("piece = \"mountains\"", 3, &["piece `mountains` is not approved", "bookend approve"]);
    stage.bookend(&["reject", "the-river"]).ended(0);
    good.refuses("piece = \"the-river\"", 3, &["piece `the-river` is rejected", "approve it or take it out"]);
    good.refuses("source = \"two.mp4\"", 3, &["no piece of it is approved"]);
    // Asked for in the middle of an upload's prefix: ambiguity is told, not guessed.
    stage.ingest("three.mp4");
    let every = stage.bookend(&["approve", ""]);
    every.ended(2);
}

#[test]
fn points_of_a_piece_are_checked_when_it_is_approved() {
    let good = Good::render();
    let asset = good.stage.ingest("two.mp4");
    let approve =
        |points: &[&str]| good.stage.bookend(&[&["approve", asset.as_str(), "--piece", "river"], points].concat());
    approve(&["--in", "soon"]).failed(2, &["--in", "soon"]);
    approve(&["--credit", "nobody"]).failed(2, &["nobody", "="]);
    // Points that only a house rate gives a meaning are refused where they are used.
    approve(&["--in", "2s", "--out", "4s"]).ended(0);
    good.refuses("piece = \"river\"", 3, &["`4s` lies outside the source", "choose a point inside it"]);
}

#[test]
fn one_bad_upload_never_stops_the_others() {
    let good = Good::render();
    good.stage.write("text.mp4", "no film");
    let told = good.stage.bookend(&["ingest", "text.mp4", "two.mp4", "missing.mp4", "--json"]);
    told.ended(3);
    let lines = told.lines();
    let seen: Vec<_> = lines[..3]
        .iter()
        .map(|line| (line["source"].as_str(), line["status"].as_str(), line["reason"]["code"].as_str()))
        .collect();
    let expected = [
        (Some("text.mp4"), Some("refused"), Some("not-media")),
        (Some("two.mp4"), Some("ready"), None),
        (Some("missing.mp4"), Some("refused"), Some("missing")),
    ];
    assert_eq!(seen, expected);
    assert_eq!((&lines[3]["ready"], &lines[3]["refused"]), (&1.into(), &2.into()));
}
