//! Reads without transactions. ZooKeeper's `sync` asks the leader, and trusts that it still is one; here a quorum has to
//! confirm it after the question, as in the other logs (Ongaro's dissertation, §6.4).

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Phase, Role, Zab};
use crate::{
    Epoch,
    log::{BarrierId, Position},
};

impl<C: Value, S: Value> Zab<C, S> {
    /// The layer above wants to read.
    pub(super) fn read(&mut self, id: BarrierId, leader: NodeId, cx: &mut Cx<'_, Self>) {
        if !self.reads.ask(id) {
            return; // it is under way
        }
        if leader == cx.me() {
            self.on_ask_read(leader, id, cx);
        } else {
            cx.send(leader, AskRead(id));
        }
    }

    /// Someone asks what a read must see: what is committed, which includes all that earlier leaders have committed, for
    /// this one is established. A quorum must confirm, after the question, that it has promised no later epoch: nothing
    /// was committed in one, then.
    pub(super) fn on_ask_read(&mut self, from: NodeId, id: BarrierId, cx: &mut Cx<'_, Self>) {
        let (committed, reuses, trusts) =
            (self.committed, flaw!(self, ReusesRound), flaw!(self, TrustsItself));
        match &mut self.role {
            Role::Leading(lead) if lead.phase == Phase::Broadcast => {
                lead.rounds.begin(from, id, committed, reuses);
            }
            _ => return self.answer(from, id, None, cx),
        }
        if trusts {
            return self.answer(from, id, Some(committed), cx);
        }
        self.ask_for_confirmation(cx);
        self.confirm_reads(cx);
    }

    /// If a read waits for it.
    pub(super) fn ask_for_confirmation(&self, cx: &mut Cx<'_, Self>) {
        let Role::Leading(lead) = &self.role else { return };
        if !lead.rounds.is_awaited() {
            return;
        }
        for &follower in lead.followers.keys().filter(|&&node| self.members.is_voter(node)) {
            cx.send(follower, Confirm(self.accepted_epoch, lead.rounds.latest()));
        }
    }

    pub(super) fn on_confirm(&mut self, from: NodeId, epoch: Epoch, round: u64, cx: &mut Cx<'_, Self>) {
        if self.hears_leader(from, epoch, cx) {
            cx.send(from, Confirmed(epoch, round));
        }
    }

    pub(super) fn on_confirmed(&mut self, from: NodeId, epoch: Epoch, round: u64, cx: &mut Cx<'_, Self>) {
        let is_ours = epoch == self.accepted_epoch;
        let Role::Leading(lead) = &mut self.role else { return };
        if is_ours && lead.phase == Phase::Broadcast {
            lead.heard.insert(from);
            let confirmed = lead.confirmed.entry(from).or_insert(0);
            *confirmed = round.max(*confirmed);
            self.confirm_reads(cx);
        }
    }

    /// Answers the reads whose round a quorum has confirmed.
    fn confirm_reads(&mut self, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let Role::Leading(lead) = &mut self.role else { return };
        let round = lead.rounds.reached(&self.members, me, &lead.confirmed);
        for read in lead.rounds.confirmed(round, self.committed) {
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

    /// The leader has answered.
    pub(super) fn on_read_at(&mut self, id: BarrierId, position: Option<Position>, cx: &mut Cx<'_, Self>) {
        self.reads.answer(id, position, self.committed, cx);
    }
}
