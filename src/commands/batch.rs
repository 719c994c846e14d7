//! `bookend batch`: the same for many; one that fails never stops the others.

use std::collections::BTreeSet;
use std::path::Path;

use bookend_config::Outlet;
use bookend_jobs::Digest;
use serde_json::json;

use super::episode::{Episode, Rendered, free_id, outlets, show, undelivered};
use crate::cli::Batch;
use crate::exit::{Exit, Failure};
use crate::interrupt::Stop;
use crate::say;
use crate::setup::Setup;
use crate::workplace::Workplace;

pub async fn run(setup: Setup, stop: Stop, arguments: &Batch) -> Result<Exit, Failure> {
    let outlets = outlets(&setup, &arguments.outlets)?;
    let mut taken = BTreeSet::new();
    let mut episodes = Vec::with_capacity(arguments.files.len());
    // Every rundown is read before anything runs: a wrong one is a wrong request.
    for file in &arguments.files {
        let episode =
            if is_rundown(file) { Episode::of_rundown(file)? } else { Episode::of_media(file, free_id(file, &taken)) };
        if !taken.insert(episode.id().to_owned()) {
            return Err(Failure::request(format!(
                "{}: another episode has the id `{}`; change one's id",
                file.display(),
                episode.id()
            )));
        }
        episodes.push(episode);
    }
    let mut work = Workplace::open(setup.clone(), stop, arguments.rehash).await?;
    let ended = each(&mut work, &setup, &episodes, &outlets, arguments).await;
    work.close().await;
    ended
}

async fn each(
    work: &mut Workplace,
    setup: &Setup,
    episodes: &[Episode],
    outlets: &[Outlet],
    arguments: &Batch,
) -> Result<Exit, Failure> {
    let mut exits = Vec::new();
    let mut runs = Vec::new();
    let mut delivered = 0;
    for episode in episodes {
        match episode.render(work, setup, outlets, &arguments.out).await {
            Ok(rendered) => {
                delivered += usize::from(rendered.exit == Exit::Done);
                exits.push(rendered.exit);
                runs.push(rendered.run.clone());
                tell(setup, &rendered);
            }
            Err(failure) if matches!(failure.exit, Exit::Interrupted | Exit::Unreachable) => return Err(failure),
            Err(failure) => {
                exits.push(failure.exit);
                say::error(&failure);
                if setup.json {
                    say::json(&undelivered(episode.id(), &failure));
                }
            }
        }
    }
    let failed = episodes.len() - delivered;
    let run = format!("batch-{}", &Digest::of(runs.join("\n").as_bytes()).to_string()[..12]);
    if setup.json {
        say::json(&json!({ "run": run, "episodes": episodes.len(), "delivered": delivered, "failed": failed }));
    } else {
        say::line_out(&format!("{delivered} of {} episodes delivered", episodes.len()));
    }
    Ok(Exit::of_several(exits))
}

fn tell(setup: &Setup, rendered: &Rendered) {
    if setup.json {
        say::json(&rendered.told);
    } else {
        show(rendered);
    }
}

fn is_rundown(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml") || extension.eq_ignore_ascii_case("json"))
}
