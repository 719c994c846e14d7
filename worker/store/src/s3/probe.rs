//! What a service can do, found out by trying.

use std::fmt;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;

use super::S3Store;
use crate::{Name, Prefix, Result, Store, StoreError};

/// The shortest part but the last that S3 takes, in bytes.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// What a service can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Where it is.
    pub place: String,
    /// What Bookend cannot do without: a store without one of these cannot be used.
    pub required: Vec<(&'static str, Ability)>,
    /// What it can do without.
    pub optional: Vec<(&'static str, Ability)>,
}

/// Whether a service can do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ability {
    /// It can, and did.
    Yes,
    /// It says that it has, and does not do it.
    Ignored,
    /// It cannot; what it said or did instead.
    No(String),
}

impl Probe {
    /// Whether a store can be kept there.
    pub fn is_usable(&self) -> bool {
        self.required.iter().all(|(_, ability)| *ability == Ability::Yes)
    }
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("yes"),
            Self::Ignored => f.write_str("accepted and ignored"),
            Self::No(reason) => write!(f, "no: {reason}"),
        }
    }
}

impl S3Store {
    /// Tries everything that a store is asked for on objects of its own, which it deletes afterwards.
    ///
    /// It moves about 12 MB. What fails is told in the [`Probe`].
    ///
    /// # Errors
    /// `Unreachable` when the service goes away meanwhile.
    pub async fn probe(&self) -> Result<Probe> {
        let folder = Prefix::folder(&format!("probe-{:016x}", rand::random::<u64>()))?;
        let tried = self.try_all(&folder).await;
        let mut cleared = Ok(());
        for object in ["small", "large", "copy"] {
            cleared = cleared.and(self.delete(&folder.name(object)?).await);
        }
        let mut probe = tried?;
        probe.required.push(("delete", told(cleared)?));
        let left = self.list(&folder, None).await;
        probe.required.push(("a deleted object is not listed", held(left, |page| page.objects.is_empty())?));
        Ok(probe)
    }

    async fn try_all(&self, folder: &Prefix) -> Result<Probe> {
        let small = folder.name("small")?;
        let large = folder.name("large")?;
        let mut required = Vec::new();
        required.push(("put", told(self.put_bytes(&small, b"first".to_vec()).await)?));
        required.push(("get what was put", held(self.get_bytes(&small, 9).await, |bytes| bytes == b"first")?));
        required.push(("get a range", held(self.get_range(&small, 1..4).await, |bytes| bytes == b"irs")?));
        required.push((
            "look at an object",
            held(self.head(&small).await, |meta| meta.as_ref().is_some_and(|meta| meta.bytes == 5))?,
        ));
        required.push(("put again, get the new bytes", told(self.put_bytes(&small, b"second".to_vec()).await)?));
        required.push((
            "list what was put",
            held(self.list(folder, None).await, |page| page.objects.iter().map(|object| &object.name).eq([&small]))?,
        ));
        required
            .push(("list after a name", held(self.list(folder, Some(&small)).await, |page| page.objects.is_empty())?));
        let parent = Prefix::all();
        let name = folder.as_str().trim_end_matches('/').to_owned();
        required.push(("list folders", held(self.folders(&parent).await, |folders| folders.contains(&name))?));
        required.push(("put in parts", told(self.try_parts(&large).await)?));
        let bytes = (PART_BYTES + 1) as u64;
        let seam = self.get_range(&large, bytes - 3..bytes).await;
        required.push(("get a range of an object of parts", held(seam, |range| range == b"aab")?));
        required.push(("list unfinished puts", told(self.unfinished().await)?));
        let copied = self.copy(&small, &folder.name("copy")?).await;
        let optional = vec![
            ("copy inside the store", told(copied)?),
            ("put only if absent", self.try_put_if_absent(&small).await?),
        ];
        Ok(Probe { place: self.place(), required, optional })
    }

    async fn try_parts(&self, name: &Name) -> Result<()> {
        let upload = self.begin(name, self.checksum()).await?;
        let mut parts = Vec::new();
        for (number, bytes) in [(1, vec![b'a'; PART_BYTES]), (2, b"b".to_vec())] {
            parts.push(self.send_part(upload.begun(), name, number, bytes.into()).await?);
        }
        self.complete(&upload, name, parts).await?;
        upload.finished();
        Ok(())
    }

    /// Puts over an object on the condition that there is none. Bookend never relies on the answer.
    async fn try_put_if_absent(&self, name: &Name) -> Result<Ability> {
        let request = self.client().put_object().bucket(self.bucket()).key(self.key(name)?).if_none_match("*");
        match request.body(ByteStream::from_static(b"third")).send().await {
            Ok(_) => Ok(Ability::Ignored),
            Err(SdkError::ServiceError(refused)) if refused.raw().status().as_u16() == 412 => Ok(Ability::Yes),
            Err(error) => told::<()>(Err(self.asked("put on a condition", Some(name)).failed(error))),
        }
    }
}

/// What a call's end says of an ability; an error of the network says nothing and is one here.
fn told<T>(called: Result<T>) -> Result<Ability> {
    held(called, |_| true)
}

fn held<T>(called: Result<T>, is_right: impl FnOnce(&T) -> bool) -> Result<Ability> {
    match called {
        Ok(found) if is_right(&found) => Ok(Ability::Yes),
        Ok(_) => Ok(Ability::No("it answered something else".to_owned())),
        Err(error @ StoreError::Unreachable { .. }) => Err(error),
        Err(error) => Ok(Ability::No(error.to_string())),
    }
}
