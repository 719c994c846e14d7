//! Worker and broker in one process.

use std::path::PathBuf;
use std::sync::Arc;

use bookend_broker::Broker;
use bookend_store::Workspace;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{Outfit, Settings, Worker, WorkerError};

/// A worker and its broker in this process.
///
/// Dropping it ends the worker, killing its children; [`Embedded::stop`] waits for that.
#[derive(Debug)]
pub struct Embedded {
    broker: Arc<dyn Broker>,
    scratch: PathBuf,
    stop: watch::Sender<bool>,
    /// Never turned: who works alone has nobody to leave the rest to.
    _drain: watch::Sender<bool>,
    worker: JoinHandle<Result<(), WorkerError>>,
}

impl Embedded {
    /// Starts a worker with everything chosen by the caller; on the current runtime.
    ///
    /// The engine is what [`ask_engine`](crate::ask_engine) found, once: the store was opened for it too.
    #[must_use]
    pub fn start_with(outfit: Outfit, settings: Settings) -> Self {
        let broker = Arc::clone(&outfit.broker);
        let own = outfit.workspace.path();
        let scratch = own.parent().unwrap_or(own).to_owned();
        let (stop, stopped) = watch::channel(false);
        let (drain, drained) = watch::channel(false);
        let worker = tokio::spawn(Worker::new(outfit, settings).run(drained, stopped));
        Embedded { broker, scratch, stop, _drain: drain, worker }
    }

    /// The broker whose jobs the worker takes.
    #[must_use]
    pub fn broker(&self) -> Arc<dyn Broker> {
        Arc::clone(&self.broker)
    }

    /// Waits until the worker ends by itself: to be raced against the run, which would wait for ever without it.
    ///
    /// # Errors
    /// As [`Worker::run`]. To be awaited to its end once at most.
    pub async fn ended(&mut self) -> Result<(), WorkerError> {
        finished((&mut self.worker).await)
    }

    /// Ends the worker: kills its children, leaves nothing in scratch, and returns when that is so.
    ///
    /// # Errors
    /// When the worker had ended by itself, or what dead processes left cannot be looked for.
    pub async fn stop(mut self) -> Result<(), WorkerError> {
        self.stop.send_replace(true);
        finished((&mut self.worker).await)?;
        // A process that was killed while it forked is not dead to its lock until the fork has become a program, so the
        // sweep at this store's opening may have passed over it. Opening sweeps; this one is for nothing else.
        Workspace::open(&self.scratch).await.map(drop).map_err(WorkerError::Store)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

fn finished(worker: Result<Result<(), WorkerError>, tokio::task::JoinError>) -> Result<(), WorkerError> {
    match worker {
        Ok(ended) => ended,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down.
            Err(_) => Ok(()),
        },
    }
}
