//! What the fleet's roles share: the broker they talk through, and the names they go by.

use std::sync::Arc;

use bookend_broker::{Broker, BrokerErrorKind, RabbitMq};

use crate::exit::{Exit, Failure, chain};
use crate::setup::Setup;

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
