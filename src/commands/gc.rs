//! `bookend gc`: deletes what nothing names.

use bookend_scheduler::gc;
use jiff::Timestamp;

use crate::exit::{Exit, Failure};
use crate::say;
use crate::setup::Setup;
use crate::workplace::existing_store;

pub async fn run(setup: &Setup, dry_run: bool) -> Result<Exit, Failure> {
    let store = existing_store(setup).await?;
    let swept = gc::sweep(&store, gc::DEFAULT_AGE, Timestamp::now(), dry_run).await?;
    if !dry_run {
        store.locks().sweep().await?;
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
