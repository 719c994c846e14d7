use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bookend_jobs::facts::{Facts, SoundFacts};
use bookend_jobs::work::{Inspect, InspectLimits, Work};
use bookend_jobs::{AttemptId, Commit, Disposition, Engine, Input, Key, Reason, Request, Verdict};
use jiff::Timestamp;
use tokio::time::Instant;

use super::Board;
use crate::graph::{About, Graph};
use crate::run::{News, Outcome, Pace};

fn engine() -> Engine {
    Engine { recipes: 1, avcodec: "59.37".into(), x264: "164".into() }
}

fn add(graph: &mut Graph, name: &str, cpu_estimate_ms: u64, inputs: &[Key]) -> Key {
    let named = inputs.iter().enumerate().map(|(n, key)| (format!("{name}-{n}"), Input::Result(*key)));
    let source = bookend_jobs::Digest::of(name.as_bytes());
    let request = Request {
        work: Work::Inspect(Inspect { picture_track: None, sound_track: None, limits: InspectLimits::default() }),
        inputs: named.chain([("source".into(), Input::Source(source))]).collect(),
    };
    graph.insert(request, &engine(), About { label: name.into(), cpu_estimate_ms, ..About::default() })
}

/// Two chunks, a mix, what joins them, and one that stands alone.
struct Case {
    graph: Graph,
    chunks: [Key; 2],
    mix: Key,
    joined: Key,
    alone: Key,
}

fn case() -> Case {
    let mut graph = Graph::new();
    let chunks = [add(&mut graph, "chunk 1", 50, &[]), add(&mut graph, "chunk 2", 60, &[])];
    let mix = add(&mut graph, "mix", 5, &[]);
    let joined = add(&mut graph, "joined", 10, &[chunks[0], chunks[1], mix]);
    let alone = add(&mut graph, "alone", 55, &[]);
    Case { graph, chunks, mix, joined, alone }
}

fn commit(key: Key) -> Commit {
    let facts = SoundFacts {
        file: String::new(),
        first_sample: 0,
        samples: 0,
        span_lufs: None,
        source_lufs: None,
        source_samples: 0,
        peak: 0.0,
        conform: vec![],
    };
    Commit {
        version: 1,
        key,
        attempt: AttemptId("a".into()),
        files: BTreeMap::new(),
        facts: Facts::Sound(facts),
        worker: "w".into(),
        engine: engine(),
        started: Timestamp::UNIX_EPOCH,
        committed: Timestamp::UNIX_EPOCH,
        cpu_ms: 3,
    }
}

fn verdict(key: Key, attempt: &str, disposition: Disposition) -> Verdict {
    Verdict {
        version: 1,
        key,
        attempt: AttemptId(attempt.into()),
        disposition,
        reason: Reason { code: attempt.into(), message: String::new() },
        worker: "w".into(),
        at: Timestamp::UNIX_EPOCH,
        log: String::new(),
    }
}

fn publish(board: &mut Board<'_>, now: Instant) -> Vec<Key> {
    let ready = board.ready(now);
    for keys in &ready {
        keys.iter().for_each(|&key| board.earlier(key, BTreeSet::new()));
        board.published(keys, now);
    }
    ready.into_iter().flatten().collect()
}

fn reasons(outcome: &Outcome) -> Vec<(Key, Disposition, &str)> {
    outcome.failures.iter().map(|one| (one.key, one.disposition, one.reason.code.as_str())).collect()
}

#[test]
fn the_longest_chain_goes_first_and_what_is_out_is_not_published_again() {
    let (case, pace, now) = (case(), Pace::default(), Instant::now());
    let mut board = Board::new(&case.graph, &pace);
    assert_eq!(publish(&mut board, now), [case.chunks[1], case.chunks[0], case.alone, case.mix]);
    assert_eq!(publish(&mut board, now), []);
}

#[test]
fn fan_in_is_a_matter_of_sets_however_often_and_in_whatever_order_one_is_told() {
    let (case, pace, now) = (case(), Pace::default(), Instant::now());
    let mut board = Board::new(&case.graph, &pace);
    board.exists(case.mix, commit(case.mix), true);
    publish(&mut board, now);
    for _ in 0..3 {
        board.exists(case.chunks[1], commit(case.chunks[1]), false);
    }
    assert_eq!(publish(&mut board, now), [], "three tellings of one are not three");
    board.exists(case.chunks[0], commit(case.chunks[0]), false);
    assert_eq!(publish(&mut board, now), [case.joined]);
    board.exists(case.joined, commit(case.joined), false);
    board.exists(case.alone, commit(case.alone), false);
    assert!(board.is_finished());
    let outcome = board.into_outcome();
    assert_eq!(outcome.reused, BTreeSet::from([case.mix]));
    assert_eq!((outcome.made.len(), outcome.cpu_ms, outcome.commits.len()), (4, 12, 5));
    assert!(outcome.is_complete());
}

#[test]
fn the_window_bounds_what_is_out() {
    let (mut graph, pace, now) = (Graph::new(), Pace { slots: 20, ..Pace::default() }, Instant::now());
    for n in 0..200 {
        add(&mut graph, &n.to_string(), 1, &[]);
    }
    let mut board = Board::new(&graph, &pace);
    let out = publish(&mut board, now);
    assert_eq!(out.len(), 80);
    board.exists(out[0], commit(out[0]), false);
    assert_eq!(publish(&mut board, now).len(), 1);
    assert_eq!(Pace::default().window(), 64);
}

