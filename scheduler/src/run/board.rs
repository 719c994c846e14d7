//! Where every result of a run stands: what is ready, out, made, failed, and why. Pure: no clock, no store, no broker.
//!
//! Fan-in compares sets of keys, never counts, so telling the board anything twice, late or in another order changes
//! nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bookend_jobs::{AttemptId, Commit, Disposition, Key, Reason, Verdict};
use tokio::time::Instant;

use super::{Failure, News, Notice, Outcome, Pace};
use crate::graph::Graph;

/// How often one result may be found gone or damaged and be made again in one run, before the store is to blame.
const REMAKES: u32 = 3;
/// Times the lease after which a job in a lane that is never empty is held to be lost.
const BUSY_LANE_LEASES: u32 = 10;

/// Where every result of a run stands.
pub(crate) struct Board<'run> {
    graph: &'run Graph,
    pace: &'run Pace,
    tasks: BTreeMap<Key, Task>,
    dependants: BTreeMap<Key, BTreeSet<Key>>,
    /// Sets of results made in one pass; those that most depends on first.
    passes: Vec<BTreeSet<Key>>,
    out: BTreeMap<u64, Job>,
    jobs: u64,
    notices: Vec<Notice>,
    outcome: Outcome,
}

/// Where one result stands.
struct Task {
    state: State,
    /// What it is made from that does not exist yet.
    unmet: BTreeSet<Key>,
    /// Verdicts of earlier runs; asking again is what gives a result new tries.
    earlier: Option<BTreeSet<AttemptId>>,
    verdicts: Vec<Verdict>,
    remakes: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// To be published once nothing is unmet, but not before this.
    Waiting(Option<Instant>),
    /// In the job of this number.
    Out(u64),
    Done,
    Failed,
    Blocked,
}

/// A published message.
struct Job {
    keys: BTreeSet<Key>,
    last_sign: Instant,
}

impl<'run> Board<'run> {
    /// Sets up a board on which nothing is made yet.
    pub(crate) fn new(graph: &'run Graph, pace: &'run Pace) -> Self {
        let dependants = graph.dependants();
        let tasks = graph.nodes().map(|node| (node.key, Task::new(node.needs()))).collect();
        let mut passes = graph.jobs();
        let ranks = ranks(graph, &dependants);
        let rank = |pass: &BTreeSet<Key>| pass.iter().filter_map(|key| ranks.get(key)).max().copied();
        passes.sort_by_key(|pass| Reverse(rank(pass)));
        Board {
            graph,
            pace,
            tasks,
            dependants,
            passes,
            out: BTreeMap::new(),
            jobs: 0,
            notices: Vec::new(),
            outcome: Outcome::default(),
        }
    }

    /// Notes that a result exists whole: `reused` when it did before the run.
    pub(crate) fn exists(&mut self, key: Key, commit: Commit, reused: bool) {
        self.meet(key);
        if !self.is_open(key) {
            return;
        }
        let cpu_ms = commit.cpu_ms;
        self.close(key, State::Done);
        self.outcome.commits.insert(key, commit);
        if reused {
            self.outcome.reused.insert(key);
            self.notice(key, News::Reused);
        } else {
            self.outcome.made.insert(key);
            self.outcome.cpu_ms = self.outcome.cpu_ms.saturating_add(cpu_ms);
            self.notice(key, News::Committed { cpu_ms });
        }
    }

    /// Notes that a result that nobody plans to make exists.
    pub(crate) fn meet(&mut self, key: Key) {
        for dependant in self.dependants.get(&key).into_iter().flatten() {
            if let Some(task) = self.tasks.get_mut(dependant) {
                task.unmet.remove(&key);
            }
        }
    }

    /// Notes that a result is gone or damaged: it is made again, and what is made from it waits.
    pub(crate) fn lost(&mut self, key: Key) {
        let dependants: Vec<Key> = self.dependants.get(&key).into_iter().flatten().copied().collect();
        for &dependant in &dependants {
            if self.is_out(dependant) {
                self.withdraw(dependant, None);
            }
            if let Some(task) = self.tasks.get_mut(&dependant) {
                task.unmet.insert(key);
            }
        }
        let Some(task) = self.tasks.get_mut(&key) else {
            let message =
                format!("result {} is an input that is not in the store and not in the plan: plan again", key.short());
            let reason = Reason { code: "input-not-planned".into(), message };
            return dependants.into_iter().for_each(|one| self.fail(one, Disposition::Bug, reason.clone()));
        };
        if task.state != State::Done {
            return;
        }
        task.remakes += 1;
        let remakes = task.remakes;
        task.state = State::Waiting(None);
        self.outcome.commits.remove(&key);
        self.outcome.reused.remove(&key);
        self.outcome.made.remove(&key);
        if remakes > REMAKES {
            let message = format!("the store lost or damaged this result {remakes} times: check its disk");
            self.fail(key, Disposition::Retry, Reason { code: "store-loses".into(), message });
        } else {
            self.notice(key, News::Stale);
        }
    }

