//! What every store must do, as one suite: `conformance::check` panics at the first promise that is not kept.
//!
//! Give it a store of its own, empty but for its mark; it leaves objects behind.
#![allow(clippy::unwrap_used, reason = "a suite of assertions: a panic is its way to speak")]

mod listings;
mod objects;
mod races;
mod records;

use std::path::Path;
use std::sync::Arc;

use crate::{Name, Store};

/// Runs the whole suite against an empty store, with an empty local folder for files.
pub async fn check(store: Arc<dyn Store>, scratch: &Path) {
    objects::missing_objects_are_not_found(&*store, scratch).await;
    objects::bytes_come_back(&*store).await;
    objects::ranges_are_exact(&*store).await;
    objects::a_limit_is_kept(&*store).await;
    objects::a_put_replaces_and_a_delete_removes(&*store).await;
    objects::files_come_back(&*store, scratch).await;
    objects::only_the_expected_file_is_put(&*store, scratch).await;
    objects::a_fetch_is_checked(&*store, scratch).await;
    objects::a_large_object_comes_back(&*store, scratch).await;
    listings::listings_are_in_order_of_names(&*store).await;
    listings::a_long_listing_comes_in_pages(&store).await;
    records::a_store_belongs_to_one_engine(&*store).await;
    records::a_source_is_kept_once_and_by_blocks(&*store, scratch).await;
    races::readers_see_whole_objects_while_writers_race(&store).await;
    races::an_object_deleted_and_put_at_once_is_whole_or_gone(&store).await;
}

/// A name below a folder of this suite.
fn name(text: &str) -> Name {
    Name::parse(&format!("conformance/{text}")).unwrap()
}

/// Bytes that differ everywhere, the same at every call.
fn pattern(length: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}
