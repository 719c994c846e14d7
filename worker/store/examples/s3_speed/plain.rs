//! What the SDK does without us.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation};
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use aws_smithy_http_client::tls;
use bookend_services::garage::{ACCESS_KEY, BUCKET, REGION, SECRET_KEY};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

const PART_BYTES: u64 = 16 * 1024 * 1024;
const AT_ONCE: usize = 4;

/// A client with the SDK's defaults, but for the checksums of puts: Garage refuses those of streamed files.
pub struct Loops(Client);

impl Loops {
    /// A client of a service.
    pub fn new(endpoint: &str) -> Self {
        let crypto = tls::rustls_provider::CryptoMode::Ring;
        let http = aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(crypto)).build_https();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "given"))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .endpoint_url(endpoint)
            .force_path_style(true);
        Self(Client::from_conf(config.build()))
    }

    /// One request.
    pub async fn put_in_one(&self, key: &str, from: &Path) {
        let body = ByteStream::from_path(from).await.unwrap();
        self.0.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
    }

    /// Parts in parallel, read from the file by the SDK.
    pub async fn put_in_parts(&self, key: &str, from: &Path) {
        let bytes = from.metadata().unwrap().len();
        let begun = self.0.create_multipart_upload().bucket(BUCKET).key(key).send().await.unwrap();
        let id = begun.upload_id().unwrap();
        let mut sending = JoinSet::new();
        let mut parts = Vec::new();
        for (number, start) in (1..).zip((0..bytes).step_by(PART_BYTES as usize)) {
            if sending.len() == AT_ONCE {
                parts.push(sending.join_next().await.unwrap().unwrap());
            }
            let length = Length::Exact(PART_BYTES.min(bytes - start));
            let body = ByteStream::read_from().path(from).offset(start).length(length).build().await.unwrap();
            let part = self.0.upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(number).body(body);
            sending.spawn(async move {
                let sent = part.send().await.unwrap();
                CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build()
            });
        }
        parts.extend(sending.join_all().await);
        parts.sort_by_key(CompletedPart::part_number);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = self.0.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(id).multipart_upload(parts);
        complete.send().await.unwrap();
    }

    /// One request, written as it comes.
    pub async fn get_in_one(&self, key: &str, to: &Path) {
        let mut answer = self.0.get_object().bucket(BUCKET).key(key).send().await.unwrap();
        let mut file = tokio::io::BufWriter::with_capacity(1 << 20, tokio::fs::File::create(to).await.unwrap());
        while let Some(piece) = answer.body.next().await {
            file.write_all(&piece.unwrap()).await.unwrap();
        }
        file.flush().await.unwrap();
    }

    /// Ranges in parallel, each written to its place.
    pub async fn get_in_ranges(&self, key: &str, to: &Path, bytes: u64) {
        let file = Arc::new(File::create(to).unwrap());
        let mut reading = JoinSet::new();
        for start in (0..bytes).step_by(PART_BYTES as usize) {
            if reading.len() == AT_ONCE {
                reading.join_next().await.unwrap().unwrap();
            }
            let range = format!("bytes={start}-{}", (start + PART_BYTES).min(bytes) - 1);
            let (get, file) = (self.0.get_object().bucket(BUCKET).key(key).range(range), Arc::clone(&file));
            reading.spawn(async move {
                let bytes = get.send().await.unwrap().body.collect().await.unwrap().into_bytes();
                tokio::task::spawn_blocking(move || file.write_all_at(&bytes, start)).await.unwrap().unwrap();
            });
        }
        reading.join_all().await;
    }
}