    /// Returns whether the verdicts of earlier runs on a result are still to be told to [`earlier`](Self::earlier).
    pub(crate) fn wants_earlier(&self, key: Key) -> bool {
        self.tasks.get(&key).is_some_and(|task| task.earlier.is_none())
    }

    /// Notes which verdicts were there before this run's first try.
    pub(crate) fn earlier(&mut self, key: Key, verdicts: BTreeSet<AttemptId>) {
        if let Some(task) = self.tasks.get_mut(&key) {
            task.earlier.get_or_insert(verdicts);
        }
    }

    /// Returns whether a verdict is news: neither an earlier run's nor told before.
    pub(crate) fn is_news(&self, key: Key, attempt: &AttemptId) -> bool {
        self.tasks.get(&key).is_some_and(|task| {
            task.earlier.as_ref().is_some_and(|earlier| !earlier.contains(attempt))
                && task.verdicts.iter().all(|known| known.attempt != *attempt)
        })
    }

    /// Notes how tries ended badly, and decides: another try after a pause, or failed.
    pub(crate) fn verdicts(&mut self, key: Key, verdicts: Vec<Verdict>, now: Instant) {
        let news: Vec<_> = verdicts.into_iter().filter(|verdict| self.is_news(key, &verdict.attempt)).collect();
        if news.is_empty() || !self.is_open(key) {
            return;
        }
        let Some(task) = self.tasks.get_mut(&key) else { return };
        let end = news.iter().find(|verdict| verdict.disposition != Disposition::Retry).cloned();
        task.verdicts.extend(news);
        task.verdicts.sort_by(|one, other| (one.at, &one.attempt).cmp(&(other.at, &other.attempt)));
        let last = end.or_else(|| task.verdicts.last().cloned());
        let pause = self.pace.retry_after.get(task.verdicts.len() - 1).copied();
        let Some(last) = last else { return };
        match pause {
            Some(after) if last.disposition == Disposition::Retry => self.again(key, last.reason, now, after),
            _ => self.fail(key, last.disposition, last.reason),
        }
    }

    /// Notes a worker's sign of life for a job, with what it says of each of its results.
    pub(crate) fn sign(&mut self, keys: &[Key], news: &News, now: Instant) {
        for &key in keys {
            let Some(State::Out(job)) = self.tasks.get(&key).map(|task| task.state) else { continue };
            if let Some(job) = self.out.get_mut(&job) {
                job.last_sign = now;
            }
            self.notice(key, news.clone());
        }
    }

    /// Returns the passes to publish now, as many as the window has room for.
    pub(crate) fn ready(&self, now: Instant) -> Vec<BTreeSet<Key>> {
        let room = self.pace.window().saturating_sub(self.out.len());
        let is_ready = |key: &&Key| {
            self.tasks.get(key).is_some_and(|task| match task.state {
                State::Waiting(due) => task.unmet.is_empty() && due.is_none_or(|due| due <= now),
                _ => false,
            })
        };
        self.passes
            .iter()
            .map(|pass| pass.iter().filter(is_ready).copied().collect::<BTreeSet<_>>())
            .filter(|keys| !keys.is_empty())
            .take(room)
            .collect()
    }

    /// Notes that a message for these results is in the broker.
    pub(crate) fn published(&mut self, keys: &BTreeSet<Key>, now: Instant) {
        self.jobs += 1;
        for key in keys {
            if let Some(task) = self.tasks.get_mut(key) {
                task.state = State::Out(self.jobs);
            }
        }
        self.out.insert(self.jobs, Job { keys: keys.clone(), last_sign: now });
    }

    /// Returns the results that are out.
    pub(crate) fn out(&self) -> BTreeSet<Key> {
        self.out.values().flat_map(|job| job.keys.iter().copied()).collect()
    }

    /// Returns whether a result is out.
    pub(crate) fn is_out(&self, key: Key) -> bool {
        self.tasks.get(&key).is_some_and(|task| matches!(task.state, State::Out(_)))
    }

    /// Returns whether a result is wanted still: waiting or out.
    pub(crate) fn is_open(&self, key: Key) -> bool {
        self.tasks.get(&key).is_some_and(|task| matches!(task.state, State::Waiting(_) | State::Out(_)))
    }

