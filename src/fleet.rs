//! What the fleet's roles and clients share: store and broker, and the names they go by.

use std::sync::Arc;

use bookend_broker::{Broker, BrokerErrorKind, RabbitMq};
use bookend_scheduler::sources::SourceMemory;
use bookend_store::Store;

use crate::exit::{Exit, Failure, chain};
use crate::setup::Setup;

/// Opens the store that a fleet shares.
///
/// # Errors
/// When there is none, or it cannot be used.
pub async fn store(setup: &Setup) -> Result<Arc<dyn Store>, Failure> {
    Ok(setup.existing_store().await?.store)
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
