//! How jobs end, one by one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bookend_broker::{Broker, InProcess, Lane};
use bookend_jobs::{Disposition, Engine, Key, Verdict};
use bookend_sandbox::{ChildProgram, Limits, Spawner};
use bookend_scheduler::graph::Graph;
use bookend_scheduler::run::{News, RunError};
use bookend_store::{Digest, Listing, Store, layout};
use bookend_worker::{Embedded, Settings, WorkerError, ask_engine};
use tokio::sync::watch;

use crate::acts;
use crate::stage::{Script, Stage, holder, outfit, play, scratch};

pub fn each_bad_ending_has_its_verdict() {
    use Disposition::{Bug, Refused, Retry};
    let cases = [
        ("crash", Retry, "child-crashed"),
        ("leave", Retry, "child-failed"),
        ("refuse", Refused, "no-picture-or-sound"),
        ("unproved", Bug, "proof-failed"),
        ("panic", Bug, "panic"),
        ("no-file", Bug, "file-not-made"),
        ("link", Bug, "file-not-made"),
        ("bad-name", Bug, "bad-file-name"),
        ("twice", Bug, "file-named-twice"),
        ("other-keys", Bug, "wrong-results"),
        ("no-room", Retry, "no-space"),
    ];
    play(async {
        let mut stage = Stage::new();
        stage.pace.retry_after.clear();
        // As in a fleet: one machine's full disk is a try that ended badly.
        stage.settings.give_up_after = None;
        let mut graph = Graph::new();
        for (act, ..) in cases {
            let scratch_bytes = if act == "no-room" { u64::MAX } else { 0 };
            Script { scratch_bytes, ..Script::act(act) }.add(&mut graph, act);
        }
        let (outcome, _) = stage.run(&graph).await;
        assert_eq!((outcome.made.len(), outcome.blocked.len()), (0, 0));
        for (act, disposition, code) in cases {
            let failure = outcome.failures.iter().find(|failure| failure.label == act).unwrap();
            assert_eq!((failure.disposition, failure.reason.code.as_str()), (disposition, code), "{act}: {failure:?}");
            let stored = verdicts(&stage, failure.key).await;
            assert_eq!(failure.verdicts, stored, "{act}");
            assert_eq!(stored.len(), 1);
        }
    });
}

async fn verdicts(stage: &Stage, key: Key) -> Vec<Verdict> {
    let store = stage.store().await;
    let listed = Listing::new(&store, layout::verdicts(&Digest::from(*key.as_bytes()))).collect().await.unwrap();
    let mut verdicts: Vec<Verdict> = Vec::new();
    for object in listed {
        verdicts.push(serde_json::from_slice(&store.get_bytes(&object.name, 1 << 20).await.unwrap()).unwrap());
    }
    verdicts.sort_by_key(|verdict| verdict.at);
    verdicts
}

pub fn a_crash_is_tried_four_times() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        std::fs::create_dir(stage.path("tries")).unwrap();
        let tries = stage.path("tries");
        Script::act("crash-times").with("times", "99").with("folder", &tries).add(&mut graph, "one");
        let (outcome, told) = stage.run(&graph).await;
        let [failure] = outcome.failures.as_slice() else { panic!("{outcome:?}") };
        assert_eq!(failure.verdicts.len(), 4);
        for (n, verdict) in failure.verdicts.iter().enumerate() {
            assert_eq!(verdict.disposition, Disposition::Retry);
            assert!(verdict.log.contains(&format!("crashing at try {n}")), "{}", verdict.log);
        }
        assert_eq!(std::fs::read_dir(tries).unwrap().count(), 4);
        assert_eq!(told.iter().filter(|notice| matches!(notice.news, News::Retrying { .. })).count(), 3);
        assert_eq!(told.iter().filter(|notice| matches!(notice.news, News::Failed { .. })).count(), 1);
        // Asked again, it gets four new tries: earlier verdicts do not count.
        let (again, _) = stage.run(&graph).await;
        assert_eq!(again.failures[0].verdicts.len(), 4);
        assert_eq!(verdicts(&stage, failure.key).await.len(), 8);
    });
}

