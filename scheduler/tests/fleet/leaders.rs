//! Commands and runs, whatever is sent twice, lost or killed.

use std::sync::Arc;
use std::time::Duration;

use bookend_broker::{Broker, Disorder};
use bookend_jobs::work::InspectLimits;
use bookend_jobs::{Disposition, Event, IngestOrder, Order, OrderedUpload, SourceAt};
use bookend_scheduler::run::Pace;
use bookend_scheduler::runs::{self, JobCounts, RunRequest, RunVerdict};
use bookend_scheduler::status::{self, Hearsay, ResultStanding};
use bookend_store::{Name, Store, layout};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::stage::{PERIOD, Stage, named, play, refusals};
use crate::watched::Holding;
use crate::worker::Act;

#[test]
fn commands_in_disorder_are_each_done_once() {
    for seed in 0..8 {
        play(async {
            let stage = Stage::with(Disorder::plenty(seed)).await;
            stage.worker();
            let _scheduler = stage.scheduler();
            let mut runs = Vec::new();
            for number in 0..5 {
                let order =
                    stage.uploads(&[&format!("one of {number}"), &format!("other of {number}"), "shared"]).await;
                let (id, order) = (format!("command-{number}"), named(&order, &format!("run-{number}")));
                runs.push((stage.send(&id, &order).await, id.clone()));
                stage.send(&id, &order).await;
            }
            for (run, id) in &runs {
                let state = stage.ended(run, id).await;
                assert_eq!((state.state.as_str(), state.total), ("done", 3), "seed {seed}: {state:?}");
                let accepted = stage.facts(run).await.iter().filter(|fact| *fact == "accepted.json").count();
                assert_eq!(accepted, 1, "seed {seed}");
            }
            let counts = stage.script.counts();
            assert_eq!((counts.len(), counts.values().max()), (11, Some(&1)), "seed {seed}");
        });
    }
}

#[test]
fn a_leader_killed_before_it_settles_a_command_loses_nothing() {
    for folder in ["runs/r/request.json", "runs/r/facts", "open/"] {
        play(async {
            let stage = Stage::new().await;
            stage.worker();
            let store = Arc::new(Holding { inner: stage.store.clone(), folder, held: Notify::new() });
            let first = stage.scheduler_on(store.clone());
            let order = named(&stage.uploads(&["a"]).await, "r");
            stage.send("c", &order).await;
            store.held.notified().await;
            first.kill().await;
            let _standby = stage.scheduler();
            let state = stage.ended("r", "c").await;
            assert_eq!(state.state, "done", "{folder}");
            let facts = stage.facts("r").await;
            assert_eq!(facts, ["accepted.json", "ended.json"], "{folder}");
        });
    }
}

#[test]
fn a_standby_goes_on_where_the_leader_was_lost() {
    play(async {
        let stage = Stage::new().await;
        let (first, second) = (stage.scheduler(), stage.scheduler());
        stage.script.tell("b", Act::Hold);
        let order = named(&stage.uploads(&["a", "b", "c"]).await, "r");
        stage.send("c", &order).await;
        stage.worker();
        stage.script.held.notified().await;
        // Whichever leads has published all; the other leads when it is gone.
        let (leader, standby) = if first.broker.total() > 0 { (first, second) } else { (second, first) };
        assert_eq!(standby.broker.total(), 0, "one leads");
        leader.kill().await;
        stage.script.release.notify_one();
        let state = stage.ended("r", "c").await;
        assert_eq!(state.state, "done");
        let counts = stage.script.counts();
        assert_eq!((counts.len(), counts.values().max()), (3, Some(&1)));
        standby.stop().await;
    });
}

#[test]
fn a_leader_that_is_cut_off_stops_and_stands_by() {
    play(async {
        let stage = Stage::new().await;
        let leader = stage.scheduler();
        stage.script.tell("a", Act::Hold);
        stage.worker();
        let order = named(&stage.uploads(&["a"]).await, "r");
        stage.send("c", &order).await;
        stage.script.held.notified().await;
        leader.broker.inner.cut();
        stage.script.release.notify_one();
        assert_eq!(stage.ended("r", "c").await.state, "done");
        assert!(stage.hub.try_lead().await.unwrap().is_none(), "it leads again, and only so ended the run");
        leader.stop().await;
        assert!(stage.hub.try_lead().await.unwrap().is_some(), "it left the seat to others");
    });
}

