//! Phase 1, discovery: a leader is promised an epoch by a quorum, and learns whether its history is the best of theirs.

use synod_actor::{Actor, Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Following, Lead, Msg::*, Phase, Record, Role, Zab, Zxid};
use crate::Epoch;

/// The leader to be.
impl<C: Value, S: Value> Zab<C, S> {
    pub(super) fn lead(&mut self, cx: &mut Cx<'_, Self>) {
        let mut lead = Lead::default();
        if let Role::Looking(looking) = &mut self.role {
            lead.connected = std::mem::take(&mut looking.early);
        }
        lead.connected.insert(cx.me(), self.accepted_epoch);
        self.role = Role::Leading(lead);
        self.wait_for_contact(cx);
        self.choose_epoch(cx);
    }

    /// Someone follows. Once there is an epoch, it is told of it.
    ///
    /// One that has promised a later epoch could follow no more, and lack all that is committed, for as long as this leader
    /// lasts. The paper does not say what becomes of it; here the leader gives up, for a leader with a later epoch.
    pub(super) fn on_follower_info(&mut self, from: NodeId, accepted: Epoch, cx: &mut Cx<'_, Self>) {
        let epoch = self.accepted_epoch;
        match &mut self.role {
            Role::Looking(looking) => drop(looking.early.insert(from, accepted)),
            Role::Following(_) => {}
            Role::Leading(lead) if !lead.has_epoch => {
                lead.connected.insert(from, accepted);
                self.choose_epoch(cx);
            }
            Role::Leading(_) if accepted <= epoch => cx.send(from, LeaderInfo(epoch)),
            Role::Leading(_) => self.give_up(cx),
        }
    }

    /// Once a quorum follows, the leader proposes an epoch that is later than any that they have promised. It is one of
    /// them, and promises it too, before anyone hears of it: so it never proposes the same epoch twice, not after a crash
    /// either.
    fn choose_epoch(&mut self, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let Role::Leading(lead) = &mut self.role else { return };
        if !self.members.is_quorum(|node| lead.connected.contains_key(&node)) {
            return;
        }
        cx.mark("new epoch");
        let connected = std::mem::take(&mut lead.connected);
        lead.has_epoch = true;
        lead.promised.insert(me);
        let epoch = connected.values().copied().max().unwrap_or_default().next();
        self.persist(Record::AcceptedEpoch(epoch), cx);
        cx.send_each(connected.into_keys().filter(|&node| node != me), LeaderInfo(epoch));
        self.begin_epoch(cx);
    }

    /// Someone is ready to be synchronized; and until a quorum has promised this epoch, that may be one more.
    ///
    /// The paper's leader now takes the best history of the quorum. ZooKeeper's has it already, thanks to the election,
    /// or gives up: currentEpoch comes first in the comparison, then lastZxid.
    pub(super) fn on_ack_epoch(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        current: Option<Epoch>,
        last: Zxid,
        cx: &mut Cx<'_, Self>,
    ) {
        let own = (self.current_epoch, self.last_zxid());
        let (blind, is_ours) = (flaw!(self, IgnoresBetterHistories), epoch == self.accepted_epoch);
        let Role::Leading(lead) = &mut self.role else { return };
        if !lead.has_epoch || !is_ours {
            return; // late
        }
        if lead.phase != Phase::Discovery {
            return self.synchronize(from, last, cx);
        }
        lead.to_synchronize.insert(from, last);
        if let Some(current) = current.filter(|_| self.members.is_voter(from)) {
            if (current, last) > own && !blind {
                return self.give_up(cx);
            }
            lead.promised.insert(from);
            self.begin_epoch(cx);
        }
    }

    fn give_up(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("give up");
        self.look(cx);
    }
}

/// Followers.
impl<C: Value, S: Value> Zab<C, S> {
    /// A follower tells the leader to be what it has promised last.
    pub(super) fn follow(&mut self, leader: NodeId, cx: &mut Cx<'_, Self>) {
        self.role =
            Role::Following(Following { leader, phase: Phase::Discovery, promises: false, asked: None });
        self.wait_for_contact(cx);
        cx.send(leader, FollowerInfo(self.accepted_epoch));
        self.resend_later(cx);
    }

    /// A follower promises the epoch if it is later than what it has promised before, and tells of its history. One that
    /// has promised this epoch before may have promised it to another one, and must not be counted again; but it can be
    /// synchronized.
    pub(super) fn on_leader_info(&mut self, from: NodeId, epoch: Epoch, cx: &mut Cx<'_, Self>) {
        let accepted = self.accepted_epoch;
        let (early, twice) = (flaw!(self, PromisesBeforeDurable), flaw!(self, PromisesTwice));
        let Some(following) = self.following(from).filter(|f| f.phase == Phase::Discovery) else { return };
        if epoch < accepted {
            return; // late: this leader has given up since, or will when it hears of the promise
        }
        following.phase = Phase::Synchronization;
        following.promises = epoch > accepted || twice;
        self.wait_for_contact(cx);
        if early {
            self.ack_epoch(from, epoch, cx);
        }
        if epoch > accepted {
            cx.mark("accept epoch");
            self.persist(Record::AcceptedEpoch(epoch), cx);
        }
        if !early {
            self.ack_epoch(from, epoch, cx);
        }
    }

    pub(super) fn ack_epoch(&self, leader: NodeId, epoch: Epoch, cx: &mut Cx<'_, Self>) {
        let promises = matches!(&self.role, Role::Following(following) if following.promises);
        let current = Some(self.current_epoch).filter(|_| promises);
        cx.send(leader, AckEpoch(epoch, current, self.last_zxid()));
    }
}
