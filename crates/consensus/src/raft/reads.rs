//! Reads without log entries: ReadIndex (dissertation, §6.4).

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Raft, Role};
use crate::log::{BarrierId, Indication, Position, Replica, Request};

/// A read that waits until its leader is known to be one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Read {
    /// Where it was asked, and its identity there.
    from: NodeId,
    id: BarrierId,
    /// What was committed when it was asked: what it must see.
    position: Position,
    /// The round of heartbeats that was begun after that.
    round: u64,
}

impl<C: Value, S: Value> Raft<C, S> {
    /// The layer above wants to read.
    pub(super) fn read(&mut self, id: BarrierId, cx: &mut Cx<'_, Self>) {
        match self.leader {
            _ if self.reads.contains_key(&id) => {} // is under way
            Some(leader) => {
                self.reads.insert(id, None);
                if self.leads() {
                    self.on_ask_read(cx.me(), id, cx);
                } else {
                    cx.send(leader, AskRead(id));
                }
            }
            None => cx.indicate(Indication::Refused(Request::Barrier(id))),
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
        let reuses = flaw!(self, ReusesRound);
        let (false, Some(leadership)) = (!knows, self.leadership()) else {
            return self.answer(from, id, None, cx);
        };
        leadership.round += u64::from(leadership.reads.is_empty() || !reuses);
        leadership.reads.push(Read { from, id, position, round: leadership.round });
        self.send_heartbeats(cx);
        self.confirm_reads(cx);
    }

    /// Answers the reads whose round a quorum has acknowledged.
    pub(super) fn confirm_reads(&mut self, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let members = self.journal.members().1;
        let Role::Leader(leadership) = &mut self.role else { return };
        let confirmed = members.reached(&|node| match leadership.followers.get(&node) {
            _ if node == me => leadership.round,
            Some(follower) => follower.round,
            None => 0,
        });
        let answered: Vec<Read> = leadership.reads.extract_if(.., |read| read.round <= confirmed).collect();
        for Read { from, id, position, .. } in answered {
            cx.mark("read");
            self.answer(from, id, Some(position), cx);
        }
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
        match self.reads.get_mut(&id) {
            Some(waits @ None) if position.is_some() => *waits = position,
            Some(None) => {
                self.reads.remove(&id);
                cx.indicate(Indication::Refused(Request::Barrier(id)));
            }
            // Late: answered or refused before.
            Some(Some(_)) | None => {}
        }
        self.serve_reads(cx);
    }

    /// Tells of the reads that have seen what they must.
    pub(super) fn serve_reads(&mut self, cx: &mut Cx<'_, Self>) {
        let commit = self.commit;
        let ready = |_: &BarrierId, at: &mut Option<Position>| at.is_some_and(|at| at <= commit);
        for (id, _) in self.reads.extract_if(.., ready) {
            cx.indicate(Indication::Passed(id));
        }
    }

    /// Gives up the reads of this node to which the leader has not answered.
    pub(super) fn refuse_reads(&mut self, cx: &mut Cx<'_, Self>) {
        for (id, _) in self.reads.extract_if(.., |_, at| at.is_none()) {
            cx.indicate(Indication::Refused(Request::Barrier(id)));
        }
    }
}
