//! Files that a fleet handed over in the store, put where they were asked for.

use bookend_jobs::{Commit, Digest};
use bookend_report::Report;
use bookend_store::{Store, StoreError, layout};

use super::{Delivered, Destination, Names, placing};
use crate::runs::HandedOver;
use crate::{SchedulerError, record};

/// The longest report that is read, in bytes.
const REPORT_LIMIT_BYTES: u64 = 256 << 20;

/// Puts a file that a run handed over, with its report last, into a folder; one that failed into `failed/` there.
///
/// # Errors
/// When the file is not in the store any more or damaged (its commit is then deleted, so that a retry makes it again),
/// somebody else's file is in the way, or store or disk fails. Nothing is half-written then.
pub async fn fetch(
    store: &dyn Store,
    run: &str,
    handed: &HandedOver,
    destination: &Destination,
) -> Result<Delivered, SchedulerError> {
    let missing = || SchedulerError::Missing { key: handed.key, what: format!("file of {}", handed.outlet) };
    let key = bookend_store::Digest::from(*handed.key.as_bytes());
    let commit: Commit = record::read(store, &layout::commit(&key)).await?.ok_or_else(missing)?;
    let (report, told) = report(store, run, handed).await?;
    let shown = text(store, run, &format!("{}.html", handed.report)).await?;
    let media = commit.files.iter().find(|(_, stored)| stored.digest == report.file.sha256);
    let (media, stored) = media.ok_or_else(missing)?;
    let names = names(destination, &report);
    destination.check(std::slice::from_ref(&names), &[Some((stored.digest, stored.bytes))]).await?;
    placing::put_file(store, &commit, media, &names).await?;
    placing::put_text(&names.page, shown)?;
    placing::put_text(&names.report, told)?;
    let (outlet, passed) = (handed.outlet.clone(), report.passed());
    Ok(Delivered { outlet, file: names.media, report: names.report, page: names.page, passed, told: report })
}

/// Checks that nothing but earlier files of Bookend's would be replaced by any of these.
///
/// # Errors
/// As [`Destination::check`]; when the store fails.
pub async fn check(
    store: &dyn Store,
    run: &str,
    handed: &[HandedOver],
    destination: &Destination,
) -> Result<(), SchedulerError> {
    let (mut all, mut content): (Vec<Names>, Vec<Option<(Digest, u64)>>) = (Vec::new(), Vec::new());
    for handed in handed {
        let (report, _) = report(store, run, handed).await?;
        all.push(names(destination, &report));
        content.push(Some((report.file.sha256, report.file.bytes)));
    }
    destination.check(&all, &content).await
}

async fn report(store: &dyn Store, run: &str, handed: &HandedOver) -> Result<(Report, String), SchedulerError> {
    let told = text(store, run, &format!("{}.json", handed.report)).await?;
    let report = Report::from_json(&told).map_err(|error| SchedulerError::Report {
        outlet: handed.outlet.clone(),
        problem: format!("{error}; use the program that made it"),
    })?;
    Ok((report, told))
}

async fn text(store: &dyn Store, run: &str, file: &str) -> Result<String, SchedulerError> {
    let name = layout::run_report(run, file)?;
    let bytes = store.get_bytes(&name, REPORT_LIMIT_BYTES).await?;
    String::from_utf8(bytes).map_err(|error| StoreError::Malformed { name, reason: error.to_string() }.into())
}

fn names(destination: &Destination, report: &Report) -> Names {
    destination.names_of(&report.file.name, report.passed())
}
