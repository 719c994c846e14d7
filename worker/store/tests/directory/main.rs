//! The store in a directory: the suite of every store, and what only a directory store promises.
#![allow(clippy::unwrap_used, reason = "tests")]

mod locking;
mod objects;
mod room;
mod second_process;
mod sweeping;

use bookend_store::{DirectoryStore, Name};

async fn open(root: &std::path::Path) -> DirectoryStore {
    DirectoryStore::open_or_create(root, "engine").await.unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}
