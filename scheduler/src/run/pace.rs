//! How fast a run looks, waits and tries again.

use std::time::Duration;

/// How fast a run looks, waits and tries again. The defaults are the protocol's; tests make everything short.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pace {
    /// How often the store is asked about what is out, whether events come or not. Shorter costs store requests, longer
    /// costs time after a lost event. Default 5 s.
    pub period: Duration,
    /// Pause before each further try: one try more than there are pauses. Default 5, 30 and 120 s.
    pub retry_after: Vec<Duration>,
    /// Silence after which a job's message is held to be lost, when the lane is empty; in a lane with messages, ten
    /// times that. A wrong guess costs a message that is settled unrun. Default 60 s.
    pub lease: Duration,
    /// Slots of the workers together: bounds how many messages wait in the broker, to max(64, 4 × slots).
    pub slots: usize,
    /// How many looks in a row may fail before the run gives up on a store or broker that should come back. Default 12,
    /// a minute.
    pub patience: u32,
}

impl Pace {
    /// Returns the most messages of one run in the broker at a time.
    #[must_use]
    pub fn window(&self) -> usize {
        self.slots.saturating_mul(4).max(64)
    }
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            period: Duration::from_secs(5),
            retry_after: [5, 30, 120].map(Duration::from_secs).to_vec(),
            lease: Duration::from_secs(60),
            slots: 1,
            patience: 12,
        }
    }
}
