//! Episodes from a client's files to files handed over, by way of a store alone.

use std::fs;
use std::time::SystemTime;

use bookend_config::spec::House;
use bookend_jobs::work::InspectLimits;
use bookend_jobs::{Disposition, Kind, Order, RenderOrder};
use bookend_scheduler::handover::{self, Destination};
use bookend_scheduler::plan::WantedOutlet;
use bookend_scheduler::runs::{JobCounts, RunVerdict};
use bookend_scheduler::sources::SourceMemory;
use bookend_scheduler::submit::Sender;
use bookend_scheduler::{ErrorKind, SchedulerError};
use bookend_units::{FrameRate, Raster};

use crate::stage::{Stage, play};
use crate::worker::Act;

const RUNDOWN: &str = "id = \"e\"\n[house]\nraster = \"1280x720\"\nrate = \"25\"\n[[segment]]\n\
    [[segment.item]]\nsource = \"a.mov\"\n[[segment.item]]\nsource = \"b.mov\"\nout = \"2s\"\n[[segment.item]]\nbars = \"1s\"\n";

/// An outlet that judges nothing, or all that it does.
fn outlet(judged: bool) -> WantedOutlet {
    let house = House {
        raster: Raster { width: 1280, height: 720 },
        rate: FrameRate::of(25, 1),
        sound: Default::default(),
        colour: Default::default(),
    };
    let outlet = bookend_config::outlet("preview-360p").unwrap();
    let mut spec = outlet.resolve(&house).unwrap();
    if !judged {
        spec.clauses.clear();
    }
    WantedOutlet { title: outlet.title().into(), spec }
}

async fn order(stage: &Stage, text: &str, outlets: Vec<WantedOutlet>) -> Result<RenderOrder, SchedulerError> {
    let mut memory = SourceMemory::empty(stage.folder.path().join("memory"));
    let mut sender = Sender { store: &stage.store, memory: &mut memory, now: SystemTime::now() };
    sender.rundown(text, "e.toml", stage.folder.path(), outlets, InspectLimits::default()).await
}

#[test]
fn an_episode_is_rendered_without_its_files_and_fetched() {
    play(async {
        let stage = Stage::new().await;
        stage.worker();
        let first = stage.scheduler();
        let (a, b) = (stage.file("a.mov", "a"), stage.file("b.mov", "b"));
        let order = order(&stage, RUNDOWN, vec![outlet(false)]).await.unwrap();
        assert_eq!(order.sources.keys().collect::<Vec<_>>(), ["a.mov", "b.mov"]);
        fs::remove_file(a).unwrap();
        fs::remove_file(b).unwrap();
        let order = Order::Render(Box::new(order));
        let state = stage.carried_out("c", &order).await;
        assert!(state.run.starts_with("e-"), "{}", state.run);
        let outcome = state.outcome.unwrap();
        assert_eq!((state.state.as_str(), outcome.verdict, &*outcome.problems), ("done", RunVerdict::Done, &[][..]));
        assert_eq!(outcome.jobs, JobCounts { total: state.total, reused: 0, made: state.total });
        assert_eq!(outcome.cpu_ms, 7 * state.total as u64);

        let destination = Destination { folder: stage.folder.path().join("out"), force: false };
        let [handed] = &*outcome.deliverables else { panic!("one deliverable") };
        handover::check(&stage.store, &state.run, &outcome.deliverables, &destination).await.unwrap();
        let delivered = handover::fetch(&stage.store, &state.run, handed, &destination).await.unwrap();
        assert!(delivered.passed && handed.passed);
        assert_eq!(delivered.file, destination.folder.join("e-preview-360p.mp4"));
        assert!(fs::read_to_string(&delivered.file).unwrap().starts_with("made from "));
        let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&delivered.report).unwrap()).unwrap();
        assert_eq!(report["items"][0]["source"]["name"], "a.mov");
        assert!(fs::read_to_string(&delivered.page).unwrap().starts_with("<!DOCTYPE html>"));
        // Once more, over what lies there, and by another scheduler.
        first.stop().await;
        let _second = stage.scheduler();
        let again = stage.carried_out("d", &order).await;
        let outcome = again.outcome.unwrap();
        assert_eq!((&again.run, outcome.jobs.made, outcome.jobs.reused), (&state.run, 0, state.total));
        handover::fetch(&stage.store, &again.run, &outcome.deliverables[0], &destination).await.unwrap();
        fs::remove_file(&delivered.report).unwrap();
        fs::write(&delivered.file, "somebody else's").unwrap();
        let refused = handover::check(&stage.store, &again.run, &outcome.deliverables, &destination).await.unwrap_err();
        assert!(matches!(refused, SchedulerError::InTheWay { .. }), "{refused}");
    });
}

#[test]
fn a_file_that_fails_its_clauses_is_handed_over_as_failed() {
    play(async {
        let stage = Stage::new().await;
        stage.worker();
        let _scheduler = stage.scheduler();
        stage.file("a.mov", "a");
        stage.file("b.mov", "b");
        let order = order(&stage, RUNDOWN, vec![outlet(true)]).await.unwrap();
        let state = stage.carried_out("c", &Order::Render(Box::new(order))).await;
        let outcome = state.outcome.unwrap();
        assert_eq!((state.state.as_str(), outcome.verdict), ("failed", RunVerdict::Clauses));
        assert!(outcome.problems.iter().all(|problem| problem.starts_with("preview-360p: ")), "{:?}", outcome.problems);
        let destination = Destination { folder: stage.folder.path().join("out"), force: false };
        let delivered =
            handover::fetch(&stage.store, &state.run, &outcome.deliverables[0], &destination).await.unwrap();
        assert_eq!(delivered.file, destination.folder.join("failed/e-preview-360p.mp4"));
    });
}

#[test]
fn a_refused_source_names_its_item() {
    play(async {
        let stage = Stage::new().await;
        stage.worker();
        let _scheduler = stage.scheduler();
        stage.file("a.mov", "a");
        let error = order(&stage, RUNDOWN, vec![outlet(false)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().starts_with("e.toml:"), "{error}");

        stage.file("b.mov", "b");
        let mut order = order(&stage, RUNDOWN, vec![outlet(false)]).await.unwrap();
        stage.script.tell("b", Act::Fail(Disposition::Refused));
        let state = stage.carried_out("c", &Order::Render(Box::new(order.clone()))).await;
        assert_eq!(state.outcome.unwrap().verdict, RunVerdict::Refused);
        let message = state.message.unwrap();
        assert!(message.starts_with("e.toml:") && message.contains("b.mov"), "{message}");
        let made: Vec<_> = stage.script.counts().into_keys().collect();
        assert_eq!(made.len(), 1, "only {} of a", Kind::Inspect);

        order.sources.remove("b.mov");
        let state = stage.carried_out("d", &Order::Render(Box::new(order.clone()))).await;
        assert_eq!(state.outcome.unwrap().verdict, RunVerdict::Refused);
        order.rundown = "id = 7".into();
        let state = stage.carried_out("e", &Order::Render(Box::new(order))).await;
        assert_eq!(state.outcome.unwrap().verdict, RunVerdict::Request);
    });
}
