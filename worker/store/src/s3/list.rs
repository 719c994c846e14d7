//! Listing objects and folders.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::EncodingType;

use super::S3Store;
use crate::{Name, ObjectMeta, PAGE_LIMIT, Page, Prefix, Result};

impl S3Store {
    /// The objects below a prefix after a name. Keys of others in the bucket, which are no names, are passed over.
    pub(super) async fn page(&self, prefix: &Prefix, after: Option<&Name>) -> Result<Page> {
        let start_after = after.map(|name| format!("{}{name}", self.prefix()));
        let mut token = None;
        loop {
            let listed = self.listed(prefix, None, start_after.clone(), token).await?;
            let objects: Vec<_> = listed.contents().iter().filter_map(|object| self.describe(object)).collect();
            let more = listed.is_truncated().unwrap_or(false);
            token = listed.next_continuation_token().map(str::to_owned);
            // A page of strange keys only says nothing of what comes after it.
            if !(objects.is_empty() && more && token.is_some()) {
                return Ok(Page { objects, more });
            }
        }
    }

    /// The names of the folders directly below a prefix.
    pub(super) async fn folders_of(&self, prefix: &Prefix) -> Result<Vec<String>> {
        let mut folders = Vec::new();
        let mut token = None;
        loop {
            let listed = self.listed(prefix, Some("/"), None, token).await?;
            for found in listed.common_prefixes().iter().filter_map(|common| common.prefix()) {
                let Some(found) = decoded(found) else { continue };
                let path = found.strip_prefix(self.prefix()).and_then(|path| path.strip_suffix('/'));
                if let Some(path) = path.filter(|path| Prefix::folder(path).is_ok()) {
                    folders.push(path[prefix.as_str().len()..].to_owned());
                }
            }
            token = listed.next_continuation_token().map(str::to_owned);
            if token.is_none() || !listed.is_truncated().unwrap_or(false) {
                folders.sort_unstable();
                return Ok(folders);
            }
        }
    }

    async fn listed(
        &self,
        prefix: &Prefix,
        delimiter: Option<&str>,
        start_after: Option<String>,
        token: Option<String>,
    ) -> Result<ListObjectsV2Output> {
        let request = self
            .client()
            .list_objects_v2()
            .bucket(self.bucket())
            .prefix(format!("{}{prefix}", self.prefix()))
            .max_keys(PAGE_LIMIT as i32)
            // Keys of others may hold what XML cannot.
            .encoding_type(EncodingType::Url)
            .set_delimiter(delimiter.map(str::to_owned))
            .set_start_after(start_after)
            .set_continuation_token(token);
        request.send().await.map_err(|error| self.asked("list", None).failed(error))
    }

    fn describe(&self, object: &aws_sdk_s3::types::Object) -> Option<ObjectMeta> {
        let key = decoded(object.key()?)?;
        let name = Name::parse(key.strip_prefix(self.prefix())?).ok()?;
        let bytes = object.size().and_then(|size| u64::try_from(size).ok())?;
        Some(ObjectMeta { name, bytes, modified: time(object.last_modified()) })
    }
}

/// A key as it is, from its form in a listing; nothing for one that is no text. Some services encode slashes, some do not.
fn decoded(listed: &str) -> Option<Cow<'_, str>> {
    percent_encoding::percent_decode_str(listed).decode_utf8().ok()
}

/// A time of the service in whole seconds, as some services tell parts of them only in listings. What has none is taken for
/// new: nothing is deleted for an age that nobody knows.
pub(super) fn time(time: Option<&DateTime>) -> SystemTime {
    let seconds = time.and_then(|time| u64::try_from(time.secs()).ok());
    seconds.map_or_else(SystemTime::now, |seconds| UNIX_EPOCH + Duration::from_secs(seconds))
}
