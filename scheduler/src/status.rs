//! Where each result of a run stands, and what it waits for: from the store, and from events where somebody listens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bookend_jobs::{Disposition, Event, Key, Kind, Reason, Verdict};
use bookend_store::Store;
use jiff::Timestamp;
use serde::Serialize;

use crate::SchedulerError;
use crate::run::{sights, verdict};
use crate::runs::{self, PlannedResult, RunState};

/// A run and its results.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RunStatus {
    /// The run.
    #[serde(flatten)]
    pub run: RunState,
    /// Its results, in the order of what is made of what; none before it is planned.
    pub results: Vec<ResultStatus>,
}

/// Where one result stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ResultStatus {
    /// Its key.
    pub key: Key,
    /// What kind of result it is.
    pub kind: Kind,
    /// Its place, for people.
    pub label: String,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: ResultStanding,
}

/// Where a result stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum ResultStanding {
    /// It is made.
    Exists,
    /// A worker is at it, as far as was heard.
    Running {
        /// Which one, when its start was heard.
        #[serde(skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
        /// Since when this was heard of.
        since: Timestamp,
        /// Units done: frames or samples, of the whole job.
        #[serde(skip_serializing_if = "Option::is_none")]
        done: Option<u64>,
        /// Units in all.
        #[serde(skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
    },
    /// Nothing stands in its way: it is in its lane, or will be when the lane has room.
    Ready,
    /// It waits for what it is made from.
    WaitingForInputs {
        /// Those that do not exist yet.
        inputs: Vec<Key>,
    },
    /// A try ended badly; the next may start then.
    WaitingToRetry {
        /// Why the last try ended.
        reason: Reason,
        /// Tries so far.
        tries: usize,
        /// When the next may start.
        until: Timestamp,
    },
    /// It will not be made in this run.
    Failed {
        /// Why.
        reason: Reason,
    },
    /// The run ended without it.
    NotMade,
}

/// What was heard of results being made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hearsay {
    running: BTreeMap<Key, ResultStanding>,
}

impl Hearsay {
    /// Takes note of an event, heard at this time.
    pub fn hear(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::Started { keys, worker } => {
                for &key in keys {
                    let worker = Some(worker.clone());
                    self.running.insert(key, ResultStanding::Running { worker, since: at, done: None, total: None });
                }
            }
            Event::Progress { keys, done, total } => {
                for &key in keys {
                    let (worker, since) = match self.running.remove(&key) {
                        Some(ResultStanding::Running { worker, since, .. }) => (worker, since),
                        _ => (None, at),
                    };
                    let running = ResultStanding::Running { worker, since, done: Some(*done), total: Some(*total) };
                    self.running.insert(key, running);
                }
            }
            Event::Committed { keys, .. } | Event::Failed { keys, .. } => {
                keys.iter().for_each(|key| drop(self.running.remove(key)));
            }
            Event::RunOpened { .. } | Event::RunEnded { .. } => {}
        }
    }
}

/// Reads where a run's results stand. `retry_after` are the pauses that the scheduler makes, as
/// [`Pace::retry_after`](crate::run::Pace::retry_after).
///
/// # Errors
/// When there is no such run, or the store fails.
pub async fn read(
    store: &Arc<dyn Store>,
    run: &str,
    retry_after: &[Duration],
    heard: &Hearsay,
) -> Result<RunStatus, SchedulerError> {
    let state = runs::read(&**store, run).await?;
    let planned = runs::results(&**store, run).await?;
    let opened = runs::opened(&**store, run).await?;
    let keys: BTreeSet<Key> = planned.iter().map(|result| result.key).collect();
    let mut made = BTreeSet::new();
    let mut verdicts: BTreeMap<Key, Vec<Verdict>> = BTreeMap::new();
    for (key, sight) in sights(store, &keys).await? {
        if sight.commit.is_some() {
            made.insert(key);
            continue;
        }
        for attempt in &sight.ended {
            let verdict = verdict(&**store, key, attempt).await?;
            verdicts.entry(key).or_default().extend(verdict.filter(|verdict| verdict.at >= opened));
        }
    }
    let is_open = state.state == "open";
    let view = View { made, verdicts, heard, retry_after, is_open };
    let results = planned.into_iter().map(|result| ResultStatus {
        standing: view.of(&result),
        key: result.key,
        kind: result.kind,
        label: result.label,
    });
    Ok(RunStatus { run: state, results: results.collect() })
}

