//! A piece's state, folded from its decisions.

use bookend_jobs::Digest;
use serde::Serialize;

use super::decision::{Credit, Decision, DecisionId, Verdict};

/// Whether a piece may go on air.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PieceState {
    /// It may.
    Approved,
    /// It may not.
    Rejected,
}

/// A piece as its decisions leave it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Piece {
    /// Its id.
    #[serde(rename = "piece")]
    pub id: String,
    /// The asset it uses.
    pub asset: Digest,
    /// Whether it may go on air.
    pub state: PieceState,
    /// Its title.
    pub title: String,
    /// Who made it.
    pub credits: Vec<Credit>,
    /// Where it starts, as written.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Where it ends, exclusive, as written.
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// The decision that gave it its state.
    pub decided: DecisionId,
}

/// Folds decisions, in any order; nothing when none ever approved it.
///
/// The description is that of the latest approval, the state that of the latest decision; of two decisions at one instant a
/// rejection is the later.
pub(super) fn fold(id: &str, mut decisions: Vec<(DecisionId, Decision)>) -> Option<Piece> {
    decisions.sort_by(|(left_id, left), (right_id, right)| {
        let rejects = |decision: &Decision| matches!(decision.verdict, Verdict::Reject);
        (left.at, rejects(left), left_id).cmp(&(right.at, rejects(right), right_id))
    });
    let mut piece: Option<Piece> = None;
    for (decided, decision) in decisions {
        match (decision.verdict, &mut piece) {
            (Verdict::Approve { asset, title, credits, start, end }, _) => {
                piece = Some(Piece {
                    id: id.to_owned(),
                    asset,
                    state: PieceState::Approved,
                    title,
                    credits,
                    start,
                    end,
                    decided,
                });
            }
            (Verdict::Reject, Some(piece)) => {
                piece.state = PieceState::Rejected;
                piece.decided = decided;
            }
            (Verdict::Reject, None) => {}
        }
    }
    piece
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn approve(second: i64, title: &str) -> (DecisionId, Decision) {
        let at = Timestamp::from_second(second).unwrap();
        let verdict = Verdict::Approve {
            asset: Digest::of(b"a"),
            title: title.to_owned(),
            credits: Vec::new(),
            start: None,
            end: None,
        };
        let decision = Decision { version: 1, at, verdict };
        (DecisionId::of(&decision), decision)
    }

    fn reject(second: i64) -> (DecisionId, Decision) {
        let at = Timestamp::from_second(second).unwrap();
        let decision = Decision::reject(at);
        (DecisionId::of(&decision), decision)
    }

    #[test]
    fn the_latest_decision_decides_in_whatever_order_they_are_read() {
        let piece = fold("p", vec![reject(2), approve(3, "new"), approve(1, "old")]).unwrap();
        assert_eq!((piece.state, piece.title.as_str()), (PieceState::Approved, "new"));
        let piece = fold("p", vec![reject(4), approve(3, "new"), approve(1, "old")]).unwrap();
        assert_eq!((piece.state, piece.title.as_str()), (PieceState::Rejected, "new"));
    }

    #[test]
    fn a_tie_resolves_to_reject() {
        for decisions in [vec![approve(5, "t"), reject(5)], vec![reject(5), approve(5, "t")]] {
            assert_eq!(fold("p", decisions).unwrap().state, PieceState::Rejected);
        }
    }

    #[test]
    fn what_was_never_approved_is_no_piece() {
        assert!(fold("p", Vec::new()).is_none());
        assert!(fold("p", vec![reject(1)]).is_none());
    }

    #[test]
    fn ids_order_by_time() {
        assert!(reject(1_700_000_000).0 < reject(1_800_000_000).0);
        assert_ne!(reject(1).0, approve(1, "t").0);
    }
}