#[test]
fn a_cancelled_run_ends_and_nothing_is_published_for_it_any_more() {
    play(async {
        let stage = Stage::new().await;
        let scheduler = stage.scheduler();
        let words: Vec<String> = (0..100).map(|number| format!("upload {number}")).collect();
        words.iter().for_each(|words| stage.script.tell(words, Act::Hold));
        let order = named(&stage.uploads(&words.iter().map(String::as_str).collect::<Vec<_>>()).await, "r");
        stage.worker();
        stage.send("c", &order).await;
        stage.script.held.notified().await;
        stage.cancel("d", "r").await;
        let state = stage.ended("r", "d").await;
        assert_eq!((state.state.as_str(), &state.outcome), ("cancelled", &None));
        let published = scheduler.broker.total();
        assert!(published < 100, "the rest waited in the plan");

        // What asked for it, coming again, does not open it; asking anew does, and so would a retry.
        stage.send("c", &order).await;
        words.iter().for_each(|_| stage.script.release.notify_one());
        stage.script.acts.lock().unwrap().clear();
        stage.script.release.notify_one();
        let other = named(&stage.uploads(&["other"]).await, "other");
        assert_eq!(stage.carried_out("e", &other).await.state, "done");
        assert_eq!(scheduler.broker.total(), published + 1);
        assert_eq!(runs::read(&stage.store, "r").await.unwrap().state, "cancelled");

        scheduler.stop().await;
        let standby = stage.scheduler();
        assert_eq!(stage.carried_out("f", &other).await.state, "done", "asked again, it is planned again");
        assert_eq!(
            (standby.broker.total(), runs::read(&stage.store, "r").await.unwrap().state.as_str()),
            (0, "cancelled")
        );
        stage.retry("g", "r").await;
        assert_eq!(stage.ended("r", "g").await.state, "done");
    });
}

#[test]
fn a_retry_goes_on_from_where_it_was() {
    play(async {
        let stage = Stage::new().await;
        stage.worker();
        let scheduler = stage.scheduler();
        stage.script.tell("bad", Act::Fail(Disposition::Refused));
        for _ in 0..4 {
            stage.script.tell("unlucky", Act::Fail(Disposition::Retry));
        }
        let order = Order::Ingest(stage.uploads(&["good", "bad", "unlucky"]).await);
        let state = stage.carried_out("c", &order).await;
        let outcome = state.outcome.clone().unwrap();
        assert_eq!((state.state.as_str(), outcome.verdict), ("failed", RunVerdict::Other));
        assert_eq!(refusals(&state), [None, Some("told-so"), Some("told-so")]);
        assert_eq!(outcome.jobs, JobCounts { total: 3, reused: 0, made: 1 });
        assert_eq!(scheduler.broker.total(), 6, "one, one, and a first try with three more");

        stage.retry("d", &state.run).await;
        let state = stage.ended(&state.run, "d").await;
        let outcome = state.outcome.clone().unwrap();
        assert_eq!((state.state.as_str(), outcome.verdict, outcome.cpu_ms), ("done", RunVerdict::Done, 14));
        assert_eq!(outcome.jobs, JobCounts { total: 3, reused: 1, made: 2 });
        assert_eq!(scheduler.broker.total(), 8);
    });
}

#[test]
fn what_is_no_command_is_set_aside_and_the_next_is_done() {
    play(async {
        let stage = Stage::new().await;
        stage.worker();
        let _scheduler = stage.scheduler();
        let garbage: [&[u8]; 4] = [
            b"{",
            br#"{"version":9,"command":"cancel","run":"r"}"#,
            br#"{"version":1,"command":"ingest","lane":"fast","uploads":[{"source":{"key":"inbox/a"},"name":"a"}]}"#,
            br#"{"version":1,"command":"ingest","request":"../x","uploads":[{"source":{"key":"inbox/a"},"name":"a"}]}"#,
        ];
        for bytes in garbage {
            stage.hub.command(bytes.to_vec()).await.unwrap();
        }
        stage.cancel("c", "nobody").await;
        let order = named(&stage.uploads(&["a"]).await, "r");
        assert_eq!(stage.carried_out("d", &order).await.state, "done");
        assert_eq!(stage.hub.dead_letters(), garbage);
        assert_eq!(stage.store.folders(&layout::runs()).await.unwrap(), ["r"], "nothing was written for them");
    });
}

