//! What is wrong with a store's place, said in one line that tells what to change.

use std::time::{Duration, Instant};

use bookend_services::garage::{ACCESS_KEY, BUCKET, Garage, REGION, SECRET_KEY};
use bookend_services::ports;
use bookend_store::{S3Location, S3Store, StoreError, StoreErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{try_open, url};

/// Far above what is promised, and far below for ever.
const BOUND: Duration = Duration::from_secs(30);

/// One line that names the place and holds no key.
fn assert_clear(error: &StoreError, says: &[&str]) {
    let mut line = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        line = format!("{line}: {source}");
    }
    for word in says {
        assert!(line.contains(word), "`{word}` is not in: {line}");
    }
    assert!(line.contains("s3://") && !line.contains('\n'), "{line}");
    assert!(!line.contains(ACCESS_KEY) && !line.contains(SECRET_KEY), "a credential is in: {line}");
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_key_are_told() {
    let location = S3Location::parse(&url("keys", "")).unwrap();
    let other = SECRET_KEY.replace('0', "1");
    let error = S3Store::open_with_key(&location, ACCESS_KEY, &other).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unusable);
    assert_clear(&error, &["refuses", "credentials"]);
    let unknown = ACCESS_KEY.replace('0', "1");
    let error = S3Store::open_with_key(&location, &unknown, SECRET_KEY).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unusable);
    assert_clear(&error, &["refuses", "credentials"]);
    assert!(!error.to_string().contains(&unknown), "{error}");
}

#[tokio::test]
async fn a_key_that_may_not_use_the_bucket_is_told() {
    let made = Garage::shared().run(&["key", "create", "stranger"]);
    let field = |name: &str| {
        let line = made.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {made}"));
        line.rsplit(' ').next().unwrap().to_owned()
    };
    let (key, secret) = (field("Key ID"), field("Secret key"));
    let location = S3Location::parse(&url("keys", "")).unwrap();
    let error = S3Store::open_with_key(&location, &key, &secret).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unusable);
    assert_clear(&error, &["refuses", "may read and write"]);
    assert!(!error.to_string().contains(&key), "{error}");
}

#[tokio::test]
async fn a_missing_bucket_and_a_wrong_region_are_told() {
    let missing = url("x", "").replace(BUCKET, "no-such-bucket");
    let error = try_open(&missing).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unusable);
    assert_clear(&error, &["no such bucket", "create it"]);
    let elsewhere = url("x", "").replace(&format!("region={REGION}"), "region=eu-north-1");
    let error = try_open(&elsewhere).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unusable);
    assert_clear(&error, &["region=", "not of that region"]);
}

#[tokio::test]
async fn nobody_listening_is_told_in_time() {
    let [port] = ports::free();
    let started = Instant::now();
    let error = try_open(&format!("s3://{BUCKET}/x?endpoint=http://127.0.0.1:{port}&region=garage")).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Retry);
    assert_clear(&error, &["cannot be reached", "check", "refused"]);
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_host_that_no_name_server_knows_is_told() {
    let error = try_open(&format!("s3://{BUCKET}/x?endpoint=http://store.invalid&region=garage")).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Retry);
    assert_clear(&error, &["cannot be reached", "check"]);
}

/// Something that takes connections and answers everything so.
async fn answering(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut asked = vec![0; 16 * 1024];
                let _ = client.read(&mut asked).await;
                let _ = client.write_all(answer).await;
                let _ = client.shutdown().await;
            });
        }
    });
    format!("s3://{BUCKET}/x?endpoint=http://{address}&region=garage&patience_s=1")
}

#[tokio::test]
async fn an_endpoint_that_is_no_store_is_told() {
    let answers: [&[u8]; 5] = [
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 39\r\n\r\n<html><body>It works!</body></html>    ",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 22\r\n\r\n<html>nothing</html>  ",
        b"HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nforbidden",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ];
    for answer in answers {
        let error = try_open(&answering(answer).await).await.unwrap_err();
        let answer = String::from_utf8_lossy(answer);
        assert!(matches!(error, StoreError::NotS3 { .. }), "{answer}: {error:?}");
        assert_eq!(error.kind(), StoreErrorKind::Unusable);
        assert_clear(&error, &["does not answer as an S3 store", "`endpoint`"]);
    }
}

#[tokio::test]
async fn a_service_that_fails_is_to_be_tried_again() {
    let answer = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 85\r\n\r\n\
        <?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Slow down.</Message></Error>";
    let error = try_open(&answering(answer).await).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert_eq!(error.kind(), StoreErrorKind::Retry);
    assert_clear(&error, &["try again", "SlowDown"]);
}

#[tokio::test]
async fn a_service_that_takes_and_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let holding = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(listener.accept().await.unwrap());
        }
    });
    let started = Instant::now();
    let hole = format!("s3://{BUCKET}/x?endpoint=http://{address}&region=garage&patience_s=1");
    let error = try_open(&hole).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Retry);
    assert_clear(&error, &["cannot be reached", "nothing moved for 1 s"]);
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    holding.abort();
}