pub fn what_goes_better_another_time_is_made() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        std::fs::create_dir(stage.path("tries")).unwrap();
        let script = Script::act("crash-times").with("times", "3").with("folder", stage.path("tries"));
        let key = script.add(&mut graph, "one");
        let after = Script::default().from([key]).add(&mut graph, "after");
        let outcome = stage.complete(&graph).await;
        assert_eq!(outcome.made, BTreeSet::from([key, after]));
        assert_eq!(verdicts(&stage, key).await.len(), 3);
    });
}

pub fn one_pass_makes_several_results() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        let script = |encoding| Script { encoding, ..Script::default().with("log", stage.log()) };
        let keys = [1, 2, 3].map(|encoding| script(encoding).add(&mut graph, "pass"));
        let first = stage.complete(&graph).await;
        let attempts: BTreeSet<_> = first.commits.values().map(|commit| &commit.attempt).collect();
        assert_eq!(attempts.len(), 1, "one try made all");
        assert_eq!(first.commits.values().map(|commit| commit.cpu_ms).sum::<u64>(), first.cpu_ms);
        let (least, most) =
            (first.commits.values().map(|c| c.cpu_ms).min(), first.commits.values().map(|c| c.cpu_ms).max());
        assert!(most.unwrap() - least.unwrap() <= 2, "the rest of a division");
        // One more is made alone.
        let more = script(4).add(&mut graph, "pass");
        let second = stage.complete(&graph).await;
        assert_eq!((second.made, second.reused), (BTreeSet::from([more]), keys.into()));
        assert!(stage.made().values().all(|&times| times == 1));
    });
}

pub fn limits_end_a_child() {
    play(async {
        let mut stage = Stage::new();
        stage.pace.retry_after.clear();
        for (act, limits, code) in [
            ("stall", Limits { no_progress: Duration::from_millis(300), ..Limits::default() }, "no-progress"),
            ("count", Limits { wall: Duration::from_millis(300), ..Limits::default() }, "wall-limit"),
        ] {
            stage.settings.limits = limits;
            let mut graph = Graph::new();
            Script::act(act).add(&mut graph, act);
            let (outcome, _) = stage.run(&graph).await;
            assert_eq!(outcome.failures[0].reason.code, code);
            assert_eq!(outcome.failures[0].disposition, Disposition::Retry);
        }
    });
}

pub fn a_poisoned_job_hurts_only_itself() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        let good: Vec<Key> = (0..5).map(|n| Script::default().add(&mut graph, &format!("good {n}"))).collect();
        let poison = Script::act("crash").add(&mut graph, "poison");
        let joined = Script::default().from(good.clone()).add(&mut graph, "joined");
        let behind = Script::default().from([good[0], poison]).add(&mut graph, "behind");
        let last = Script::default().from([behind, joined]).add(&mut graph, "last");
        let (outcome, _) = stage.run(&graph).await;
        assert_eq!(outcome.made, good.into_iter().chain([joined]).collect());
        assert_eq!(outcome.failures.iter().map(|failure| failure.key).collect::<Vec<_>>(), [poison]);
        assert_eq!(outcome.blocked, BTreeSet::from([behind, last]));
    });
}

pub fn a_stopped_worker_gives_back() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        let fifo = stage.fifo("fifo");
        Script::act("hold").with("fifo", &fifo).add(&mut graph, "held");
        let (store, broker) = (stage.store().await, stage.broker());
        let embedded = stage.embedded(&store, &broker);
        let (_cancel, never) = watch::channel(false);
        let means = stage.means(&store, &broker);
        let stopping = async {
            let gone = holder(fifo).await;
            assert_eq!(scratch(&store), 1, "the held job's");
            embedded.stop().await.unwrap();
            gone.await;
        };
        tokio::select! {
            outcome = stage.alone(&graph, &means, never) => panic!("{outcome:?}"),
            () = stopping => {}
        }
        assert_eq!(scratch(&store), 0);
        assert_eq!(broker.depth(Lane::Render).await.unwrap(), 1, "the message came back");
        let taken = broker.take(&Lane::ALL).await.unwrap();
        assert_eq!(taken.losses, 0, "and it does not count as lost");
    });
}

