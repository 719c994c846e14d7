//! What can go wrong with a broker, and what the caller should do about it.

use std::error::Error;

/// What a caller should do about a [`BrokerError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BrokerErrorKind {
    /// The same call may work later; whether this one had an effect is unknown, so it may happen twice.
    Retry,
    /// The message is not ours any more: it comes again, to us or to another. Let it go.
    Stale,
    /// The request itself is wrong and will be wrong again.
    Refused,
    /// The broker cannot be used at all until a person changes something; the message says what.
    Unusable,
}

/// An error of a broker, by what failed.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The connection that took a message is gone, and the message went back to its queue.
    #[error("the message went back to its queue when the connection was lost")]
    Stale,
    /// A message is too large for every carrier.
    #[error("a message of {bytes} bytes is more than the {limit_bytes} a broker carries")]
    TooLarge {
        /// The message's length in bytes.
        bytes: usize,
        /// [`MESSAGE_LIMIT_BYTES`](crate::MESSAGE_LIMIT_BYTES).
        limit_bytes: usize,
    },
    /// A string names no lane.
    #[error("`{text}` is not a lane: the lanes are interactive, render and batch")]
    UnknownLane {
        /// The string, shortened.
        text: String,
    },
    /// An address names no broker.
    #[error("the broker's address cannot be used: {reason}")]
    BadAddress {
        /// What is wrong with it; never its text, which may hold a password.
        reason: String,
    },
    /// The broker does not answer, or not in time.
    #[error("the broker at {place} cannot be reached")]
    Unreachable {
        /// Where the broker is, without credentials.
        place: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The broker answers but will not carry the message now: no queue for it, or no room.
    #[error("the broker at {place} did not accept the message: {reason}")]
    NotAccepted {
        /// Where the broker is, without credentials.
        place: String,
        /// What it said.
        reason: String,
    },
    /// The broker cannot be used as it is set up.
    #[error("the broker at {place} cannot be used: {reason}; {remedy}")]
    Unusable {
        /// Where the broker is, without credentials.
        place: String,
        /// What is wrong.
        reason: String,
        /// What to change.
        remedy: String,
    },
}

impl BrokerError {
    /// Says what the caller should do.
    pub fn kind(&self) -> BrokerErrorKind {
        match self {
            Self::Stale => BrokerErrorKind::Stale,
            Self::TooLarge { .. } | Self::UnknownLane { .. } | Self::BadAddress { .. } => BrokerErrorKind::Refused,
            Self::Unreachable { .. } | Self::NotAccepted { .. } => BrokerErrorKind::Retry,
            Self::Unusable { .. } => BrokerErrorKind::Unusable,
        }
    }
}
