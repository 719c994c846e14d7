//! Results that exist, and results that only seem to.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bookend_jobs::{Commit, Disposition, Key};
use bookend_scheduler::graph::Graph;
use bookend_scheduler::run::News;

use crate::acts;
use crate::disorder::lattice;
use crate::stage::{Script, Stage, play};

pub fn what_exists_is_not_made_again() {
    play(async {
        let stage = Stage::new();
        let (graph, _) = lattice(&stage);
        let first = stage.complete(&graph).await;
        assert_eq!((first.made.len(), first.reused.len()), (graph.len(), 0));
        let (second, told) = stage.run(&graph).await;
        assert_eq!((second.made.len(), second.reused.len(), second.cpu_ms), (0, graph.len(), 0));
        assert_eq!(second.commits, first.commits);
        assert!(told.iter().all(|notice| notice.news == News::Reused));
        assert!(stage.made().values().all(|&times| times == 1));
    });
}

pub fn a_result_whose_file_is_gone_is_made_again() {
    play(async {
        let stage = Stage::new();
        let (graph, _) = lattice(&stage);
        let first = stage.complete(&graph).await;
        let [gone, short] = [0, 1].map(|n| *first.commits.keys().nth(n).unwrap());
        let path = file(&stage, &first.commits[&short]);
        for path in [&path, &file(&stage, &first.commits[&gone])] {
            std::fs::remove_file(path).unwrap();
        }
        std::fs::write(path, "cut").unwrap();
        let second = stage.complete(&graph).await;
        assert_eq!(second.made, BTreeSet::from([gone, short]));
    });
}

pub fn a_damaged_input_is_made_again() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        let script = Script::default().with("log", stage.log());
        let inputs: Vec<Key> = (0..3).map(|n| script.clone().add(&mut graph, &format!("input {n}"))).collect();
        let first = stage.complete(&graph).await;
        // Two at once, one by its bytes, one by its absence after the look: both are made again together.
        for key in &inputs[..2] {
            let path = file(&stage, &first.commits[key]);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[0] ^= 1;
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
        let last = script.clone().from(inputs.clone()).add(&mut graph, "last");
        let (outcome, told) = stage.run(&graph).await;
        assert!(outcome.is_complete(), "{:?}", outcome.failures);
        assert_eq!(outcome.made, BTreeSet::from([inputs[0], inputs[1], last]));
        let made = stage.made();
        assert_eq!(inputs.iter().map(|key| made[key]).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(told.iter().filter(|notice| notice.news == News::Stale).count(), 2);
    });
}

pub fn an_input_that_nobody_plans() {
    play(async {
        let stage = Stage::new();
        let (mut first, mut second) = (Graph::new(), Graph::new());
        let input = Script::default().add(&mut first, "input");
        let key = Script::default().from([input]).add(&mut second, "needs it");
        let (outcome, _) = stage.run(&second).await;
        assert_eq!(outcome.failures.len(), 1);
        assert_eq!((outcome.failures[0].key, outcome.failures[0].disposition), (key, Disposition::Bug));
        stage.complete(&first).await;
        stage.complete(&second).await;
    });
}

fn file(stage: &Stage, commit: &Commit) -> PathBuf {
    let key = commit.key.to_string();
    stage.path("store/results").join(&key[..2]).join(&key).join(&commit.attempt.0).join(acts::FILE)
}
