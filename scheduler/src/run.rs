//! Carrying out a graph: what is missing is published, what comes of it is read from the store.
//!
//! The store is the truth: events only hasten, a timer looks again. Nothing is remembered that a second
//! [`carry_out`] of the same graph would not find out, so a run that was killed goes on where it was. A run knows no
//! kind of result from another.

mod board;
mod gate;
mod look;
mod notice;
mod outcome;
mod pace;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use bookend_broker::{Broker, BrokerError, BrokerErrorKind, Event as Heard, Lane};
use bookend_jobs::{Disposition, Engine, Event, Key, Reason};
use bookend_store::{Store, StoreError, StoreErrorKind};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use self::board::Board;
use self::gate::{Claim, Turn};
use crate::graph::Graph;

pub use gate::Gate;
pub(crate) use look::{sights, verdict};
pub use notice::{News, Notice};
pub use outcome::{Failure, Outcome, RunError};
pub use pace::Pace;

/// What a run works with.
#[derive(Clone, Debug)]
pub struct Means {
    /// Where results are.
    pub store: Arc<dyn Store>,
    /// What carries the jobs.
    pub broker: Arc<dyn Broker>,
    /// The engine that the graph's keys were computed for.
    pub engine: Engine,
    /// The lane that jobs are published in.
    pub lane: Lane,
    /// How fast it looks, waits and tries again.
    pub pace: Pace,
}

/// Makes every result of a graph that does not exist, as far as it can be made.
///
/// A failure stops what is made from it and nothing else. Notices are sent as things happen; nobody need listen.
/// `cancel` turning true ends the run at once, as dropping the future does: messages that are out stay out, and what
/// workers make of them is kept.
///
/// # Errors
/// When it was cancelled, or store or broker failed for longer than [`Pace::patience`]. A result that cannot be made is
/// no error: see [`Outcome::failures`].
pub async fn carry_out(
    graph: &Graph,
    run_id: &str,
    means: &Means,
    notices: mpsc::UnboundedSender<Notice>,
    cancel: watch::Receiver<bool>,
) -> Result<Outcome, RunError> {
    carry_out_among(graph, run_id, means, &Gate::new(means.pace.window()), notices, cancel).await
}

/// As [`carry_out`], beside other runs that go through the same gate.
///
/// # Errors
/// As [`carry_out`].
pub async fn carry_out_among(
    graph: &Graph,
    run_id: &str,
    means: &Means,
    gate: &Gate,
    notices: mpsc::UnboundedSender<Notice>,
    mut cancel: watch::Receiver<bool>,
) -> Result<Outcome, RunError> {
    let board = Board::new(graph, &means.pace);
    let run = Run { graph, run_id, means, gate, board, passed: Vec::new(), turn: None, notices, trouble: 0 };
    let cancelled = async {
        if cancel.wait_for(|&cancelled| cancelled).await.is_err() {
            // Whoever could have cancelled is gone without having done it.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        () = cancelled => Err(RunError::Interrupted),
        outcome = run.finish() => outcome,
    }
}

/// A run under way.
struct Run<'run> {
    graph: &'run Graph,
    run_id: &'run str,
    means: &'run Means,
    gate: &'run Gate,
    board: Board<'run>,
    /// What is out by our doing, each with its room in the lane.
    passed: Vec<(Claim, Turn)>,
    /// Room for the next message.
    turn: Option<Turn>,
    notices: mpsc::UnboundedSender<Notice>,
    /// Looks in a row that failed.
    trouble: u32,
}

