//! A store, a graph of scripted results, and somebody to make them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::future::Future;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bookend_broker::{Broker, Disorder, InProcess, Lane};
use bookend_config::spec::{PictureEncoding, ProRes, ProResProfile};
use bookend_jobs::work::{Composition, Picture, SlateLine, Work};
use bookend_jobs::{Commit, Input, Key, Request};
use bookend_sandbox::{ChildProgram, Spawner};
use bookend_scheduler::graph::{About, Graph};
use bookend_scheduler::run::{Means, Notice, Outcome, Pace, RunError, carry_out};
use bookend_store::{Digest, DirectoryStore, Store, layout};
use bookend_units::{FrameRate, Raster};
use bookend_worker::{Embedded, Outfit, Settings, Stamps};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tokio::sync::{mpsc, watch};

use crate::acts;

/// After this a test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs an async test; what it left behind does not hold it up.
pub fn play<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let done = runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await });
    runtime.shutdown_background();
    done.expect("the test ends")
}

/// A scripted result: what the child does, and what it is made from.
#[derive(Clone, Default)]
pub struct Script {
    pub lines: Vec<(String, String)>,
    pub inputs: Vec<Key>,
    /// Results that differ only in this share a pass.
    pub encoding: u32,
    pub scratch_bytes: u64,
}

impl Script {
    pub fn act(act: &str) -> Self {
        Self::default().with("act", act)
    }

    pub fn with(mut self, label: &str, value: impl AsRef<Path>) -> Self {
        self.lines.push((label.into(), value.as_ref().to_str().unwrap().into()));
        self
    }

    pub fn from(mut self, inputs: impl IntoIterator<Item = Key>) -> Self {
        self.inputs = inputs.into_iter().collect();
        self
    }

    /// Adds it to a graph under a name, which is part of its key.
    pub fn add(&self, graph: &mut Graph, name: &str) -> Key {
        let (rate, raster) = (FrameRate::of(25, 1), Raster { width: 16, height: 16 });
        let names: Vec<String> = (0..self.inputs.len()).map(|n| format!("in-{n}")).collect();
        let mut lines = self.lines.clone();
        lines.push(("name".into(), name.into()));
        lines.push(("inputs".into(), names.join(" ")));
        let lines = lines.into_iter().map(|(label, value)| SlateLine { label, value }).collect();
        let profile = ProResProfile::Hq;
        let request = Request {
            work: Work::Picture(Picture {
                composition: Composition::Slate { lines },
                rate,
                first: 0,
                frames: 1,
                encoding: PictureEncoding::ProRes(ProRes { raster, rate, profile, threads: self.encoding }),
            }),
            inputs: names.into_iter().zip(self.inputs.iter().map(|key| Input::Result(*key))).collect(),
        };
        let about = About { label: name.into(), scratch_bytes: self.scratch_bytes, ..About::default() };
        graph.insert(request, &acts::engine(), about)
    }
}

/// A folder with a store in it.
pub struct Stage {
    _temporary: Option<tempfile::TempDir>,
    pub folder: PathBuf,
    pub pace: Pace,
    pub settings: Settings,
    pub disorder: Disorder,
}