pub fn a_run_can_be_cancelled() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        Script::default().add(&mut graph, "never taken");
        let (store, broker) = (stage.store().await, stage.broker());
        let (cancel, cancelled) = watch::channel(false);
        let means = stage.means(&store, &broker);
        let cancelling = async {
            broker.take(&Lane::ALL).await.unwrap();
            cancel.send_replace(true);
        };
        let (outcome, ()) = tokio::join!(stage.alone(&graph, &means, cancelled), cancelling);
        assert!(matches!(outcome, Err(RunError::Interrupted)));
    });
}

pub fn a_worker_without_children_gives_up() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        Script::default().add(&mut graph, "never made");
        let (store, broker) = (stage.store().await, stage.broker());
        let spawner = Spawner::new(ChildProgram::at("/no/such/program")).unwrap();
        let carrier: Arc<dyn Broker> = broker.clone();
        let settings = stage.settings.clone();
        let mut embedded = Embedded::start_with(outfit(&store, carrier, spawner), settings);
        let (_cancel, never) = watch::channel(false);
        let means = stage.means(&store, &broker);
        tokio::select! {
            outcome = stage.alone(&graph, &means, never) => panic!("{outcome:?}"),
            ended = embedded.ended() => match ended {
                Err(WorkerError::Trouble { tries: 4, reason }) => assert_eq!(reason.code, "no-child"),
                other => panic!("{other:?}"),
            },
        }
        assert_eq!(scratch(&store), 0);
    });
}

pub fn a_child_says_its_engine() {
    play(async {
        let stage = Stage::new();
        let spawner = Spawner::new(ChildProgram::current()).unwrap();
        assert_eq!(ask_engine(&spawner, &stage.folder).await.unwrap(), acts::engine());
    });
}

pub fn messages_for_others() {
    play(async {
        let (stage, mut graph) = (Stage::new(), Graph::new());
        let key = Script::default().add(&mut graph, "one");
        let (store, broker) = (stage.store().await, Arc::new(InProcess::new()));
        let mut message = graph.message(&[key].into(), &acts::engine(), "run").unwrap();
        message.version = 99;
        let unreadable = [b"garbage".to_vec(), serde_json::to_vec(&message).unwrap()];
        for bytes in &unreadable {
            broker.publish(Lane::Render, bytes.clone()).await.unwrap();
        }
        let other = Engine { recipes: 8, ..acts::engine() };
        let mut foreign = Graph::new();
        foreign.insert(graph.get(key).unwrap().request.clone(), &other, Default::default());
        let message = foreign.message(&foreign.nodes().map(|node| node.key).collect(), &other, "run").unwrap();
        broker.publish(Lane::Render, serde_json::to_vec(&message).unwrap()).await.unwrap();
        let carrier: Arc<dyn Broker> = broker.clone();
        let spawner = Spawner::new(ChildProgram::current()).unwrap();
        let settings = Settings { slots: 1, ..stage.settings.clone() };
        let mut embedded = Embedded::start_with(outfit(&store, carrier, spawner), settings);
        match embedded.ended().await {
            Err(WorkerError::Trouble { reason, .. }) => assert_eq!(reason.code, "other-engine"),
            ended => panic!("{ended:?}"),
        }
        assert_eq!(broker.dead_letters(), unreadable);
        assert_eq!(broker.depth(Lane::Render).await.unwrap(), 1, "what is for another engine is there for it");
    });
}
