//! `bookend scheduler`: a fleet's leader, or a standby.

use bookend_scheduler::leader::{Leader, TIMER};
use bookend_scheduler::parse_engine;
use bookend_scheduler::run::Pace;
use bookend_store::StoreMark;
use jiff::Timestamp;

use crate::exit::{Exit, Failure, chain};
use crate::interrupt::Stop;
use crate::setup::Setup;
use crate::{fleet, workplace};

/// Leads, or stands by, until told to stop.
pub async fn run(setup: &Setup, mut stop: Stop) -> Result<Exit, Failure> {
    let broker = fleet::broker(setup).await?;
    let store = tokio::select! {
        store = fleet::made_store(setup) => store?,
        _ = stop.wait_for(|stop| *stop) => return Ok(Exit::Done),
    };
    let mark = StoreMark::read(&*store).await?;
    let engine = mark.as_ref().and_then(|mark| parse_engine(&mark.engine)).ok_or_else(|| {
        let message = format!("the store at {} names no engine of ours; start a worker on it first", store.place());
        Failure::new(Exit::Unreachable, message)
    })?;
    let scratch = workplace::scratch()?;
    let pace = Pace { slots: setup.slots_and_threads().0, ..Pace::default() };
    let scratch_folder = scratch.path().to_owned();
    let leader = Leader { store, broker, engine, pace, timer: TIMER, scratch: scratch_folder, now: Timestamp::now };
    match leader.run(stop).await {
        Ok(()) => Ok(Exit::Done),
        Err(error) => Err(Failure::new(Exit::Unreachable, chain(&error))),
    }
}
