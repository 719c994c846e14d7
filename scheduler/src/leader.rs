//! The scheduler as a fleet's role: one leader, standbys ready.
//!
//! Crash-only: everything that a leader knows is in the store. On start and on a timer it carries out whatever is listed as
//! open, so a standby goes on where the leader before it was lost. Two that believe they lead do work twice at worst.

mod carry;
mod inbox;
mod office;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bookend_broker::{Broker, BrokerError, BrokerErrorKind};
use bookend_jobs::Engine;
use bookend_store::{Store, StoreErrorKind};
use jiff::Timestamp;
use tokio::sync::watch;

use self::office::Office;
use crate::SchedulerError;
use crate::run::{Gate, Pace, RunError};

/// A scheduler of a fleet.
#[derive(Clone, Debug)]
pub struct Leader {
    /// Where everything is.
    pub store: Arc<dyn Store>,
    /// What carries commands, jobs and events.
    pub broker: Arc<dyn Broker>,
    /// The engine whose results the store holds.
    pub engine: Engine,
    /// How fast runs look, wait and try again; its slots bound the lanes.
    pub pace: Pace,
    /// How often the open runs are listed, beside commands. Shorter costs store requests, longer costs time after a run was
    /// given up for a store's or broker's bad moment. Default 15 s.
    pub timer: Duration,
    /// A folder of this machine that one upload at a time is copied to on its way from the inbox to the sources.
    pub scratch: PathBuf,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// The usual [`Leader::timer`].
pub const TIMER: Duration = Duration::from_secs(15);

impl Leader {
    /// Leads whenever nobody else does, until `stop` turns true. Runs are then left as they are, for the next leader.
    ///
    /// Dropping the future does the same.
    ///
    /// # Errors
    /// When the broker cannot be used until a person changes something. Bad moments of broker or store are waited out.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> Result<(), BrokerError> {
        let leading = self.lead_for_ever();
        tokio::select! {
            biased;
            Ok(_) = stop.wait_for(|&stop| stop) => Ok(()),
            ended = leading => ended,
        }
    }

    async fn lead_for_ever(&self) -> Result<(), BrokerError> {
        loop {
            let seat = match self.broker.lead().await {
                Ok(seat) => seat,
                Err(error) => {
                    self.bear(error, "waiting to lead").await?;
                    continue;
                }
            };
            tracing::info!("leading");
            let mut office = Office::open(self, Gate::new(self.pace.window()));
            let ended = tokio::select! {
                biased;
                () = seat.lost() => Ok(()),
                ended = office.work() => ended,
            };
            // Every run stops here, before anybody else is let lead.
            office.close().await;
            drop(seat);
            match ended {
                Ok(()) => tracing::warn!("no longer leading, standing by"),
                Err(error) => self.bear(error, "taking commands").await?,
            }
        }
    }

    /// Waits out a broker's bad moment; what needs a person is an error.
    async fn bear(&self, error: BrokerError, doing: &'static str) -> Result<(), BrokerError> {
        match error.kind() {
            BrokerErrorKind::Retry | BrokerErrorKind::Stale => {
                tracing::warn!(doing, %error, "broker failed, trying again later");
                tokio::time::sleep(self.pace.period).await;
                Ok(())
            }
            BrokerErrorKind::Refused | BrokerErrorKind::Unusable => Err(error),
        }
    }
}

/// Tells whether an error is of the moment: the same may go well later, and nobody is at fault.
fn is_passing(error: &SchedulerError) -> bool {
    let passes = |kind| matches!(kind, StoreErrorKind::Retry | StoreErrorKind::NoSpace | StoreErrorKind::Unusable);
    match error {
        SchedulerError::Store(error) => passes(error.kind()),
        SchedulerError::Run(RunError::Store { source, .. }) => passes(source.kind()),
        SchedulerError::Run(RunError::Broker { .. } | RunError::Interrupted) => true,
        _ => false,
    }
}
