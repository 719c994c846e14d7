//! `bookend gc`: deletes what nothing names.

use std::time::Duration;

use bookend_scheduler::gc;
use jiff::Timestamp;

use crate::exit::{Exit, Failure};
use crate::say;
use crate::setup::Setup;

/// Uploads to S3 in parts that were not finished in this time belong to a process that is gone.
const UNFINISHED: Duration = Duration::from_secs(24 * 3600);

pub async fn run(setup: &Setup, dry_run: bool) -> Result<Exit, Failure> {
    let store = setup.existing_store().await?;
    let swept = gc::sweep(&*store.store, gc::DEFAULT_AGE, Timestamp::now(), dry_run).await?;
    if !dry_run {
        if let Some(locks) = store.locks() {
            locks.sweep().await?;
        }
        if let Some(s3) = store.s3() {
            s3.sweep_unfinished(UNFINISHED).await?;
        }
    }
    if setup.json {
        say::json(&swept);
    } else {
        let verb = if dry_run { "would be deleted" } else { "deleted" };
        say::line_out(&format!(
            "{verb}: {} results, {} files ({} bytes), {} superseded deliverables; {} results kept",
            swept.commits, swept.files, swept.bytes, swept.manifests, swept.kept
        ));
    }
    Ok(Exit::Done)
}
