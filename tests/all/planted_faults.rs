//! A planted fault for every clause of every outlet: verify finds it under that clause and under no other.
//!
//! Good files and faults are made by the ffmpeg program and by byte edits, never by Bookend; what is known of their making
//! (hashes of frames, digests of packets, the mix) is found out here by other means, too. A clause without a planted fault
//! fails. Without the ffmpeg program these tests say that they were skipped.
#![allow(clippy::unwrap_used)]

mod faults;
mod known;
mod movie;
mod studio;
mod wave;

use std::sync::{Mutex, PoisonError};

use bookend_config::spec::{Clause, House, SoundLayout};
use bookend_jobs::Known;
use bookend_pipelines::examine_against;
use bookend_report::{ClauseVerdict, Expected, Outcome, judge};

use studio::Studio;

/// FFmpeg's complaints belong to the whole process, so files are examined one at a time.
static ONE: Mutex<()> = Mutex::new(());

/// A file, and what one may know of it.
#[derive(Clone)]
struct Suspect {
    path: std::path::PathBuf,
    known: Known,
    expected: Expected,
}

fn verdicts(studio: &Studio, suspect: &Suspect) -> Vec<ClauseVerdict> {
    let facts = {
        let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        examine_against(&suspect.path, &studio.outlet, &suspect.known, 2, &mut |_, _| {}).unwrap()
    };
    judge(&studio.outlet.clauses, &facts, Some(&suspect.expected))
}

/// The verdicts that are no pass, in words.
fn open(verdicts: &[ClauseVerdict], among: &[Outcome]) -> Vec<String> {
    let open = verdicts.iter().filter(|verdict| among.contains(&verdict.verdict));
    open.map(|verdict| {
        format!("{} {}: wanted {}, found {}", verdict.id, verdict.verdict, verdict.wanted, verdict.found)
    })
    .collect()
}

/// Plants every fault of one outlet.
fn plant_all(outlet: &str, raster: &str) {
    let house = House {
        raster: raster.parse().unwrap(),
        rate: studio::RATE,
        sound: SoundLayout::Stereo,
        colour: Default::default(),
    };
    let spec = bookend_config::outlet(outlet).unwrap().resolve(&house).unwrap();
    let Some(studio) = Studio::open(spec) else { return };
    let good = studio.good();
    let clean = open(&verdicts(&studio, &good), &[Outcome::Fail, Outcome::Warn, Outcome::NotChecked]);
    assert_eq!(clean, Vec::<String>::new(), "{outlet}: the good file");

    let mut wrong = Vec::new();
    for Clause { id, .. } in &studio.outlet.clauses {
        let Some((wanted, suspect)) = faults::plant(id, &studio, &good) else {
            wrong.push(format!("{id}: has no planted fault"));
            continue;
        };
        let verdicts = verdicts(&studio, &suspect);
        let found = open(&verdicts, &[Outcome::Fail, Outcome::Warn]);
        let [one] = found.as_slice() else {
            wrong.push(format!("{id}: {} clauses tripped: {found:#?}", found.len()));
            continue;
        };
        if !one.starts_with(&format!("{id} {wanted}:")) {
            wrong.push(format!("{id}: {wanted} was wanted, {one} was found"));
        }
    }
    assert!(wrong.is_empty(), "{outlet}: {}", wrong.join("\n"));
}

#[test]
fn every_clause_of_youtube_1080p_finds_its_fault() {
    plant_all("youtube-1080p", "1920x1080");
}

#[test]
fn every_clause_of_preview_360p_finds_its_fault() {
    plant_all("preview-360p", "1920x1080");
}

#[test]
fn every_clause_of_master_prores_finds_its_fault() {
    plant_all("master-prores", "320x180");
}

#[test]
fn every_outlet_is_tried() {
    let mut names = bookend_config::outlets();
    names.sort();
    assert_eq!(names, ["master-prores", "preview-360p", "youtube-1080p"], "plant the faults of a new outlet here");
}
