//! The store that `--store` names, wherever it is: a folder, or S3.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bookend_jobs::Engine;
use bookend_scheduler::parse_engine;
use bookend_store::{DirectoryStore, KeyLock, KeyLocks, S3Location, S3Store, Store, StoreError, StoreErrorKind};
use bookend_store::{StoreMark, Workspace};

use crate::exit::{Exit, Failure};
use crate::setup::Setup;

/// The file that remembers digests of this machine's files, beside the objects or among this user's caches.
const MEMORY: &str = ".remembered-sources.json";

/// Where a store is.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// On S3.
    S3(S3Location),
}

/// An open store.
#[derive(Clone, Debug)]
pub struct OpenStore {
    /// The store.
    pub store: Arc<dyn Store>,
    at: At,
}

#[derive(Clone, Debug)]
enum At {
    Folder(DirectoryStore),
    S3(S3Store),
}

impl Place {
    /// Reads what `--store` says.
    ///
    /// # Errors
    /// When it is no address of a store.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let remedy = "use a folder, for example --store .bookend, or s3://bucket/prefix";
        match text.split_once("://") {
            _ if text.is_empty() => Err(Failure::request(format!("the store is empty; {remedy}"))),
            Some(("s3", _)) => S3Location::parse(text).map(Place::S3).map_err(Failure::from),
            Some((other, _)) => Err(Failure::request(format!("a store cannot be at `{other}://`; {remedy}"))),
            None => Ok(Place::Folder(PathBuf::from(text))),
        }
    }

    /// Opens the store, if there is one.
    ///
    /// # Errors
    /// When it cannot be used.
    pub async fn open_if_there(&self) -> Result<Option<OpenStore>, Failure> {
        let open = match self {
            Place::Folder(folder) if !folder.join("bookend.json").exists() => return Ok(None),
            Place::Folder(folder) => OpenStore::of_folder(DirectoryStore::open(folder).await.map_err(unopened)?),
            Place::S3(location) => OpenStore::of_s3(S3Store::open(location).await.map_err(unopened)?),
        };
        let there = StoreMark::read(&*open.store).await.map_err(unopened)?.is_some();
        Ok(there.then_some(open))
    }

    /// Opens a store that must be there, for commands that make no results.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub async fn open(&self) -> Result<OpenStore, Failure> {
        match self {
            Place::Folder(folder) => DirectoryStore::open(folder).await.map(OpenStore::of_folder).map_err(unopened),
            Place::S3(location) => match self.open_if_there().await? {
                Some(open) => Ok(open),
                None => Err(unopened(StoreError::NotAStore { place: location.to_string() })),
            },
        }
    }

    /// Opens the store, making it for `engine` when there is none.
    ///
    /// # Errors
    /// When it cannot be used, or belongs to another engine.
    pub async fn open_or_create(&self, engine: &Engine) -> Result<OpenStore, Failure> {
        let engine = engine.to_string();
        match self {
            Place::Folder(folder) => {
                let store = DirectoryStore::open_or_create(folder, &engine).await.map_err(unopened)?;
                Ok(OpenStore::of_folder(store))
            }
            Place::S3(location) => {
                let open = OpenStore::of_s3(S3Store::open(location).await.map_err(unopened)?);
                StoreMark::open_or_create(&*open.store, &engine).await.map_err(unopened)?;
                Ok(open)
            }
        }
    }
}

impl OpenStore {
    fn of_folder(store: DirectoryStore) -> Self {
        OpenStore { store: Arc::new(store.clone()), at: At::Folder(store) }
    }

    fn of_s3(store: S3Store) -> Self {
        OpenStore { store: Arc::new(store.clone()), at: At::S3(store) }
    }

    /// Returns the store as one in a folder, if it is.
    pub fn folder(&self) -> Option<&DirectoryStore> {
        match &self.at {
            At::Folder(store) => Some(store),
            At::S3(_) => None,
        }
    }

    /// Returns the store as one on S3, if it is.
    pub fn s3(&self) -> Option<&S3Store> {
        match &self.at {
            At::Folder(_) => None,
            At::S3(store) => Some(store),
        }
    }

    /// Returns the engine that the store belongs to; nothing when its text is not ours to read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn engine(&self) -> Result<Option<Engine>, Failure> {
        Ok(StoreMark::read(&*self.store).await?.and_then(|mark| parse_engine(&mark.engine)))
    }

    /// Returns the locks between processes, where the store has them.
    pub fn locks(&self) -> Option<&KeyLocks> {
        self.folder().map(DirectoryStore::locks)
    }

    /// Takes a lock between processes: `Ok(None)` when another process has it, or the store has no locks.
    ///
    /// # Errors
    /// When the store fails.
    pub fn try_lock(&self, name: &str) -> Result<Option<KeyLock>, Failure> {
        match self.folder() {
            Some(store) => Ok(store.try_lock_key(name)?),
            None => Ok(None),
        }
    }

    /// Returns room for jobs: in the store's own folder, or, for a store elsewhere, in `scratch` or this user's cache folder.
    ///
    /// # Errors
    /// When there is none.
    pub async fn workspace(&self, scratch: Option<&Path>) -> Result<Workspace, Failure> {
        match (self.folder(), scratch) {
            (Some(store), None) => Ok(store.workspace().clone()),
            (_, Some(folder)) => Ok(Workspace::open(folder).await?),
            (None, None) => Ok(Workspace::open(&cache()?.join("scratch")).await?),
        }
    }

    /// Returns the file that remembers digests of this machine's files.
    ///
    /// # Errors
    /// When no folder for it can be found.
    pub fn memory(&self) -> Result<PathBuf, Failure> {
        let folder = match self.folder() {
            Some(store) => store.root().to_owned(),
            None => cache()?,
        };
        std::fs::create_dir_all(&folder)
            .map_err(|error| Failure::other(format!("no folder {}: {error}", folder.display())))?;
        Ok(folder.join(MEMORY))
    }
}

impl Setup {
    /// Opens a store that must be there.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub async fn existing_store(&self) -> Result<OpenStore, Failure> {
        self.place()?.open().await
    }
}

/// This user's cache folder for Bookend.
fn cache() -> Result<PathBuf, Failure> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
    let remedy = "set XDG_CACHE_HOME or HOME, or worker.scratch in the settings";
    Ok(caches.ok_or_else(|| Failure::request(format!("there is no folder for scratch; {remedy}")))?.join("bookend"))
}

/// A store that cannot be opened is as unreachable as one that does not answer; a full disk is not.
fn unopened(error: StoreError) -> Failure {
    let remedy = match error.kind() {
        StoreErrorKind::NoSpace => return error.into(),
        // Says itself what to do.
        StoreErrorKind::Unusable | StoreErrorKind::Retry if !matches!(error, StoreError::Io { .. }) => "",
        _ => "; check the folder, or use another --store",
    };
    let message = Failure::from(error).message + remedy;
    Failure::new(Exit::Unreachable, message)
}
