//! Time and chance, from outside.

use std::fmt;
use std::sync::Arc;

use bookend_jobs::AttemptId;
use jiff::Timestamp;

/// Where a worker's times and ids come from.
#[derive(Clone)]
pub struct Stamps {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    attempt: Arc<dyn Fn() -> AttemptId + Send + Sync>,
}

impl Stamps {
    /// Takes both from the caller. Attempt ids must be unique in the store, and valid as one segment of a name.
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        attempt: impl Fn() -> AttemptId + Send + Sync + 'static,
    ) -> Self {
        Stamps { now: Arc::new(now), attempt: Arc::new(attempt) }
    }

    /// The system's clock, and random ids of 64 bits.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Timestamp::now, || AttemptId(format!("{:016x}", rand::random::<u64>())))
    }

    /// Returns the time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Returns a new id.
    pub(crate) fn attempt(&self) -> AttemptId {
        (self.attempt)()
    }
}

impl fmt::Debug for Stamps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stamps").finish_non_exhaustive()
    }
}
