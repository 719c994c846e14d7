//! What an outcome means for the episode or the uploads that asked for it.

use std::collections::BTreeSet;

use bookend_jobs::{Disposition, Engine, Key};
use bookend_report::Report;

use crate::plan::Sourced;
use crate::run::Outcome;
use crate::{Refusal, SchedulerError, Unmade};

/// Returns what could not be made, one for each cause: what is blocked by it goes without saying.
#[must_use]
pub fn unmade(outcome: &Outcome) -> Vec<Unmade> {
    let mut seen = BTreeSet::new();
    let failures =
        outcome.failures.iter().filter(|failure| seen.insert((failure.label.clone(), failure.reason.code.clone())));
    failures
        .map(|failure| Unmade {
            what: failure.label.clone(),
            reason: failure.reason.clone(),
            refused: failure.disposition == Disposition::Refused,
        })
        .collect()
}

/// Turns failed inspections into refusals of the items that asked for them.
///
/// # Errors
/// With all of them; when one failed that its file is not to blame for.
pub fn check_inspections(sourced: &Sourced, outcome: &Outcome, engine: &Engine) -> Result<(), SchedulerError> {
    let mut refusals = Vec::new();
    let mut unmade = Vec::new();
    for (at, media) in sourced.media() {
        let key = media.inspection().key(engine);
        let Some(failure) = outcome.failures.iter().find(|failure| failure.key == key) else { continue };
        let place = sourced.place(at);
        if failure.disposition == Disposition::Refused {
            let mut reason = failure.reason.clone();
            if sourced.is_rundown {
                reason.message = format!("{}: {}", media.label(), reason.message);
            }
            refusals.push(Refusal { place, reason });
        } else {
            unmade.push(Unmade {
                what: format!("{place}: {}", media.label()),
                reason: failure.reason.clone(),
                refused: false,
            });
        }
    }
    if !unmade.is_empty() {
        return Err(SchedulerError::Unmade(unmade));
    }
    if refusals.is_empty() { Ok(()) } else { Err(SchedulerError::Refused(refusals)) }
}

/// Counts as made what the same request made before, in inspecting or at an earlier go.
#[must_use]
pub fn credited(mut outcome: Outcome, made: &mut BTreeSet<Key>) -> Outcome {
    let ours: Vec<Key> = made.iter().copied().filter(|key| outcome.reused.remove(key)).collect();
    outcome.made.extend(ours);
    made.extend(outcome.made.iter().copied());
    outcome
}

/// Returns a line for each clause that a report fails.
pub fn failed_clauses<'a>(outlet: &'a str, report: &'a Report) -> impl Iterator<Item = String> + 'a {
    let failed = report.clauses.iter().filter(|clause| clause.verdict == bookend_report::Outcome::Fail);
    failed
        .map(move |clause| format!("{outlet}: {} failed: wanted {}, found {}", clause.id, clause.wanted, clause.found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_made_is_not_reused_by_it() {
        let key = |n: u8| Key::from_bytes([n; 32]);
        let mut made = BTreeSet::from([key(1)]);
        let first = Outcome { reused: [key(1), key(2)].into(), made: [key(3)].into(), ..Outcome::default() };
        let first = credited(first, &mut made);
        assert_eq!((first.reused, first.made), ([key(2)].into(), [key(1), key(3)].into()));
        let second = Outcome { reused: [key(1), key(2), key(3)].into(), ..Outcome::default() };
        assert_eq!(credited(second, &mut made).reused, [key(2)].into());
    }
}
