//! `gc` deletes what nothing names, and nothing else.

use std::time::Duration;

use super::stage::Stage;

/// Older than anything that gc leaves alone for its youth.
const OLD: Duration = Duration::from_secs(3 * 24 * 3600);

#[test]
fn gc_keeps_what_is_named_and_deletes_what_is_not() {
    let stage = Stage::new();
    stage.ingest("three.mp4");
    stage.show(&["source = \"one.mp4\"\nout = \"10f\""]);
    stage.render("show").ended(0);
    let first = stage.store().commits();
    stage.show(&["source = \"two.mp4\"\nout = \"20f\""]);
    stage.render("show").ended(0);
    let all = stage.store().commits();

    let gc = |arguments: &[&str]| {
        let told = stage.bookend(&[&["gc", "--json"], arguments].concat());
        told.ended(0);
        told.outcome()
    };
    // All of it is young.
    let told = gc(&[]);
    assert_eq!((&told["commits"], &told["files"], &told["manifests"]), (&0.into(), &0.into(), &0.into()));
    assert_eq!(stage.store().commits(), all);

    stage.store().age(OLD);
    let files = stage.store().kept().len();
    let dry = gc(&["--dry-run"]);
    assert_eq!(stage.store().kept().len(), files, "a dry run deletes nothing");
    assert_eq!(dry["manifests"], 1, "the first file is superseded");
    let told = gc(&[]);
    assert_eq!((&told["manifests"], &told["commits"]), (&dry["manifests"], &dry["commits"]), "as the dry run said");
    // Its results go with it; the asset's, and those of the current file, stay.
    let left = stage.store().commits();
    assert_eq!(told["commits"], all.len() - left.len());
    assert!(all.keys().filter(|key| !left.contains_key(*key)).all(|key| first.contains_key(key)), "{told}");
    assert!(left.len() < all.len() && left.keys().all(|key| all.contains_key(key)), "{told}");
    let again = stage.render("show");
    again.ended(0);
    assert_eq!(again.jobs("made"), 0, "the current file is kept whole");
    // Their bytes, an age after their commits.
    let attempts = stage.store().attempts().len();
    assert!(attempts > left.len(), "bytes outlive their commits");
    for _ in 0..2 {
        stage.store().age(OLD);
        gc(&[]);
    }
    assert!(stage.store().commits().keys().eq(left.keys()));
    // What was deleted is made again when it is wanted.
    stage.show(&["source = \"one.mp4\"\nout = \"10f\""]);
    let told = stage.render("show");
    told.ended(0);
    assert!(told.jobs("made") > 0);
}
