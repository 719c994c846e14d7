//! A store, a broker, schedulers, a worker and a client.

use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bookend_broker::{Disorder, InProcess};
use bookend_jobs::work::InspectLimits;
use bookend_jobs::{Command, Engine, IngestOrder, Order, RunOrder};
use bookend_scheduler::leader::Leader;
use bookend_scheduler::run::Pace;
use bookend_scheduler::runs::{RunState, UploadOutcome};
use bookend_scheduler::sources::SourceMemory;
use bookend_scheduler::submit::{self, Sender};
use bookend_store::{DirectoryStore, Listing, Store, layout};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::watched::Counting;
use crate::worker::{self, Script};

/// After this a test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often stores are looked at, where events are lost.
pub const PERIOD: Duration = Duration::from_millis(20);

/// Runs an async test; what it left behind does not hold it up.
pub fn play<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let done = runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await });
    runtime.shutdown_background();
    done.expect("the test ends")
}

pub fn engine() -> Engine {
    Engine { recipes: 1, avcodec: "59.37".into(), x264: "164".into() }
}

pub struct Stage {
    pub folder: tempfile::TempDir,
    pub store: DirectoryStore,
    pub hub: InProcess,
    pub script: Arc<Script>,
}

/// A scheduler that leads or stands by.
pub struct Led {
    pub broker: Arc<Counting>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Led {
    /// As a killed process would end.
    pub async fn kill(self) -> Arc<Counting> {
        self.task.abort();
        let _ = self.task.await;
        self.broker.inner.cut();
        self.broker
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(Disorder::default()).await
    }

    pub async fn with(disorder: Disorder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        let store = DirectoryStore::open_or_create(&root, &engine().to_string()).await.unwrap();
        Stage { folder, store, hub: InProcess::with_disorder(disorder), script: Arc::default() }
    }

    /// Starts a worker.
    pub fn worker(&self) {
        tokio::spawn(worker::work(self.store.clone(), self.hub.connect(), Arc::clone(&self.script)));
    }

    /// Starts a scheduler.
    pub fn scheduler(&self) -> Led {
        self.scheduler_on(Arc::new(self.store.clone()))
    }

    pub fn scheduler_on(&self, store: Arc<dyn Store>) -> Led {
        let pace = Pace { period: PERIOD, retry_after: vec![Duration::from_millis(1); 3], ..Pace::default() };
        self.scheduler_at(pace, store)
    }

    pub fn scheduler_at(&self, pace: Pace, store: Arc<dyn Store>) -> Led {
        let broker = Arc::new(Counting::new(self.hub.connect()));
        let leader = Leader {
            store,
            broker: broker.clone(),
            engine: engine(),
            pace,
            timer: PERIOD,
            scratch: self.folder.path().to_owned(),
            now: Timestamp::now,
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move { leader.run(stopped).await.unwrap() });
        Led { broker, stop, task }
    }

    /// Sends files of these words to the store, and says how to order their ingest.
    pub async fn uploads(&self, words: &[&str]) -> IngestOrder {
        let paths: Vec<PathBuf> = words.iter().map(|words| self.file(&format!("{words}.mov"), words)).collect();
        let mut memory = SourceMemory::empty(self.folder.path().join("memory"));
        let mut sender = Sender { store: &self.store, memory: &mut memory, now: SystemTime::now() };
        let sent = sender.uploads(&paths, InspectLimits::default()).await.unwrap();
        assert_eq!(sent.refused, []);
        sent.order.unwrap()
    }

    pub fn file(&self, name: &str, words: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, words).unwrap();
        path
    }

    /// Sends a command; returns its run.
    pub async fn send(&self, id: &str, order: &Order) -> String {
        submit::send(&self.hub, &Command { id: Some(id.to_owned()), order: order.clone() }).await.unwrap()
    }

    pub async fn cancel(&self, id: &str, run: &str) {
        self.send(id, &Order::Cancel(RunOrder { run: run.to_owned() })).await;
    }

    pub async fn retry(&self, id: &str, run: &str) {
        self.send(id, &Order::Retry(RunOrder { run: run.to_owned() })).await;
    }

    /// Waits until a run ended that heard a command.
    pub async fn ended(&self, run: &str, command: &str) -> RunState {
        let listener = self.hub.connect();
        submit::follow(&self.store, &listener, run, Some(command), PERIOD, |_| ()).await.unwrap()
    }

    /// Sends a command and waits until its run ended.
    pub async fn carried_out(&self, id: &str, order: &Order) -> RunState {
        let run = self.send(id, order).await;
        self.ended(&run, id).await
    }

    /// The names of a run's facts, without their times.
    pub async fn facts(&self, run: &str) -> Vec<String> {
        let facts = Listing::new(&self.store, layout::run_facts(run).unwrap()).collect().await.unwrap();
        facts.iter().map(|fact| fact.name.file_name().split_once('-').unwrap().1.to_owned()).collect()
    }
}

/// A request for uploads under a name of its own.
pub fn named(order: &IngestOrder, request: &str) -> Order {
    Order::Ingest(IngestOrder { request: Some(request.to_owned()), ..order.clone() })
}

/// The codes that uploads were refused with, nothing for those that are ready.
pub fn refusals(state: &RunState) -> Vec<Option<&str>> {
    let uploads: &[UploadOutcome] = &state.outcome.as_ref().unwrap().uploads;
    uploads.iter().map(|upload| upload.refused.as_ref().map(|reason| &*reason.code)).collect()
}
