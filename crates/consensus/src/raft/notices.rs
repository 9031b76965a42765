//! News of what is committed, without waiting for the next entries. Ours.
//!
//! The paper tells the followers with the next AppendEntries. Their clients would wait for that, so they are told at once, by a message
//! that nobody answers, for it asks nothing. If it is lost, the next heartbeat makes good for it.

use synod_actor::{Cx, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Point, Raft};
use crate::log::Replica;

impl<C: Value, S: Value> Raft<C, S> {
    /// Tells the followers. Those for whom entries wait are told with them, when they answer for the ones before.
    pub(super) fn tell_of_commit(&mut self, cx: &mut Cx<'_, Self>) {
        let (last, window) = (self.journal.last().index, self.settings.window);
        let Some(term) = self.journal.term(self.commit) else { return };
        let notice = Point { term, index: self.commit };
        let Some(leadership) = self.leadership() else { return };
        for (&node, follower) in &leadership.followers {
            if !follower.probing && !follower.lacks(last, window) {
                cx.send(node, Committed(notice));
            }
        }
    }

    /// If this log has the entry, it agrees with the leader's up to there (§5.3, the log matching property). If not, the entry comes
    /// with the news, or the next heartbeat. A leader counts for itself.
    pub(super) fn on_committed(&mut self, point: Point, cx: &mut Cx<'_, Self>) {
        let agrees = self.journal.agrees_at(point) || flaw!(self, TrustsNotices);
        if agrees && !self.leads() {
            self.commit_to(point.index, cx);
        }
    }
}