impl Run<'_> {
    async fn finish(mut self) -> Result<Outcome, RunError> {
        // Before the first look, so that nothing falls between.
        let events = self.means.broker.events().await;
        let mut events = events.map_err(|source| RunError::Broker { doing: "listening to events", source })?;
        self.look_first().await?;
        let mut next_look = Instant::now() + self.means.pace.period;
        let gate = self.gate;
        let mut line: Option<Pin<Box<dyn Future<Output = Turn> + Send + '_>>> = None;
        loop {
            let wants_turn = self.publish().await?;
            self.tell();
            if self.board.is_finished() {
                return Ok(self.board.into_outcome());
            }
            match (wants_turn, &line) {
                (true, None) => line = Some(Box::pin(gate.turn(self.means.lane))),
                (false, Some(_)) => line = None,
                _ => {}
            }
            let wake = self.board.next_due().map_or(next_look, |due| due.min(next_look));
            tokio::select! {
                // What can be published is, before anything else is heard.
                biased;
                turn = in_line(&mut line) => {
                    self.turn = Some(turn);
                    line = None;
                }
                heard = events.next() => match heard {
                    Some(Heard::Told(event)) => self.hear(&event).await?,
                    Some(Heard::Lagged(_)) => next_look = Instant::now(),
                    // The broker is gone; publishing will say so.
                    None => sleep_until(wake).await,
                },
                () = sleep_until(wake) => {}
            }
            if Instant::now() >= next_look {
                self.look_again().await?;
                next_look = Instant::now() + self.means.pace.period;
            }
        }
    }

    /// Finds out what exists, and which inputs that nobody plans to make exist.
    async fn look_first(&mut self) -> Result<(), RunError> {
        let planned: BTreeSet<Key> = self.graph.nodes().map(|node| node.key).collect();
        let mut keys = planned.clone();
        keys.extend(self.graph.nodes().flat_map(|node| node.needs()));
        let found = look::commits(&self.means.store, &keys).await;
        for (key, commit) in found.map_err(|source| RunError::Store { doing: "looking for what exists", source })? {
            match (commit, planned.contains(&key)) {
                (Some(commit), true) => self.board.exists(key, commit, true),
                (Some(_), false) => self.board.meet(key),
                (None, true) => {}
                (None, false) => self.board.lost(key),
            }
        }
        Ok(())
    }

    /// Looks for whatever is out, and publishes again what seems lost.
    async fn look_again(&mut self) -> Result<(), RunError> {
        let looked = self.look(&self.board.out()).await;
        if !self.pass(looked, "looking for what was made")? {
            return Ok(());
        }
        let depth = match self.means.broker.depth(self.means.lane).await {
            Ok(depth) => depth,
            Err(source) => return self.bear_broker(source, "asking for a lane's depth"),
        };
        let silent = self.board.withdraw_silent(Instant::now(), depth == 0);
        let looked = self.look_at_inputs(&silent).await;
        if self.pass(looked, "looking for inputs")? {
            self.trouble = 0;
        }
        Ok(())
    }

    /// Notes what the store has of these results.
    async fn look(&mut self, keys: &BTreeSet<Key>) -> Result<(), StoreError> {
        let mut ended = Vec::new();
        for (key, sight) in look::sights(&self.means.store, keys).await? {
            if let Some(commit) = sight.commit {
                self.board.exists(key, commit, false);
                continue;
            }
            let mut news = Vec::new();
            for attempt in sight.ended.iter().filter(|attempt| self.board.is_news(key, attempt)) {
                news.extend(look::verdict(&*self.means.store, key, attempt).await?);
            }
            ended.push((key, news));
        }
        // One moment for all: results that share a pass fall due together and are made in one pass again.
        let now = Instant::now();
        for (key, news) in ended {
            self.board.verdicts(key, news, now);
        }
        Ok(())
    }

    /// Notes which inputs of these results are gone.
    async fn look_at_inputs(&mut self, keys: &BTreeSet<Key>) -> Result<(), StoreError> {
        let inputs = keys.iter().filter_map(|key| self.graph.get(*key)).flat_map(|node| node.needs()).collect();
        for (input, commit) in look::commits(&self.means.store, &inputs).await? {
            if commit.is_none() {
                self.board.lost(input);
            }
        }
        Ok(())
    }

    async fn hear(&mut self, event: &[u8]) -> Result<(), RunError> {
        let event = match serde_json::from_slice(event) {
            Ok(event) => event,
            Err(error) => {
                tracing::debug!(%error, "event of another version passed over");
                return Ok(());
            }
        };
        let now = Instant::now();
        match event {
            Event::Started { keys, worker } => self.board.sign(&keys, &News::Started { worker }, now),
            Event::Progress { keys, done, total } => self.board.sign(&keys, &News::Progress { done, total }, now),
            Event::RunOpened { .. } | Event::RunEnded { .. } => {}
            Event::Committed { keys, .. } => {
                let ours = keys.into_iter().filter(|key| self.board.is_open(*key)).collect();
                let looked = self.look(&ours).await;
                self.pass(looked, "looking for what was made")?;
            }
            Event::Failed { keys, .. } => {
                let ours = keys.into_iter().filter(|key| self.board.is_out(*key)).collect();
                let looked = self.look_at_failed(ours).await;
                self.pass(looked, "looking for verdicts")?;
            }
        }
        Ok(())
    }

    /// A try that ended without a verdict may have found an input gone. If it did not, the news is older than what is out
    /// now, or the lease will tell.
    async fn look_at_failed(&mut self, keys: BTreeSet<Key>) -> Result<(), StoreError> {
        self.look(&keys).await?;
        let unexplained = keys.into_iter().filter(|key| self.board.is_out(*key)).collect();
        self.look_at_inputs(&unexplained).await
    }

    /// Publishes what is ready, as far as there is room; returns whether it waits for a turn.
    async fn publish(&mut self) -> Result<bool, RunError> {
        self.passed.retain(|(claim, _)| claim.keys().iter().any(|&key| self.board.is_out(key)));
        for keys in self.board.ready(Instant::now()) {
            for &key in keys.iter().filter(|key| self.board.wants_earlier(**key)).collect::<Vec<_>>() {
                match look::ended(&*self.means.store, key).await {
                    Ok(earlier) => self.board.earlier(key, earlier),
                    Err(source) => return self.bear_store(source, "looking for earlier verdicts").map(|()| false),
                }
            }
            let Some(turn) = self.turn.take() else { return Ok(true) };
            let (claim, elsewhere) = self.gate.claim(self.means.lane, &keys);
            if !elsewhere.is_empty() {
                // Another run has them out: what comes of that is ours too.
                self.board.published(&elsewhere, Instant::now());
            }
            let Some(message) = self.graph.message(claim.keys(), &self.means.engine, self.run_id) else {
                self.turn = Some(turn);
                continue;
            };
            let bytes = serde_json::to_vec(&message).map_err(RunError::Message)?;
            match self.gate.publish(&*self.means.broker, self.means.lane, bytes).await {
                Ok(true) => {
                    self.board.published(claim.keys(), Instant::now());
                    self.passed.push((claim, turn));
                }
                Ok(false) => {
                    // Whoever takes a message says so, and the timer looks again.
                    self.turn = Some(turn);
                    return Ok(false);
                }
                Err(error) if error.kind() == BrokerErrorKind::Refused => {
                    let reason = Reason { code: "message-refused".into(), message: error.to_string() };
                    claim.keys().iter().for_each(|&key| self.board.fail(key, Disposition::Bug, reason.clone()));
                }
                Err(source) => return self.bear_broker(source, "publishing a job").map(|()| false),
            }
        }
        // Room that is not needed is the next one's.
        self.turn = None;
        Ok(false)
    }

    fn tell(&mut self) {
        for notice in self.board.take_notices() {
            // Nobody need listen.
            let _ = self.notices.send(notice);
        }
    }

    /// Says whether a look succeeded; one that did not is made again at the next period, up to the run's patience.
    fn pass(&mut self, looked: Result<(), StoreError>, doing: &'static str) -> Result<bool, RunError> {
        match looked {
            Ok(()) => Ok(true),
            Err(source) => self.bear_store(source, doing).map(|()| false),
        }
    }

    fn bear_store(&mut self, source: StoreError, doing: &'static str) -> Result<(), RunError> {
        if source.kind() != StoreErrorKind::Retry || self.out_of_patience() {
            return Err(RunError::Store { doing, source });
        }
        tracing::warn!(doing, error = %source, "store failed, looking again later");
        Ok(())
    }

    fn bear_broker(&mut self, source: BrokerError, doing: &'static str) -> Result<(), RunError> {
        if source.kind() != BrokerErrorKind::Retry || self.out_of_patience() {
            return Err(RunError::Broker { doing, source });
        }
        tracing::warn!(doing, error = %source, "broker failed, trying again later");
        Ok(())
    }

    fn out_of_patience(&mut self) -> bool {
        self.trouble += 1;
        self.trouble > self.means.pace.patience
    }
}

/// Waits for a turn; for ever when not in line.
async fn in_line(line: &mut Option<Pin<Box<dyn Future<Output = Turn> + Send + '_>>>) -> Turn {
    match line {
        Some(line) => line.await,
        None => std::future::pending().await,
    }
}
