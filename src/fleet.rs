//! What the fleet's roles and clients share: store and broker, and the names they go by.

use std::sync::Arc;
use std::time::Duration;

use bookend_broker::{Broker, BrokerErrorKind, RabbitMq};
use bookend_scheduler::sources::SourceMemory;
use bookend_store::Store;

use crate::exit::{Exit, Failure, chain};
use crate::say;
use crate::setup::Setup;

/// How long a client waits for a fleet that is just being started.
const STARTING: Duration = Duration::from_secs(30);
/// Between two looks for what is not there yet.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Opens the store that a fleet shares. The first worker makes it: it is waited for, for a while.
///
/// # Errors
/// When there is none, or it cannot be used.
pub async fn store(setup: &Setup) -> Result<Arc<dyn Store>, Failure> {
    match tokio::time::timeout(STARTING, made_store(setup)).await {
        Ok(store) => store,
        Err(_) => Ok(setup.existing_store().await?.store),
    }
}

/// Opens the store that a fleet shares, waiting until its first worker has made it.
///
/// # Errors
/// When it cannot be used.
pub async fn made_store(setup: &Setup) -> Result<Arc<dyn Store>, Failure> {
    let place = setup.place()?;
    let mut told = false;
    loop {
        if let Some(open) = place.open_if_there().await? {
            return Ok(open.store);
        }
        if !std::mem::replace(&mut told, true) {
            say::note("there is no store yet: waiting for a worker to make it");
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}

/// Connects to the broker that `--broker` names.
///
/// # Errors
/// When none is named, or it cannot be used.
pub async fn broker(setup: &Setup) -> Result<Arc<dyn Broker>, Failure> {
    let connected = RabbitMq::connect(setup.broker()?).await;
    let broker = connected.map_err(|error| match error.kind() {
        BrokerErrorKind::Refused => Failure::request(chain(&error)),
        _ => Failure::new(Exit::Unreachable, chain(&error)),
    })?;
    Ok(Arc::new(broker))
}

/// Returns a name for this process that tells a bad machine from others: `HOST-PID`.
pub fn name() -> String {
    let host = rustix::system::uname();
    format!("{}-{}", host.nodename().to_string_lossy(), std::process::id())
}

/// Reads what is remembered of this machine's files, unless they are all to be read again.
///
/// # Errors
/// When the store cannot be used, or there is no folder to remember in.
pub async fn memory(setup: &Setup, rehash: bool) -> Result<SourceMemory, Failure> {
    let file = setup.existing_store().await?.memory()?;
    Ok(if rehash { SourceMemory::empty(file) } else { SourceMemory::open(file) })
}
