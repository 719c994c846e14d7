//! What the runs of one scheduler share: the room in each lane, in turn, and what each has out already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bookend_broker::{Broker, BrokerError, Lane};
use bookend_jobs::Key;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The gate that jobs pass on their way into the broker, shared by clones.
///
/// A lane holds at most so many messages: a run waits in line for each one that it publishes, so runs take turns, and
/// what has no turn yet waits in its plan, where it can still be cancelled. A result that one run has out in a lane, no
/// other publishes in that lane or a lower one.
#[derive(Clone, Debug)]
pub struct Gate {
    lanes: [Arc<LaneGate>; Lane::ALL.len()],
    claimed: Arc<Mutex<Claimed>>,
    bound: usize,
}

#[derive(Debug)]
struct LaneGate {
    room: Arc<Semaphore>,
    /// Held from the look at a lane's depth until the message is in it.
    publishing: tokio::sync::Mutex<()>,
}

/// Which claims there are on each result, by lane; the lane's order is that of urgency.
#[derive(Debug, Default)]
struct Claimed {
    by_key: BTreeMap<Key, BTreeMap<Lane, u64>>,
}

/// A turn: room for one message in a lane. Dropping it lets the next in line pass.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
}

/// Results that one run has out in a lane. Dropping it lets others publish them.
#[derive(Debug)]
pub(crate) struct Claim {
    keys: BTreeSet<Key>,
    lane: Lane,
    claimed: Arc<Mutex<Claimed>>,
}

impl Gate {
    /// Makes a gate that lets at most `bound` messages into each lane, at least one.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        let bound = bound.clamp(1, Semaphore::MAX_PERMITS);
        let lane = || LaneGate { room: Arc::new(Semaphore::new(bound)), publishing: tokio::sync::Mutex::default() };
        Gate { lanes: [(); Lane::ALL.len()].map(|()| Arc::new(lane())), claimed: Arc::default(), bound }
    }

    /// Waits in a lane's line for a turn. Dropping the future leaves the line.
    pub(crate) async fn turn(&self, lane: Lane) -> Turn {
        let room = Arc::clone(&self.lane(lane).room);
        match room.acquire_owned().await {
            Ok(permit) => Turn { _permit: permit },
            // Nobody closes it.
            Err(_) => std::future::pending().await,
        }
    }

    /// Takes the results among `keys` that nobody else has out in this lane or one more urgent; returns the rest beside.
    pub(crate) fn claim(&self, lane: Lane, keys: &BTreeSet<Key>) -> (Claim, BTreeSet<Key>) {
        let mut claimed = lock(&self.claimed);
        let is_taken = |key: &&Key| {
            let lanes = claimed.by_key.get(key);
            lanes.is_some_and(|lanes| lanes.keys().any(|&taken| taken <= lane))
        };
        let (elsewhere, ours): (BTreeSet<Key>, BTreeSet<Key>) = keys.iter().copied().partition(|key| is_taken(&key));
        for &key in &ours {
            *claimed.by_key.entry(key).or_default().entry(lane).or_default() += 1;
        }
        (Claim { keys: ours, lane, claimed: Arc::clone(&self.claimed) }, elsewhere)
    }

    /// Publishes a message unless the lane is as full as it may be, which a leader before us may have seen to; returns
    /// whether it did.
    pub(crate) async fn publish(&self, broker: &dyn Broker, lane: Lane, message: Vec<u8>) -> Result<bool, BrokerError> {
        let _alone = self.lane(lane).publishing.lock().await;
        if broker.depth(lane).await? >= self.bound as u64 {
            return Ok(false);
        }
        broker.publish(lane, message).await.map(|()| true)
    }

    fn lane(&self, lane: Lane) -> &LaneGate {
        &self.lanes[lane as usize]
    }
}

impl Claim {
    /// Returns the results.
    pub(crate) fn keys(&self) -> &BTreeSet<Key> {
        &self.keys
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claimed = lock(&self.claimed);
        for key in &self.keys {
            let Some(lanes) = claimed.by_key.get_mut(key) else { continue };
            if let Some(count) = lanes.get_mut(&self.lane) {
                *count -= 1;
                if *count == 0 {
                    lanes.remove(&self.lane);
                }
            }
            if lanes.is_empty() {
                claimed.by_key.remove(key);
            }
        }
    }
}

fn lock(claimed: &Mutex<Claimed>) -> MutexGuard<'_, Claimed> {
    // No code panics between two changes that belong together, so a poisoned state is a whole one.
    claimed.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(numbers: &[u8]) -> BTreeSet<Key> {
        numbers.iter().map(|&number| Key::from_bytes([number; 32])).collect()
    }

    #[test]
    fn a_result_is_one_run_s_until_it_lets_go() {
        let gate = Gate::new(4);
        let (first, elsewhere) = gate.claim(Lane::Render, &keys(&[1, 2]));
        assert_eq!((first.keys(), elsewhere), (&keys(&[1, 2]), keys(&[])));
        let (second, elsewhere) = gate.claim(Lane::Render, &keys(&[2, 3]));
        assert_eq!((second.keys(), elsewhere), (&keys(&[3]), keys(&[2])));
        drop(first);
        let (third, elsewhere) = gate.claim(Lane::Render, &keys(&[1, 2, 3]));
        assert_eq!((third.keys(), elsewhere), (&keys(&[1, 2]), keys(&[3])));
    }

    #[test]
    fn a_more_urgent_lane_publishes_what_waits_in_another() {
        let gate = Gate::new(4);
        let (_batch, _) = gate.claim(Lane::Batch, &keys(&[1]));
        let (urgent, elsewhere) = gate.claim(Lane::Interactive, &keys(&[1]));
        assert_eq!((urgent.keys(), elsewhere), (&keys(&[1]), keys(&[])));
        assert_eq!(gate.claim(Lane::Batch, &keys(&[1])).1, keys(&[1]));
    }

    #[tokio::test]
    async fn runs_take_turns() {
        let gate = Gate::new(1);
        let held = gate.turn(Lane::Batch).await;
        let mut first = Box::pin(gate.turn(Lane::Batch));
        let mut second = Box::pin(gate.turn(Lane::Batch));
        assert!(poll(&mut first).await.is_none());
        assert!(poll(&mut second).await.is_none());
        // Another lane has room of its own.
        let _other = gate.turn(Lane::Render).await;
        drop(held);
        assert!(poll(&mut second).await.is_none(), "the first in line passes first");
        let turn = poll(&mut first).await;
        assert!(turn.is_some());
        drop(turn);
        assert!(poll(&mut second).await.is_some());
    }

    /// Polls a future once.
    async fn poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = std::future::ready(()) => None,
        }
    }
}
