//! Putting: one request for what is small, parts in parallel for what is not.

use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use super::S3Store;
use super::location::Checksums;
use super::parts::Parts;
use crate::digest::unchanged;
use crate::{Name, ObjectDigest, Result};

impl S3Store {
    /// Puts a local file; what is longer than a part goes in parts.
    pub(super) async fn put_local(
        &self,
        name: &Name,
        from: &Path,
        expected: Option<ObjectDigest>,
    ) -> Result<ObjectDigest> {
        let mut parts = Parts::of(from, self.location().part_bytes);
        let Some(first) = parts.next().await else {
            let digest = parts.digest().await?;
            unchanged(from, expected, digest)?;
            self.put_whole(name, Bytes::new()).await?;
            return Ok(digest);
        };
        if let Some(second) = parts.next().await {
            return self.put_parts(name, from, expected, [first, second], parts).await;
        }
        let digest = parts.digest().await?;
        unchanged(from, expected, digest)?;
        self.put_whole(name, first).await?;
        Ok(digest)
    }

    /// Puts bytes by one request.
    pub(super) async fn put_whole(&self, name: &Name, bytes: Bytes) -> Result<()> {
        let request =
            self.client().put_object().bucket(self.bucket()).key(self.key(name)?).body(ByteStream::from(bytes));
        let sent = match self.location().checksums {
            // A checksum goes with it already; signing would hash every byte once more.
            Checksums::Supported => request.customize().disable_payload_signing().send().await,
            Checksums::Required => request.send().await,
        };
        sent.map(drop).map_err(|error| self.asked("put", Some(name)).failed(error))
    }
}
