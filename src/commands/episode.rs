//! An episode from its rundown, or from one media file, to what came of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bookend_broker::Lane;
use bookend_config::Outlet;
use bookend_config::spec::{House, SoundLayout};
use bookend_jobs::Key;
use bookend_scheduler::handover::{Delivered, Destination, HandOver, recheck};
use bookend_scheduler::plan::{self, Asked, Assets, Plan, Sourced, WantedOutlet};
use bookend_scheduler::run::Outcome;
use bookend_scheduler::runs::{self, RunRequest};
use bookend_scheduler::sources;
use bookend_scheduler::verdict::{check_inspections, credited, failed_clauses, unmade};
use bookend_scheduler::{SchedulerError, slug};
use bookend_store::Store;
use bookend_timeline::{Cut, Item, ItemKind, ItemPlace, Rundown, Segment, SoundPicture};
use bookend_units::{FrameRate, Raster};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::Out;
use crate::exit::{Exit, Failure};
use crate::say;
use crate::setup::Setup;
use crate::workplace::Workplace;

/// The fastest house: no outlet takes a faster one.
const FASTEST_HOUSE: FrameRate = FrameRate::of(60, 1);
/// The house rate of sound alone, and of a still.
const DEFAULT_RATE: FrameRate = FrameRate::of(25, 1);
/// The fade either side of a cut that a rundown has when it says nothing, in milliseconds.
const RAMP_MS: u32 = 2;

/// An episode that is asked for.
#[derive(Clone, Debug)]
pub struct Episode {
    asked: Asked,
    folder: PathBuf,
}

/// What came of an episode.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The outcome as programs read it.
    pub told: Value,
    /// The run.
    pub run: String,
    /// What was handed over.
    pub delivered: Vec<Delivered>,
    /// How it ended.
    pub exit: Exit,
    /// Why not everything was made.
    pub problems: Vec<String>,
}

