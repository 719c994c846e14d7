//! Uploads that others put into the store: from the inbox to the sources.

use std::path::{Path, PathBuf};

use bookend_jobs::{Digest, Reason, SourceAt};
use bookend_store::{Name, Store, StoreError, StoreErrorKind, layout, put_source};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::{SchedulerError, sources};

/// The largest upload, in bytes: 1 TiB.
const UPLOAD_LIMIT_BYTES: u64 = 1 << 40;
/// How much is read at a time, in bytes.
const STEP_BYTES: u64 = 16 << 20;

/// A local copy; removed when dropped.
struct Copy {
    path: PathBuf,
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), %error, "copy of an upload not removed");
        }
    }
}

/// Finds an upload's bytes, and sees to it that they are among the sources.
///
/// # Errors
/// When the store or the disk fails; an upload that is not there is no error but refused.
pub(super) async fn settle(
    store: &dyn Store,
    scratch: &Path,
    copy_name: &str,
    at: &SourceAt,
) -> Result<Result<Digest, Reason>, SchedulerError> {
    let refused = |code: &str, message: String| Ok(Err(Reason { code: code.to_owned(), message }));
    let key = match at {
        SourceAt::Digest(digest) if sources::is_kept(store, *digest).await? => return Ok(Ok(*digest)),
        SourceAt::Digest(digest) => {
            return refused("missing", format!("the store has no source {digest}; put its bytes there first"));
        }
        SourceAt::Key(key) => key,
    };
    let name = match Name::parse(key) {
        Ok(name) if name.is_in(&layout::inbox()) => name,
        Ok(_) => return refused("not-in-inbox", format!("`{key}` is not in inbox/; put uploads there")),
        Err(error) => return refused("not-in-inbox", error.to_string()),
    };
    let Some(found) = store.head(&name).await? else {
        return refused("missing", format!("the store has no object {name}; put it there first"));
    };
    if found.bytes > UPLOAD_LIMIT_BYTES {
        return refused("too-large", format!("{name} has {} bytes, of {UPLOAD_LIMIT_BYTES} allowed", found.bytes));
    }
    let kept = match store.local_path(&name) {
        Some(path) => put_source(store, &path).await,
        None => {
            let copy = Copy { path: scratch.join(copy_name) };
            fetch(store, &name, found.bytes, &copy.path).await?;
            put_source(store, &copy.path).await
        }
    };
    match kept {
        Ok(kept) => Ok(Ok(Digest::from_bytes(*kept.whole.sha256.as_bytes()))),
        Err(StoreError::Changed { .. }) => {
            refused("changed", format!("{name} changed while it was read; ask again when nothing writes to it"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Copies an object whose digest nobody knows yet.
async fn fetch(store: &dyn Store, name: &Name, bytes: u64, to: &Path) -> Result<(), SchedulerError> {
    let unwritten = |source| SchedulerError::File { doing: "written", path: to.to_owned(), source };
    let mut file = File::create(to).await.map_err(unwritten)?;
    let mut at = 0;
    while at < bytes {
        let until = bytes.min(at + STEP_BYTES);
        let part = match store.get_range(name, at..until).await {
            // Replaced by a shorter one meanwhile: the next look finds out.
            Err(error) if error.kind() == StoreErrorKind::Refused => {
                return Err(StoreError::NotFound { name: name.clone() }.into());
            }
            part => part?,
        };
        file.write_all(&part).await.map_err(unwritten)?;
        at = until;
    }
    file.flush().await.map_err(unwritten)
}
