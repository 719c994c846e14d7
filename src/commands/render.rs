//! `bookend render`: an episode built, verified and handed over.

use super::episode::{Episode, outlets, tell, undelivered};
use crate::cli::Render;
use crate::exit::{Exit, Failure};
use crate::interrupt::Stop;
use crate::say;
use crate::setup::Setup;
use crate::workplace::Workplace;

pub async fn run(setup: Setup, stop: Stop, arguments: &Render) -> Result<Exit, Failure> {
    let outlets = outlets(&setup, &arguments.plan.outlets)?;
    let episode = Episode::of_rundown(&arguments.plan.rundown)?;
    let mut work = Workplace::open(setup.clone(), stop, arguments.plan.rehash).await?;
    let rendered = episode.render(&mut work, &setup, &outlets, &arguments.out).await;
    work.close().await;
    let rendered = match rendered {
        Err(failure) if setup.json => {
            say::json(&undelivered(episode.id(), &failure));
            return Err(failure);
        }
        rendered => rendered?,
    };
    tell(&setup, &rendered);
    Ok(rendered.exit)
}