impl Episode {
    /// Reads a rundown.
    ///
    /// # Errors
    /// When it cannot be read or is wrong.
    pub fn of_rundown(path: &Path) -> Result<Self, Failure> {
        let file = path.display().to_string();
        let text = crate::files::read_text(path).map_err(|error| {
            Failure::request(format!("{file}: the rundown cannot be read: {error}; check the path"))
        })?;
        let rundown = Rundown::parse(&text, &file).map_err(SchedulerError::from)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Episode { asked: Asked { rundown, file, is_rundown: true }, folder })
    }

    /// Makes an episode of one media file; its house rate is found when the file is inspected.
    pub fn of_media(path: &Path, id: String) -> Self {
        let place = ItemPlace { segment: 1, item: 1 };
        let kind = ItemKind::Source {
            path: path.display().to_string(),
            cut: Cut::default(),
            picture: SoundPicture::Black,
            video_track: None,
            audio_track: None,
        };
        let item = Item { place, line: 1, title: None, role: None, kind };
        let rundown = Rundown {
            id,
            title: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()),
            series: None,
            season: None,
            number: None,
            house: bookend_timeline::House {
                raster: Raster { width: 1920, height: 1080 },
                rate: DEFAULT_RATE,
                sound: Default::default(),
                colour: Default::default(),
            },
            ramp_ms: RAMP_MS,
            segments: vec![Segment { title: None, line: 1, items: vec![item] }],
        };
        Episode {
            asked: Asked { rundown, file: path.display().to_string(), is_rundown: false },
            folder: PathBuf::new(),
        }
    }

    /// Returns its id.
    pub fn id(&self) -> &str {
        &self.asked.rundown.id
    }

    /// Returns where its files go.
    pub fn destination(&self, out: &Out) -> Destination {
        let folder = out.out.clone().unwrap_or_else(|| PathBuf::from(self.id()));
        Destination { folder, force: out.force }
    }

    /// Plans it: inspects files never seen, and nothing else.
    ///
    /// # Errors
    /// When the rundown, an outlet, an input or an approval is at fault.
    pub async fn plan(
        &self,
        work: &mut Workplace,
        setup: &Setup,
        outlets: &[Outlet],
        destination: Option<&Destination>,
    ) -> Result<Plan, Failure> {
        Ok(self.inspect_and_plan(work, setup, outlets, destination).await?.0)
    }

    /// As [`Episode::plan`]; also returns which results were made for it.
    async fn inspect_and_plan(
        &self,
        work: &mut Workplace,
        setup: &Setup,
        outlets: &[Outlet],
        destination: Option<&Destination>,
    ) -> Result<(Plan, BTreeSet<Key>), Failure> {
        let mut wanted = if self.asked.is_rundown { resolve(outlets, &self.asked.rundown)? } else { Vec::new() };
        let store = Arc::clone(&work.store.store);
        let mut assets = Assets::new(&*store, &self.folder, setup.limits());
        let now = SystemTime::now();
        let mut sourced = plan::gather(&*store, &mut work.memory, &mut assets, self.asked.clone(), now).await?;
        let inspections = sourced.inspections(&work.engine);
        let seen = plan::existing(&*store, &inspections).await?;
        if seen.len() < inspections.len() {
            if let Some(destination) = destination {
                destination.check(&names(destination, self.id(), &wanted), &[]).await?;
            }
            keep(work, &sourced).await?;
        }
        let outcome = work.carry_out(&inspections, "plan", Lane::Render, "inspecting").await?;
        check_inspections(&sourced, &outcome, &work.engine)?;
        let inspected = plan::read_inspected(&*store, &outcome.commits).await?;
        if !self.asked.is_rundown {
            if let Some(found) = inspected.values().next() {
                sourced.rundown.house.rate = nearest_rate(&found.facts);
            }
            wanted = resolve(outlets, &sourced.rundown)?;
        }
        let plan = plan::lay_out(sourced, &inspected, wanted, &work.engine)?;
        if let Some(destination) = destination {
            check_destination(&*store, destination, &plan).await?;
        }
        Ok((plan, outcome.made))
    }

    /// Plans it, makes what is missing, judges and hands over.
    ///
    /// # Errors
    /// When nothing could be begun, or store or disk fail. Results that cannot be made are told in the outcome.
    pub async fn render(
        &self,
        work: &mut Workplace,
        setup: &Setup,
        outlets: &[Outlet],
        out: &Out,
    ) -> Result<Rendered, Failure> {
        let destination = self.destination(out);
        let (plan, made) = self.inspect_and_plan(work, setup, outlets, Some(&destination)).await?;
        let run = runs::open(&*work.store.store, &RunRequest::render(&plan), &plan.graph).await?;
        // Held while this process carries the run out; another's being at it too does no harm.
        let held = work.store.try_lock(&super::runs::lock(&run))?;
        let rendered = self.carry_out(work, &plan, made, &run, &destination).await;
        let (state, message) = match &rendered {
            Ok(rendered) if rendered.exit == Exit::Done => ("done", String::new()),
            Ok(rendered) => ("failed", rendered.problems.join("; ")),
            // Still open: the same command goes on from here.
            Err(failure) if failure.exit == Exit::Interrupted => return rendered,
            Err(failure) => ("failed", failure.message.clone()),
        };
        runs::close(&*work.store.store, &run, state, &message, Timestamp::now()).await?;
        drop(held);
        rendered
    }

    async fn carry_out(
        &self,
        work: &mut Workplace,
        plan: &Plan,
        mut made: BTreeSet<Key>,
        run: &str,
        destination: &Destination,
    ) -> Result<Rendered, Failure> {
        if plan::existing(&*work.store.store, &plan.graph).await?.len() < plan.graph.len() {
            keep(work, &plan.sourced).await?;
        }
        let outcome = credited(work.carry_out(&plan.graph, run, Lane::Render, self.id()).await?, &mut made);
        match self.hand_over(work, plan, run, destination, &outcome).await {
            // A stored file had been damaged: its commit is gone, and what it named is made once more.
            Err(failure) if failure.again => {
                let again = work.carry_out(&plan.graph, run, Lane::Render, self.id()).await?;
                let outcome = credited(again, &mut made);
                self.hand_over(work, plan, run, destination, &outcome).await.map_err(|failure| failure.why)
            }
            ended => ended.map_err(|failure| failure.why),
        }
    }

    async fn hand_over(
        &self,
        work: &Workplace,
        plan: &Plan,
        run: &str,
        destination: &Destination,
        outcome: &Outcome,
    ) -> Result<Rendered, Unhanded> {
        let changes = recheck(&*work.store.store, &plan.sourced).await?;
        let from = HandOver { store: &*work.store.store, plan, outcome, run, now: Timestamp::now() };
        let mut delivered = Vec::new();
        let unmade = unmade(outcome);
        let mut exits: Vec<Exit> =
            unmade.iter().map(|unmade| if unmade.refused { Exit::Refused } else { Exit::Other }).collect();
        for outlet in &plan.outlets {
            if outcome.commits.contains_key(&outlet.assemble) {
                delivered.push(from.deliver(outlet, &changes, destination).await?);
            }
        }
        exits.extend(delivered.iter().filter(|delivered| !delivered.passed).map(|_| Exit::Clauses));
        let mut problems: Vec<String> = unmade.iter().map(ToString::to_string).collect();
        problems.extend(delivered.iter().flat_map(|one| failed_clauses(&one.outlet, &one.told)));
        Ok(Rendered {
            told: told(run, self.id(), outcome, &delivered),
            run: run.to_owned(),
            delivered,
            exit: Exit::of_several(exits),
            problems,
        })
    }
}