    /// Withdraws the jobs whose message is held to be lost, to be published again, and returns their results.
    pub(crate) fn withdraw_silent(&mut self, now: Instant, lane_is_empty: bool) -> BTreeSet<Key> {
        let patience = if lane_is_empty { self.pace.lease } else { self.pace.lease * BUSY_LANE_LEASES };
        let silent: BTreeSet<Key> = self
            .out
            .values()
            .filter(|job| now.saturating_duration_since(job.last_sign) >= patience)
            .flat_map(|job| job.keys.iter().copied())
            .collect();
        silent.iter().for_each(|&key| self.withdraw(key, None));
        silent
    }

    /// Returns when a pause ends that nothing else will end.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let due = |task: &Task| match task.state {
            State::Waiting(due) if task.unmet.is_empty() => due,
            _ => None,
        };
        self.tasks.values().filter_map(due).min()
    }

    /// Returns whether nothing more can come of the run.
    pub(crate) fn is_finished(&self) -> bool {
        self.tasks.values().all(|task| matches!(task.state, State::Done | State::Failed | State::Blocked))
    }

    /// Takes the news since the last call.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Ends the board.
    pub(crate) fn into_outcome(mut self) -> Outcome {
        self.outcome.failures.sort_by_key(|failure| failure.key);
        self.outcome
    }

    /// Fails a result for good; what is made from it is blocked, whatever else goes on.
    pub(crate) fn fail(&mut self, key: Key, disposition: Disposition, reason: Reason) {
        if !self.is_open(key) {
            return;
        }
        let (verdicts, label) =
            (self.tasks.get(&key).map(|task| task.verdicts.clone()).unwrap_or_default(), self.label(key));
        self.close(key, State::Failed);
        self.notice(key, News::Failed { reason: reason.clone() });
        self.outcome.failures.push(Failure { key, label, verdicts, disposition, reason });
        let mut behind: Vec<Key> = self.dependants.get(&key).into_iter().flatten().copied().collect();
        while let Some(one) = behind.pop() {
            if self.is_open(one) {
                self.close(one, State::Blocked);
                self.outcome.blocked.insert(one);
                behind.extend(self.dependants.get(&one).into_iter().flatten());
            }
        }
    }

    fn again(&mut self, key: Key, reason: Reason, now: Instant, after: Duration) {
        self.withdraw(key, Some(now + after));
        self.notice(key, News::Retrying { reason, after });
    }

    /// Takes a result that is out or waiting back to waiting.
    fn withdraw(&mut self, key: Key, due: Option<Instant>) {
        if self.is_open(key) {
            self.close(key, State::Waiting(due));
        }
    }

    /// Takes a result out of its job and puts it in another state.
    fn close(&mut self, key: Key, state: State) {
        let Some(task) = self.tasks.get_mut(&key) else { return };
        let before = std::mem::replace(&mut task.state, state);
        if let State::Out(number) = before
            && let Some(job) = self.out.get_mut(&number)
        {
            job.keys.remove(&key);
            if job.keys.is_empty() {
                self.out.remove(&number);
            }
        }
    }

    fn label(&self, key: Key) -> String {
        self.graph.get(key).map(|node| node.label.clone()).unwrap_or_default()
    }

    fn notice(&mut self, key: Key, news: News) {
        let frames = self.graph.get(key).and_then(|node| node.frames);
        self.notices.push(Notice { key, label: self.label(key), frames, news });
    }
}

impl Task {
    fn new(unmet: BTreeSet<Key>) -> Self {
        Task { state: State::Waiting(None), unmet, earlier: None, verdicts: Vec::new(), remakes: 0 }
    }
}

/// Returns for each result the CPU time from its start to the end of the longest chain behind it.
fn ranks(graph: &Graph, dependants: &BTreeMap<Key, BTreeSet<Key>>) -> BTreeMap<Key, u64> {
    fn rank(key: Key, graph: &Graph, dependants: &BTreeMap<Key, BTreeSet<Key>>, ranks: &mut BTreeMap<Key, u64>) -> u64 {
        if let Some(&known) = ranks.get(&key) {
            return known;
        }
        let behind = dependants.get(&key).into_iter().flatten();
        let longest = behind.map(|&one| rank(one, graph, dependants, ranks)).max().unwrap_or_default();
        let own = graph.get(key).map_or(0, |node| node.cpu_estimate_ms);
        let sum = longest.saturating_add(own);
        ranks.insert(key, sum);
        sum
    }
    let mut ranks = BTreeMap::new();
    for node in graph.nodes() {
        // As deep as chains of results are, which is a handful.
        rank(node.key, graph, dependants, &mut ranks);
    }
    ranks
}

#[cfg(test)]
mod tests;
