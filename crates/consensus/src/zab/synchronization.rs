//! Phase 2, synchronization: a quorum takes over the leader's history, which is then committed.

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Phase, Record, Role, Sync, Timer, Zab, Zxid};
use crate::{
    Epoch,
    log::{Indication, Position, Replica},
};

/// The leader to be.
impl<C: Value, S: Value> Zab<C, S> {
    /// The epoch is promised by a quorum: no leader of an earlier one commits anything from here on, and what they have
    /// committed is in this leader's history. It becomes the initial history of the epoch.
    pub(super) fn begin_epoch(&mut self, cx: &mut Cx<'_, Self>) {
        let Role::Leading(lead) = &mut self.role else { return };
        if !self.members.is_quorum(|node| lead.promised.contains(&node)) {
            return;
        }
        lead.phase = Phase::Synchronization;
        lead.promised.clear();
        let to_synchronize = std::mem::take(&mut lead.to_synchronize);
        self.persist(Record::CurrentEpoch(self.accepted_epoch), cx);
        for (follower, last) in to_synchronize {
            self.synchronize(follower, last, cx);
        }
        self.establish(cx);
    }

    /// Sends a follower what its history lacks, and proposals from here on: not only when it has acknowledged this, for
    /// then it would miss those in between.
    ///
    /// The paper sends the whole history. DIFF, TRUNC and SNAP are ZooKeeper's ways to send less of it, as a stream
    /// before NEWLEADER; here they are in that message, which arrives whole or not at all.
    pub(super) fn synchronize(&mut self, to: NodeId, last: Zxid, cx: &mut Cx<'_, Self>) {
        let (epoch, sync) = (self.accepted_epoch, self.sync_from(last));
        let Role::Leading(lead) = &mut self.role else { return };
        lead.followers.entry(to).or_insert(None);
        cx.mark(match sync {
            Sync::Diff(..) => "diff",
            Sync::Trunc(..) => "trunc",
            Sync::Snap(..) => "snap",
        });
        cx.send(to, NewLeader(epoch, sync));
    }

    pub(super) fn on_ack_new_leader(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        at: Position,
        cx: &mut Cx<'_, Self>,
    ) {
        if !self.take_ack(from, epoch, at) {
            return; // late
        }
        if self.leads() {
            // One more. It is told what is committed by now, and not only what was when it was sent the history.
            self.advance_commit(cx);
            cx.send(from, UpToDate(epoch, self.committed));
        } else {
            self.establish(cx);
        }
    }

    /// Once a quorum has the history, it is committed, and everyone who has it is told.
    fn establish(&mut self, cx: &mut Cx<'_, Self>) {
        let (me, epoch) = (cx.me(), self.accepted_epoch);
        let Role::Leading(lead) = &mut self.role else { return };
        let acked = |node: NodeId| node == me || matches!(lead.followers.get(&node), Some(Some(_)));
        if !self.members.is_quorum(acked) {
            return;
        }
        cx.mark("establish");
        lead.phase = Phase::Broadcast;
        let followers: Vec<NodeId> = lead.followers.keys().copied().filter(|&node| acked(node)).collect();
        cx.indicate(Indication::Leader(epoch, Some(me)));
        cx.set(Timer::Tick, self.settings.tick..self.settings.tick);
        if let Some(reached) = self.acknowledged(me) {
            self.commit_to(reached, cx);
        }
        cx.send_each(followers, UpToDate(epoch, self.committed));
    }
}

/// Followers.
impl<C: Value, S: Value> Zab<C, S> {
    /// Takes over the leader's history. All of it is on the disk before currentEpoch is, and that before the acknowledgement.
    ///
    /// The paper has one atomic step. In ZooKeeper there are several, and each other order of them has lost what was
    /// committed: a history that is not the epoch's must not be taken for it, after a crash between two writes. The other
    /// way round, an epoch that is behind its history is harmless: all that was committed is in both histories, the old
    /// one and the new one, and so it is in what is between them.
    pub(super) fn on_new_leader(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        sync: Sync<C, S>,
        cx: &mut Cx<'_, Self>,
    ) {
        let is_expected = self.following(from).is_some_and(|of| of.phase != Phase::Discovery);
        if !is_expected || epoch != self.accepted_epoch {
            return; // late
        }
        self.wait_for_contact(cx);
        if self.is_synchronized() {
            return self.catch_up(from, sync, cx);
        }
        let (snapshot, after, transactions) = sync.into_parts();
        if snapshot.is_none() && !self.holds(after) && !(flaw!(self, IgnoresGaps)) {
            // What follows would leave a gap. The leader is asked anew, from an earlier transaction on.
            cx.mark("gap");
            let earlier = self.last_before(after).unwrap_or_default();
            return cx.send(from, AckEpoch(epoch, None, earlier));
        }
        if flaw!(self, EpochBeforeHistory) {
            self.persist(Record::CurrentEpoch(epoch), cx);
        }
        // Far forward, or back, to where the leader's transactions follow.
        if let Some(snapshot) = snapshot {
            self.write(Record::Snapshot(snapshot), flaw!(self, RestoresInMemory), cx);
        }
        if self.last() > after.counter {
            self.write(Record::Truncate(after.counter), flaw!(self, TruncatesInMemory), cx);
        }
        let early = flaw!(self, AcksBeforeHistory);
        if early {
            cx.send(from, AckNewLeader(epoch, after.counter + transactions.len() as Position));
        }
        if !transactions.is_empty() {
            self.write(Record::Append(transactions.into()), flaw!(self, SynchronizesInMemory), cx);
        }
        if self.current_epoch != epoch {
            cx.mark("synchronize");
            self.persist(Record::CurrentEpoch(epoch), cx);
        }
        if !early {
            cx.send(from, AckNewLeader(epoch, self.last()));
        }
        self.restore(cx);
    }

    /// Whether its history is the beginning of the history of the leader whom it follows.
    pub(super) fn is_synchronized(&self) -> bool {
        let is_late = matches!(&self.role, Role::Following(of) if of.phase != Phase::Discovery);
        is_late && self.current_epoch == self.accepted_epoch
    }
}
