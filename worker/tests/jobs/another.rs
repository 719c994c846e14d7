//! Another process that carries out a run: this program again, as somebody who can be killed.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};

use bookend_scheduler::run::{News, Notice, carry_out};
use tokio::sync::{mpsc, watch};

use crate::disorder::lattice;
use crate::kills;
use crate::stage::{Stage, play as play_async};

/// First argument of another process.
pub const MARKER: &str = "--run";

/// A process that carries out a scene, seen from outside.
pub struct Another {
    pub process: Child,
    notices: Lines<BufReader<ChildStdout>>,
}

impl Another {
    pub fn start(scene: &str, folder: &Path) -> Self {
        let mut process =
            Command::new("/proc/self/exe").args([MARKER, scene]).arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let notices = BufReader::new(process.stdout.take().unwrap()).lines();
        Another { process, notices }
    }

    /// Waits for the next notice; None at its end.
    pub fn notice(&mut self) -> Option<String> {
        self.notices.next().map(|line| line.unwrap())
    }

    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn finish(mut self) {
        while self.notice().is_some() {}
        assert!(self.process.wait().unwrap().success());
    }
}

/// Plays a scene in this process, a line to stdout for each notice.
pub fn play(scene: &str, folder: &Path) -> ExitCode {
    let stage = Stage::at(folder);
    let graph = match scene {
        "lattice" => lattice(&stage).0,
        "held" => kills::held(&stage),
        other => panic!("no such scene: {other}"),
    };
    let complete = play_async(async {
        let (store, broker) = (stage.store().await, stage.broker());
        let embedded = stage.embedded(&store, &broker);
        let (send, mut notices) = mpsc::unbounded_channel::<Notice>();
        let (_cancel, never) = watch::channel(false);
        let means = stage.means(&store, &broker);
        let telling = async {
            while let Some(notice) = notices.recv().await {
                let news = match notice.news {
                    News::Started { .. } => "started",
                    News::Progress { .. } => "progress",
                    News::Committed { .. } => "committed",
                    News::Reused => "reused",
                    other => panic!("{other:?}"),
                };
                let line = format!("{news} {}\n", notice.key);
                // Nobody listens to a process that is about to be killed.
                let _ = std::io::stdout().write_all(line.as_bytes());
            }
        };
        let (outcome, ()) = tokio::join!(carry_out(&graph, "run", &means, send, never), telling);
        embedded.stop().await.unwrap();
        outcome.unwrap().is_complete()
    });
    if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
