//! How messages travel: jobs by lane, commands, events, and who leads.
//!
//! A [`Broker`] carries bytes and knows nothing of what they mean. It promises that a published message is taken at
//! least once; it promises no order, and that a message comes only once it does not promise either.
//!
//! Start at [`Broker`] for the contract. [`RabbitMq`] carries between machines; [`InProcess`] within one process, and can
//! be made to misbehave by seed ([`Disorder`]) so that no code leans on its kindness.
//!
//! Deliberately not here: what messages say and when they are published again (`bookend-jobs`, `bookend-scheduler`),
//! and retries with pauses, of which a broker knows nothing.

mod broker;
#[cfg(feature = "conformance")]
pub mod conformance;
mod disorder;
mod error;
mod events;
mod in_process;
mod lane;
mod leadership;
mod rabbitmq;
mod taken;

pub use broker::{Broker, MESSAGE_LIMIT_BYTES};
pub use disorder::Disorder;
pub use error::{BrokerError, BrokerErrorKind};
pub use events::{EVENT_BACKLOG, Event, EventFeed, Subscription};
pub use in_process::InProcess;
pub use lane::Lane;
pub use leadership::Leadership;
pub use rabbitmq::RabbitMq;
pub use taken::{Command, Hold, Receipt, Taken};

/// The result of every fallible call of this crate.
pub type Result<T, E = BrokerError> = std::result::Result<T, E>;
