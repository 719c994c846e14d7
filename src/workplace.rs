//! Store, worker and broker of a command that runs in one process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bookend_broker::{Broker, InProcess, Lane};
use bookend_jobs::Engine;
use bookend_sandbox::{ChildProgram, Spawner};
use bookend_scheduler::graph::Graph;
use bookend_scheduler::plan;
use bookend_scheduler::run::{Means, Outcome, Pace, carry_out};
use bookend_scheduler::sources::SourceMemory;
use bookend_store::StoreMark;
use bookend_worker::{Embedded, Outfit, Settings, Stamps, ask_engine};
use tokio::sync::mpsc;

use crate::exit::{Failure, chain};
use crate::interrupt::Stop;
use crate::place::OpenStore;
use crate::progress::{self, Show};
use crate::setup::Setup;

/// How often a run that seems to need no worker is looked at, in case it does.
const LOOK_PAUSE: Duration = Duration::from_millis(20);
/// Jobs in a row that could not be carried out here after which the command gives up.
const GIVE_UP_AFTER: u32 = 4;

/// Everything needed to have results made here.
#[derive(Debug)]
pub struct Workplace {
    /// The store.
    pub store: OpenStore,
    /// The engine whose results it holds.
    pub engine: Engine,
    /// Digests of this machine's files.
    pub memory: SourceMemory,
    setup: Setup,
    stop: Stop,
    spawner: Option<Spawner>,
    broker: Arc<InProcess>,
    worker: Option<Embedded>,
}

impl Workplace {
    /// Opens the store, making it when there is none. A child is started only to ask the engine of a new store.
    ///
    /// # Errors
    /// When the store cannot be used, or no child can be started.
    pub async fn open(setup: Setup, stop: Stop, rehash: bool) -> Result<Self, Failure> {
        setup.without_broker()?;
        let place = setup.place()?;
        let known = match place.open_if_there().await? {
            Some(store) => store.engine().await?.map(|engine| (store, engine)),
            None => None,
        };
        let (store, engine, spawner) = match known {
            Some((store, engine)) => (store, engine, None),
            None => {
                let spawner = spawner(setup.slots_and_threads().0)?;
                let engine = ask(&spawner).await?;
                (place.open_or_create(&engine).await?, engine, Some(spawner))
            }
        };
        let file = store.memory()?;
        let memory = if rehash { SourceMemory::empty(file) } else { SourceMemory::open(file) };
        let broker = Arc::new(InProcess::new());
        Ok(Workplace { store, engine, memory, setup, stop, spawner, broker, worker: None })
    }

    /// Makes every result of a graph that does not exist. A worker is started when there is anything to make.
    ///
    /// # Errors
    /// When interrupted, or store, broker or worker fail. A result that cannot be made is no error.
    pub async fn carry_out(&mut self, graph: &Graph, run: &str, lane: Lane, what: &str) -> Result<Outcome, Failure> {
        let missing = plan::existing(&*self.store.store, graph).await?.len() < graph.len();
        if missing {
            self.ensure_worker().await?;
        }
        let (slots, _) = self.setup.slots_and_threads();
        let broker: Arc<dyn Broker> = self.broker.clone();
        let means = Means {
            store: Arc::clone(&self.store.store),
            broker: broker.clone(),
            engine: self.engine.clone(),
            lane,
            pace: Pace { slots, ..Pace::default() },
        };
        let (notices, told) = mpsc::unbounded_channel();
        let shown = progress::follow(graph, what, Show::choose(self.setup.quiet), told);
        let stop = self.stop.clone();
        let running = async move { carry_out(graph, run, &means, notices, stop).await };
        let made = async { tokio::join!(running, shown).0 };
        tokio::pin!(made);
        loop {
            let Some(worker) = &mut self.worker else {
                // Everything seems to exist; if a file of it turns out to be gone, a message waits for a worker.
                tokio::select! {
                    outcome = &mut made => return outcome.map_err(|error| bookend_scheduler::SchedulerError::from(error).into()),
                    () = tokio::time::sleep(LOOK_PAUSE) => {}
                }
                if broker.depth(lane).await.is_ok_and(|depth| depth > 0) {
                    self.ensure_worker().await?;
                }
                continue;
            };
            tokio::select! {
                outcome = &mut made => return outcome.map_err(|error| bookend_scheduler::SchedulerError::from(error).into()),
                ended = worker.ended() => {
                    self.worker = None;
                    let why = ended.err().map_or_else(|| "without a reason".to_owned(), |error| chain(&error));
                    return Err(Failure::other(format!("the worker ended: {why}; what was made is kept")));
                }
            }
        }
    }

