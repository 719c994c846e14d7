//! What the service said, as one line that tells what to change.

use std::error::Error;
use std::io;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ConnectorError, ProvideErrorMetadata, SdkError};

use super::patience::Silence;
use crate::name::excerpt;
use crate::{Name, StoreError};

const KEYS_REMEDY: &str =
    "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and that the key is one of this store's";

/// What was asked of which store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) place: &'a str,
    /// A verb.
    pub(super) action: &'static str,
    /// The object that it was about, if one.
    pub(super) name: Option<&'a Name>,
}

impl Asked<'_> {
    /// The error of the store for one of the SDK.
    pub(super) fn failed<E>(self, error: SdkError<E, HttpResponse>) -> StoreError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(refused) => {
                let said = Said {
                    status: refused.raw().status().as_u16(),
                    code: refused.err().code().map(str::to_owned),
                    message: refused.err().message().map(str::to_owned),
                    region: refused.raw().headers().get("x-amz-bucket-region").map(str::to_owned),
                };
                self.refused(said)
            }
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(error) if is_no_http(error) => self.not_s3(format!("no HTTP: {}", root(error))),
                Some(error) => self.unreachable(root(error)),
                None => self.failed_now("the request could not be sent".to_owned()),
            },
            SdkError::ResponseError(failure) => {
                let status = failure.raw().status().as_u16();
                let error = SdkError::<E, HttpResponse>::ResponseError(failure);
                match was_cut_off(&error) {
                    true => self.unreachable(root(&error)),
                    false => self.not_s3(format!("HTTP {status} with an answer of another kind")),
                }
            }
            other => self.unreachable(root(&other)),
        }
    }

    /// An answer that broke off, or one that no store gives.
    pub(super) fn unreachable(self, reason: String) -> StoreError {
        StoreError::Unreachable { place: self.place.to_owned(), source: reason.into() }
    }

    pub(super) fn not_s3(self, reason: String) -> StoreError {
        StoreError::NotS3 { place: self.place.to_owned(), reason }
    }

    pub(super) fn denied(self, reason: &str, remedy: &str) -> StoreError {
        StoreError::Denied { place: self.place.to_owned(), reason: reason.to_owned(), remedy: remedy.to_owned() }
    }

    fn failed_now(self, reason: String) -> StoreError {
        let action = match self.name {
            Some(name) => format!("{} `{name}`", self.action),
            None => self.action.to_owned(),
        };
        StoreError::Failed { place: self.place.to_owned(), action, reason }
    }

    fn refused(self, said: Said) -> StoreError {
        let Some(code) = said.code.as_deref() else { return self.refused_without_code(&said) };
        match code {
            "NoSuchKey" | "NotFound" => match self.name {
                Some(name) => StoreError::NotFound { name: name.clone() },
                None => self.denied(&said.words(), "check the bucket in the store's URL"),
            },
            "NoSuchBucket" => self.denied("there is no such bucket", "create it, or correct it in the store's URL"),
            "InvalidBucketName" => self.denied(&said.words(), "correct the bucket in the store's URL"),
            "InvalidAccessKeyId" => self.denied("it does not know the access key", KEYS_REMEDY),
            "SignatureDoesNotMatch" => self.denied("the secret key is not the access key's", KEYS_REMEDY),
            "ExpiredToken" | "ExpiredTokenException" | "InvalidToken" | "TokenRefreshRequired" => {
                self.denied("the credentials are no longer valid", "get new ones and set them as before")
            }
            "AccessDenied" | "AllAccessDisabled" | "Forbidden" | "UnauthorizedAccess" => {
                self.denied(&said.words(), "check the credentials, and that their key may read and write in the bucket")
            }
            "AuthorizationHeaderMalformed"
            | "AuthorizationQueryParametersError"
            | "IllegalLocationConstraintException"
            | "PermanentRedirect"
            | "TemporaryRedirect" => self.wrong_region(&said),
            "RequestTimeTooSkewed" | "RequestExpired" => {
                self.denied("the clocks here and there differ too much", "set this machine's clock")
            }
            "NotImplemented" | "XAmzContentChecksumMismatch" => self.denied(
                &said.words(),
                "the store lacks something that Bookend needs: try `checksums=required` in its URL, and see `bookend doctor`",
            ),
            "QuotaExceeded" | "InsufficientStorage" | "XMinioStorageFull" => self.full(&said),
            "BadDigest" | "NoSuchUpload" | "InvalidPart" | "OperationAborted" | "RequestTimeout" | "SlowDown"
            | "Throttling" => self.failed_now(said.words()),
            _ if said.status == 507 => self.full(&said),
            _ if said.status >= 500 || said.status == 429 => self.failed_now(said.words()),
            _ => self.denied(&said.words(), "see what is required of a store, and `bookend doctor`"),
        }
    }

    /// For answers without a body, which those to HEAD are, and those that S3 does not give.
    fn refused_without_code(self, said: &Said) -> StoreError {
        match (said.status, self.name) {
            (404, Some(name)) if self.action == LOOK => StoreError::NotFound { name: name.clone() },
            (301 | 307 | 400, _) if self.action == LOOK => self.wrong_region(said),
            (401 | 403, _) if self.action == LOOK => self.denied(&said.words(), KEYS_REMEDY),
            (507, _) => self.full(said),
            (429 | 500.., _) => self.failed_now(said.words()),
            _ => self.not_s3(said.words()),
        }
    }

    fn wrong_region(self, said: &Said) -> StoreError {
        let remedy = match &said.region {
            Some(region) => format!("set `region={}` in the store's URL", excerpt(region)),
            None => "set `region=` in the store's URL to the bucket's region".to_owned(),
        };
        self.denied(&format!("it is not of that region ({})", said.words()), &remedy)
    }

    fn full(self, said: &Said) -> StoreError {
        StoreError::Full { place: self.place.to_owned(), reason: said.words() }
    }
}

/// The action of a HEAD request, whose answers have no body to say what is wrong.
pub(super) const LOOK: &str = "look at";

struct Said {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    region: Option<String>,
}

impl Said {
    /// For a message: the status, the code, and what else the service said as far as it cannot be a credential.
    fn words(&self) -> String {
        let mut words = format!("HTTP {}", self.status);
        for part in [&self.code, &self.message].into_iter().flatten() {
            words.push(' ');
            words.push_str(&without_keys(&excerpt(part)));
        }
        words
    }
}

/// A text with every long run of letters and digits left out: some services repeat the access key.
fn without_keys(text: &str) -> String {
    const LONG: usize = 16;
    let of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let is_long = |word: &str| word.len() >= LONG && word.chars().any(|c| c.is_ascii_digit());
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(of_key) {
        let length = rest[start..].find(|c| !of_key(c)).unwrap_or(rest.len() - start);
        let word = &rest[start..start + length];
        kept.push_str(&rest[..start]);
        kept.push_str(if is_long(word) { "…" } else { word });
        rest = &rest[start + length..];
    }
    kept + rest
}

fn is_no_http(error: &ConnectorError) -> bool {
    error.is_other() && error.as_other().is_none()
}

fn was_cut_off(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<Silence>() || cause.is::<io::Error>())
}

/// The innermost cause, which says most.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_access_key_is_repeated() {
        assert_eq!(without_keys("Forbidden: No such key: GK0123456789abcdef01234567"), "Forbidden: No such key: …");
        assert_eq!(without_keys("expected scope 20261123/garage/s3/aws4_request"), "expected scope …_request");
        assert_eq!(without_keys("authorization mismatch, é"), "authorization mismatch, é");
    }
}
