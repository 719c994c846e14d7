//! A render's processes: itself and the children it started.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::moment::scatter;
use crate::cli::stage::{Stage, Told, render_arguments};

/// What a child's command line begins with, after the program; then comes its parent's number.
const CHILD: &str = "--bookend-child";
/// Processes that are not gone by then stay.
const DEADLINE: Duration = Duration::from_secs(20);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// A render under way.
pub struct Render {
    process: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Render {
    /// Starts rendering an episode of a stage.
    pub fn start(stage: &Stage, episode: &str) -> Self {
        let (out, err) = (stage.path(format!("{episode}.stdout")), stage.path(format!("{episode}.stderr")));
        let open = |path: &PathBuf| File::create(path).expect("a file can be made");
        let mut command = stage.command(&render_arguments(episode));
        // A group of its own, as a shell gives it: a signal from the terminal would reach all of it.
        let process =
            command.stdout(open(&out)).stderr(open(&err)).process_group(0).spawn().expect("the program starts");
        Render { process, out, err }
    }

    pub fn has_ended(&mut self) -> bool {
        self.process.try_wait().expect("a child of ours can be waited for").is_some()
    }

    /// Kills the process alone.
    pub fn kill(&mut self) {
        self.process.kill().expect("a child of ours can be killed");
    }

    /// Kills its children and itself.
    pub fn kill_all(&mut self) {
        for child in self.children() {
            kill(child);
        }
        self.kill();
    }

    /// Kills one of its children; false when there is none.
    pub fn kill_child(&self, seed: u64) -> bool {
        let children = self.children();
        let Some(at) = scatter(seed).checked_rem(children.len() as u64) else { return false };
        kill(children[at as usize]);
        true
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it lives");
    }

    /// Waits for its end and that of its children.
    pub fn end(mut self) -> Told {
        self.end_in_place()
    }

    /// As [`Render::end`].
    pub fn end_in_place(&mut self) -> Told {
        let status = self.process.wait().expect("a child of ours can be waited for");
        let ended = Instant::now();
        while !self.children().is_empty() {
            assert!(ended.elapsed() < DEADLINE, "processes are left behind: {:?}", self.children());
            sleep(PAUSE);
        }
        let read = |path: &PathBuf| {
            let mut text = String::new();
            File::open(path).and_then(|mut file| file.read_to_string(&mut text)).expect("what it said is text");
            text
        };
        Told { code: status.code(), out: read(&self.out), err: read(&self.err) }
    }

    /// Returns its living children.
    pub fn children(&self) -> Vec<Pid> {
        let parent = self.process.id().to_string();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").expect("there is /proc").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw)
            else {
                continue;
            };
            // Empty once it is dead and only waits to be reaped.
            let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
            let words: Vec<_> = line.split(|&byte| byte == 0).collect();
            if words.get(1) == Some(&CHILD.as_bytes()) && words.get(2) == Some(&parent.as_bytes()) {
                found.push(pid);
            }
        }
        found
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }
}

impl Drop for Render {
    fn drop(&mut self) {
        // A test that failed midway leaves nothing behind; one that did not has waited for it already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn kill(child: Pid) {
    // It may have ended by itself since.
    let _ = kill_process(child, Signal::KILL);
}
