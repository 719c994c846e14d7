//! A full disk: said at once, nothing half-written, and after making room the same command goes on.

use std::process::Command;

use crate::cli::stage::{OUTLET, Stage, Told};

/// Runs the program on a disk that is full at `$1`, then on the same disk with room; each part's ending is told on stdout.
///
/// The disk is in a mount namespace, so that it goes with the process however the test ends.
const SCRIPT: &str = "\
mount -t tmpfs -o size=$1 none disk || exit 77
shift
\"$@\"
echo \"full: $?\"
find disk -name '*.part' -o -path '*/tmp/*' -o -path 'disk/out/*' | sed 's/^/left: /'
mount -o remount,size=1g disk
\"$@\"
echo \"roomy: $?\"
find disk/out -type f | sort | sed 's/^/made: /'
";

/// Renders with store or destination on a small disk; nothing where mounting is not permitted.
fn render(size: &str, store: &str) -> Option<Told> {
    let stage = Stage::new();
    stage.show(&["source = \"one.mp4\"", "source = \"two.mp4\"", "bars = \"1s\""]);
    std::fs::create_dir(stage.path("disk")).expect("a folder can be made");
    let program = stage.command(&["render", "show.toml", "--outlet", OUTLET, "--out", "disk/out", "--store", store]);
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--map-root-user", "sh", "-c", SCRIPT, "sh", size]);
    unshare.arg(program.get_program()).args(program.get_args()).current_dir(stage.path("."));
    let told = Told::of(unshare.output().ok()?);
    if told.code == Some(77) || told.err.starts_with("unshare:") {
        eprintln!("skipped: this machine lets nobody mount: {}", told.err);
        return None;
    }
    Some(told)
}

#[track_caller]
fn goes_on_when_there_is_room(told: &Told) {
    assert!(told.out.contains("full: 1\n"), "{told:#?}");
    assert!(told.err.contains("no space") || told.err.contains("No space"), "{told:#?}");
    assert!(!told.out.contains("left: "), "{told:#?}");
    assert!(told.out.contains("roomy: 0\n"), "{told:#?}");
    assert_eq!(told.out.matches("made: ").count(), 3, "{told:#?}");
}

#[test]
fn a_store_without_room_for_the_sources_says_so() {
    let Some(told) = render("100k", "disk/store") else { return };
    goes_on_when_there_is_room(&told);
    assert!(told.err.contains("use another disk"), "{told:#?}");
}

#[test]
fn a_store_without_room_for_the_work_says_so() {
    let Some(told) = render("3m", "disk/store") else { return };
    goes_on_when_there_is_room(&told);
    assert!(told.err.contains("use another disk"), "{told:#?}");
}

#[test]
fn a_store_that_fills_up_under_the_work_says_so() {
    let Some(told) = render("17m", "disk/store") else { return };
    // What a small episode needs may still fit beside what was planned for; then there was nothing to say.
    if !told.out.contains("full: 0\n") {
        goes_on_when_there_is_room(&told);
    }
}

#[test]
fn a_destination_without_room_says_so() {
    let Some(told) = render("64k", "store") else { return };
    goes_on_when_there_is_room(&told);
    assert!(told.err.contains("disk/out"), "{told:#?}");
}
