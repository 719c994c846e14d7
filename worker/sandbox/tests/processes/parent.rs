//! A parent that can be killed: this program again, as somebody who has children.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use bookend_sandbox::{ChildProgram, Ending, Limits, Spawner};
use serde_json::json;

/// Longer than anything here takes on the busiest machine.
const NEVER: Duration = Duration::from_secs(60);

/// First argument of a parent.
pub const MARKER: &str = "--parent";

pub fn start(scene: &str, folder: &Path) -> io::Result<Child> {
    Command::new("/proc/self/exe").args([MARKER, scene]).arg(folder).stderr(Stdio::piped()).spawn()
}

pub fn play(scene: &str, folder: &Path) -> ExitCode {
    let spares = if scene == "job" { 0 } else { 1 };
    let spawner = Spawner::with_spares(ChildProgram::current(), spares).expect("children start");
    if scene == "spares" {
        spares_take_jobs(spawner, folder);
        return ExitCode::SUCCESS;
    }
    let spec = json!({ "act": "hold", "fifo": folder.join("fifo") }).to_string();
    let child = spawner.start(spec.as_bytes(), folder, Limits::default()).expect("a child starts");
    // Until this process is killed, which ends the child before it ends by itself.
    let exit = child.wait();
    panic!("the child ended first: {exit:?}");
}

/// Each job goes to the child that was ahead, another takes its place, and the last goes with its spawner.
fn spares_take_jobs(spawner: Spawner, folder: &Path) {
    let spec = json!({ "act": "count", "to": 1 }).to_string();
    for _ in 0..3 {
        let ahead = children();
        assert_eq!(ahead.len(), 1, "one spare is ahead: {ahead:?}");
        let child = spawner.start(spec.as_bytes(), folder, Limits::default()).expect("a child starts");
        assert_eq!(child.pid(), ahead[0], "the spare has the job");
        assert!(matches!(child.wait().expect("it is held").ending, Ending::Finished(_)));
        wait_for_children(1);
    }
    drop(spawner);
    wait_for_children(0);
}

/// Waits until there are `count` children. Nothing tells a process that it has got one, so it looks.
fn wait_for_children(count: usize) {
    let begun = Instant::now();
    while children().len() != count {
        assert!(begun.elapsed() < NEVER, "{:?} are the children, not {count}", children());
        std::thread::yield_now();
    }
}

/// The process ids of this process's children, by the kernel's list.
fn children() -> Vec<u32> {
    let mut all = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").expect("the list of threads").flatten() {
        let list = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(list.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    all
}
