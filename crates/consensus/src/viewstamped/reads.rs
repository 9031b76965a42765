//! Reads without log entries. The paper reads through the log, or with leases (§6.3); this is what Raft does (Ongaro's
//! dissertation, §6.4), in terms of views.

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Status, Viewstamped};
use crate::{
    Epoch,
    log::{BarrierId, Position, Replica},
};

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// The layer above wants to read.
    pub(super) fn read(&mut self, id: BarrierId, cx: &mut Cx<'_, Self>) {
        if !self.reads.ask(id) {
            return; // it is under way
        }
        if self.leads() {
            self.on_ask_read(cx.me(), id, cx);
        } else {
            cx.send(self.primary(self.view, cx.me()), AskRead(id));
        }
    }

    /// Someone asks what a read must see: what is committed, and what the primary has inherited from earlier views, for it
    /// does not know how much of that is. A quorum must confirm, after the question, that it knows of no later view:
    /// nothing was committed in one, then.
    pub(super) fn on_ask_read(&mut self, from: NodeId, id: BarrierId, cx: &mut Cx<'_, Self>) {
        let (commit, early, reuses) =
            (self.commit, flaw!(self, ReadsBeforeInherited), flaw!(self, ReusesRound));
        let Some(lead) = self.lead() else { return self.answer(from, id, None, cx) };
        let position = if early { commit } else { commit.max(lead.inherited) };
        lead.rounds.begin(from, id, position, reuses);
        self.ask_for_confirmation(cx);
        self.confirm_reads(cx);
    }

    /// If a read waits for it.
    pub(super) fn ask_for_confirmation(&mut self, cx: &mut Cx<'_, Self>) {
        let view = self.view;
        let Some(lead) = self.lead().filter(|lead| lead.rounds.is_awaited()) else { return };
        let round = lead.rounds.latest();
        self.send_replicas(Confirm(view, round), cx);
    }

    pub(super) fn on_confirm(&mut self, from: NodeId, view: Epoch, round: u64, cx: &mut Cx<'_, Self>) {
        if self.is_backup() && view == self.view {
            cx.send(from, Confirmed(view, round));
        }
    }

    pub(super) fn on_confirmed(&mut self, from: NodeId, view: Epoch, round: u64, cx: &mut Cx<'_, Self>) {
        if view == self.view
            && let Some(lead) = self.lead()
        {
            let confirmed = lead.confirmed.entry(from).or_insert(0);
            *confirmed = round.max(*confirmed);
            self.confirm_reads(cx);
        }
    }

    /// Answers the reads whose round a quorum has confirmed, once what they must see is committed.
    pub(super) fn confirm_reads(&mut self, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let Status::Primary(lead) = &mut self.status else { return };
        if !lead.rounds.is_awaited() {
            return;
        }
        let round = lead.rounds.reached(&self.members, me, &lead.confirmed);
        for read in lead.rounds.confirmed(round, self.commit) {
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

    /// The primary has answered.
    pub(super) fn on_read_at(&mut self, id: BarrierId, position: Option<Position>, cx: &mut Cx<'_, Self>) {
        self.reads.answer(id, position, self.commit, cx);
    }
}
