//! Why a worker ended.

use bookend_broker::BrokerError;
use bookend_jobs::Reason;
use bookend_store::StoreError;

use crate::AskError;

/// Why a worker ended, or could not begin.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The broker cannot be used until a person changes something.
    #[error("the broker cannot be used")]
    Broker(#[source] BrokerError),
    /// The engine could not be asked from a child.
    #[error("no child can be started")]
    Engine(#[source] AskError),
    /// The store cannot be used.
    #[error("the store cannot be used")]
    Store(#[source] StoreError),
    /// Job after job could not be tried, or its ending not be written down; the last one's reason.
    #[error("{tries} jobs in a row could not be carried out here, the last because: {reason}")]
    Trouble {
        /// How many.
        tries: u32,
        /// Why the last one was not.
        reason: Reason,
    },
}
