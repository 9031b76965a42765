//! Reads without log entries: ReadIndex (dissertation, §6.4).

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Raft, Role, leader::Leadership};
use crate::log::{BarrierId, Position, Replica};

impl<C: Value, S: Value> Raft<C, S> {
    /// The layer above wants to read.
    pub(super) fn read(&mut self, id: BarrierId, cx: &mut Cx<'_, Self>) {
        if !self.reads.ask(id) {
            return; // it is under way
        }
        match self.leader {
            Some(_) if self.leads() => self.on_ask_read(cx.me(), id, cx),
            Some(leader) => cx.send(leader, AskRead(id)),
            None => self.reads.refuse(cx),
        }
    }

    /// Someone asks what a read must see.
    ///
    /// 1. "If the leader has not yet marked an entry from its current term committed, it waits until it has done so": what was
    ///    committed in earlier terms it does not know before. Here it does not wait, it refuses.
    /// 2. "The leader saves its current commit index."
    /// 3. "The leader issues a new round of heartbeats and waits for their acknowledgments from a majority": nobody can have
    ///    taken its place before it saved the index. The round is new for each read. One that was begun before proves
    ///    nothing.
    pub(super) fn on_ask_read(&mut self, from: NodeId, id: BarrierId, cx: &mut Cx<'_, Self>) {
        let knows = self.journal.term(self.commit) == Some(self.term) || flaw!(self, ReadsBeforeOwnCommit);
        let position = self.commit;
        if knows && self.has_lease(cx.me()) {
            cx.mark("read");
            return self.answer(from, id, Some(position), cx);
        }
        let reuses = flaw!(self, ReusesRound);
        let (false, Some(leadership)) = (!knows, self.leadership()) else {
            return self.answer(from, id, None, cx);
        };
        leadership.rounds.begin(from, id, position, reuses);
        self.time_lease(cx);
        self.send_heartbeats(cx);
        self.confirm_reads(cx);
    }

    /// Answers the reads whose round a quorum has acknowledged.
    pub(super) fn confirm_reads(&mut self, cx: &mut Cx<'_, Self>) {
        let Role::Leader(leadership) = &self.role else { return };
        let confirmed = self.confirmed_round(leadership, cx.me());
        let Role::Leader(leadership) = &mut self.role else { return };
        for read in leadership.rounds.confirmed(confirmed, self.commit) {
            cx.mark("read");
            self.answer(read.from, read.id, Some(read.position), cx);
        }
    }

    /// The last round of heartbeats that a quorum has answered.
    pub(super) fn confirmed_round(&self, leadership: &Leadership, me: NodeId) -> u64 {
        self.members().reached(|node| match leadership.followers.get(&node) {
            _ if node == me => leadership.rounds.latest(),
            Some(follower) => follower.round,
            None => 0,
        })
    }

    fn answer(&mut self, to: NodeId, id: BarrierId, position: Option<Position>, cx: &mut Cx<'_, Self>) {
        if to == cx.me() {
            self.on_read_at(id, position, cx);
        } else {
            cx.send(to, ReadAt(id, position));
        }
    }

    /// 4. "The leader waits for its state machine to advance at least as far as the readIndex"; so does a follower that asked
    ///    it. Whoever leads by now: it was true at some time after the question.
    pub(super) fn on_read_at(&mut self, id: BarrierId, position: Option<Position>, cx: &mut Cx<'_, Self>) {
        self.reads.answer(id, position, self.commit, cx);
    }
}
