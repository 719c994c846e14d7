//! Worker and broker in one process, on a store in a directory.

use std::path::PathBuf;
use std::sync::Arc;

use bookend_broker::{Broker, InProcess};
use bookend_jobs::Engine;
use bookend_sandbox::Spawner;
use bookend_store::{DirectoryStore, Workspace};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{Outfit, Settings, Stamps, Worker, WorkerError};

/// Jobs in a row that could not be carried out here after which somebody at a terminal is told.
const GIVE_UP_AFTER: u32 = 4;

/// A worker and its broker in this process.
///
/// Dropping it ends the worker, killing its children; [`Embedded::stop`] waits for that.
#[derive(Debug)]
pub struct Embedded {
    broker: Arc<dyn Broker>,
    scratch: PathBuf,
    stop: watch::Sender<bool>,
    worker: JoinHandle<Result<(), WorkerError>>,
}

impl Embedded {
    /// Starts a worker on a store with `slots` jobs at a time of `threads` FFmpeg threads each; on the current runtime.
    ///
    /// `engine` is what [`ask_engine`](crate::ask_engine) found, once: the store was opened for it too.
    #[must_use]
    pub fn start(store: &DirectoryStore, spawner: Spawner, engine: Engine, slots: usize, threads: u32) -> Self {
        let name = format!("embedded-{}", std::process::id());
        let settings = Settings { name, slots, threads, give_up_after: Some(GIVE_UP_AFTER), ..Settings::default() };
        Self::start_with(store, Arc::new(InProcess::new()), spawner, engine, Stamps::system(), settings)
    }

    /// Starts a worker on a store with everything chosen by the caller.
    #[must_use]
    pub fn start_with(
        store: &DirectoryStore,
        broker: Arc<dyn Broker>,
        spawner: Spawner,
        engine: Engine,
        stamps: Stamps,
        settings: Settings,
    ) -> Self {
        let outfit = Outfit {
            store: Arc::new(store.clone()),
            workspace: store.workspace().clone(),
            locks: Some(store.locks().clone()),
            broker: Arc::clone(&broker),
            spawner,
            engine,
            stamps,
        };
        let scratch = store.workspace().path().parent().unwrap_or(store.root()).to_owned();
        let (stop, stopped) = watch::channel(false);
        let worker = tokio::spawn(Worker::new(outfit, settings).run(stopped));
        Embedded { broker, scratch, stop, worker }
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
