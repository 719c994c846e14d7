//! The store in a bucket of an S3-compatible service.

mod client;
mod copy;
mod errors;
mod fetch;
mod list;
mod location;
mod multipart;
mod parts;
mod patience;
mod probe;
mod put;
mod ranges;
mod sweep;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;

use crate::digest::blocking;
use crate::{Name, ObjectDigest, ObjectMeta, Page, Prefix, Result, Store, StoreError};
use errors::Asked;

pub use location::{Checksums, S3Location};
pub use probe::{Ability, Probe};
pub use sweep::Unfinished;

/// What S3 allows for a key, in bytes.
const KEY_LIMIT_BYTES: usize = 1_024;

/// A store whose objects are those of a bucket below a prefix, shared by any number of machines.
///
/// Clones share connections. `S3.md` says what is required of the service and what each operation costs. Large objects
/// are put and fetched in parts, four at a time: that takes up to seven parts of memory for each call.
///
/// Every call ends: a request that moves nothing for [`S3Location::patience`] is given up, and tried four times in all,
/// with pauses of random length.
#[derive(Clone)]
pub struct S3Store {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    location: S3Location,
    place: String,
}

impl S3Store {
    /// Opens the store at a location with the credentials of the usual AWS variables or profile, and looks whether it
    /// answers. What is in it is [`StoreMark`](crate::StoreMark)'s to say.
    ///
    /// # Errors
    /// `Unreachable` when nothing answers, `NotS3` when something else does, and `Denied` when credentials, bucket or region are wrong; each says what to change.
    pub async fn open(location: &S3Location) -> Result<Self> {
        let place = location.to_string();
        let client = client::usual(location, Asked { place: &place, action: "open", name: None }).await?;
        Self::with(client, location).await
    }

    /// Opens the store as [`S3Store::open`] does, with an access key that the program has from elsewhere.
    /// Without a region in the location, requests are signed for `us-east-1`.
    ///
    /// # Errors
    /// As [`S3Store::open`].
    pub async fn open_with_key(location: &S3Location, access_key: &str, secret_key: &str) -> Result<Self> {
        Self::with(client::with_key(location, access_key, secret_key), location).await
    }

    async fn with(client: Client, location: &S3Location) -> Result<Self> {
        let inner = Inner { client, location: location.clone(), place: location.to_string() };
        let store = Self { inner: Arc::new(inner) };
        let request = store.client().list_objects_v2().bucket(store.bucket()).prefix(store.prefix()).max_keys(1);
        let listed = request.send().await.map_err(|error| store.asked("open", None).failed(error))?;
        // A page of something else can pass for an empty listing; a listing says what it lists.
        match listed.name().is_some() || listed.key_count().is_some() {
            true => Ok(store),
            false => Err(store.asked("open", None).not_s3("its listing of a bucket is none".to_owned())),
        }
    }

    /// Where it is.
    pub fn location(&self) -> &S3Location {
        &self.inner.location
    }

    fn client(&self) -> &Client {
        &self.inner.client
    }

    fn bucket(&self) -> &str {
        &self.inner.location.bucket
    }

    fn prefix(&self) -> &str {
        &self.inner.location.prefix
    }

    /// The key of an object in the bucket.
    fn key(&self, name: &Name) -> Result<String> {
        let key = format!("{}{name}", self.prefix());
        if key.len() > KEY_LIMIT_BYTES {
            let reason = "with the store's prefix it is longer than the 1,024 bytes of a key";
            return Err(crate::name::invalid(name.as_str(), reason));
        }
        Ok(key)
    }

    fn asked<'a>(&'a self, action: &'static str, name: Option<&'a Name>) -> Asked<'a> {
        Asked { place: &self.inner.place, action, name }
    }

    async fn look(&self, name: &Name) -> Result<Option<ObjectMeta>> {
        let request = self.client().head_object().bucket(self.bucket()).key(self.key(name)?);
        match request.send().await {
            Ok(found) => {
                let bytes = found.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
                Ok(Some(ObjectMeta { name: name.clone(), bytes, modified: list::time(found.last_modified()) }))
            }
            Err(error) => match self.asked(errors::LOOK, Some(name)).failed(error) {
                StoreError::NotFound { .. } => Ok(None),
                error => Err(error),
            },
        }
    }
}

#[async_trait]
impl Store for S3Store {
    fn place(&self) -> String {
        self.inner.place.clone()
    }

    async fn put_bytes(&self, name: &Name, bytes: Vec<u8>) -> Result<ObjectDigest> {
        let (digest, bytes) = blocking(move || Ok((ObjectDigest::of(&bytes), bytes))).await?;
        self.put_whole(name, bytes.into()).await?;
        Ok(digest)
    }

    async fn put_file(&self, name: &Name, from: &Path, expected: Option<&ObjectDigest>) -> Result<ObjectDigest> {
        self.put_local(name, from, expected.copied()).await
    }

    async fn get_bytes(&self, name: &Name, limit_bytes: u64) -> Result<Vec<u8>> {
        Ok(self.read_whole(name, limit_bytes).await?.concat())
    }

    async fn get_range(&self, name: &Name, range: Range<u64>) -> Result<Vec<u8>> {
        if range.start < range.end {
            return Ok(self.read_range(name, range).await?.concat());
        }
        // S3 has no ranges without bytes.
        let bytes = self.length_of(name).await?;
        if range.start == range.end && range.end <= bytes {
            return Ok(Vec::new());
        }
        Err(ranges::out_of_range(name, &range, bytes))
    }

    async fn fetch_file(&self, name: &Name, to: &Path, expected: &ObjectDigest) -> Result<()> {
        self.fetch(name, to, *expected).await
    }

    async fn head(&self, name: &Name) -> Result<Option<ObjectMeta>> {
        self.look(name).await
    }

    async fn list(&self, prefix: &Prefix, after: Option<&Name>) -> Result<Page> {
        self.page(prefix, after).await
    }

    async fn folders(&self, prefix: &Prefix) -> Result<Vec<String>> {
        self.folders_of(prefix).await
    }

    async fn delete(&self, name: &Name) -> Result<()> {
        let request = self.client().delete_object().bucket(self.bucket()).key(self.key(name)?);
        match request.send().await.map_err(|error| self.asked("delete", Some(name)).failed(error)) {
            // What is not there is deleted already.
            Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn local_path(&self, _name: &Name) -> Option<PathBuf> {
        None
    }
}

/// The place and nothing of the client, whose parts know credentials.
impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("S3Store").field(&self.inner.place).finish()
    }
}
