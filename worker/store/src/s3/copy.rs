//! Copying inside the store, without the bytes coming here.

use std::ops::Range;

use aws_sdk_s3::types::CompletedPart;
use tokio::task::JoinSet;

use super::S3Store;
use super::multipart::{Begun, PARTS_AT_ONCE};
use crate::{Name, Result};

/// What one request copies at most, in bytes. S3 allows 5 GiB, but says nothing until all is copied.
const STRETCH_BYTES: u64 = 256 * 1024 * 1024;

impl S3Store {
    /// Makes an object of the same bytes under another name, inside the store; `NotFound` when there is nothing to copy.
    ///
    /// The new object is there whole or not at all. Its bytes are not checked: that is its readers' part. Dropping the
    /// future leaves either the state before or the state after.
    pub async fn copy(&self, from: &Name, to: &Name) -> Result<()> {
        let bytes = self.length_of(from).await?;
        if bytes <= STRETCH_BYTES {
            let request = self.client().copy_object().bucket(self.bucket()).key(self.key(to)?);
            let copied = request.copy_source(self.copy_source(from)?).send().await;
            return copied.map(drop).map_err(|error| self.asked("copy", Some(from)).failed(error));
        }
        let upload = self.begin(to, None).await?;
        let copied = async {
            let parts = self.copy_stretches(upload.begun(), from, bytes).await?;
            self.complete(&upload, to, parts).await
        };
        match copied.await {
            Ok(()) => upload.finished(),
            Err(error) => {
                upload.abort().await;
                return Err(error);
            }
        }
        Ok(())
    }

    async fn copy_stretches(&self, begun: &Begun, from: &Name, bytes: u64) -> Result<Vec<CompletedPart>> {
        let mut copying = JoinSet::new();
        let mut parts = Vec::new();
        for (number, range) in (1..).zip(stretches(bytes)) {
            if copying.len() == PARTS_AT_ONCE {
                parts.extend(super::multipart::joined(&mut copying).await?);
            }
            let (store, from, begun) = (self.clone(), from.clone(), begun.clone());
            copying.spawn(async move { store.copy_stretch(&begun, &from, number, range).await });
        }
        while let Some(part) = super::multipart::joined(&mut copying).await? {
            parts.push(part);
        }
        Ok(parts)
    }

    async fn copy_stretch(&self, begun: &Begun, from: &Name, number: i32, range: Range<u64>) -> Result<CompletedPart> {
        let request = self
            .client()
            .upload_part_copy()
            .bucket(&begun.bucket)
            .key(&begun.key)
            .upload_id(&begun.id)
            .part_number(number)
            .copy_source(self.copy_source(from)?)
            .copy_source_range(format!("bytes={}-{}", range.start, range.end - 1));
        let copied = request.send().await.map_err(|error| self.asked("copy", Some(from)).failed(error))?;
        let e_tag = copied.copy_part_result().and_then(|result| result.e_tag()).map(str::to_owned);
        Ok(CompletedPart::builder().part_number(number).set_e_tag(e_tag).build())
    }

    /// Names need no escaping: they hold nothing that a URL could not.
    fn copy_source(&self, from: &Name) -> Result<String> {
        Ok(format!("{}/{}", self.bucket(), self.key(from)?))
    }
}

/// The ranges in which an object is copied. The last is never too short for a part, as only the last may be.
fn stretches(bytes: u64) -> impl Iterator<Item = Range<u64>> {
    (0..bytes.div_ceil(STRETCH_BYTES))
        .map(move |number| number * STRETCH_BYTES..((number + 1) * STRETCH_BYTES).min(bytes))
}