impl Stage {
    pub fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let stage = Self::at(temporary.path());
        Stage { _temporary: Some(temporary), ..stage }
    }

    /// On a folder that another process may use too.
    pub fn at(folder: &Path) -> Self {
        let pace = Pace {
            period: Duration::from_millis(50),
            retry_after: vec![Duration::from_millis(1); 3],
            slots: 2,
            ..Pace::default()
        };
        let settings =
            Settings { slots: 2, pause: Duration::from_millis(1), give_up_after: Some(4), ..Settings::default() };
        Stage { _temporary: None, folder: folder.to_owned(), pace, settings, disorder: Disorder::default() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn log(&self) -> PathBuf {
        self.path("made.log")
    }

    /// How often each result was made, whether it was kept or not.
    pub fn made(&self) -> BTreeMap<Key, usize> {
        let mut made = BTreeMap::new();
        for line in std::fs::read_to_string(self.log()).unwrap_or_default().lines() {
            *made.entry(line.parse().unwrap()).or_default() += 1;
        }
        made
    }

    pub fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        path
    }

    pub async fn store(&self) -> DirectoryStore {
        DirectoryStore::open_or_create(&self.path("store"), &acts::engine().to_string()).await.unwrap()
    }

    pub fn embedded(&self, store: &DirectoryStore, broker: &Arc<InProcess>) -> Embedded {
        let spawner = Spawner::with_spares(ChildProgram::current(), 1).unwrap();
        let broker: Arc<dyn Broker> = broker.clone();
        Embedded::start_with(outfit(store, broker, spawner), self.settings.clone())
    }

    pub fn means(&self, store: &DirectoryStore, broker: &Arc<InProcess>) -> Means {
        Means {
            store: Arc::new(store.clone()),
            broker: broker.clone(),
            engine: acts::engine(),
            lane: Lane::Render,
            pace: self.pace.clone(),
        }
    }

    pub fn broker(&self) -> Arc<InProcess> {
        Arc::new(InProcess::with_disorder(self.disorder))
    }

    /// Carries a graph out with a worker of its own.
    pub async fn run(&self, graph: &Graph) -> (Outcome, Vec<Notice>) {
        let (store, broker) = (self.store().await, self.broker());
        let mut embedded = self.embedded(&store, &broker);
        let (send, mut notices) = mpsc::unbounded_channel();
        let (_cancel, never) = watch::channel(false);
        let means = self.means(&store, &broker);
        let outcome = tokio::select! {
            outcome = carry_out(graph, "run", &means, send, never) => outcome.unwrap(),
            ended = embedded.ended() => panic!("the worker ended: {ended:?}"),
        };
        embedded.stop().await.unwrap();
        let mut told = Vec::new();
        while let Some(notice) = notices.recv().await {
            told.push(notice);
        }
        assert_eq!(scratch(&store), 0, "nothing is left in scratch");
        for (key, commit) in &outcome.commits {
            assert_whole(&store, *key, commit).await;
        }
        (outcome, told)
    }

    pub async fn complete(&self, graph: &Graph) -> Outcome {
        let (outcome, _) = self.run(graph).await;
        assert!(outcome.is_complete(), "{:?}", outcome.failures);
        let keys: BTreeSet<Key> = graph.nodes().map(|node| node.key).collect();
        assert!(outcome.commits.keys().eq(&keys), "every result has a commit");
        outcome
    }

    /// Carries out without a worker; for somebody else to take the jobs.
    pub async fn alone(
        &self,
        graph: &Graph,
        means: &Means,
        cancel: watch::Receiver<bool>,
    ) -> Result<Outcome, RunError> {
        carry_out(graph, "run", means, mpsc::unbounded_channel().0, cancel).await
    }
}

/// How many jobs' folders and half-written files living processes and dead ones have in the store.
pub fn scratch(store: &DirectoryStore) -> usize {
    let workspaces = std::fs::read_dir(store.root().join("tmp")).unwrap();
    workspaces.map(|workspace| std::fs::read_dir(workspace.unwrap().path()).unwrap().count() - 1).sum()
}

/// What a result says, its inputs' words included.
pub async fn words(store: &DirectoryStore, commit: &Commit) -> String {
    let object = layout::result_file(&Digest::from(*commit.key.as_bytes()), &commit.attempt.0, acts::FILE).unwrap();
    String::from_utf8(store.get_bytes(&object, 1 << 20).await.unwrap()).unwrap()
}

async fn assert_whole(store: &DirectoryStore, key: Key, commit: &Commit) {
    let words = words(store, commit).await;
    assert!(words.starts_with(&format!("{key}\n")), "{words}");
    let stored = &commit.files[acts::FILE];
    assert_eq!(stored.digest, bookend_jobs::Digest::of(words.as_bytes()));
    assert_eq!((stored.bytes, &commit.facts), (words.len() as u64, &acts::facts(words.len() as u64)));
}

/// Waits until a child holds the fifo; what is given waits until every holder is gone.
pub async fn holder(fifo: PathBuf) -> impl Future<Output = ()> {
    let mut file = tokio::task::spawn_blocking(move || {
        let mut file = File::open(fifo).unwrap();
        file.read_exact(&mut [0]).unwrap();
        file
    })
    .await
    .unwrap();
    async {
        let end = tokio::task::spawn_blocking(move || file.read_to_end(&mut Vec::new()).unwrap());
        end.await.unwrap();
    }
}

pub fn outfit(store: &DirectoryStore, broker: Arc<dyn Broker>, spawner: Spawner) -> Outfit {
    Outfit {
        store: Arc::new(store.clone()),
        workspace: store.workspace().clone(),
        locks: Some(store.locks().clone()),
        broker,
        spawner,
        engine: acts::engine(),
        stamps: Stamps::system(),
    }
}
