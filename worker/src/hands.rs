//! Which results are being made in this process at the moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bookend_jobs::Key;

/// The results that this process has in hand, so that a message that came twice does not hold a second slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hands {
    held: Arc<Mutex<BTreeMap<Key, u32>>>,
}

impl Hands {
    /// Takes these results in hand, unless all of them are already.
    pub(crate) fn take(&self, keys: &BTreeSet<Key>) -> Option<Hand> {
        let mut held = self.held();
        if keys.iter().all(|key| held.contains_key(key)) {
            return None;
        }
        for &key in keys {
            *held.entry(key).or_default() += 1;
        }
        Some(Hand { hands: self.clone(), keys: keys.clone() })
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<Key, u32>> {
        // A count is changed in one step, so a poisoned map is a whole one.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Results in hand; dropping it lets go of them. To be dropped before the job's ending is told to anyone: a message that
/// follows from the ending must find them free.
#[derive(Debug)]
pub(crate) struct Hand {
    hands: Hands,
    keys: BTreeSet<Key>,
}

impl Drop for Hand {
    fn drop(&mut self) {
        let mut held = self.hands.held();
        for key in &self.keys {
            if let Some(count) = held.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    held.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_job_that_is_wholly_in_hand_is_refused() {
        let (hands, key) = (Hands::default(), |n: u8| Key::from_bytes([n; 32]));
        let first = hands.take(&[key(1), key(2)].into()).unwrap();
        assert!(hands.take(&[key(2)].into()).is_none());
        let second = hands.take(&[key(2), key(3)].into()).unwrap();
        drop(first);
        assert!(hands.take(&[key(2), key(3)].into()).is_none());
        assert!(hands.take(&[key(1)].into()).is_some());
        drop(second);
        assert!(hands.take(&[key(2)].into()).is_some());
    }
}