    async fn ensure_worker(&mut self) -> Result<(), Failure> {
        if self.worker.is_some() {
            return Ok(());
        }
        let spawner = self.spawner().await?;
        let (slots, threads) = self.setup.slots_and_threads();
        let name = format!("embedded-{}", std::process::id());
        let settings = Settings { name, slots, threads, give_up_after: Some(GIVE_UP_AFTER), ..Settings::default() };
        let outfit = outfit(&self.store, &self.setup, self.broker.clone(), spawner, self.engine.clone()).await?;
        let worker = Embedded::start_with(outfit, settings);
        self.worker = Some(worker);
        Ok(())
    }

    /// Returns what starts children, once their engine is known to be the store's.
    ///
    /// # Errors
    /// When no child can be started, or the store belongs to another engine.
    pub async fn spawner(&mut self) -> Result<Spawner, Failure> {
        if let Some(spawner) = &self.spawner {
            return Ok(spawner.clone());
        }
        let spawner = spawner(self.setup.slots_and_threads().0)?;
        let ours = ask(&spawner).await?;
        let mark = StoreMark { format: bookend_store::STORE_FORMAT, engine: self.engine.to_string() };
        mark.check_engine(&self.store.store.place(), &ours.to_string())?;
        self.spawner = Some(spawner.clone());
        Ok(spawner)
    }

    /// Ends the worker, killing its children, and keeps what was learnt of files.
    pub async fn close(&mut self) {
        if let Err(error) = self.memory.save() {
            tracing::warn!(%error, "digests not remembered");
        }
        if let Some(worker) = self.worker.take()
            && let Err(error) = worker.stop().await
        {
            tracing::warn!(error = chain(&error), "the worker had ended by itself");
        }
    }
}

/// Puts together what a worker works with on a store.
///
/// # Errors
/// When there is no room for its jobs.
pub async fn outfit(
    store: &OpenStore,
    setup: &Setup,
    broker: Arc<dyn Broker>,
    spawner: Spawner,
    engine: Engine,
) -> Result<Outfit, Failure> {
    Ok(Outfit {
        store: Arc::clone(&store.store),
        workspace: store.workspace(setup.settings.worker.scratch.as_deref()).await?,
        locks: store.locks().cloned(),
        broker,
        spawner,
        engine,
        stamps: Stamps::system(),
    })
}

/// Makes what starts children: this program again, with this many kept ready.
///
/// # Errors
/// When no child can be started.
pub fn spawner(spares: usize) -> Result<Spawner, Failure> {
    Spawner::with_spares(ChildProgram::current(), spares).map_err(|error| Failure::other(chain(&error)))
}

/// Asks a child which engine it is.
///
/// # Errors
/// When no child can be started, or it does not say.
pub async fn ask(spawner: &Spawner) -> Result<Engine, Failure> {
    let folder = scratch()?;
    ask_engine(spawner, folder.path())
        .await
        .map_err(|error| Failure::other(format!("the engine cannot be asked: {}", chain(&error))))
}

/// Makes a folder for a child that works on no store.
///
/// # Errors
/// When there is no room for temporary files.
pub fn scratch() -> Result<tempfile::TempDir, Failure> {
    tempfile::tempdir().map_err(|error| Failure::other(format!("no temporary folder in {}: {error}", temp().display())))
}

fn temp() -> PathBuf {
    std::env::temp_dir()
}
