//! What happened to a fleet's run, one object each; where it stands is their fold.
//!
//! Facts are named by time, a later one after all that were there when it was written, whatever two schedulers' clocks
//! say; none is rewritten.

use bookend_store::{Listing, Store, layout};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{SchedulerError, record};

/// A command that changed where a run stands: `runs/<run>/facts/<time>-<turn>.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct TurnFact {
    /// Format version, 1.
    version: u32,
    /// The command's id, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    /// When.
    at: Timestamp,
}

/// What changes where a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    Accepted,
    Retried,
    Cancelled,
    Ended,
}

/// Where a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nobody accepted it.
    Unknown,
    /// It is to be carried out.
    Open,
    /// It is to be ended, unfinished.
    Cancelled,
    /// It ended.
    Ended,
}

/// The facts of one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct History {
    last: Option<Turn>,
    last_ns: i128,
    /// When it was last opened, having been closed or never open.
    opened_ns: i128,
    commands: Vec<String>,
}

impl Turn {
    const ALL: [Self; 4] = [Self::Accepted, Self::Retried, Self::Cancelled, Self::Ended];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Retried => "retried",
            Self::Cancelled => "cancelled",
            Self::Ended => "ended",
        }
    }
}

impl History {
    /// Reads what happened to a run.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn read(store: &dyn Store, run: &str) -> Result<Self, SchedulerError> {
        let mut history = History { last: None, last_ns: 0, opened_ns: 0, commands: Vec::new() };
        for object in Listing::new(store, layout::run_facts(run)?).collect().await? {
            let Some((ns, what)) = object.name.file_name().split_once('-') else { continue };
            history.last_ns = history.last_ns.max(ns.parse().unwrap_or(0));
            let turn = Turn::ALL.into_iter().find(|turn| what.strip_suffix(".json") == Some(turn.as_str()));
            let Some(turn) = turn else { continue };
            if matches!(turn, Turn::Accepted | Turn::Retried) && history.standing() != Standing::Open {
                history.opened_ns = history.last_ns;
            }
            history.last = Some(turn);
            if turn != Turn::Ended {
                let fact: Option<TurnFact> = record::read(store, &object.name).await?;
                history.commands.extend(fact.and_then(|fact| fact.command));
            }
        }
        Ok(history)
    }

    /// Says where the run stands.
    pub(crate) fn standing(&self) -> Standing {
        match self.last {
            None => Standing::Unknown,
            Some(Turn::Accepted | Turn::Retried) => Standing::Open,
            Some(Turn::Cancelled) => Standing::Cancelled,
            Some(Turn::Ended) => Standing::Ended,
        }
    }

    /// Returns when the run was opened last.
    pub(crate) fn opened(&self) -> Timestamp {
        Timestamp::from_nanosecond(self.opened_ns).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Returns whether this very command was done already.
    pub(crate) fn heard(&self, command: Option<&str>) -> bool {
        command.is_some_and(|command| self.commands.iter().any(|heard| heard == command))
    }

    /// Returns the name of a fact that comes after all that are known.
    pub(crate) fn next_name(&self, what: &str, now: Timestamp) -> String {
        format!("{:020}-{what}.json", now.as_nanosecond().max(self.last_ns + 1))
    }

    /// Writes that a command changed where the run stands.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn write(
        &self,
        store: &dyn Store,
        run: &str,
        turn: Turn,
        command: Option<&str>,
        now: Timestamp,
    ) -> Result<(), SchedulerError> {
        let fact = TurnFact { version: 1, command: command.map(str::to_owned), at: now };
        record::write(store, &layout::run_fact(run, &self.next_name(turn.as_str(), now))?, &fact).await
    }
}
