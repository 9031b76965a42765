//! In place of the paper's links, which are FIFO and lose nothing: signs of life, and what is repeated or asked for.

use std::sync::Arc;

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Following, Msg::*, Phase, Record, Role, Sync, Timer, Zab};
use crate::{
    Epoch,
    log::{Position, Replica},
};

impl<C: Value, S: Value> Zab<C, S> {
    /// Tells that it is alive. Who has not acknowledged everything is sent the last proposal again, and if it lacks others
    /// before that too, asks for them.
    pub(super) fn tick(&mut self, cx: &mut Cx<'_, Self>) {
        if !self.leads() || flaw!(self, NeverPings) {
            return;
        }
        cx.mark("ping");
        let epoch = self.accepted_epoch;
        let Role::Leading(lead) = &self.role else { return };
        let last = self.journal.last();
        for (&follower, acked) in &lead.followers {
            let lacks = self.members.is_voter(follower) && acked.is_some_and(|acked| acked < last);
            if let Some(transaction) = self.journal.get(last).filter(|_| lacks) {
                cx.send(follower, Propose(epoch, last, [transaction.clone()].into()));
            }
            cx.send(follower, Ping(epoch, self.committed));
        }
        self.ask_for_confirmation(cx);
        cx.set(Timer::Tick, self.settings.tick..self.settings.tick);
    }

    /// Whatever was asked for before, and is still lacking, is asked for again: the question or its answer may be lost.
    pub(super) fn on_ping(&mut self, from: NodeId, epoch: Epoch, at: Position, cx: &mut Cx<'_, Self>) {
        if !self.hears_leader(from, epoch, cx) {
            return;
        }
        if let Some(following) = self.following(from) {
            following.asked = None;
        }
        self.on_commit(from, epoch, at, cx);
        if self.members.is_voter(cx.me()) {
            cx.send(from, Ack(epoch, self.last()));
        }
    }

    /// The follower is synchronized, and has asked for what it lacks. Its history is this epoch's, so it is the beginning of the
    /// leader's: nothing of it goes, for it is acknowledged, and what it has already is left out.
    pub(super) fn catch_up(&mut self, from: NodeId, sync: Sync<C, S>, cx: &mut Cx<'_, Self>) {
        let (epoch, last) = (self.accepted_epoch, self.last());
        let (snapshot, after, transactions) = sync.into_parts();
        let snapshot = snapshot.filter(|snapshot| snapshot.position > last);
        if snapshot.is_none() && after.counter > last && !(flaw!(self, IgnoresGaps)) {
            cx.mark("gap");
            return cx.send(from, AckEpoch(epoch, None, self.last_zxid()));
        }
        let present = if snapshot.is_none() { last.saturating_sub(after.counter) } else { 0 };
        if let Some(snapshot) = snapshot {
            self.write(Record::Snapshot(snapshot), flaw!(self, RestoresInMemory), cx);
        }
        let present = usize::try_from(present).unwrap_or(usize::MAX);
        let new: Arc<[_]> = transactions.into_iter().skip(present).collect();
        if !new.is_empty() {
            self.write(Record::Append(new), flaw!(self, SynchronizesInMemory), cx);
        }
        cx.send(from, AckNewLeader(epoch, self.last()));
        self.restore(cx);
    }

    /// The transaction does not follow on what it has, or it lacks what is committed: it asks to be synchronized again, once
    /// (until the leader [pings](Self::on_ping)). In the paper, whose links are FIFO, it would have lost its link and begun again
    /// with phase 0.
    pub(super) fn ask(&mut self, leader: NodeId, cx: &mut Cx<'_, Self>) {
        let (epoch, last) = (self.accepted_epoch, self.last_zxid());
        let Some(following) = self.following(leader) else { return };
        if following.asked != Some(last.counter) {
            cx.mark("gap");
            following.asked = Some(last.counter);
            cx.send(leader, AckEpoch(epoch, None, last));
        }
    }

    /// Repeats what needs an answer, for it may be lost: on the paper's links it would not be.
    pub(super) fn resend(&mut self, cx: &mut Cx<'_, Self>) {
        let is_synchronized = self.is_synchronized();
        match &self.role {
            _ if flaw!(self, NeverRetries) => {}
            Role::Looking(_) => self.notify_all(cx),
            Role::Following(Following { leader, phase, .. }) => {
                match phase {
                    Phase::Discovery => cx.send(*leader, FollowerInfo(self.accepted_epoch)),
                    Phase::Synchronization if is_synchronized => {
                        cx.send(*leader, AckNewLeader(self.accepted_epoch, self.journal.last()));
                    }
                    Phase::Synchronization => self.ack_epoch(*leader, self.accepted_epoch, cx),
                    Phase::Broadcast => return,
                }
                self.resend_later(cx);
            }
            Role::Leading(_) => {}
        }
    }

    pub(super) fn resend_later(&self, cx: &mut Cx<'_, Self>) {
        cx.set(Timer::Resend, self.settings.tick..self.settings.tick);
    }
}
