//! Messages and events that come twice, late, in another order, or not at all.

use std::collections::BTreeSet;
use std::time::Duration;

use bookend_broker::{Broker, Disorder, Lane};
use bookend_jobs::Key;
use bookend_scheduler::graph::Graph;
use bookend_scheduler::run::News;
use tokio::sync::watch;

use crate::stage::{Script, Stage, play};

/// Three layers, two encodings in the first.
pub fn lattice(stage: &Stage) -> (Graph, Vec<Key>) {
    let mut graph = Graph::new();
    let script = Script::default().with("log", stage.log());
    let mut chunks = Vec::new();
    for n in 0..3 {
        for encoding in [1, 2] {
            chunks.push(Script { encoding, ..script.clone() }.add(&mut graph, &format!("chunk {n}")));
        }
    }
    let mix = script.clone().from([chunks[0]]).add(&mut graph, "mix");
    let join = |graph: &mut Graph, from: usize, name| {
        let inputs = chunks.iter().skip(from).step_by(2).copied().chain([mix]);
        script.clone().from(inputs).add(graph, name)
    };
    let ends = vec![join(&mut graph, 0, "one"), join(&mut graph, 1, "other")];
    (graph, ends)
}

pub fn any_disorder_ends_with_every_result_once() {
    for seed in 0..10 {
        play(async {
            let mut stage = Stage::new();
            stage.disorder = Disorder { lose_per_mille: 300, ..Disorder::plenty(seed) };
            let (graph, _) = lattice(&stage);
            let (outcome, told) = stage.run(&graph).await;
            assert!(outcome.is_complete(), "seed {seed}: {:?}", outcome.failures);
            assert_eq!(outcome.made, graph.nodes().map(|node| node.key).collect::<BTreeSet<_>>());
            assert!(stage.made().values().all(|&times| times == 1), "seed {seed}: {:?}", stage.made());
            let committed = told.iter().filter(|notice| matches!(notice.news, News::Committed { .. })).count();
            assert_eq!(committed, graph.len(), "seed {seed}: each is told once");
        });
    }
}

pub fn a_lost_message_is_published_again() {
    play(async {
        let mut stage = Stage::new();
        stage.pace.lease = Duration::from_millis(100);
        let (graph, _) = lattice(&stage);
        let (store, broker) = (stage.store().await, stage.broker());
        let (_cancel, never) = watch::channel(false);
        let means = stage.means(&store, &broker);
        // Somebody settles a message without doing anything for it.
        let losing_one = async {
            broker.take(&Lane::ALL).await.unwrap().receipt.settle().await.unwrap();
            let _embedded = stage.embedded(&store, &broker);
            std::future::pending::<()>().await
        };
        tokio::select! {
            outcome = stage.alone(&graph, &means, never) => assert!(outcome.unwrap().is_complete()),
            () = losing_one => {}
        }
    });
}
