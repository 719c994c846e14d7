//! The life of one message: look, lock, fetch, run, keep, end.

use std::collections::BTreeSet;

use bookend_broker::Taken;
use bookend_jobs::{AttemptId, ChildTask, Event, JobMessage, Key, Reason, WantedResult};
use bookend_sandbox::{Exit, Usage};
use bookend_store::{KeyLock, Scratch};
use tokio::sync::{mpsc, watch};
use tracing::Instrument;

use crate::attempt::{run, stopped};
use crate::close::{close, emit, set_aside};
use crate::ending::{Ending, reason};
use crate::hands::Hand;
use crate::inputs::Fetch;
use crate::keep::{Credit, keep};
use crate::worker::Shop;
use crate::{message, records};

/// Carries a message to its end. Returns why the worker had better pause, if it had.
pub(crate) async fn carry(shop: &Shop, taken: Taken, stop: watch::Receiver<bool>) -> Option<Reason> {
    let Taken { lane, bytes, losses, receipt } = taken;
    let message = match message::read(&bytes) {
        Ok(message) => message,
        Err(why) => {
            set_aside(receipt, &why).await;
            return None;
        }
    };
    let keys = message::keys(&message);
    let attempt = shop.outfit.stamps.attempt();
    let first = keys.first().map(Key::short).unwrap_or_default();
    let kind = message.kind().map(|kind| kind.to_string()).unwrap_or_default();
    let span = tracing::info_span!("job", kind, key = first, results = keys.len(), %lane, %attempt);
    async {
        let mut job =
            Job { shop, message: &message, losses, attempt: &attempt, stop, open: keys.clone(), locks: Vec::new() };
        let ending = job.make().await;
        // The locks go with the job, after its ending is durable: who waits for them finds it.
        close(shop, ending, &keys, &job.open, &attempt, receipt).await
    }
    .instrument(span)
    .await
}

/// A job under way.
struct Job<'a> {
    shop: &'a Shop,
    message: &'a JobMessage,
    losses: u32,
    attempt: &'a AttemptId,
    stop: watch::Receiver<bool>,
    /// Results not made yet.
    open: BTreeSet<Key>,
    locks: Vec<KeyLock>,
}

/// A job that can be given to a child.
struct Ready {
    task: ChildTask,
    scratch: Scratch,
    _hand: Hand,
}

impl Job<'_> {
    async fn make(&mut self) -> Ending {
        let mut stop = self.stop.clone();
        let prepared = tokio::select! {
            biased;
            () = stopped(&mut stop) => Err(Ending::Interrupted),
            prepared = self.prepare() => prepared,
        };
        let Ready { task, scratch, _hand } = match prepared {
            Ok(ready) => ready,
            Err(ending) => return ending,
        };
        let ending = self.perform(&task, &scratch).await.unwrap_or_else(|ending| ending);
        if let Err(error) = scratch.remove().await {
            tracing::warn!(%error, "scratch folder left for the next sweep");
        }
        ending
    }

    /// Everything before the child. Dropped at any point it leaves nothing.
    async fn prepare(&mut self) -> Result<Ready, Ending> {
        let outfit = &self.shop.outfit;
        if self.message.engine != outfit.engine {
            let message = format!(
                "the job is for another engine ({}) than this worker's ({})",
                self.message.engine, outfit.engine
            );
            return Err(Ending::Unable(reason("other-engine", message)));
        }
        self.look().await?;
        if let Some(lost) = Ending::of_losses(self.losses) {
            return Err(lost);
        }
        let hand = self.shop.hands.take(&self.open).ok_or(Ending::InHand)?;
        self.lock().await?;
        outfit.workspace.ensure_room(self.message.scratch_bytes).map_err(|error| Ending::of_store(&error))?;
        let scratch = outfit.workspace.scratch().map_err(|error| Ending::of_store(&error))?;
        let keys = self.open.iter().copied().collect();
        emit(&*outfit.broker, &Event::Started { keys, worker: self.shop.settings.name.clone() }).await;
        let folder = scratch.path().join("inputs");
        let fetch = Fetch { store: &*outfit.store, verified: &self.shop.verified, folder: &folder };
        let inputs = fetch.all(&self.message.inputs).await?;
        let results: Vec<WantedResult> =
            self.message.results.iter().filter(|wanted| self.open.contains(&wanted.key)).cloned().collect();
        let task = ChildTask::Make {
            results,
            inputs,
            scratch: scratch.path().to_owned(),
            threads: self.shop.settings.threads,
        };
        Ok(Ready { task, scratch, _hand: hand })
    }

    /// Leaves in `open` what does not exist; an ending when everything does.
    async fn look(&mut self) -> Result<(), Ending> {
        for key in self.open.clone() {
            if records::is_whole(&*self.shop.outfit.store, key).await.map_err(|error| Ending::of_store(&error))? {
                self.open.remove(&key);
            }
        }
        if self.open.is_empty() { Err(Ending::Exists) } else { Ok(()) }
    }

    /// Takes the lock of every open result, in the order of keys so that no two jobs wait for each other; then looks again.
    async fn lock(&mut self) -> Result<(), Ending> {
        let Some(locks) = &self.shop.outfit.locks else { return Ok(()) };
        for key in &self.open {
            let lock = locks.lock(&key.to_string()).await.map_err(|error| Ending::of_store(&error))?;
            self.locks.push(lock);
        }
        self.look().await
    }

    /// Runs the child and keeps what it made.
    async fn perform(&mut self, task: &ChildTask, scratch: &Scratch) -> Result<Ending, Ending> {
        let started = self.shop.outfit.stamps.now();
        let exit = self.run_child(task, scratch).await?;
        let cpu_ms = cpu_ms(&exit.usage);
        let made = Ending::of_exit(exit, &self.open)?;
        let credit = Credit { attempt: self.attempt, started, cpu_ms };
        keep(self.shop, scratch.path(), made, &credit, &mut self.open).await?;
        Ok(Ending::Done { cpu_ms })
    }

    async fn run_child(&mut self, task: &ChildTask, scratch: &Scratch) -> Result<Exit, Ending> {
        let (sender, mut progress) = mpsc::unbounded_channel();
        let (broker, keys) = (&*self.shop.outfit.broker, self.open.iter().copied().collect::<Vec<_>>());
        let tell = async {
            while let Some((done, total)) = progress.recv().await {
                emit(broker, &Event::Progress { keys: keys.clone(), done, total }).await;
            }
        };
        let send = move |done, total| {
            // The job may have been dropped.
            let _ = sender.send((done, total));
        };
        let limits = self.shop.settings.limits;
        let child = run(&self.shop.outfit.spawner, task, scratch.path(), limits, &mut self.stop, send);
        let (exit, ()) = tokio::join!(child, tell);
        exit.map_err(|error| Ending::of_sandbox(&error))
    }
}

fn cpu_ms(usage: &Usage) -> u64 {
    let sum = usage.cpu_user.saturating_add(usage.cpu_system);
    u64::try_from(sum.as_millis()).unwrap_or(u64::MAX)
}
