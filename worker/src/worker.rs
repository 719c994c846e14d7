//! The slots, and what fills them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bookend_broker::{Broker, BrokerError, BrokerErrorKind, Taken};
use bookend_jobs::{Engine, Reason};
use bookend_sandbox::Spawner;
use bookend_store::{KeyLocks, Store, Workspace};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::attempt::stopped;
use crate::ending::chain;
use crate::hands::Hands;
use crate::verified::Verified;
use crate::{Settings, Stamps, WorkerError, job};

/// What a worker works with.
#[derive(Clone, Debug)]
pub struct Outfit {
    /// Where inputs are and results go.
    pub store: Arc<dyn Store>,
    /// Scratch space, on the store's own file system where it has one.
    pub workspace: Workspace,
    /// Locks between processes on one store; None where the store has none, and a key may be made twice.
    pub locks: Option<KeyLocks>,
    /// Where jobs come from.
    pub broker: Arc<dyn Broker>,
    /// What starts children.
    pub spawner: Spawner,
    /// The children's engine; jobs for another are given back.
    pub engine: Engine,
    /// Time and chance.
    pub stamps: Stamps,
}

/// Takes jobs and carries each to its end.
#[derive(Debug)]
pub struct Worker {
    shop: Arc<Shop>,
}

/// What all jobs of a worker share.
#[derive(Debug)]
pub(crate) struct Shop {
    pub outfit: Outfit,
    pub settings: Settings,
    pub hands: Hands,
    pub verified: Verified,
}

impl Worker {
    /// Makes a worker that does nothing yet.
    #[must_use]
    pub fn new(outfit: Outfit, settings: Settings) -> Self {
        let shop = Shop { outfit, settings, hands: Hands::default(), verified: Verified::default() };
        Worker { shop: Arc::new(shop) }
    }

    /// Works until `drain` turns true, then takes no more and ends with its last job; or until `stop` turns true, then
    /// kills its children, gives their messages back and ends.
    ///
    /// A message is taken only for a free slot. Dropping the future kills the children too, but counts as a lost worker.
    ///
    /// # Errors
    /// When the broker cannot be used, or after [`Settings::give_up_after`] jobs in a row that could not be carried out.
    pub async fn run(self, drain: watch::Receiver<bool>, stop: watch::Receiver<bool>) -> Result<(), WorkerError> {
        // The jobs' own stop: also turned when this worker gives up.
        let (halt, halted) = watch::channel(false);
        let mut floor = Floor { shop: self.shop, jobs: JoinSet::new(), halted, trouble: 0, resume: Instant::now() };
        let ended = floor.work(drain, stop).await;
        halt.send_replace(true);
        while let Some(job) = floor.jobs.join_next().await {
            unwind(job);
        }
        ended
    }
}

/// A worker at work.
struct Floor {
    shop: Arc<Shop>,
    /// Each gives why the worker had better pause, if it had.
    jobs: JoinSet<Option<Reason>>,
    halted: watch::Receiver<bool>,
    /// Jobs in a row that could not be carried out here.
    trouble: u32,
    /// When the next message may be taken.
    resume: Instant,
}

impl Floor {
    async fn work(
        &mut self,
        mut drain: watch::Receiver<bool>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), WorkerError> {
        let mut draining = false;
        // One taking goes on through other events: one that is dropped may cost its message a loss.
        let mut taking = None;
        loop {
            if draining && self.jobs.is_empty() {
                return Ok(());
            }
            let has_room = !draining && self.jobs.len() < self.shop.settings.slots.max(1);
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return Ok(()),
                () = stopped(&mut drain), if !draining => draining = true,
                Some(ended) = self.jobs.join_next() => {
                    if let Some(ended) = unwind(ended) {
                        self.count(ended)?;
                    }
                }
                taken = next(&mut taking, &self.shop, self.resume), if has_room => {
                    taking = None;
                    self.begin(taken)?;
                }
            }
        }
    }

    fn begin(&mut self, taken: Result<Taken, BrokerError>) -> Result<(), WorkerError> {
        match taken {
            Ok(taken) => {
                let (shop, halted) = (Arc::clone(&self.shop), self.halted.clone());
                self.jobs.spawn(async move { job::carry(&shop, taken, halted).await });
                Ok(())
            }
            Err(error) if error.kind() == BrokerErrorKind::Retry => {
                tracing::warn!(error = chain(&error), "no message taken, trying again later");
                self.resume = Instant::now() + self.pause();
                Ok(())
            }
            Err(error) => Err(WorkerError::Broker(error)),
        }
    }

    fn count(&mut self, trouble: Option<Reason>) -> Result<(), WorkerError> {
        let Some(reason) = trouble else {
            self.trouble = 0;
            return Ok(());
        };
        self.trouble += 1;
        if self.shop.settings.give_up_after.is_some_and(|most| self.trouble >= most) {
            return Err(WorkerError::Trouble { tries: self.trouble, reason });
        }
        self.resume = Instant::now() + self.pause();
        Ok(())
    }

    fn pause(&self) -> Duration {
        self.shop.settings.pause
    }
}

type Taking = Pin<Box<dyn Future<Output = Result<Taken, BrokerError>> + Send>>;

/// Goes on with the taking that was begun, or begins one.
async fn next(taking: &mut Option<Taking>, shop: &Arc<Shop>, resume: Instant) -> Result<Taken, BrokerError> {
    let begin = || -> Taking {
        let shop = Arc::clone(shop);
        Box::pin(async move {
            tokio::time::sleep_until(resume).await;
            shop.outfit.broker.take(&shop.settings.lanes).await
        })
    };
    taking.get_or_insert_with(begin).await
}

/// Gives what a job gave; a panic in it goes on here.
fn unwind<T>(ended: Result<T, tokio::task::JoinError>) -> Option<T> {
    match ended {
        Ok(given) => Some(given),
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => None,
        },
    }
}
