//! Handing over: decisions asked again, the file judged, file and report put where they were asked for.

mod destination;
mod explain;
mod fetch;
mod manifest;
mod placing;
mod recheck;
mod reporting;

use std::path::PathBuf;

use bookend_jobs::facts::Facts;
use bookend_jobs::{Commit, Digest};
use bookend_report::{Report, page};
use bookend_store::{Store, layout};
use jiff::Timestamp;

pub use destination::{Destination, Names};
pub use fetch::{check, fetch};
pub use manifest::{Current, Manifest, ManifestFile};
pub use recheck::{Changes, recheck};

use crate::plan::{Plan, PlannedOutlet};
use crate::run::Outcome;
use crate::runs::HandedOver;
use crate::{SchedulerError, record};

/// A finished file, handed over.
#[derive(Clone, PartialEq, Debug)]
pub struct Delivered {
    /// The outlet's name.
    pub outlet: String,
    /// Where the file lies.
    pub file: PathBuf,
    /// Where its report lies, as JSON.
    pub report: PathBuf,
    /// Where its report lies, as a page.
    pub page: PathBuf,
    /// No clause failed.
    pub passed: bool,
    /// The report.
    pub told: Report,
}

/// What is handed over, and by which run.
#[derive(Clone, Copy, Debug)]
pub struct HandOver<'a> {
    /// Where results are.
    pub store: &'a dyn Store,
    /// The plan.
    pub plan: &'a Plan,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// The run.
    pub run: &'a str,
    /// When.
    pub now: Timestamp,
}

/// Returns the digest and size of an outlet's file, if it was made already.
///
/// # Errors
/// When the store fails.
pub async fn made_content(store: &dyn Store, outlet: &PlannedOutlet) -> Result<Option<(Digest, u64)>, SchedulerError> {
    let name = layout::commit(&bookend_store::Digest::from(*outlet.assemble.as_bytes()));
    let commit: Option<Commit> = record::read(store, &name).await?;
    let stored = commit.as_ref().and_then(|commit| commit.files.get(&media_file(outlet)));
    Ok(stored.map(|stored| (stored.digest, stored.bytes)))
}

/// Names the finished file among an Assemble result's files.
fn media_file(outlet: &PlannedOutlet) -> String {
    format!("deliverable.{}", outlet.spec.wrapper.extension())
}

/// A file that was judged.
struct Judged<'a> {
    commit: &'a Commit,
    /// Its name among the commit's files.
    media: String,
    report: Report,
    /// The report as JSON.
    told: String,
    /// The report as a page.
    shown: String,
}

impl HandOver<'_> {
    /// Judges one outlet's file and puts it, with its report last, where it was asked for; a file that failed goes to
    /// `failed/`.
    ///
    /// # Errors
    /// When a result is missing or damaged (its commit is then deleted, so that the next run makes it again), somebody
    /// else's file is in the way, or store or disk fails. Nothing is half-written then.
    pub async fn deliver(
        &self,
        outlet: &PlannedOutlet,
        changes: &Changes,
        destination: &Destination,
    ) -> Result<Delivered, SchedulerError> {
        let Judged { commit, media, report, told, shown } = self.judge(outlet, changes).await?;
        let passed = report.passed();
        let names = destination.names(&self.plan.sourced.rundown.id, &outlet.spec, passed);
        let stored = commit.files.get(&media).ok_or_else(|| self.missing(outlet))?;
        destination.check(std::slice::from_ref(&names), &[Some((stored.digest, stored.bytes))]).await?;
        placing::put_file(self.store, commit, &media, &names).await?;
        placing::put_text(&names.page, shown)?;
        manifest::write(self, outlet, commit, &report).await?;
        placing::put_text(&names.report, told)?;
        let outlet = outlet.spec.name.clone();
        Ok(Delivered { outlet, file: names.media, report: names.report, page: names.page, passed, told: report })
    }

    /// Judges one outlet's file and hands it over in the store alone, for [`fetch`] to put anywhere: its report under the run,
    /// then its manifest.
    ///
    /// # Errors
    /// When a result is missing, or the store fails.
    pub async fn record(
        &self,
        outlet: &PlannedOutlet,
        changes: &Changes,
    ) -> Result<(HandedOver, Report), SchedulerError> {
        let Judged { commit, report, told, shown, .. } = self.judge(outlet, changes).await?;
        let stem = format!("{:020}-{}", self.now.as_nanosecond().max(0), outlet.spec.name);
        for (extension, text) in [("html", shown), ("json", told)] {
            let name = layout::run_report(self.run, &format!("{stem}.{extension}"))?;
            self.store.put_bytes(&name, text.into_bytes()).await?;
        }
        manifest::write(self, outlet, commit, &report).await?;
        let handed =
            HandedOver { outlet: outlet.spec.name.clone(), key: commit.key, report: stem, passed: report.passed() };
        Ok((handed, report))
    }

    async fn judge(&self, outlet: &PlannedOutlet, changes: &Changes) -> Result<Judged<'_>, SchedulerError> {
        let commit = self.commit_of(outlet)?;
        let media = media_file(outlet);
        let report = reporting::report(self, outlet, commit, &media, changes).await?;
        let pictures = reporting::pictures(self.store, commit).await?;
        let told = report.to_json().map_err(|error| self.untold(outlet, &error))?;
        let shown = page(&report, &|name| pictures.get(name).cloned());
        Ok(Judged { commit, media, report, told, shown })
    }

    fn commit_of(&self, outlet: &PlannedOutlet) -> Result<&Commit, SchedulerError> {
        let commit = self.outcome.commits.get(&outlet.assemble);
        commit.filter(|commit| matches!(commit.facts, Facts::Assemble(_))).ok_or_else(|| self.missing(outlet))
    }

    fn missing(&self, outlet: &PlannedOutlet) -> SchedulerError {
        SchedulerError::Missing { key: outlet.assemble, what: format!("file of {}", outlet.spec.name) }
    }

    fn untold(&self, outlet: &PlannedOutlet, error: &bookend_report::ReportError) -> SchedulerError {
        SchedulerError::Report { outlet: outlet.spec.name.clone(), problem: error.to_string() }
    }
}
