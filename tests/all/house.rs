//! The rules of the house that no compiler checks: who may use whom, and what a file may look like.
//!
//! A rule that is in the way is changed here, in ARCHITECTURE.md and on purpose.

mod manifest;
mod source;

use std::collections::BTreeSet;

use manifest::{House, Use};

/// Each package of ours, and which of ours it may use. Tests may use more, but for the rules below.
const MAY_USE: &[(&str, &[&str])] = &[
    (
        "bookend",
        &[
            "bookend-broker",
            "bookend-config",
            "bookend-jobs",
            "bookend-media",
            "bookend-pipelines",
            "bookend-report",
            "bookend-sandbox",
            "bookend-scheduler",
            "bookend-store",
            "bookend-timeline",
            "bookend-units",
            "bookend-worker",
        ],
    ),
    ("bookend-units", &[]),
    ("bookend-timeline", &["bookend-units"]),
    ("bookend-media", &["bookend-units"]),
    ("bookend-config", &["bookend-units"]),
    ("bookend-jobs", &["bookend-config", "bookend-units"]),
    ("bookend-broker", &[]),
    ("bookend-store", &[]),
    ("bookend-sandbox", &[]),
    ("bookend-services", &[]),
    // Facts and proofs are in the contract, so the recipes that make them use it.
    ("bookend-pipelines", &["bookend-config", "bookend-jobs", "bookend-media", "bookend-timeline", "bookend-units"]),
    (
        "bookend-worker",
        &[
            "bookend-broker",
            "bookend-config",
            "bookend-jobs",
            "bookend-pipelines",
            "bookend-sandbox",
            "bookend-store",
            "bookend-units",
        ],
    ),
    ("bookend-report", &["bookend-config", "bookend-jobs", "bookend-units"]),
    (
        "bookend-scheduler",
        &[
            "bookend-broker",
            "bookend-config",
            "bookend-jobs",
            "bookend-report",
            "bookend-store",
            "bookend-timeline",
            "bookend-units",
        ],
    ),
];

/// Packages that know no async runtime, not even in their tests.
const SYNCHRONOUS: &[&str] = &[
    "bookend-config",
    "bookend-jobs",
    "bookend-media",
    "bookend-pipelines",
    "bookend-report",
    "bookend-sandbox",
    "bookend-timeline",
    "bookend-units",
];

/// What an async runtime is recognised by.
const ASYNC: &[&str] = &["async-std", "async-trait", "futures", "futures-util", "smol", "tokio", "tokio-util"];

/// Outside crates that one package of ours alone may name.
const ONE_OWNER: &[(&str, &str)] = &[
    ("aws-sdk-s3", "bookend-store"),
    ("ffmpeg-next", "bookend-media"),
    ("ffmpeg-sys-next", "bookend-media"),
    ("lapin", "bookend-broker"),
];

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] =
    &["common", "helper", "helpers", "manager", "managers", "misc", "service", "util", "utils"];

/// The part of the timeline that reads text and counts nothing.
const READS_TEXT: &str = "pipelines/timeline/src/rundown";

/// A file with more lines than this, its tests apart, says why.
const LONG_LINES: usize = 500;

#[test]
fn packages_use_only_whom_they_may() {
    let house = House::read();
    let known: BTreeSet<_> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<_> = house.packages().collect();
    assert_eq!(found, known, "the table names every package of the workspace, and no other");
    for (package, may) in MAY_USE {
        for used in house.used_by(package, &[Use::Normal, Use::Build]) {
            assert!(
                !known.contains(used) || may.contains(&used),
                "{package} uses {used}, which it may not: see ARCHITECTURE.md"
            );
        }
    }
}

#[test]
fn the_scheduler_builds_without_worker_and_media() {
    let house = House::read();
    for package in ["bookend-scheduler", "bookend-report", "bookend-jobs", "bookend-timeline", "bookend-config"] {
        let reached = house.reached_from(package);
        for forbidden in ["bookend-worker", "bookend-pipelines", "bookend-media", "bookend-sandbox", "ffmpeg-next"] {
            assert!(!reached.contains(forbidden), "{package} reaches {forbidden}, tests included");
        }
    }
}

#[test]
fn media_code_knows_no_async_runtime() {
    let house = House::read();
    for package in SYNCHRONOUS {
        for used in house.used_by(package, Use::ALL) {
            assert!(!ASYNC.contains(&used), "{package} uses {used}; what waits is the worker's and the scheduler's");
        }
    }
}

#[test]
fn outside_systems_have_one_owner_each() {
    let house = House::read();
    for (outside, owner) in ONE_OWNER {
        for package in house.packages().filter(|package| package != owner) {
            let names = house.used_by(package, Use::ALL).any(|used| used == *outside);
            assert!(!names, "{package} names {outside}, which is {owner}'s alone");
        }
    }
}

#[test]
fn every_package_keeps_the_lints_of_the_house() {
    for (package, manifest) in House::read().manifests() {
        let text = std::fs::read_to_string(manifest).expect("a manifest can be read");
        assert!(text.contains("[lints]\nworkspace = true"), "{package} does not take the workspace's lints");
    }
}

#[test]
fn unsafe_code_is_in_media_alone() {
    for file in source::all().iter().filter(|file| !file.is_under("pipelines/media")) {
        assert!(!file.has_word("unsafe"), "{file}: unsafe code outside pipelines/media");
    }
}

#[test]
fn time_is_never_a_float() {
    // The rundown's reader also measures how alike two words are, and is told of numbers it refuses.
    let files = source::all();
    for file in files.iter().filter(|file| file.is_under("pipelines/timeline") && !file.is_under(READS_TEXT)) {
        for word in ["f32", "f64", "to_f64_lossy", "to_seconds_lossy"] {
            assert!(!file.has_word(word), "{file}: `{word}` where time is counted");
        }
    }
}

#[test]
fn files_are_named_for_what_is_in_them() {
    for file in source::all() {
        for name in file.names() {
            assert!(!EMPTY_NAMES.contains(&name.as_str()), "{file}: `{name}` says nothing; name it for what it is");
        }
        assert!(!file.names().any(|name| name == "mod"), "{file}: a module's file has the module's name");
    }
}

#[test]
fn long_files_say_why() {
    for file in source::all().iter().filter(|file| !file.is_test()) {
        let lines = file.lines_without_tests();
        assert!(
            lines <= LONG_LINES || file.opening().contains("Over 500 lines because"),
            "{file}: {lines} lines; split it by responsibility, or say in its first lines `Over 500 lines because`"
        );
    }
}
