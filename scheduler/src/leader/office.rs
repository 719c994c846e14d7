//! What a leader does while it leads: takes commands, and has every open run carried out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;

use bookend_broker::{BrokerError, BrokerErrorKind, Command as TakenCommand};
use bookend_jobs::{Command, Event, Order};
use bookend_store::{Listing, layout};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::carry::carry;
use super::{Leader, is_passing};
use crate::run::Gate;
use crate::runs::{self, RunEnding, RunOutcome, RunVerdict, Standing};
use crate::{ErrorKind, SchedulerError};

type Taking<'a> = Pin<Box<dyn Future<Output = Result<TakenCommand, BrokerError>> + Send + 'a>>;
type Carried = (String, Result<RunOutcome, SchedulerError>);

/// A leader at work.
pub(super) struct Office<'a> {
    leader: &'a Leader,
    gate: Gate,
    /// The runs being carried out.
    tasks: JoinSet<Carried>,
    handles: BTreeMap<String, AbortHandle>,
    names: BTreeMap<Id, String>,
    /// Runs to look at once their task has ended.
    again: BTreeSet<String>,
}

impl<'a> Office<'a> {
    pub(super) fn open(leader: &'a Leader, gate: Gate) -> Self {
        Office {
            leader,
            gate,
            tasks: JoinSet::new(),
            handles: BTreeMap::new(),
            names: BTreeMap::new(),
            again: BTreeSet::new(),
        }
    }

    /// Works until the broker fails. Dropping the future stops nothing by itself; [`close`](Self::close) does.
    pub(super) async fn work(&mut self) -> Result<(), BrokerError> {
        let mut next_look = Instant::now();
        let leader = self.leader;
        let mut taking: Taking<'_> = Box::pin(leader.broker.take_command());
        loop {
            tokio::select! {
                biased;
                Some(ended) = self.tasks.join_next_with_id() => self.reap(ended).await,
                () = tokio::time::sleep_until(next_look) => {
                    self.recover().await;
                    next_look = Instant::now() + leader.timer;
                }
                taken = &mut taking => {
                    let worked = self.command(taken?).await;
                    if let Err(error) = worked {
                        tracing::warn!(%error, "command given back, to be taken again");
                        tokio::time::sleep(leader.pace.period).await;
                    }
                    taking = Box::pin(leader.broker.take_command());
                }
            }
        }
    }

    /// Stops all runs, and returns when they have stopped.
    pub(super) async fn close(mut self) {
        self.tasks.shutdown().await;
    }

    /// Does what a command asks, durably, before it is settled.
    ///
    /// # Errors
    /// When the store has a bad moment: the command was given back then.
    async fn command(&mut self, taken: TakenCommand) -> Result<(), SchedulerError> {
        let command = match Command::parse(&taken.bytes) {
            Ok(command) => command,
            Err(error) => {
                tracing::error!(
                    error = chain(&error),
                    bytes = taken.bytes.len(),
                    "command set aside: nobody can read it"
                );
                ended(taken.receipt.set_aside().await, "setting a command aside");
                return Ok(());
            }
        };
        match self.obey(&command).await {
            Ok(()) => ended(taken.receipt.settle().await, "settling a command"),
            Err(error) if is_passing(&error) => {
                ended(taken.receipt.give_back().await, "giving a command back");
                return Err(error);
            }
            Err(error @ SchedulerError::UnknownRun { .. }) => {
                tracing::warn!(%error, "command is about no run of this store");
                ended(taken.receipt.settle().await, "settling a command");
            }
            Err(error) => {
                tracing::error!(error = chain(&error), "command set aside: it cannot be done");
                ended(taken.receipt.set_aside().await, "setting a command aside");
            }
        }
        Ok(())
    }

    async fn obey(&mut self, command: &Command) -> Result<(), SchedulerError> {
        let (store, id, now) = (&*self.leader.store, command.id.as_deref(), (self.leader.now)());
        match &command.order {
            Order::Ingest(_) | Order::Render(_) => {
                let accepted = runs::accept(store, &command.order, id, now).await?;
                tracing::info!(run = accepted.run, new = accepted.new, "request accepted");
                self.attend(&accepted.run).await
            }
            Order::Retry(about) => {
                runs::retry(store, &about.run, id, now).await?;
                self.attend(&about.run).await
            }
            Order::Cancel(about) => {
                if runs::cancel(store, &about.run, id, now).await? == Standing::Cancelled {
                    tracing::info!(run = about.run, "run cancelled");
                }
                self.attend(&about.run).await
            }
        }
    }

    /// Sees to it that a run is carried out, or ended, as its facts say.
    async fn attend(&mut self, run: &str) -> Result<(), SchedulerError> {
        match runs::mark(&*self.leader.store, run).await? {
            Standing::Open if self.handles.contains_key(run) => Ok(()),
            Standing::Open => self.start(run).await,
            Standing::Cancelled => match self.handles.get(run) {
                Some(handle) => {
                    // It is ended when its task is known to have stopped: nothing comes of it after that.
                    handle.abort();
                    self.again.insert(run.to_owned());
                    Ok(())
                }
                None => self.end(run, "cancelled", String::new(), None).await,
            },
            Standing::Ended | Standing::Unknown => Ok(()),
        }
    }

