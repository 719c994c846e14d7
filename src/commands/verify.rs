//! `bookend verify`: any file judged by an outlet's clauses.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bookend_config::Outlet;
use bookend_config::spec::{House, OutletSpec, SoundLayout};
use bookend_jobs::facts::Facts;
use bookend_jobs::{Commit, Disposition, Known, KnownTone};
use bookend_report::{Expected, Outcome, Report, judge, passed};
use bookend_sandbox::Limits;
use bookend_scheduler::plan::ItemSound;
use bookend_store::{Digest, layout};
use bookend_units::{FrameRate, Raster};
use bookend_worker::{AskError, Suspect, examine};
use serde_json::json;

use super::episode::Episode;
use crate::cli::Verify;
use crate::exit::{Exit, Failure, chain};
use crate::interrupt::Stop;
use crate::progress::{self, Show};
use crate::say;
use crate::setup::Setup;
use crate::workplace::{self, Workplace};

/// The largest commit that is read, in bytes.
const COMMIT_LIMIT_BYTES: u64 = 16 << 20;
/// The longest that examining a file may take: a long programme is decoded whole.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

pub async fn run(setup: Setup, stop: Stop, arguments: &Verify) -> Result<Exit, Failure> {
    let outlet = setup.outlets.find(&arguments.outlet)?;
    let basis = Basis::find(&setup, &stop, arguments, &outlet).await?;
    let spec = basis.spec(&setup, &stop, arguments, &outlet).await?;
    let spawner = workplace::spawner(0)?;
    let scratch = workplace::scratch()?;
    let file = std::path::absolute(&arguments.file).map_err(|error| Failure::other(error.to_string()))?;
    let limits = Limits { wall: LONGEST, ..Limits::default() };
    let threads = setup.slots_and_threads();
    let threads = threads.1.saturating_mul(u32::try_from(threads.0).unwrap_or(1));
    let suspect = Suspect { file, outlet: &spec, known: &basis.known, threads };
    let shown = progress::single("verifying", Show::choose(setup.quiet));
    let examined = examine(&spawner, scratch.path(), suspect, limits, stop, shown).await;
    let facts = examined.map_err(|error| unexamined(&arguments.file, &error))?;
    let clauses = judge(&spec.clauses, &facts, basis.expected.as_ref());
    let passed = passed(&clauses);
    if setup.json {
        let lines: Vec<_> = clauses
            .iter()
            .map(|clause| json!({ "id": clause.id, "verdict": clause.verdict, "wanted": clause.wanted, "found": clause.found }))
            .collect();
        say::json(&json!({
            "file": arguments.file.display().to_string(), "outlet": spec.name, "passed": passed, "clauses": lines,
        }));
    } else {
        for clause in &clauses {
            let mark = match clause.verdict {
                Outcome::Pass => "pass",
                Outcome::Warn => "WARN",
                Outcome::Fail => "FAIL",
                Outcome::NotChecked => "  – ",
            };
            say::line_out(&format!("{mark}  {:16} wanted {}; found {}", clause.id, clause.wanted, clause.found));
        }
        say::line_out(if passed { "passed" } else { "FAILED" });
    }
    Ok(if passed { Exit::Done } else { Exit::Clauses })
}

fn unexamined(file: &Path, error: &AskError) -> Failure {
    match error {
        AskError::Failed { disposition: Disposition::Refused, reason } => {
            Failure::new(Exit::Refused, format!("{}: {reason}", file.display()))
        }
        AskError::Interrupted => Failure::new(Exit::Interrupted, "interrupted"),
        other => Failure::other(format!("{}: {}", file.display(), chain(other))),
    }
}

/// What the file is judged against, besides the outlet.
struct Basis {
    expected: Option<Expected>,
    house: Option<House>,
    known: Known,
}

impl Basis {
    async fn find(setup: &Setup, stop: &Stop, arguments: &Verify, outlet: &Outlet) -> Result<Self, Failure> {
        match &arguments.against {
            Some(path) => match crate::files::read_text(path) {
                Ok(text) => match Report::from_json(&text) {
                    Ok(report) => Ok(Basis::of_report(setup, &report).await),
                    Err(_) => Basis::of_rundown(setup, stop, path, outlet).await,
                },
                Err(error) => {
                    Err(Failure::request(format!("{}: cannot be read: {error}; check the path", path.display())))
                }
            },
            None => match beside(&arguments.file)? {
                Some(report) => Ok(Basis::of_report(setup, &report).await),
                None => Ok(Basis { expected: None, house: None, known: Known::default() }),
            },
        }
    }

