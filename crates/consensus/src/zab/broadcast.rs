//! Phase 3, broadcast: the leader orders, a quorum follows, and observers are informed.

use std::sync::Arc;

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Phase, Record, Role, Timer, Zab};
use crate::{
    Epoch,
    journal::Stamped,
    log::{Entry, Indication, Position, Replica},
};

/// The leader.
impl<C: Value, S: Value> Zab<C, S> {
    /// A client's command. It waits while as many transactions as may be are outstanding.
    pub(super) fn on_command(&mut self, from: NodeId, command: C, cx: &mut Cx<'_, Self>) {
        if self.accepts_commands() {
            self.waiting.push(from, command);
            self.propose(cx);
        }
    }

    /// The leader proposes what waits, in the order of zxids, if there is room: to all that are being synchronized, whether they
    /// have acknowledged that or not. The message leaves before the transactions are written. The leader counts itself at once:
    /// whatever follows from the count waits behind the write (the barrier of [`Actor::persist`]), and is gone with it if there
    /// is a crash.
    fn propose(&mut self, cx: &mut Cx<'_, Self>) {
        let (epoch, last) = (self.accepted_epoch, self.last());
        let has_room = last.saturating_sub(self.committed) < self.settings.window;
        let Role::Leading(lead) = &self.role else { return };
        if !has_room || self.waiting.is_empty() {
            return;
        }
        cx.mark("propose");
        let transaction = |command| (epoch, Entry::Command(command));
        let transactions: Arc<[_]> = self.waiting.take(self.settings.batch).map(transaction).collect();
        let voters = lead.followers.keys().copied().filter(|&node| self.members.is_voter(node));
        cx.send_each(voters, Propose(epoch, last + 1, transactions.clone()));
        self.persist(Record::Append(transactions), cx);
        self.advance_commit(cx);
    }

    pub(super) fn on_ack(&mut self, from: NodeId, epoch: Epoch, at: Position, cx: &mut Cx<'_, Self>) {
        if self.take_ack(from, epoch, at) && at > self.committed {
            self.advance_commit(cx);
        }
    }

    /// A follower has everything of this epoch up to there. If that is of this leader's epoch, it counts.
    pub(super) fn take_ack(&mut self, from: NodeId, epoch: Epoch, at: Position) -> bool {
        let is_ours = epoch == self.accepted_epoch;
        let last = self.last();
        let Role::Leading(lead) = &mut self.role else { return false };
        let counts = is_ours && lead.phase != Phase::Discovery;
        if counts {
            let acked = lead.followers.entry(from).or_insert(None);
            *acked = (*acked).max(Some(at.min(last)));
            lead.heard.insert(from);
        }
        counts
    }

    /// Up to where a quorum has acknowledged, if that is more than what is committed. Observers are not asked.
    pub(super) fn acknowledged(&self, me: NodeId) -> Option<Position> {
        let Role::Leading(lead) = &self.role else { return None };
        self.members.reached_beyond(self.committed, |node| match lead.followers.get(&node) {
            _ if node == me || flaw!(self, CommitsAlone) => self.last(),
            Some(acked) => acked.unwrap_or(0),
            None => 0,
        })
    }

    /// What a quorum has acknowledged is committed, and everyone is told. An acknowledgement is for
    /// everything before it, too, so commits are in order.
    pub(super) fn advance_commit(&mut self, cx: &mut Cx<'_, Self>) {
        let before = self.committed;
        let Some(reached) = self.acknowledged(cx.me()).filter(|_| self.leads()) else { return };
        self.commit_to(reached, cx);
        let Role::Leading(lead) = &self.role else { return };
        for (&follower, acked) in &lead.followers {
            if !self.members.is_voter(follower) {
                self.inform(follower, before, cx);
            } else if acked.is_some() {
                cx.send(follower, Commit(self.accepted_epoch, self.committed));
            }
        }
        self.propose(cx);
    }
}

/// Followers and observers.
impl<C: Value, S: Value> Zab<C, S> {
    /// A follower accepts what its leader proposes: it appends that to its history, in order, and acknowledges what is on
    /// its disk. What it has already, the history with which it was synchronized included, is acknowledged only. It takes
    /// nothing of an epoch before the one that it has accepted. An observer, who is informed, acknowledges nothing.
    pub(super) fn on_propose(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        first: Position,
        transactions: Arc<[Stamped<C>]>,
        cx: &mut Cx<'_, Self>,
    ) {
        if !self.hears_leader(from, epoch, cx) {
            return;
        }
        let last = self.last();
        if first > last + 1 && !(flaw!(self, IgnoresGaps)) {
            return self.ask(from, cx);
        }
        let early = flaw!(self, AcksBeforeDurable);
        if early {
            cx.send(from, Ack(epoch, first));
        }
        let present = if flaw!(self, AppendsAgain) { 0 } else { (last + 1).saturating_sub(first) };
        let present = usize::try_from(present).unwrap_or(usize::MAX);
        if present < transactions.len() {
            cx.mark("append");
            let new = if present == 0 { transactions } else { transactions[present..].into() };
            self.persist(Record::Append(new), cx);
        }
        if self.members.is_voter(cx.me()) && !early {
            cx.send(from, Ack(epoch, self.last()));
        }
    }

    /// At COMMIT a follower delivers everything up to there; and so at UPTODATE, with which its phase 3 begins. (If that
    /// is lost, whatever else says what is committed shows as well that the leader is established.)
    pub(super) fn on_commit(&mut self, from: NodeId, epoch: Epoch, at: Position, cx: &mut Cx<'_, Self>) {
        if !self.hears_leader(from, epoch, cx) {
            return;
        }
        if let Some(following) = self.following(from).filter(|of| of.phase != Phase::Broadcast) {
            following.phase = Phase::Broadcast;
            cx.mark("up to date");
            cx.cancel(Timer::Resend);
            cx.indicate(Indication::Leader(epoch, Some(from)));
        }
        self.commit_to(at, cx);
        if at > self.last() {
            self.ask(from, cx);
        }
    }

    /// Whether a message is of the leader with whose history this node is synchronized.
    pub(super) fn hears_leader(&mut self, from: NodeId, epoch: Epoch, cx: &mut Cx<'_, Self>) -> bool {
        let lags = flaw!(self, AcceptsOldEpochs) && epoch == self.current_epoch;
        let hears =
            self.following(from).is_some() && self.is_synchronized() && epoch == self.accepted_epoch || lags;
        if hears {
            self.wait_for_contact(cx);
        }
        hears
    }
}
