//! Reading an object's bytes, whole or in part, going on where an answer broke off.

use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::Bytes;

use super::S3Store;
use super::client::{ATTEMPTS, FIRST_PAUSE};
use super::errors::root;
use crate::{Name, Result, StoreError};

/// Some bytes of an object, in pieces as they came, and the length of the whole.
#[derive(Debug)]
pub(super) struct Chunks {
    pub(super) pieces: Vec<Bytes>,
    pub(super) object_bytes: u64,
}

impl Chunks {
    pub(super) fn concat(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

impl S3Store {
    /// Reads a whole object of at most `limit_bytes`.
    pub(super) async fn read_whole(&self, name: &Name, limit_bytes: u64) -> Result<Chunks> {
        let answer = self.get(name, None).await?;
        let object_bytes = length(&answer).ok_or_else(|| self.without_length(name))?;
        if object_bytes > limit_bytes {
            return Err(StoreError::TooLarge { name: name.clone(), bytes: object_bytes, limit_bytes });
        }
        self.read_on(name, 0..object_bytes, object_bytes, answer).await
    }

    /// Reads bytes that are expected to lie within an object, at least one.
    pub(super) async fn read_range(&self, name: &Name, range: Range<u64>) -> Result<Chunks> {
        let answer = self.get(name, Some(&range)).await?;
        let Some(object_bytes) = answer.content_range().and_then(whole_of) else {
            return Err(self.asked("read", Some(name)).not_s3("it answers with all when asked for a range".to_owned()));
        };
        if range.end > object_bytes {
            return Err(out_of_range(name, &range, object_bytes));
        }
        self.read_on(name, range, object_bytes, answer).await
    }

    /// Reads a range from an answer, and again from where that broke off.
    async fn read_on(
        &self,
        name: &Name,
        range: Range<u64>,
        object_bytes: u64,
        mut answer: GetObjectOutput,
    ) -> Result<Chunks> {
        let mut pieces = Vec::new();
        let mut at = range.start;
        for attempt in 1.. {
            let broken = loop {
                match answer.body.next().await {
                    Some(Ok(piece)) => {
                        at += piece.len() as u64;
                        pieces.push(piece);
                    }
                    Some(Err(error)) => break Some(root(&error)),
                    None => break None,
                }
            };
            if at == range.end && broken.is_none() {
                break;
            }
            let reason = broken.unwrap_or_else(|| format!("the answer ended at byte {at}, not {}", range.end));
            if at >= range.end || attempt == ATTEMPTS {
                return Err(self.asked("read", Some(name)).unreachable(reason));
            }
            tracing::debug!(name = name.as_str(), at, attempt, reason, "reading on");
            tokio::time::sleep(pause(attempt)).await;
            answer = self.get(name, Some(&(at..range.end))).await?;
        }
        Ok(Chunks { pieces, object_bytes })
    }

    async fn get(&self, name: &Name, range: Option<&Range<u64>>) -> Result<GetObjectOutput> {
        let range_header = range.map(|range| format!("bytes={}-{}", range.start, range.end - 1));
        let request = self.client().get_object().bucket(self.bucket()).key(self.key(name)?).set_range(range_header);
        match (request.send().await, range) {
            (Ok(answer), _) => Ok(answer),
            (Err(error), Some(range)) if error.raw_response().is_some_and(|raw| raw.status().as_u16() == 416) => {
                let object_bytes = self.length_of(name).await?;
                Err(out_of_range(name, range, object_bytes))
            }
            (Err(error), _) => Err(self.asked("read", Some(name)).failed(error)),
        }
    }

    /// An object's length; `NotFound` without it.
    pub(super) async fn length_of(&self, name: &Name) -> Result<u64> {
        match self.look(name).await? {
            Some(meta) => Ok(meta.bytes),
            None => Err(StoreError::NotFound { name: name.clone() }),
        }
    }

    fn without_length(&self, name: &Name) -> StoreError {
        self.asked("read", Some(name)).not_s3("it does not say how long an object is".to_owned())
    }
}

pub(super) fn out_of_range(name: &Name, range: &Range<u64>, bytes: u64) -> StoreError {
    StoreError::OutOfRange { name: name.clone(), start: range.start, end: range.end, bytes }
}

fn length(answer: &GetObjectOutput) -> Option<u64> {
    answer.content_length().and_then(|length| u64::try_from(length).ok())
}

/// The length of the whole in `bytes 0-9/300` (RFC 9110, 14.4).
fn whole_of(content_range: &str) -> Option<u64> {
    content_range.rsplit_once('/')?.1.parse().ok()
}

/// A random part of a pause that doubles with every attempt.
fn pause(attempt: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << (attempt - 1)).mul_f64(rand::random::<f64>())
}
