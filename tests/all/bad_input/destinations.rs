//! Destinations that cannot or must not be written to.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::Good;
use crate::cli::stage::{OUTLET, Stage};

#[test]
fn somebody_else_s_file_is_refused_before_any_work_and_replaced_by_force() {
    let stage = Stage::new();
    stage.show(&["source = \"one.mp4\"\nout = \"10f\""]);
    fs::create_dir(stage.path("out")).unwrap();
    let theirs = format!("out/show-{OUTLET}.mp4");
    for name in [theirs.clone(), format!("out/show-{OUTLET}.report.json"), format!("out/failed/show-{OUTLET}.mp4")] {
        fs::create_dir_all(stage.path(&name).parent().unwrap()).unwrap();
        stage.write(&name, "somebody else's");
        stage.render("show").failed(2, &[&name, "somebody else's file is in the way", "--force"]);
        assert_eq!(fs::read_to_string(stage.path(&name)).unwrap(), "somebody else's");
        assert!(stage.store().commits().is_empty(), "refused before any work");
        fs::remove_file(stage.path(&name)).unwrap();
    }
    stage.write(&theirs, "somebody else's");
    stage.write("out/notes.txt", "mine");
    stage.bookend(&["render", "show.toml", "--outlet", OUTLET, "--out", "out", "--force"]).ended(0);
    assert!(stage.frames(&theirs).contains("media_type"));
    assert_eq!(fs::read_to_string(stage.path("out/notes.txt")).unwrap(), "mine", "force is for the files of that name");
}

#[test]
fn a_destination_that_cannot_be_written_to_is_refused_before_any_work() {
    let stage = Stage::new();
    stage.show(&["source = \"one.mp4\"\nout = \"10f\""]);
    fs::create_dir(stage.path("sealed")).unwrap();
    fs::set_permissions(stage.path("sealed"), fs::Permissions::from_mode(0o555)).unwrap();
    let mut places = vec!["one.mp4", "one.mp4/below"];
    if !rustix::process::geteuid().is_root() {
        places.extend(["sealed", "sealed/below"]);
    }
    for place in places {
        let told = stage.bookend(&["render", "show.toml", "--outlet", OUTLET, "--out", place]);
        told.failed(2, &[place, "--out"]);
        assert!(stage.store().commits().is_empty(), "refused before any work: {told:#?}");
    }
}

#[test]
fn a_file_handed_over_and_then_changed_is_theirs() {
    let good = Good::render();
    let media = format!("out/good-{OUTLET}.mp4");
    let made = fs::read(good.stage.path(&media)).unwrap();
    // Not written through: what lies there may be one with what the store keeps.
    fs::remove_file(good.stage.path(&media)).unwrap();
    good.stage.write(&media, "cut by somebody");
    let told = good.stage.render("good");
    // An earlier report there names it, so it is replaced (DESIGN 6), by what was made.
    told.ended(0);
    assert_eq!(fs::read(good.stage.path(&media)).unwrap(), made);
}
