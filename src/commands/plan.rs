//! `bookend plan`: what would be made, and why.

use bookend_scheduler::plan::{Action, Listing, existing};

use super::episode::{Episode, outlets};
use crate::cli::PlanArgs;
use crate::exit::{Exit, Failure};
use crate::interrupt::Stop;
use crate::say;
use crate::setup::Setup;
use crate::workplace::Workplace;

pub async fn run(setup: Setup, stop: Stop, arguments: &PlanArgs) -> Result<Exit, Failure> {
    let outlets = outlets(&setup, &arguments.outlets)?;
    let episode = Episode::of_rundown(&arguments.rundown)?;
    let mut work = Workplace::open(setup.clone(), stop, arguments.rehash).await?;
    let planned = episode.plan(&mut work, &setup, &outlets, None).await;
    work.close().await;
    let plan = planned?;
    let listing = Listing::of(&plan.graph, &existing(&*work.store.store, &plan.graph).await?);
    if setup.json {
        say::json(&listing);
    } else {
        show(&listing);
    }
    Ok(Exit::Done)
}

fn show(listing: &Listing) {
    for result in &listing.results {
        let action = match result.action {
            Action::Reuse => "reuse",
            Action::Make => "make ",
        };
        let frames = result.frames.map_or_else(String::new, |frames| format!(", {frames} frames"));
        let cpu = result.cpu_s.map_or_else(String::new, |cpu_s| format!(", about {cpu_s:.1} s of CPU time"));
        let kind = result.kind.to_string();
        say::line_out(&format!(
            "{action} {kind:8} {}  {}{frames}{cpu}: {}",
            result.key.short(),
            result.label,
            result.why
        ));
    }
    let totals = listing.totals;
    say::line_out(&format!(
        "{} to reuse, {} to make, about {:.0} s of CPU time",
        totals.reuse, totals.make, totals.cpu_s
    ));
}
