//! Lanes that are bounded, fair and shared.

use std::sync::atomic::Ordering;

use bookend_broker::Lane;
use bookend_jobs::{IngestOrder, Order};

use crate::stage::{Stage, named, play};
use crate::worker::Act;

#[test]
fn a_result_that_two_runs_want_is_published_and_made_once() {
    play(async {
        let stage = Stage::new().await;
        let scheduler = stage.scheduler();
        let both = stage.uploads(&["a", "b", "c"]).await;
        stage.script.tell("a", Act::Hold);
        stage.worker();
        let (one, other) = (stage.send("c", &named(&both, "one")).await, stage.send("d", &named(&both, "other")).await);
        stage.script.held.notified().await;
        stage.script.release.notify_one();
        assert_eq!(stage.ended(&one, "c").await.state, "done");
        assert_eq!(stage.ended(&other, "d").await.state, "done");
        let counts = stage.script.counts();
        assert_eq!((counts.len(), counts.values().max()), (3, Some(&1)));
        assert_eq!(scheduler.broker.total(), 3);
    });
}

#[test]
fn a_result_goes_on_being_made_for_the_run_that_is_left() {
    play(async {
        let stage = Stage::new().await;
        let _scheduler = stage.scheduler();
        let both = stage.uploads(&["a", "b"]).await;
        stage.script.tell("a", Act::Hold);
        stage.worker();
        stage.send("c", &named(&both, "one")).await;
        stage.script.held.notified().await;
        stage.send("d", &named(&both, "other")).await;
        stage.cancel("e", "one").await;
        assert_eq!(stage.ended("one", "e").await.state, "cancelled");
        stage.script.release.notify_one();
        assert_eq!(stage.ended("other", "d").await.state, "done");
        let counts = stage.script.counts();
        assert_eq!((counts.len(), counts.values().max()), (2, Some(&1)));
    });
}

#[test]
fn twenty_runs_keep_within_a_lane_s_bound_and_all_finish() {
    play(async {
        let stage = Stage::new().await;
        let scheduler = stage.scheduler();
        let mut runs = Vec::new();
        for run in 0..20 {
            let words: Vec<String> = (0..10).map(|number| format!("{run} {number}")).collect();
            let order = stage.uploads(&words.iter().map(String::as_str).collect::<Vec<_>>()).await;
            let id = format!("c-{run}");
            runs.push((stage.send(&id, &named(&order, &format!("run-{run}"))).await, id));
        }
        stage.worker();
        for (run, id) in &runs {
            assert_eq!(stage.ended(run, id).await.state, "done");
        }
        let counts = stage.script.counts();
        assert_eq!((counts.len(), counts.values().max()), (200, Some(&1)));
        let deepest = scheduler.broker.deepest.load(Ordering::SeqCst);
        assert!(deepest <= 64, "{deepest} messages in the lane");
        assert_eq!(scheduler.broker.total(), 200);
    });
}

#[test]
fn what_a_leader_before_left_in_a_lane_counts() {
    play(async {
        let stage = Stage::new().await;
        let first = stage.scheduler();
        let words: Vec<String> = (0..150).map(|number| format!("upload {number}")).collect();
        let order = stage.uploads(&words.iter().map(String::as_str).collect::<Vec<_>>()).await;
        stage.script.tell("first", Act::Hold);
        let urgent = stage.uploads(&["first"]).await;
        stage.send("c", &named(&urgent, "urgent")).await;
        first.broker.urgent.notified().await;
        stage.worker();
        stage.script.held.notified().await;
        stage.send("d", &named(&order, "r")).await;
        // As many as there is room for beside the one that the worker is at.
        while first.broker.deepest.load(Ordering::SeqCst) < 63 {
            first.broker.urgent.notified().await;
        }
        first.kill().await;
        let second = stage.scheduler();
        stage.script.release.notify_one();
        assert_eq!(stage.ended("r", "d").await.state, "done");
        let deepest = second.broker.deepest.load(Ordering::SeqCst);
        assert!(deepest <= 64, "{deepest} messages in the lane");
    });
}

#[test]
fn an_upload_does_not_wait_behind_a_batch() {
    play(async {
        let stage = Stage::new().await;
        let scheduler = stage.scheduler();
        let words: Vec<String> = (0..150).map(|number| format!("batch {number}")).collect();
        words.iter().for_each(|words| stage.script.tell(words, Act::Hold));
        let batch = stage.uploads(&words.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let batch = Order::Ingest(IngestOrder { lane: Some("batch".into()), request: Some("batch".into()), ..batch });
        stage.send("c", &batch).await;
        stage.worker();
        stage.script.held.notified().await;
        let upload = named(&stage.uploads(&["upload"]).await, "upload");
        stage.send("d", &upload).await;
        scheduler.broker.urgent.notified().await;
        stage.script.acts.lock().unwrap().clear();
        stage.script.release.notify_one();
        assert_eq!(stage.ended("upload", "d").await.state, "done");
        let lanes: Vec<Lane> = stage.script.made.lock().unwrap().iter().map(|&(_, lane)| lane).collect();
        assert_eq!(&lanes[..2], [Lane::Batch, Lane::Interactive]);
        assert_eq!(stage.ended("batch", "c").await.state, "done");
    });
}
