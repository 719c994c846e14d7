//! Credentials of the usual variables and profile, in a second process that has them.

use std::fs;
use std::process::{Command, Output};

use bookend_services::garage::{ACCESS_KEY, SECRET_KEY};
use bookend_store::{S3Location, S3Store, Store};

use crate::{name, url};

const URL: &str = "BOOKEND_STORE_TEST_URL";
const LOG: &str = "BOOKEND_STORE_TEST_LOG";

/// What a second process, this test program again, says of opening a store with these variables and no others.
fn opened_with(variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "credentials::part", "--nocapture", "--quiet"]).env_clear();
    command.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true").env(URL, url("variables", ""));
    let Output { stdout, stderr, .. } = command.envs(variables.iter().copied()).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr))
}

#[test]
fn the_usual_variables_are_used() {
    let said = opened_with(&[("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)]);
    assert!(said.contains("OPENED"), "{said}");
}

#[test]
fn no_log_names_a_key() {
    // At finer levels the SDK itself names the access key, never the secret; `-vvv` leaves those lines out.
    let both = &[ACCESS_KEY, SECRET_KEY][..];
    for (level, unnamed) in [("info", both), ("debug,aws_=info", both), ("trace", &[SECRET_KEY])] {
        let said =
            opened_with(&[("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY), (LOG, level)]);
        assert!(said.contains("OPENED"), "{said}");
        assert_eq!(said.contains("TRACE"), level == "trace", "{said}");
        for line in said.lines() {
            assert!(!unnamed.iter().any(|key| line.contains(key)), "{level}: a key is in: {line}");
        }
    }
}

#[test]
fn a_profile_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let text = format!("[tests]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n");
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let said = opened_with(&[("AWS_SHARED_CREDENTIALS_FILE", file), ("AWS_PROFILE", "tests")]);
    assert!(said.contains("OPENED"), "{said}");
}

#[test]
fn none_at_all_are_told() {
    let said = opened_with(&[]);
    assert!(said.contains("REFUSED") && said.contains("AWS_ACCESS_KEY_ID") && said.contains("AWS_PROFILE"), "{said}");
}

/// The second process's part; in this one there is nothing to do.
#[tokio::test]
async fn part() {
    let Ok(url) = std::env::var(URL) else { return };
    if let Ok(level) = std::env::var(LOG) {
        tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::new(level)).init();
    }
    let report = match S3Store::open(&S3Location::parse(&url).unwrap()).await {
        Ok(store) => {
            store.put_bytes(&name("object"), b"x".to_vec()).await.unwrap();
            "OPENED".to_owned()
        }
        Err(error) => format!("REFUSED {error}"),
    };
    std::io::Write::write_all(&mut std::io::stdout(), format!("\n{report}\n").as_bytes()).unwrap();
}
