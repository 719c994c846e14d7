//! Parts of puts that never became objects: invisible, and paid for.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::MultipartUpload;

use super::S3Store;
use super::list::time;
use crate::{Name, Result};

/// A multipart upload that was begun, and neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The object it was to be.
    pub name: Name,
    /// When it was begun, by the store's clock.
    pub begun: SystemTime,
    id: String,
}

impl S3Store {
    /// Lists the unfinished uploads of this store: those under way, and those of programs that were killed.
    pub async fn unfinished(&self) -> Result<Vec<Unfinished>> {
        let mut all = Vec::new();
        let (mut key, mut id): (Option<String>, Option<String>) = (None, None);
        loop {
            let before = (key.clone(), id.clone());
            let request = self
                .client()
                .list_multipart_uploads()
                .bucket(self.bucket())
                .prefix(self.prefix())
                .set_key_marker(key.take())
                .set_upload_id_marker(id.take());
            let listed =
                request.send().await.map_err(|error| self.asked("list unfinished uploads", None).failed(error))?;
            all.extend(listed.uploads().iter().filter_map(|upload| self.unfinished_of(upload)));
            key = listed.next_key_marker().filter(|marker| !marker.is_empty()).map(str::to_owned);
            id = listed.next_upload_id_marker().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if key.is_none() || !listed.is_truncated().unwrap_or(false) {
                return Ok(all);
            }
            if (&key, &id) == (&before.0, &before.1) {
                let reason = "its list of unfinished uploads goes on where it began".to_owned();
                return Err(self.asked("list unfinished uploads", None).not_s3(reason));
            }
        }
    }

    /// Deletes the parts of uploads begun longer ago than `age` and not finished; returns those it deleted.
    ///
    /// An upload that is still under way fails when it is swept, so `age` is longer than any put takes: a day is usual.
    pub async fn sweep_unfinished(&self, age: Duration) -> Result<Vec<Unfinished>> {
        let mut swept = Vec::new();
        let now = SystemTime::now();
        for upload in self.unfinished().await? {
            if now.duration_since(upload.begun).unwrap_or_default() < age {
                continue;
            }
            let key = self.key(&upload.name)?;
            let abort = self.client().abort_multipart_upload().bucket(self.bucket()).key(key).upload_id(&upload.id);
            match abort.send().await {
                Ok(_) => {}
                Err(error) if error.code() == Some("NoSuchUpload") => continue,
                Err(error) => return Err(self.asked("sweep", Some(&upload.name)).failed(error)),
            }
            tracing::info!(name = upload.name.as_str(), "swept an unfinished upload");
            swept.push(upload);
        }
        Ok(swept)
    }

    fn unfinished_of(&self, upload: &MultipartUpload) -> Option<Unfinished> {
        let name = Name::parse(upload.key()?.strip_prefix(self.prefix())?).ok()?;
        Some(Unfinished { name, begun: time(upload.initiated()), id: upload.upload_id()?.to_owned() })
    }
}
