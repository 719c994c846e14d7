//! The store on S3, on a Garage of its own: the suite of every store, and what only a remote store can get wrong.
#![allow(clippy::unwrap_used, reason = "tests")]

mod credentials;
mod fetching;
mod listing;
mod places;
mod probing;
mod proxy;
mod putting;
mod slow_links;

use std::sync::Arc;

use bookend_services::garage::{ACCESS_KEY, BUCKET, Garage, REGION, SECRET_KEY};
use bookend_store::{Name, S3Location, S3Store, conformance};

const MIB: usize = 1024 * 1024;

/// The URL of a store with this prefix; `more` are further settings, each with its `&`.
fn url(prefix: &str, more: &str) -> String {
    format!("s3://{BUCKET}/{prefix}?endpoint={}&region={REGION}&part_mib=5{more}", Garage::shared().endpoint())
}

/// Opens a store of one's own on the Garage of this program.
async fn open(prefix: &str) -> S3Store {
    open_at(&url(prefix, "")).await
}

async fn open_at(url: &str) -> S3Store {
    try_open(url).await.unwrap()
}

async fn try_open(url: &str) -> bookend_store::Result<S3Store> {
    S3Store::open_with_key(&S3Location::parse(url)?, ACCESS_KEY, SECRET_KEY).await
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Bytes that differ everywhere, the same at every call.
fn pattern(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed + 1;
    let next = move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_of_every_store_passes() {
    let scratch = tempfile::tempdir().unwrap();
    conformance::check(Arc::new(open("suite").await), scratch.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_passes_with_required_checksums_and_without_a_prefix() {
    let bucket = "bookend-suite";
    let garage = Garage::shared();
    garage.run(&["bucket", "create", bucket]);
    garage.run(&["bucket", "allow", "--read", "--write", bucket, "--key", ACCESS_KEY]);
    let scratch = tempfile::tempdir().unwrap();
    let url = format!("s3://{bucket}?endpoint={}&region={REGION}&checksums=required", garage.endpoint());
    conformance::check(Arc::new(open_at(&url).await), scratch.path()).await;
}
