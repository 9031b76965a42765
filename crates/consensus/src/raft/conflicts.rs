//! Where two logs part, found in steps of whole terms: "the protocol can be optimized to reduce the number of rejected AppendEntries
//! RPCs" (§5.3, the last paragraphs).

use synod_actor::Value;

use super::{Raft, Rejection};
use crate::log::Position;

impl<C: Value, S: Value> Raft<C, S> {
    /// "When rejecting an AppendEntries request, the follower can include the term of the conflicting entry and the first
    /// index it stores for that term" (§5.3).
    pub(super) fn rejection(&self, prev: Position, round: u64) -> Rejection {
        let term = self.journal.term(prev);
        let first = match term {
            Some(_) => self.journal.first_of_term(prev),
            None => self.journal.last().index + 1,
        };
        Rejection { prev, term, first, round }
    }

    /// "With this information, the leader can decrement nextIndex to bypass all of the conflicting entries in that term" (§5.3).
    /// The last position at which the logs may agree.
    pub(super) fn last_agreement(&self, rejection: &Rejection) -> Position {
        let Rejection { prev, term, first, .. } = *rejection;
        let before = first.saturating_sub(1);
        let upto = |term| self.journal.last_up_to_term(term, prev.saturating_sub(1));
        match term.map(|term| (term, upto(term))) {
            // The same index and term is the same entry, if the follower's term reaches down to it.
            Some((term, Some(index))) if self.journal.term(index) == Some(term) => index,
            Some((_, Some(index))) => before.min(index),
            Some((_, None)) | None => before,
        }
    }
}
