//! Replication (§5.3, §7) as those see it who do not lead.

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Append, Msg::*, Point, Raft, Record};
use crate::log::Position;

impl<C: Value, S: Value> Raft<C, S> {
    /// AppendEntries, the receiver (Figure 2). The term is the present one.
    pub(super) fn on_append(&mut self, from: NodeId, append: Append<C>, cx: &mut Cx<'_, Self>) {
        if append.term >= self.term {
            self.hear_of_leader(from, cx); // always, but for a fault
        }
        let Append { term, prev, entries, commit, round } = append;
        let is_compacted = prev.index < self.journal.start().index;
        assert!(!(flaw!(self, PanicsOnCompacted) && is_compacted), "the leader knows what is compacted");
        // 2. "Reply false if log doesn't contain an entry at prevLogIndex whose term matches prevLogTerm."
        if !self.journal.agrees_at(prev) && !(flaw!(self, SkipsConsistencyCheck)) {
            cx.mark("reject");
            return cx.send(from, Rejected(term, self.rejection(prev.index, round)));
        }
        // The log agrees with the leader's up to here, once the entries are in it: not farther, for what may follow in it is of
        // nobody knows whom.
        let covered = prev.index + entries.len() as u64;
        // 3. "If an existing entry conflicts with a new one, delete the existing entry and all that follow it." Only then: an
        // entry that is there already stays, with all that follows, even if this message, an old one, says no more of it.
        let known = |&(index, term): &(Position, _)| self.journal.agrees_at(Point { term, index });
        let terms = entries.iter().map(|stamped| stamped.term);
        let mut present = (prev.index + 1..).zip(terms).take_while(known).count();
        if flaw!(self, TruncatesOnShorterAppend) && !entries.is_empty() && covered < self.journal.last().index
        {
            present = 0;
        }
        // 4. "Append any new entries not already in the log." Written before it is acknowledged.
        let durable = !(flaw!(self, AcksBeforeDurable));
        if !durable {
            cx.send(from, Appended(term, covered, round));
        }
        if present < entries.len() {
            let entries = if present == 0 { entries } else { entries[present..].into() };
            let after = prev.index + present as u64;
            cx.mark(if after < self.journal.last().index { "truncate" } else { "append" });
            let members_since = self.journal.members().0;
            self.persist(Record::Append(after, entries), cx);
            if self.journal.members().0 != members_since {
                self.wait_for_election(cx); // the entries may have made it a voter, or what they replace had
            }
        }
        // 5. "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)." Of this message:
        // what the log holds beyond it may conflict with the leader's.
        let sure = if flaw!(self, CommitsBeyondMatch) { self.journal.last().index } else { covered };
        self.commit_to(commit.min(sure), cx);
        if durable {
            cx.send(from, Appended(term, covered, round));
        }
    }
}
