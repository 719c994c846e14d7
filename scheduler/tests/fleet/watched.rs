//! A broker that counts what passes, and a store that can be held up.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bookend_broker::{Broker, BrokerError, Command, InProcess, Lane, Leadership, Subscription, Taken};
use bookend_jobs::{JobMessage, Key};
use bookend_store::{DirectoryStore, Name, ObjectDigest, ObjectMeta, Page, Prefix, Store, StoreError};
use tokio::sync::Notify;

/// A connection that counts the jobs it publishes.
#[derive(Debug)]
pub struct Counting {
    pub inner: InProcess,
    /// How often each result was published, in any lane.
    pub published: Mutex<BTreeMap<Key, usize>>,
    /// The most messages that a lane held after a publish.
    pub deepest: AtomicU64,
    /// A job was published in the interactive lane.
    pub urgent: Notify,
}

impl Counting {
    pub fn new(inner: InProcess) -> Self {
        Counting { inner, published: Mutex::default(), deepest: AtomicU64::new(0), urgent: Notify::new() }
    }

    /// How many results were published, each as often as it was.
    pub fn total(&self) -> usize {
        self.published.lock().unwrap().values().sum()
    }
}

type Told<T> = Result<T, BrokerError>;

#[async_trait]
impl Broker for Counting {
    fn place(&self) -> String {
        self.inner.place()
    }

    async fn publish(&self, lane: Lane, message: Vec<u8>) -> Told<()> {
        let job: JobMessage = serde_json::from_slice(&message).unwrap();
        self.inner.publish(lane, message).await?;
        for wanted in job.results {
            *self.published.lock().unwrap().entry(wanted.key).or_default() += 1;
        }
        self.deepest.fetch_max(self.inner.depth(lane).await?, Ordering::SeqCst);
        if lane == Lane::Interactive {
            self.urgent.notify_one();
        }
        Ok(())
    }

    async fn try_take(&self, lanes: &[Lane]) -> Told<Option<Taken>> {
        self.inner.try_take(lanes).await
    }

    async fn take(&self, lanes: &[Lane]) -> Told<Taken> {
        self.inner.take(lanes).await
    }

    async fn depth(&self, lane: Lane) -> Told<u64> {
        self.inner.depth(lane).await
    }

    async fn command(&self, message: Vec<u8>) -> Told<()> {
        self.inner.command(message).await
    }

    async fn take_command(&self) -> Told<Command> {
        self.inner.take_command().await
    }

    async fn emit(&self, event: Vec<u8>) -> Told<()> {
        self.inner.emit(event).await
    }

    async fn events(&self) -> Told<Subscription> {
        self.inner.events().await
    }

    async fn lead(&self) -> Told<Leadership> {
        self.inner.lead().await
    }

    async fn try_lead(&self) -> Told<Option<Leadership>> {
        self.inner.try_lead().await
    }
}

/// A store whose puts into a folder are done and never return.
#[derive(Debug)]
pub struct Holding {
    pub inner: DirectoryStore,
    pub folder: &'static str,
    /// One is held.
    pub held: Notify,
}

type Kept<T> = Result<T, StoreError>;

#[async_trait]
impl Store for Holding {
    fn place(&self) -> String {
        self.inner.place()
    }

    async fn put_bytes(&self, name: &Name, bytes: Vec<u8>) -> Kept<ObjectDigest> {
        let put = self.inner.put_bytes(name, bytes).await;
        if name.as_str().starts_with(self.folder) {
            self.held.notify_one();
            std::future::pending::<()>().await;
        }
        put
    }

    async fn put_file(&self, name: &Name, from: &Path, expected: Option<&ObjectDigest>) -> Kept<ObjectDigest> {
        self.inner.put_file(name, from, expected).await
    }

    async fn get_bytes(&self, name: &Name, limit_bytes: u64) -> Kept<Vec<u8>> {
        self.inner.get_bytes(name, limit_bytes).await
    }

    async fn get_range(&self, name: &Name, range: Range<u64>) -> Kept<Vec<u8>> {
        self.inner.get_range(name, range).await
    }

    async fn fetch_file(&self, name: &Name, to: &Path, expected: &ObjectDigest) -> Kept<()> {
        self.inner.fetch_file(name, to, expected).await
    }

    async fn head(&self, name: &Name) -> Kept<Option<ObjectMeta>> {
        self.inner.head(name).await
    }

    async fn list(&self, prefix: &Prefix, after: Option<&Name>) -> Kept<Page> {
        self.inner.list(prefix, after).await
    }

    async fn folders(&self, prefix: &Prefix) -> Kept<Vec<String>> {
        self.inner.folders(prefix).await
    }

    async fn delete(&self, name: &Name) -> Kept<()> {
        self.inner.delete(name).await
    }

    /// As a store elsewhere has none.
    fn local_path(&self, _: &Name) -> Option<PathBuf> {
        None
    }
}
