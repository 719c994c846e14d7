use bookend_jobs::facts::Facts;
use bookend_jobs::{AttemptId, Engine};
use bookend_store::DirectoryStore;

use super::*;

const AGE: Duration = Duration::from_secs(3600);

fn engine() -> Engine {
    Engine { recipes: 1, avcodec: "59.37".into(), x264: "164".into() }
}

fn key(n: u8) -> Key {
    Key::from_bytes([n; 32])
}

/// Puts a result of one file.
async fn put(store: &dyn Store, key: Key, attempt: &str) {
    let digest = Digest::from(*key.as_bytes());
    let file = layout::result_file(&digest, attempt, "a.bin").unwrap();
    store.put_bytes(&file, b"bytes".to_vec()).await.unwrap();
    let commit = Commit {
        version: 1,
        key,
        attempt: AttemptId(attempt.to_owned()),
        files: Default::default(),
        facts: Facts::Inspect(Box::default()),
        worker: "w".into(),
        engine: engine(),
        started: Timestamp::now(),
        committed: Timestamp::now(),
        cpu_ms: 0,
    };
    record::write(store, &layout::commit(&digest), &commit).await.unwrap();
}

async fn exists(store: &dyn Store, key: Key) -> (bool, bool) {
    let digest = Digest::from(*key.as_bytes());
    let file = layout::result_file(&digest, "t1", "a.bin").unwrap();
    (store.exists(&layout::commit(&digest)).await.unwrap(), store.exists(&file).await.unwrap())
}

fn after(hours: i64) -> Timestamp {
    Timestamp::now() + jiff::SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn commits_go_first_and_their_bytes_an_age_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirectoryStore::open_or_create(folder.path(), "e").await.unwrap();
    for n in 1..=3 {
        put(&store, key(n), "t1").await;
    }
    let asset = AssetRecord { version: 1, name: "a".into(), inspect: key(1), at: Timestamp::now() };
    record::write(&store, &layout::asset(&Digest::from([9; 32]), "r").unwrap(), &asset).await.unwrap();
    let plan = runs::RunPlan { version: 1, keys: vec![key(2)], results: Vec::new() };
    record::write(&store, &layout::run_plan("r").unwrap(), &plan).await.unwrap();
    store.put_bytes(&layout::open_run("r").unwrap(), Vec::new()).await.unwrap();

    let young = sweep(&store, AGE, Timestamp::now(), false).await.unwrap();
    assert_eq!(young, Swept { kept: 3, ..Swept::default() }, "younger than the age");
    let dry = sweep(&store, AGE, after(2), true).await.unwrap();
    assert_eq!((dry.commits, dry.files, dry.kept), (1, 0, 2));
    assert_eq!(exists(&store, key(3)).await, (true, true), "a dry run deletes nothing");

    let first = sweep(&store, AGE, after(2), false).await.unwrap();
    assert_eq!(first, dry);
    assert_eq!(exists(&store, key(3)).await, (false, true), "the bytes stay for readers of the commit");
    let soon = sweep(&store, AGE, after(2), false).await.unwrap();
    assert_eq!((soon.commits, soon.files), (0, 0));
    let later = sweep(&store, AGE, after(4), false).await.unwrap();
    assert_eq!((later.commits, later.files, later.bytes), (0, 1, 5));
    assert_eq!(exists(&store, key(3)).await, (false, false));
    assert_eq!(exists(&store, key(1)).await, (true, true), "an asset names it");
    assert_eq!(exists(&store, key(2)).await, (true, true), "an open run names it");
}

#[tokio::test]
async fn files_of_a_try_that_no_commit_names_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirectoryStore::open_or_create(folder.path(), "e").await.unwrap();
    put(&store, key(1), "t1").await;
    put(&store, key(1), "t2").await;
    let plan = runs::RunPlan { version: 1, keys: vec![key(1)], results: Vec::new() };
    record::write(&store, &layout::run_plan("r").unwrap(), &plan).await.unwrap();
    store.put_bytes(&layout::open_run("r").unwrap(), Vec::new()).await.unwrap();
    let swept = sweep(&store, AGE, after(2), false).await.unwrap();
    assert_eq!((swept.commits, swept.files), (0, 1));
    assert_eq!(exists(&store, key(1)).await, (true, false), "the first try's file went, the second's commit stays");
}
