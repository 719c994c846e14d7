//! A full disk.

use std::fs;
use std::path::Path;
use std::process::Command;

use bookend_store::{ObjectDigest, Store, StoreErrorKind};

use crate::second_process::Helper;
use crate::{name, open};

#[tokio::test]
async fn room_is_asked_for_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    assert!(store.free_space().unwrap() > 0);
    store.ensure_room(1).unwrap();
    let error = store.ensure_room(u64::MAX).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NoSpace);
    assert!(error.to_string().contains("18446744073709551615 bytes needed"), "{error}");
}

#[test]
fn a_full_disk_is_a_typed_error_and_damages_nothing() {
    let namespace = ["--user", "--map-root-user", "--mount"];
    let folder = tempfile::tempdir().unwrap();
    let mount = |end: &str| {
        let mut command = Command::new("unshare");
        command.args(namespace).args(["sh", "-c", &format!("mount -t tmpfs -o size=8m tmpfs \"$0\" && {end}")]);
        command.arg(folder.path());
        command
    };
    if !mount("true").status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: no small file system can be mounted here");
        return;
    }
    let mut command = mount("exec \"$@\"");
    command.arg(std::env::current_exe().unwrap());
    Helper::start_by(command, "fill", folder.path()).finish();
}

/// In the second process, whose root is a file system of 8 MiB.
pub(crate) async fn fill(root: &Path) {
    let store = open(root).await;
    let bytes = vec![7; 5 << 20];
    let kept = store.put_bytes(&name("kept/object"), bytes.clone()).await.unwrap();

    let from = std::env::temp_dir().join(format!("bookend-fill-{}", std::process::id()));
    fs::write(&from, &bytes).unwrap();
    let failures = [
        store.put_bytes(&name("kept/object"), vec![8; 5 << 20]).await.unwrap_err(),
        store.put_file(&name("other/object"), &from, None).await.unwrap_err(),
        store.put_file_moving(&name("other/object"), &from, None).await.unwrap_err(),
        store.fetch_file(&name("kept/object"), &store.scratch().unwrap().path().join("to"), &kept).await.unwrap_err(),
    ];
    for error in failures {
        assert_eq!(error.kind(), StoreErrorKind::NoSpace, "{error:?}");
        assert!(error.to_string().contains(&format!("{} bytes needed", 5 << 20)), "{error}");
    }
    assert!(from.exists(), "a file that found no room is still the caller's");
    fs::remove_file(&from).unwrap();
    assert!(!store.exists(&name("other/object")).await.unwrap());
    bookend_store::verify_file(&store.local_path(&name("kept/object")).unwrap(), &ObjectDigest::of(&bytes))
        .await
        .unwrap();
    let left: Vec<_> =
        fs::read_dir(store.workspace().path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"], "a failed write leaves its half");

    store.delete(&name("kept/object")).await.unwrap();
    store.put_bytes(&name("other/object"), bytes).await.expect("there is room again");
}