#[test]
fn an_upload_is_ingested_from_the_inbox_and_from_nowhere_else() {
    for remote in [false, true] {
        play(async {
            let stage = Stage::new().await;
            stage.worker();
            // A store elsewhere has no local path: the object is fetched.
            let holding = Holding { inner: stage.store.clone(), folder: "nowhere/", held: Notify::new() };
            let _scheduler = if remote { stage.scheduler_on(Arc::new(holding)) } else { stage.scheduler() };
            let name = Name::parse("inbox/4711/river.mov").unwrap();
            stage.store.put_bytes(&name, b"a river".to_vec()).await.unwrap();
            let at = |key: &str| OrderedUpload { source: SourceAt::Key(key.into()), name: "River.mov".into() };
            let absent = bookend_jobs::Digest::of(b"absent");
            let order = IngestOrder {
                request: None,
                lane: None,
                uploads: vec![
                    at("inbox/4711/river.mov"),
                    at("inbox/none"),
                    at("bookend.json"),
                    at("inbox/../bookend.json"),
                    OrderedUpload { source: SourceAt::Digest(absent), name: "absent".into() },
                ],
                limits: InspectLimits::default(),
            };
            let state = stage.carried_out("c", &Order::Ingest(order)).await;
            let missing = Some("missing");
            let outside = Some("not-in-inbox");
            assert_eq!(refusals(&state), [None, missing, outside, outside, missing]);
            let outcome = state.outcome.unwrap();
            assert_eq!(outcome.verdict, RunVerdict::Refused);
            assert_eq!(outcome.uploads[0].asset, Some(bookend_jobs::Digest::of(b"a river")));
            let left = std::fs::read_dir(stage.folder.path()).unwrap();
            assert_eq!(left.count(), 1, "the store, and no copy");
        });
    }
}

#[test]
fn the_run_of_a_command_in_one_process_is_left_to_it() {
    play(async {
        let stage = Stage::new().await;
        stage.worker();
        let graph = bookend_scheduler::graph::Graph::new();
        let embedded = runs::open(&stage.store, &RunRequest::ingest(&graph, 2), &graph).await.unwrap();
        let _scheduler = stage.scheduler();
        let order = named(&stage.uploads(&["a"]).await, "r");
        assert_eq!(stage.carried_out("c", &order).await.state, "done");
        stage.cancel("d", &embedded).await;
        assert_eq!(stage.carried_out("e", &order).await.state, "done");
        assert_eq!(runs::read(&stage.store, &embedded).await.unwrap().state, "open");
    });
}

#[test]
fn a_run_s_status_says_what_each_result_waits_for() {
    play(async {
        let stage = Stage::new().await;
        let pace = Pace { retry_after: vec![Duration::from_secs(3600)], period: PERIOD, ..Pace::default() };
        let _scheduler = stage.scheduler_at(pace.clone(), Arc::new(stage.store.clone()));
        stage.script.tell("bad", Act::Fail(Disposition::Refused));
        stage.script.tell("unlucky", Act::Fail(Disposition::Retry));
        let order = named(&stage.uploads(&["good", "bad", "unlucky"]).await, "r");
        let mut events = stage.hub.events().await.unwrap();
        stage.send("c", &order).await;
        stage.worker();
        let mut tries = 0;
        while tries < 3 {
            let Some(bookend_broker::Event::Told(event)) = events.next().await else { panic!("none is missed") };
            let event: Event = serde_json::from_slice(&event).unwrap();
            tries += usize::from(matches!(event, Event::Committed { .. } | Event::Failed { .. }));
        }
        let store: Arc<dyn Store> = Arc::new(stage.store.clone());
        let status = status::read(&store, "r", &pace.retry_after, &Hearsay::default()).await.unwrap();
        let of = |label: &str| &status.results.iter().find(|result| result.label == label).unwrap().standing;
        assert_eq!((status.run.state.as_str(), status.results.len()), ("open", 3));
        assert_eq!(*of("good.mov"), ResultStanding::Exists);
        assert!(matches!(of("bad.mov"), ResultStanding::Failed { reason } if reason.code == "told-so"));
        let ResultStanding::WaitingToRetry { tries: 1, until, .. } = of("unlucky.mov") else { panic!("{status:?}") };
        assert!(*until > Timestamp::now() + Duration::from_secs(3000));

        stage.cancel("d", "r").await;
        stage.ended("r", "d").await;
        let status = status::read(&store, "r", &pace.retry_after, &Hearsay::default()).await.unwrap();
        assert_eq!(status.run.state, "cancelled");
        assert!(status.results.iter().all(|result| !matches!(result.standing, ResultStanding::WaitingToRetry { .. })));
    });
}
