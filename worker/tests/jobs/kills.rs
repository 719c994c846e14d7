//! Processes killed with SIGKILL, and several at once.

use std::collections::BTreeMap;

use bookend_jobs::Key;
use bookend_scheduler::graph::Graph;
use bookend_scheduler::run::News;
use bookend_store::DirectoryStore;
use rustix::process::{Pid, Signal, kill_process};

use crate::another::Another;
use crate::disorder::lattice;
use crate::stage::{Script, Stage, holder, play, scratch};

/// Some results, and one that the first time it is made holds a fifo until it is killed.
pub fn held(stage: &Stage) -> Graph {
    let mut graph = Graph::new();
    let script = Script::default().with("log", stage.log());
    let early: Vec<Key> = (0..3).map(|n| script.clone().add(&mut graph, &format!("early {n}"))).collect();
    let holding = Script::act("hold-once").with("fifo", stage.path("fifo")).with("marker", stage.path("marker"));
    let held = holding.with("log", stage.log()).from(early).add(&mut graph, "held");
    script.from([held]).add(&mut graph, "last");
    graph
}

pub fn a_killed_run_goes_on_where_it_was() {
    let stage = Stage::new();
    let fifo = stage.fifo("fifo");
    let another = Another::start("held", &stage.folder);
    play(async move {
        let gone = holder(fifo).await;
        another.kill();
        // The child dies with its parent.
        gone.await;
    });
    let early = stage.made();
    assert_eq!(early.len(), 3);
    let dead = std::fs::read_dir(stage.path("store/tmp")).unwrap().count();
    assert_eq!(dead, 1, "the dead process left its scratch");
    play(async {
        let outcome = stage.complete(&held(&stage)).await;
        assert_eq!(outcome.reused, early.keys().copied().collect());
        assert!(stage.made().values().all(|&times| times == 1), "nothing committed is made again");
        assert_clean(&stage).await;
    });
}

async fn assert_clean(stage: &Stage) {
    let store: DirectoryStore = stage.store().await;
    assert_eq!(scratch(&store), 0);
    assert_eq!(std::fs::read_dir(store.root().join("tmp")).unwrap().count(), 1, "only the living have a workspace");
}

pub fn a_run_killed_at_any_notice_goes_on() {
    for moment in [0, 1, 2, 4, 7, 11, 16, 22] {
        let stage = Stage::new();
        let (graph, ends) = lattice(&stage);
        let mut another = Another::start("lattice", &stage.folder);
        let mut committed = Vec::new();
        for _ in 0..moment {
            let Some(notice) = another.notice() else { break };
            if let Some(key) = notice.strip_prefix("committed ") {
                committed.push(key.parse::<Key>().unwrap());
            }
        }
        another.kill();
        play(async {
            let outcome = stage.complete(&graph).await;
            assert!(committed.iter().all(|key| outcome.reused.contains(key)), "what was told committed is");
            let made = stage.made();
            for key in &outcome.reused {
                assert_eq!(made[key], 1, "moment {moment}: a committed result was made again");
            }
            // What was under way in two slots may have been finished but not kept.
            let again: BTreeMap<_, _> = made.iter().filter(|(_, times)| **times > 1).collect();
            assert!(again.len() <= 4, "moment {moment}: {again:?}");
            assert!(ends.iter().all(|key| outcome.commits.contains_key(key)));
            assert_clean(&stage).await;
        });
    }
}

pub fn two_processes_make_each_result_once() {
    let stage = Stage::new();
    let (graph, _) = lattice(&stage);
    let all = [0, 1, 2].map(|_| Another::start("lattice", &stage.folder));
    all.into_iter().for_each(Another::finish);
    let made = stage.made();
    assert!(made.keys().copied().eq(graph.nodes().map(|node| node.key)), "every result was made");
    assert!(made.values().all(|&times| times == 1), "once: {made:?}");
}

pub fn a_killed_child_is_tried_again() {
    let stage = Stage::new();
    let fifo = stage.fifo("fifo");
    play(async {
        let graph = held(&stage);
        let killing = async {
            let gone = holder(fifo).await;
            kill_process(holding_child(&stage), Signal::KILL).unwrap();
            gone.await;
        };
        let ((outcome, told), ()) = tokio::join!(stage.run(&graph), killing);
        assert!(outcome.is_complete(), "{:?}", outcome.failures);
        let why: Vec<_> = told
            .iter()
            .filter_map(|notice| match &notice.news {
                News::Retrying { reason, .. } => Some(reason.code.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(why, ["child-killed"]);
    });
}

/// The child whose descriptors have the stage's fifo.
fn holding_child(stage: &Stage) -> Pid {
    let fifo = stage.path("fifo").canonicalize().unwrap();
    let own = std::process::id().to_string();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = process.file_name().to_string_lossy().parse::<i32>() else { continue };
        let Ok(status) = std::fs::read_to_string(process.path().join("status")) else { continue };
        if !status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|parent| parent.trim() == own)) {
            continue;
        }
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else { continue };
        if descriptors.flatten().any(|fd| std::fs::read_link(fd.path()).is_ok_and(|target| target == fifo)) {
            return Pid::from_raw(pid).unwrap();
        }
    }
    panic!("no child of this process holds the fifo");
}