/// Why nothing was handed over, and whether making it again may help.
struct Unhanded {
    why: Failure,
    again: bool,
}

impl From<SchedulerError> for Unhanded {
    fn from(error: SchedulerError) -> Self {
        let again = matches!(error, SchedulerError::Missing { .. });
        Unhanded { why: error.into(), again }
    }
}

/// The outcome line of `render` (DESIGN 9).
fn told(run: &str, episode: &str, outcome: &Outcome, delivered: &[Delivered]) -> Value {
    let (reused, made) = (outcome.reused.len(), outcome.made.len());
    let total = reused + made + outcome.failures.len() + outcome.blocked.len();
    let deliverables = delivered.iter().map(|delivered| {
        json!({
            "outlet": delivered.outlet, "files": [delivered.file.display().to_string()],
            "report": delivered.report.display().to_string(), "passed": delivered.passed,
        })
    });
    json!({
        "run": run, "episode": episode,
        "jobs": { "total": total, "reused": reused, "made": made },
        "deliverables": deliverables.collect::<Vec<_>>(),
    })
}

/// The outcome line of an episode that nothing came of.
pub fn undelivered(episode: &str, failure: &Failure) -> Value {
    json!({
        "run": null, "episode": episode, "jobs": { "total": 0, "reused": 0, "made": 0 }, "deliverables": [],
        "error": failure.message,
    })
}

/// Sees to it that the store has the bytes of every file.
async fn keep(work: &mut Workplace, sourced: &Sourced) -> Result<(), Failure> {
    let store = Arc::clone(&work.store.store);
    let files: BTreeSet<_> =
        sourced.media().filter_map(|(_, media)| media.file.as_ref()).map(|file| &file.path).collect();
    for (_, media) in sourced.media() {
        if let Some(file) = media.file.as_ref().filter(|file| files.contains(&file.path)) {
            sources::keep(&*store, &mut work.memory, file).await?;
        }
    }
    Ok(())
}

/// Decides what the outlets ask of this house; an outlet that is named twice is made once.
///
/// # Errors
/// When an outlet takes no such house, or two of one name are different.
pub fn resolve(outlets: &[Outlet], rundown: &Rundown) -> Result<Vec<WantedOutlet>, Failure> {
    let house = House {
        raster: rundown.house.raster,
        rate: rundown.house.rate,
        sound: SoundLayout::Stereo,
        colour: Default::default(),
    };
    let mut wanted: Vec<WantedOutlet> = Vec::with_capacity(outlets.len());
    for outlet in outlets {
        let new = WantedOutlet { title: outlet.title().to_owned(), spec: outlet.resolve(&house)? };
        match wanted.iter().find(|known| known.spec.name == new.spec.name) {
            None => wanted.push(new),
            Some(known) if *known == new => {}
            // Their files would have one name.
            Some(_) => {
                let name = new.spec.name;
                return Err(Failure::request(format!(
                    "two different outlets are named `{name}`; rename one in its file"
                )));
            }
        }
    }
    Ok(wanted)
}

/// Finds the outlets of these names.
///
/// # Errors
/// At the first that there is none of.
pub fn outlets(setup: &Setup, names: &[String]) -> Result<Vec<Outlet>, Failure> {
    Ok(names.iter().map(|name| setup.outlets.find(name)).collect::<Result<_, _>>()?)
}

/// Returns the names that an episode's files may get, passed or not.
pub fn names(
    destination: &Destination,
    episode: &str,
    wanted: &[WantedOutlet],
) -> Vec<bookend_scheduler::handover::Names> {
    let both = |outlet: &WantedOutlet| [true, false].map(|passed| destination.names(episode, &outlet.spec, passed));
    wanted.iter().flat_map(both).collect()
}

/// Checks the destination before anything is made: what is made already may lie there, left by a hand-over cut short.
async fn check_destination(store: &dyn Store, destination: &Destination, plan: &Plan) -> Result<(), Failure> {
    let mut all = Vec::new();
    let mut content = Vec::new();
    for outlet in &plan.outlets {
        let made = bookend_scheduler::handover::made_content(store, outlet).await?;
        for passed in [true, false] {
            all.push(destination.names(&plan.sourced.rundown.id, &outlet.spec, passed));
            content.push(made);
        }
    }
    Ok(destination.check(&all, &content).await?)
}