#[test]
fn tries_follow_after_each_pause_and_then_no_more() {
    let (case, pace) = (case(), Pace::default());
    let (mut board, mut now) = (Board::new(&case.graph, &pace), Instant::now());
    for seconds in [5, 30, 120] {
        publish(&mut board, now);
        let attempt = seconds.to_string();
        for _ in 0..2 {
            board.verdicts(case.mix, vec![verdict(case.mix, &attempt, Disposition::Retry)], now);
        }
        let due = now + Duration::from_secs(seconds);
        assert_eq!(board.next_due(), Some(due));
        assert_eq!(publish(&mut board, due - Duration::from_millis(1)), []);
        assert!(!board.is_finished());
        now = due;
    }
    assert_eq!(publish(&mut board, now), [case.mix]);
    board.verdicts(case.mix, vec![verdict(case.mix, "last", Disposition::Retry)], now);
    assert_eq!(publish(&mut board, now + Duration::from_secs(999)), []);
    let told: Vec<_> = board.take_notices().into_iter().map(|notice| notice.news).collect();
    assert_eq!(told.iter().filter(|news| matches!(news, News::Retrying { .. })).count(), 3);
    let outcome = board.into_outcome();
    assert_eq!(reasons(&outcome), [(case.mix, Disposition::Retry, "last")]);
    assert_eq!(outcome.failures[0].verdicts.len(), 4);
    assert_eq!(outcome.blocked, BTreeSet::from([case.joined]));
}

#[test]
fn a_refusal_is_final_and_other_branches_go_on() {
    let (case, pace, now) = (case(), Pace::default(), Instant::now());
    let mut board = Board::new(&case.graph, &pace);
    publish(&mut board, now);
    board.verdicts(case.chunks[0], vec![verdict(case.chunks[0], "no", Disposition::Refused)], now);
    assert!(!board.is_finished());
    for key in [case.alone, case.mix, case.chunks[1]] {
        board.exists(key, commit(key), false);
    }
    assert!(board.is_finished());
    let outcome = board.into_outcome();
    assert_eq!(reasons(&outcome), [(case.chunks[0], Disposition::Refused, "no")]);
    assert_eq!((outcome.made.len(), outcome.blocked), (3, BTreeSet::from([case.joined])));
}

#[test]
fn verdicts_of_earlier_runs_do_not_count() {
    let (case, pace, now) = (case(), Pace::default(), Instant::now());
    let mut board = Board::new(&case.graph, &pace);
    let old = verdict(case.mix, "old", Disposition::Refused);
    assert!(board.wants_earlier(case.mix));
    board.earlier(case.mix, BTreeSet::from([old.attempt.clone()]));
    board.published(&BTreeSet::from([case.mix]), now);
    assert!(!board.is_news(case.mix, &old.attempt));
    board.verdicts(case.mix, vec![old], now);
    assert!(board.is_out(case.mix));
}

#[test]
fn a_lost_input_is_made_again_before_what_needs_it() {
    let (case, pace, now) = (case(), Pace::default(), Instant::now());
    let mut board = Board::new(&case.graph, &pace);
    for key in [case.mix, case.chunks[0], case.chunks[1], case.alone] {
        board.exists(key, commit(key), true);
    }
    assert_eq!(publish(&mut board, now), [case.joined]);
    for _ in 0..2 {
        board.lost(case.mix);
    }
    assert_eq!(publish(&mut board, now), [case.mix], "and not what it is for");
    board.exists(case.mix, commit(case.mix), false);
    assert_eq!(publish(&mut board, now), [case.joined]);
    board.exists(case.joined, commit(case.joined), false);
    let outcome = board.into_outcome();
    assert_eq!(outcome.made, BTreeSet::from([case.mix, case.joined]));
    assert!(outcome.is_complete());
}

#[test]
fn a_store_that_loses_a_result_again_and_again_fails_it() {
    let (case, pace, now) = (case(), Pace::default(), Instant::now());
    let mut board = Board::new(&case.graph, &pace);
    for _ in 0..4 {
        board.exists(case.mix, commit(case.mix), false);
        board.lost(case.mix);
    }
    board.exists(case.mix, commit(case.mix), false);
    assert!(!publish(&mut board, now).contains(&case.mix));
    assert_eq!(reasons(&board.into_outcome()), [(case.mix, Disposition::Retry, "store-loses")]);
}

#[test]
fn an_input_outside_the_plan_must_exist() {
    let (mut graph, pace, now) = (Graph::new(), Pace::default(), Instant::now());
    let (there, gone) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
    let good = add(&mut graph, "good", 1, &[there]);
    let bad = add(&mut graph, "bad", 1, &[there, gone]);
    let mut board = Board::new(&graph, &pace);
    board.meet(there);
    board.lost(gone);
    assert_eq!(publish(&mut board, now), [good]);
    assert_eq!(reasons(&board.into_outcome()), [(bad, Disposition::Bug, "input-not-planned")]);
}

#[test]
fn silence_is_a_lost_message_sooner_in_an_empty_lane() {
    let (case, pace, now) = (case(), Pace::default(), Instant::now());
    let mut board = Board::new(&case.graph, &pace);
    let out = publish(&mut board, now);
    let (almost, lease) = (now + Duration::from_secs(59), now + Duration::from_secs(60));
    board.sign(&[case.mix], &News::Progress { done: 1, total: 2 }, almost);
    assert_eq!(board.withdraw_silent(almost, true), BTreeSet::new());
    assert_eq!(board.withdraw_silent(lease, false), BTreeSet::new());
    let silent = board.withdraw_silent(lease, true);
    assert_eq!(silent, out.into_iter().filter(|key| *key != case.mix).collect());
    assert_eq!(publish(&mut board, lease).into_iter().collect::<BTreeSet<_>>(), silent);
    assert_eq!(board.withdraw_silent(now + Duration::from_secs(660), false).len(), 4);
}
