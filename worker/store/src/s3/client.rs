//! The SDK's client, as a store needs it.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, ProvideCredentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls;

use super::S3Location;
use super::errors::{Asked, root};
use super::location::Checksums;
use super::patience::Patient;
use crate::Result;

/// How often a request is sent at most.
pub(super) const ATTEMPTS: u32 = 4;
/// The longest pause before the second attempt; it doubles, and each pause is a random part of its longest.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A client for a location, with the usual AWS variables' and profile's credentials.
///
/// Errors with `Denied` when there are no credentials, or no region.
pub(super) async fn usual(location: &S3Location, asked: Asked<'_>) -> Result<Client> {
    let http = http(location);
    let mut loader = aws_config::defaults(behaviour()).http_client(http.clone());
    if let Some(region) = &location.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let usual = loader.load().await;
    let provider = usual.credentials_provider().ok_or_else(|| no_credentials(asked, "none are set"))?;
    provider.provide_credentials().await.map_err(|error| no_credentials(asked, &root(&error)))?;
    if usual.region().is_none() {
        return Err(asked.denied("no region is set", "add `region=` to the store's URL, or set AWS_REGION"));
    }
    Ok(finish(aws_sdk_s3::config::Builder::from(&usual), location, http))
}

/// A client for a location with these credentials.
pub(super) fn with_key(location: &S3Location, access_key: &str, secret_key: &str) -> Client {
    let region = location.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
    let key = Credentials::new(access_key, secret_key, None, None, "given");
    let builder = aws_sdk_s3::Config::builder()
        .behavior_version(behaviour())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(key));
    finish(builder, location, http(location))
}

fn finish(builder: aws_sdk_s3::config::Builder, location: &S3Location, http: SharedHttpClient) -> Client {
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_PAUSE)
        .with_max_backoff(LONGEST_PAUSE);
    let checksums = match location.checksums {
        Checksums::Supported => RequestChecksumCalculation::WhenSupported,
        Checksums::Required => RequestChecksumCalculation::WhenRequired,
    };
    let mut builder = builder
        .http_client(http)
        .force_path_style(location.path_style)
        .retry_config(retries)
        .request_checksum_calculation(checksums)
        // Every fetch is checked against a SHA-256 of our own.
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        // `Patient` bounds silence; nothing bounds the length of a request that moves.
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_LIMIT).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(endpoint) = &location.endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    Client::from_conf(builder.build())
}

fn http(location: &S3Location) -> SharedHttpClient {
    let plain = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    SharedHttpClient::new(Patient::new(plain, location.patience))
}

fn behaviour() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn no_credentials(asked: Asked<'_>, reason: &str) -> crate::StoreError {
    asked.denied(
        &format!("there are no credentials to sign with ({reason})"),
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    )
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    /// Notes what is asked, and answers nothing.
    #[derive(Debug, Clone, Default)]
    struct Noted(Arc<Mutex<Vec<String>>>);

    impl HttpConnector for Noted {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.lock().unwrap().push(request.uri().to_owned());
            HttpConnectorFuture::ready(Err(ConnectorError::user("noted".into())))
        }
    }

    async fn asked_for(url: &str) -> String {
        let location = S3Location::parse(url).unwrap();
        let noted = Noted::default();
        let connector = SharedHttpConnector::new(noted.clone());
        let http = http_client_fn(move |_, _| connector.clone());
        let builder = aws_sdk_s3::Config::builder()
            .behavior_version(behaviour())
            .region(Region::new("eu-north-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "given"));
        let client = finish(builder, &location, http);
        let _ = client.get_object().bucket(&location.bucket).key("a/b").send().await;
        noted.0.lock().unwrap().join(" ")
    }

    #[tokio::test]
    async fn the_bucket_is_in_the_path_or_in_the_host() {
        let host = "http://store.example:3900";
        for (url, asked) in [
            (format!("s3://my-bucket?endpoint={host}"), format!("{host}/my-bucket/a/b?x-id=GetObject")),
            (
                format!("s3://my-bucket?endpoint={host}&path_style=false"),
                "http://my-bucket.store.example:3900/a/b?x-id=GetObject".to_owned(),
            ),
            (
                "s3://my-bucket".to_owned(),
                "https://my-bucket.s3.eu-north-1.amazonaws.com/a/b?x-id=GetObject".to_owned(),
            ),
        ] {
            assert_eq!(asked_for(&url).await, asked);
        }
    }
}