/// Returns the house rate for a file: the nearest to its own.
fn nearest_rate(facts: &bookend_jobs::facts::SourceFacts) -> FrameRate {
    let Some(picture) = facts.picture.as_ref().filter(|picture| !picture.still) else { return DEFAULT_RATE };
    let seconds = picture.end.to_seconds_lossy();
    let mean = if seconds > 0.0 { f64::from(picture.frames) / seconds } else { DEFAULT_RATE.to_f64_lossy() };
    let own = picture.rate.map_or(mean, FrameRate::to_f64_lossy);
    let off = |rate: &FrameRate| (rate.to_f64_lossy() - own).abs();
    FrameRate::STANDARD
        .into_iter()
        .filter(|rate| rate.time_of(1) >= FASTEST_HOUSE.time_of(1))
        .min_by(|a, b| off(a).total_cmp(&off(b)))
        .unwrap_or(DEFAULT_RATE)
}

/// Tells what came of an episode, to a program or a person.
pub fn tell(setup: &Setup, rendered: &Rendered) {
    if !setup.json {
        return show(rendered);
    }
    say::json(&rendered.told);
    for problem in &rendered.problems {
        say::note(&format!("bookend: {problem}"));
    }
}

/// Tells a person what came of an episode.
pub fn show(rendered: &Rendered) {
    for delivered in &rendered.delivered {
        let warned =
            delivered.told.clauses.iter().filter(|clause| clause.verdict == bookend_report::Outcome::Warn).count();
        let verdict = match (delivered.passed, warned) {
            (true, 0) => "passed".to_owned(),
            (true, warned) => format!("passed, {warned} to look at"),
            (false, _) => "FAILED".to_owned(),
        };
        say::line_out(&format!("{}: {verdict}", delivered.outlet));
        say::line_out(&format!("  {}", delivered.file.display()));
        say::line_out(&format!("  {}", delivered.page.display()));
    }
    for problem in &rendered.problems {
        say::note(&format!("bookend: {problem}"));
    }
}

/// Returns an id for the episode of a media file, unlike those given already.
pub fn free_id(path: &Path, taken: &BTreeSet<String>) -> String {
    let stem = path.file_stem().map(|stem| slug(&stem.to_string_lossy())).filter(|slug| !slug.is_empty());
    let base = stem.unwrap_or_else(|| "episode".to_owned());
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|id| !taken.contains(id)).unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_is_what_the_contract_says() {
        let key = |n: u8| Key::from_bytes([n; 32]);
        let outcome = Outcome {
            reused: [key(1)].into(),
            made: [key(2), key(3)].into(),
            blocked: [key(4)].into(),
            ..Outcome::default()
        };
        let expected = json!({
            "run": "r", "episode": "e", "jobs": { "total": 4, "reused": 1, "made": 2 }, "deliverables": [],
        });
        assert_eq!(told("r", "e", &outcome, &[]), expected);
    }

    #[test]
    fn episodes_of_media_files_have_ids_of_their_own() {
        let taken = BTreeSet::from(["the-river".to_owned(), "the-river-2".to_owned()]);
        assert_eq!(free_id(Path::new("a/The River.mov"), &BTreeSet::new()), "the-river");
        assert_eq!(free_id(Path::new("b/The River.mp4"), &taken), "the-river-3");
        assert_eq!(free_id(Path::new("—.mp4"), &taken), "episode");
    }

    #[test]
    fn a_media_file_s_house_rate_is_the_nearest_to_its_own() {
        let facts = |rate: Option<FrameRate>| {
            let text = r#"{"wrapper":"mp4","bytes":1,"claimed_duration":null,"tracks":[],"sound":null,"timecode":null,"notes":[],
                "picture":{"track":0,"codec":"h264","profile":null,"raster":"2x2","display":"2x2","sample_aspect":[1,1],"rotation":0,
                "mirrored":false,"pixel_format":"yuv420p","bit_depth":8,"alpha":false,"full_range":false,"matrix":"bt709",
                "transfer":"bt709","primaries":"bt709","dynamics":"sdr","scan":"progressive","declared_rate":null,"rate":null,
                "frames":149,"end":"5","still":false,"changes":false,"seekable":true}}"#;
            let mut facts: bookend_jobs::facts::SourceFacts = serde_json::from_str(text).unwrap();
            if let Some(picture) = &mut facts.picture {
                picture.rate = rate;
            }
            facts
        };
        assert_eq!(nearest_rate(&facts(Some(FrameRate::of(120, 1)))), FrameRate::of(60, 1));
        assert_eq!(nearest_rate(&facts(Some(FrameRate::of(24_000, 1001)))), FrameRate::of(24_000, 1001));
        assert_eq!(nearest_rate(&facts(None)), FrameRate::of(30_000, 1001), "29.8 a second on average");
        assert_eq!(nearest_rate(&Default::default()), FrameRate::of(25, 1));
    }
}