/// What a standing follows from.
struct View<'a> {
    made: BTreeSet<Key>,
    /// Of tries since the run was opened last.
    verdicts: BTreeMap<Key, Vec<Verdict>>,
    heard: &'a Hearsay,
    retry_after: &'a [Duration],
    is_open: bool,
}

impl View<'_> {
    fn of(&self, result: &PlannedResult) -> ResultStanding {
        if self.made.contains(&result.key) {
            return ResultStanding::Exists;
        }
        let tries = self.verdicts.get(&result.key).map(Vec::as_slice).unwrap_or_default();
        let last = tries.iter().max_by_key(|verdict| verdict.at);
        let end = tries.iter().find(|verdict| verdict.disposition != Disposition::Retry);
        if let Some(end) = end {
            return ResultStanding::Failed { reason: end.reason.clone() };
        }
        let pause = tries.len().checked_sub(1).map(|at| self.retry_after.get(at));
        if let (Some(last), Some(None)) = (last, pause) {
            return ResultStanding::Failed { reason: last.reason.clone() };
        }
        if !self.is_open {
            return last.map_or(ResultStanding::NotMade, |last| ResultStanding::Failed { reason: last.reason.clone() });
        }
        if let Some(running) = self.heard.running.get(&result.key) {
            return running.clone();
        }
        let missing = result.inputs.iter().copied().filter(|input| !self.made.contains(input));
        let inputs: Vec<Key> = missing.collect();
        match (last, pause) {
            (Some(last), Some(Some(pause))) => ResultStanding::WaitingToRetry {
                reason: last.reason.clone(),
                tries: tries.len(),
                until: last.at.checked_add(*pause).unwrap_or(last.at),
            },
            _ if inputs.is_empty() => ResultStanding::Ready,
            _ => ResultStanding::WaitingForInputs { inputs },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Key {
        Key::from_bytes([number; 32])
    }

    fn result(number: u8, inputs: &[u8]) -> PlannedResult {
        let inputs = inputs.iter().map(|&number| key(number)).collect();
        PlannedResult { key: key(number), kind: Kind::Picture, label: String::new(), inputs }
    }

    fn view(heard: &Hearsay) -> View<'_> {
        View { made: BTreeSet::new(), verdicts: BTreeMap::new(), heard, retry_after: &[], is_open: true }
    }

    #[test]
    fn what_is_heard_of_a_result_is_told_until_its_try_ends() {
        let mut heard = Hearsay::default();
        let (first, later) = (Timestamp::from_second(10).unwrap(), Timestamp::from_second(20).unwrap());
        heard.hear(&Event::Started { keys: vec![key(1)], worker: "w".into() }, first);
        heard.hear(&Event::Progress { keys: vec![key(1), key(2)], done: 3, total: 9 }, later);
        let running = |worker: Option<&str>, since| ResultStanding::Running {
            worker: worker.map(str::to_owned),
            since,
            done: Some(3),
            total: Some(9),
        };
        assert_eq!(view(&heard).of(&result(1, &[])), running(Some("w"), first));
        assert_eq!(view(&heard).of(&result(2, &[])), running(None, later));
        heard.hear(&Event::Committed { keys: vec![key(1)], cpu_ms: 1 }, later);
        assert_eq!(view(&heard).of(&result(1, &[])), ResultStanding::Ready);
    }

    #[test]
    fn a_result_waits_for_inputs_that_do_not_exist() {
        let heard = Hearsay::default();
        let mut view = View { made: BTreeSet::from([key(1)]), ..view(&heard) };
        assert_eq!(view.of(&result(1, &[])), ResultStanding::Exists);
        let waiting = ResultStanding::WaitingForInputs { inputs: vec![key(2)] };
        assert_eq!(view.of(&result(3, &[1, 2])), waiting);
        assert_eq!(view.of(&result(3, &[1])), ResultStanding::Ready);
        view.is_open = false;
        assert_eq!(view.of(&result(3, &[1, 2])), ResultStanding::NotMade);
    }
}