    async fn of_report(setup: &Setup, report: &Report) -> Self {
        // The encoded size: an outlet fits a house of that size to itself.
        let raster = report.outlet.picture.split([' ', ',']).find_map(|word| word.parse::<Raster>().ok());
        let house = raster.map(|raster| house(raster, report.programme.rate));
        let known = Known { mix: mix(setup, report).await, ..report.known() };
        Basis { expected: Some(report.expected()), house, known }
    }

    async fn of_rundown(setup: &Setup, stop: &Stop, path: &Path, outlet: &Outlet) -> Result<Self, Failure> {
        let episode = Episode::of_rundown(path)?;
        let mut work = Workplace::open(setup.clone(), stop.clone(), false).await?;
        let planned = episode.plan(&mut work, setup, std::slice::from_ref(outlet), None).await;
        work.close().await;
        let plan = planned?;
        let mut expected = Expected::programme(plan.house.rate, u64::from(plan.programme.total_frames()));
        expected.cuts = plan.items.iter().skip(1).map(|item| u64::from(item.frames.start)).collect();
        let tone = plan.items.iter().filter(|item| matches!(item.plays, ItemSound::Tone));
        let tone = tone.map(|item| KnownTone { first: item.frames.start.into(), frames: item.frames.len() as u64 });
        let known = Known { tone: tone.collect(), ..Known::default() };
        Ok(Basis { expected: Some(expected), house: Some(plan.house), known })
    }

    /// Decides what the outlet asks: of the house that is known, or else of the one that the file seems to be of.
    async fn spec(
        &self,
        setup: &Setup,
        stop: &Stop,
        arguments: &Verify,
        outlet: &Outlet,
    ) -> Result<OutletSpec, Failure> {
        if let Some(house) = &self.house {
            return Ok(outlet.resolve(house)?);
        }
        let facts = match super::probe::facts(setup, &arguments.file, stop.clone()).await? {
            Ok(facts) => facts,
            Err(reason) => return Err(Failure::new(Exit::Refused, format!("{}: {reason}", arguments.file.display()))),
        };
        let picture = facts.picture.as_ref();
        let raster =
            picture.map(|picture| picture.display).filter(is_even).unwrap_or(Raster { width: 1920, height: 1080 });
        let own =
            picture.and_then(|picture| picture.rate.or(picture.declared_rate)).map_or(25.0, FrameRate::to_f64_lossy);
        let off = |rate: &FrameRate| (rate.to_f64_lossy() - own).abs();
        let rate = outlet.rates().into_iter().min_by(|a, b| off(a).total_cmp(&off(b)));
        Ok(outlet.resolve(&house(raster, rate.unwrap_or(FrameRate::of(25, 1))))?)
    }
}

/// Finds the mix that a report's file was made of, while the store at hand has it: without it the sound's lag at the seams
/// is not checked.
async fn mix(setup: &Setup, report: &Report) -> Option<PathBuf> {
    let key = Digest::from(*report.programme.mix?.as_bytes());
    let store = setup.existing_store().await.ok()?.store;
    let commit = store.get_bytes(&layout::commit(&key), COMMIT_LIMIT_BYTES).await.ok()?;
    let commit: Commit = serde_json::from_slice(&commit).ok()?;
    let Facts::Mix(facts) = &commit.facts else { return None };
    let file = layout::result_file(&key, &commit.attempt.0, &facts.pcm).ok()?;
    store.local_path(&file).filter(|path| path.is_file()).and_then(|path| std::path::absolute(path).ok())
}

fn is_even(raster: &Raster) -> bool {
    raster.width.is_multiple_of(2) && raster.height.is_multiple_of(2)
}

fn house(raster: Raster, rate: FrameRate) -> House {
    House { raster, rate, sound: SoundLayout::Stereo, colour: Default::default() }
}

/// Reads the report beside a file, if there is one: `NAME.mp4` and `NAME.report.json`. One that does not read is no report to
/// pass over: less would be judged without a word.
fn beside(file: &Path) -> Result<Option<Report>, Failure> {
    let path = file.with_extension("report.json");
    let wrong = |error: &dyn std::error::Error| {
        let remedy = "move it away, or name another with --against";
        Failure::request(format!(
            "{}: the report beside the file does not read: {}; {remedy}",
            path.display(),
            chain(error)
        ))
    };
    match crate::files::read_text(&path) {
        Ok(text) => Report::from_json(&text).map(Some).map_err(|error| wrong(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(&error)),
    }
}
