//! Who leads.

use std::any::Any;
use std::fmt;

use tokio::sync::watch;

/// The leader's guard; dropping it makes room for a standby.
///
/// Leadership saves work and protects nothing: for a moment two may believe that they lead.
pub struct Leadership {
    held: watch::Receiver<bool>,
    _guard: Box<dyn Any + Send + Sync>,
}

impl Leadership {
    /// A guard that gives up leadership when `guard` is dropped, and is held while `held` is true and its sender lives.
    pub fn new(guard: impl Any + Send + Sync, held: watch::Receiver<bool>) -> Self {
        Self { held, _guard: Box::new(guard) }
    }

    /// Whether leadership was not lost yet, as far as is known here.
    pub fn is_held(&self) -> bool {
        *self.held.borrow() && self.held.has_changed().is_ok()
    }

    /// Waits until leadership is lost.
    pub async fn lost(&self) {
        let mut held = self.held.clone();
        // An error is a sender that is gone, and with it the connection that held the leadership.
        let _ = held.wait_for(|held| !held).await;
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leadership").field("held", &self.is_held()).finish_non_exhaustive()
    }
}