    async fn start(&mut self, run: &str) -> Result<(), SchedulerError> {
        let request = runs::request(&*self.leader.store, run).await?;
        let Some(order) = request.order else { return Ok(()) };
        self.emit(&Event::RunOpened { run: run.to_owned() }).await;
        let (leader, gate, name) = (self.leader.clone(), self.gate.clone(), run.to_owned());
        let handle = self.tasks.spawn(async move {
            let outcome = carry(&leader, &gate, &name, &order).await;
            (name, outcome)
        });
        self.names.insert(handle.id(), run.to_owned());
        self.handles.insert(run.to_owned(), handle);
        Ok(())
    }

    /// Notes how a run's task ended.
    async fn reap(&mut self, ended: Result<(Id, Carried), JoinError>) {
        let (id, outcome) = match ended {
            Ok((id, (_, outcome))) => (id, Some(outcome)),
            Err(error) if error.is_cancelled() => (error.id(), None),
            Err(error) => {
                tracing::error!(%error, "carrying out a run failed by a fault of ours");
                let problem = "the scheduler failed by a fault of its own; its log says where".to_owned();
                (error.id(), Some(Ok(RunOutcome::of_error(RunVerdict::Other, problem))))
            }
        };
        let Some(run) = self.names.remove(&id) else { return };
        self.handles.remove(&run);
        let noted = match (self.again.remove(&run), outcome) {
            (true, _) | (false, None) => self.attend(&run).await,
            (false, Some(Ok(outcome))) => {
                let (state, message) = (outcome.state(), outcome.problems.join("; "));
                self.end(&run, state, message, Some(outcome)).await
            }
            (false, Some(Err(error))) if is_passing(&error) => {
                tracing::warn!(run, error = chain(&error), "run left open, to be gone on with at the next look");
                Ok(())
            }
            (false, Some(Err(error))) => {
                let outcome = RunOutcome::of_error(verdict(&error), error.to_string());
                self.end(&run, "failed", error.to_string(), Some(outcome)).await
            }
        };
        if let Err(error) = noted {
            tracing::warn!(run, error = chain(&error), "run's end not noted, to be found out again at the next look");
        }
    }

    async fn end(
        &self,
        run: &str,
        state: &str,
        message: String,
        outcome: Option<RunOutcome>,
    ) -> Result<(), SchedulerError> {
        let ending = RunEnding { version: 1, state: state.to_owned(), message, at: (self.leader.now)(), outcome };
        runs::end(&*self.leader.store, run, &ending).await?;
        tracing::info!(run, state, "run ended");
        self.emit(&Event::RunEnded { run: run.to_owned() }).await;
        Ok(())
    }

    /// Carries out whatever is listed as open and not being carried out.
    async fn recover(&mut self) {
        let listed = Listing::new(&*self.leader.store, layout::open_runs()).collect().await;
        let open = match listed {
            Ok(open) => open,
            Err(error) => {
                tracing::warn!(%error, "open runs not listed, at the next look");
                return;
            }
        };
        let mut runs: VecDeque<String> = open.iter().map(|object| object.name.file_name().to_owned()).collect();
        while let Some(run) = runs.pop_front() {
            if self.handles.contains_key(&run) {
                continue;
            }
            match self.recover_one(&run).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(run, error = chain(&error), "open run not gone on with, at the next look"),
            }
        }
    }

    async fn recover_one(&mut self, run: &str) -> Result<(), SchedulerError> {
        let request = runs::request(&*self.leader.store, run).await?;
        // A command in one process carries out its own.
        if request.order.is_none() { Ok(()) } else { self.attend(run).await }
    }

    /// Tells whoever listens; nobody need.
    async fn emit(&self, event: &Event) {
        let Ok(bytes) = serde_json::to_vec(event) else { return };
        if let Err(error) = self.leader.broker.emit(bytes).await {
            tracing::debug!(%error, "event not sent");
        }
    }
}

fn verdict(error: &SchedulerError) -> RunVerdict {
    match error {
        // Of the program or the store, not of who asked.
        SchedulerError::InTheWay { .. } => RunVerdict::Other,
        error if error.kind() == ErrorKind::Unreachable => RunVerdict::Other,
        error => error.kind().into(),
    }
}

/// Logs that a command's ending did not reach the broker: it comes again then, and is done already.
fn ended(ended: Result<(), BrokerError>, doing: &'static str) {
    match ended {
        Err(error) if error.kind() == BrokerErrorKind::Stale => tracing::debug!(doing, "command comes again"),
        Err(error) => tracing::warn!(doing, %error, "command may come again"),
        Ok(()) => {}
    }
}

/// Writes an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
