//! Barriers, without decrees of their own: as in Raft, the leader makes sure that it still is one.
//!
//! **Why that is enough.** A leader of ballot *b* is asked. It takes the position up to which anything is chosen as far as it
//! knows, or was when it began to lead (`inherited`), and then asks the acceptors, in a new round, whether they have promised
//! more than *b*. Whatever any node had been told to be chosen when the barrier was asked for was chosen in some ballot:
//!
//! - *below b*: a quorum for replication had voted for it, and met the quorum for election that promised *b*; so phase 1
//!   reported it, and it is not behind `inherited`.
//! - *b*: only its leader counts votes of *b*, so nobody was told of it before the leader knew.
//! - *above b*: then before the round began a quorum for election had promised that ballot, **and** a quorum for replication had
//!   voted in it. So whichever kind of quorum answers that it has promised nothing above *b*, it meets one of the two: a
//!   quorum for replication meets the one for election, and the other way round. Either is enough, and neither answers if
//!   anything was chosen above *b*.
//!
//! The leader answers once everything up to the position is chosen, and the node that asked waits until it has indicated it.

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, MultiPaxos, Phase};
use crate::log::{BarrierId, Position, Replica};

impl<C: Value, S: Value> MultiPaxos<C, S> {
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
    pub(super) fn on_ask_read(&mut self, from: NodeId, id: BarrierId, cx: &mut Cx<'_, Self>) {
        let chosen = self.chosen;
        let (forgets, reuses) = (flaw!(self, ReadsBeforeInherited), flaw!(self, ReusesRound));
        let Some(leadership) = self.leadership() else { return self.answer(from, id, None, cx) };
        let position = if forgets { chosen } else { chosen.max(leadership.inherited) };
        leadership.rounds.begin(from, id, position, reuses);
        self.ask_followers(cx);
        self.confirm_reads(cx);
    }

    /// An acceptor has promised nothing above the own ballot, by this round.
    pub(super) fn on_following(&mut self, from: NodeId, round: u64, cx: &mut Cx<'_, Self>) {
        let Some(leadership) = self.leadership() else { return };
        let answered = leadership.followers.entry(from).or_insert(0);
        *answered = round.max(*answered);
        self.confirm_reads(cx);
    }

    /// Answers the reads whose round a quorum of either kind has answered.
    pub(super) fn confirm_reads(&mut self, cx: &mut Cx<'_, Self>) {
        let (me, alone) = (cx.me(), flaw!(self, ReadsUnconfirmed));
        let Phase::Leading(leadership) = &mut self.phase else { return };
        if !leadership.rounds.is_awaited() {
            return;
        }
        let latest = leadership.rounds.latest();
        let answered = |node| match leadership.followers.get(&node) {
            _ if node == me || alone => latest,
            Some(&round) => round,
            None => 0,
        };
        let round = self.quorums.replication.reached(&answered).max(self.quorums.election.reached(&answered));
        for read in leadership.rounds.confirmed(round, self.chosen) {
            cx.mark("read");
            self.answer(read.from, read.id, Some(read.position), cx);
        }
    }

    fn answer(&mut self, to: NodeId, id: BarrierId, position: Option<Position>, cx: &mut Cx<'_, Self>) {
        if to == cx.me() {
            self.on_read_at(id, position, cx);
        } else {
            cx.send(to, ReadAt(id, position));
        }
    }

    /// The leader has answered. Whoever leads by now: it was true at some time after the question.
    pub(super) fn on_read_at(&mut self, id: BarrierId, position: Option<Position>, cx: &mut Cx<'_, Self>) {
        self.reads.answer(id, position, self.chosen, cx);
    }
}
