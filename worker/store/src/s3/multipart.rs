//! Putting a large object in parts, in parallel, and leaving none of them behind.

use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use tokio::task::JoinSet;

use super::S3Store;
use super::location::Checksums;
use super::parts::Parts;
use crate::digest::unchanged;
use crate::{Name, ObjectDigest, Result};

/// How many parts are on their way at once.
pub(super) const PARTS_AT_ONCE: usize = 4;

/// How long an error waits for its parts to be deleted; after that they are deleted unwatched, or swept later.
const ABORT_LIMIT: Duration = Duration::from_secs(10);

/// The metadata that tells whose an object is, when the answer to the last request was lost.
const NONCE: &str = "bookend-put";

impl S3Store {
    /// Puts what `parts` reads after the first two parts, and those, as one object.
    pub(super) async fn put_parts(
        &self,
        name: &Name,
        from: &Path,
        expected: Option<ObjectDigest>,
        read: [Bytes; 2],
        mut parts: Parts,
    ) -> Result<ObjectDigest> {
        let upload = self.begin(name, self.checksum()).await?;
        let sent = async {
            let sent = self.send_parts(&upload, name, read, &mut parts).await?;
            let digest = parts.digest().await?;
            unchanged(from, expected, digest)?;
            self.complete(&upload, name, sent).await?;
            Ok(digest)
        };
        match sent.await {
            Ok(digest) => {
                upload.finished();
                Ok(digest)
            }
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        }
    }

    /// Starts a multipart upload whose parts have this checksum. It is aborted when dropped.
    pub(super) async fn begin(&self, name: &Name, checksum: Option<ChecksumAlgorithm>) -> Result<Upload> {
        let key = self.key(name)?;
        let nonce = format!("{:016x}", rand::random::<u64>());
        let begun = self
            .client()
            .create_multipart_upload()
            .bucket(self.bucket())
            .key(&key)
            .metadata(NONCE, &nonce)
            .set_checksum_algorithm(checksum.clone());
        let begun = begun.send().await.map_err(|error| self.asked("put", Some(name)).failed(error))?;
        let id = begun
            .upload_id()
            .ok_or_else(|| self.asked("put", Some(name)).not_s3("it names no upload when one is begun".to_owned()))?;
        Ok(Upload(Some(Begun {
            client: self.client().clone(),
            bucket: self.bucket().to_owned(),
            key,
            id: id.to_owned(),
            nonce,
            checksum,
        })))
    }

    /// What parts are protected by besides their signature; then that is left out.
    pub(super) fn checksum(&self) -> Option<ChecksumAlgorithm> {
        match self.location().checksums {
            Checksums::Supported => Some(ChecksumAlgorithm::Crc32),
            Checksums::Required => None,
        }
    }

    async fn send_parts(
        &self,
        upload: &Upload,
        name: &Name,
        read: [Bytes; 2],
        parts: &mut Parts,
    ) -> Result<Vec<CompletedPart>> {
        let mut waiting = read.into_iter();
        let mut sending = JoinSet::new();
        let mut sent = Vec::new();
        for number in 1.. {
            let part = match waiting.next() {
                Some(part) => part,
                None => match parts.next().await {
                    Some(part) => part,
                    None => break,
                },
            };
            if sending.len() == PARTS_AT_ONCE {
                sent.extend(joined(&mut sending).await?);
            }
            let (store, name, begun) = (self.clone(), name.clone(), upload.begun().clone());
            sending.spawn(async move { store.send_part(&begun, &name, number, part).await });
        }
        while let Some(part) = joined(&mut sending).await? {
            sent.push(part);
        }
        Ok(sent)
    }

    pub(super) async fn send_part(
        &self,
        begun: &Begun,
        name: &Name,
        number: i32,
        part: Bytes,
    ) -> Result<CompletedPart> {
        let request = self
            .client()
            .upload_part()
            .bucket(self.bucket())
            .key(&begun.key)
            .upload_id(&begun.id)
            .part_number(number)
            .set_checksum_algorithm(begun.checksum.clone())
            .body(ByteStream::from(part));
        let sent = match begun.checksum {
            Some(_) => request.customize().disable_payload_signing().send().await,
            None => request.send().await,
        };
        let sent = sent.map_err(|error| self.asked("put a part of", Some(name)).failed(error))?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .build())
    }

    /// Makes the parts an object.
    pub(super) async fn complete(&self, upload: &Upload, name: &Name, mut parts: Vec<CompletedPart>) -> Result<()> {
        parts.sort_unstable_by_key(CompletedPart::part_number);
        let begun = upload.begun();
        let request = self
            .client()
            .complete_multipart_upload()
            .bucket(self.bucket())
            .key(&begun.key)
            .upload_id(&begun.id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build());
        match request.send().await {
            Ok(_) => Ok(()),
            // A first attempt whose answer was lost may have done it; then the object bears this upload's nonce.
            Err(error) if error.code() == Some("NoSuchUpload") && self.is_from(begun).await => Ok(()),
            Err(error) => Err(self.asked("put", Some(name)).failed(error)),
        }
    }

    async fn is_from(&self, begun: &Begun) -> bool {
        let head = self.client().head_object().bucket(self.bucket()).key(&begun.key).send().await;
        head.is_ok_and(|head| head.metadata().and_then(|metadata| metadata.get(NONCE)) == Some(&begun.nonce))
    }
}

pub(super) async fn joined<T: 'static>(sending: &mut JoinSet<Result<T>>) -> Result<Option<T>> {
    match sending.join_next().await {
        None => Ok(None),
        Some(Ok(sent)) => sent.map(Some),
        // Nothing aborts these tasks but dropping the set, after which nobody is here.
        Some(Err(failed)) => std::panic::resume_unwind(failed.into_panic()),
    }
}

/// A multipart upload that is not an object yet; aborted when dropped.
#[derive(Debug)]
pub(super) struct Upload(Option<Begun>);

#[derive(Debug, Clone)]
pub(super) struct Begun {
    client: Client,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) id: String,
    nonce: String,
    checksum: Option<ChecksumAlgorithm>,
}

impl Upload {
    pub(super) fn begun(&self) -> &Begun {
        self.0.as_ref().expect("it is taken only where the upload itself is given away")
    }

    /// Leaves it: it is an object.
    pub(super) fn finished(mut self) {
        self.0 = None;
    }

    /// Deletes its parts, waiting for it a while.
    pub(super) async fn abort(mut self) {
        if let Some(begun) = self.0.take() {
            let aborting = tokio::spawn(begun.abort());
            let _ = tokio::time::timeout(ABORT_LIMIT, aborting).await;
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(begun) = self.0.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(begun.abort())),
            Err(_) => tracing::warn!(key = begun.key, "parts stay until they are swept"),
        }
    }
}

impl Begun {
    async fn abort(self) {
        let abort = self.client.abort_multipart_upload().bucket(&self.bucket).key(&self.key).upload_id(&self.id);
        match abort.send().await {
            Ok(_) => {}
            Err(error) if error.code() == Some("NoSuchUpload") => {}
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(key = self.key, error = super::errors::root(error), "parts stay until they are swept");
            }
        }
    }
}
