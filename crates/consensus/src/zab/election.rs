//! Phase 0: who is to lead. It is an oracle only: whatever it says, the other phases are safe.
//!
//! This is ZooKeeper's fast leader election (Medeiros, *ZooKeeper's atomic broadcast protocol: theory and practice* (2012)),
//! which finds one whose history is the best of a quorum's: that one need not give up in phase 1.

use std::collections::BTreeMap;

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Election, Msg::*, Role, Timer, Zab, Zxid};
use crate::{
    Epoch,
    log::{Indication, Replica},
};

/// Whom a node would have as the leader, and what that one's history is. Ordered by which is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vote {
    /// The leader's currentEpoch.
    pub epoch: Epoch,
    /// Its lastZxid.
    pub last: Zxid,
    /// The leader.
    pub leader: NodeId,
}

/// What a node does, as the others are told in an election.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// It looks for a leader.
    Looking,
    /// It follows the one that it votes for.
    Following,
    /// It leads.
    Leading,
}

/// What a node knows that looks for a leader.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Looking {
    /// The best vote so far. An observer does not vote for itself.
    vote: Option<Vote>,
    /// What those who look as well vote for, in this round.
    tally: BTreeMap<NodeId, Vote>,
    /// Whom those follow who do not look: themselves if they lead.
    settled: BTreeMap<NodeId, (State, NodeId)>,
    /// Who follows this node already, and what epochs they have accepted: they have come to an end before it has itself.
    pub(super) early: BTreeMap<NodeId, Epoch>,
}

impl<C: Value, S: Value> Zab<C, S> {
    /// Phase 0 begins, or begins again: nobody leads, or nobody whom this node could follow.
    pub(super) fn look(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("look");
        if flaw!(self, CommitsOnGivingUp) {
            self.commit_to(self.journal.last(), cx);
        }
        if self.active_in().is_some() {
            cx.indicate(Indication::Leader(self.current_epoch, None));
        }
        self.reads.refuse(cx);
        self.waiting.refuse(cx);
        for timer in [Timer::Contact, Timer::Wait, Timer::Resend, Timer::Tick] {
            cx.cancel(timer);
        }
        self.clock += 1;
        self.role = Role::Looking(Looking { vote: self.own_vote(cx.me()), ..Looking::default() });
        match &self.settings.election {
            Election::Fast => {
                self.notify_all(cx);
                self.count_votes(cx);
            }
            Election::Oracle(leaders) => {
                let turn = (self.clock - 1) % (leaders.len() as u64).max(1);
                let named = leaders.get(usize::try_from(turn).unwrap_or(0)).copied();
                self.wait_for_contact(cx);
                if let Some(leader) = named.filter(|&leader| self.members.is_voter(leader)) {
                    self.elect(leader, cx);
                }
            }
        }
    }

    fn own_vote(&self, me: NodeId) -> Option<Vote> {
        let vote = Vote { epoch: self.current_epoch, last: self.last_zxid(), leader: me };
        Some(vote).filter(|_| self.members.is_voter(me))
    }

    /// Notifications go out until there is a leader, for they may be lost.
    pub(super) fn notify_all(&self, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        for &voter in self.members.voters.iter().filter(|&&voter| voter != me) {
            self.notify(voter, cx);
        }
        cx.set(Timer::Resend, self.settings.tick..self.settings.tick);
    }

    fn notify(&self, to: NodeId, cx: &mut Cx<'_, Self>) {
        let of = |leader| Some(Vote { epoch: self.current_epoch, last: self.last_zxid(), leader });
        let (state, vote) = match &self.role {
            Role::Looking(looking) => (State::Looking, looking.vote),
            Role::Following(following) => (State::Following, of(following.leader)),
            Role::Leading(_) => (State::Leading, of(cx.me())),
        };
        cx.send(to, Notification(state, self.clock, vote));
    }

    pub(super) fn on_notification(
        &mut self,
        from: NodeId,
        state: State,
        clock: u64,
        vote: Option<Vote>,
        cx: &mut Cx<'_, Self>,
    ) {
        let (is_voter, mine) = (self.members.is_voter(from), self.clock);
        let own = self.own_vote(cx.me());
        let Role::Looking(looking) = &mut self.role else {
            // Who has settled tells whom for.
            if state == State::Looking {
                self.notify(from, cx);
            }
            return;
        };
        match (state, vote) {
            // Observers join a leader when there is one, and wait until then.
            (State::Looking, _) if !is_voter || own.is_none() => {}
            // The round is over, and the other one does not know yet.
            (State::Looking, _) if clock < mine => self.notify(from, cx),
            (State::Looking, Some(vote)) => {
                let before = (mine, looking.vote);
                if clock > mine {
                    // A later round: what was counted so far does not count in it.
                    self.clock = clock;
                    let early = std::mem::take(&mut looking.early);
                    *looking = Looking { vote: own, early, ..Looking::default() };
                }
                looking.vote = looking.vote.max(Some(vote));
                looking.tally.insert(from, vote);
                if (clock, looking.vote) != before {
                    cx.mark("vote");
                    self.notify_all(cx);
                }
                self.count_votes(cx);
            }
            // It has found a leader, perhaps in another round. What else it says of that one may be old, and differ from what
            // others say of the same.
            (State::Following | State::Leading, Some(vote)) if is_voter => {
                looking.settled.insert(from, (state, vote.leader));
                self.join(vote.leader, clock, cx);
            }
            (_, None) | (State::Following | State::Leading, _) => {}
        }
    }

    /// Done when a quorum votes as this node does, and no better vote shows up for a while: or cannot, for all have voted.
    fn count_votes(&mut self, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let Some(vote) = self.agreed(me) else { return cx.cancel(Timer::Wait) };
        let Role::Looking(looking) = &self.role else { return };
        let is_same = |node: &NodeId| *node == me || looking.tally.get(node) == Some(&vote);
        if self.members.voters.iter().all(is_same) {
            self.elect(vote.leader, cx);
        } else {
            cx.set(Timer::Wait, self.settings.wait..self.settings.wait);
        }
    }

    /// The vote of this node, if a quorum votes for the same.
    fn agreed(&self, me: NodeId) -> Option<Vote> {
        let Role::Looking(looking) = &self.role else { return None };
        let votes_so = |node| node == me || looking.tally.get(&node) == looking.vote.as_ref();
        looking.vote.filter(|_| self.members.is_quorum(votes_so))
    }

    /// No better vote has shown up.
    pub(super) fn end_wait(&mut self, cx: &mut Cx<'_, Self>) {
        if let Some(vote) = self.agreed(cx.me()) {
            self.elect(vote.leader, cx);
        }
    }

    /// A leader is there already if a quorum says so, and the leader itself does. This node, which is to follow it, is
    /// one of them: else of two nodes that have lost each other for a while neither could come back. Or it is this node,
    /// which the others have elected in its round.
    fn join(&mut self, leader: NodeId, clock: u64, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let Role::Looking(looking) = &self.role else { return };
        let says_so = |node| match looking.settled.get(&node) {
            Some((_, of)) => *of == leader,
            None => node == me,
        };
        let leads = match looking.settled.get(&leader) {
            Some((state, _)) => *state == State::Leading,
            None => leader == me && clock == self.clock,
        };
        if leads && self.members.is_quorum(says_so) {
            self.elect(leader, cx);
        }
    }

    fn elect(&mut self, leader: NodeId, cx: &mut Cx<'_, Self>) {
        cx.mark("elect");
        cx.cancel(Timer::Wait);
        cx.cancel(Timer::Resend);
        if leader != cx.me() {
            self.follow(leader, cx);
        } else {
            self.lead(cx);
        }
    }

    /// Leader: has it heard of a quorum since it looked last? Follower: the leader was not heard of for too long.
    pub(super) fn lose_contact(&mut self, cx: &mut Cx<'_, Self>) {
        let (me, leads) = (cx.me(), self.leads());
        match &mut self.role {
            Role::Leading(lead) if leads => {
                let heard = std::mem::take(&mut lead.heard);
                if self.members.is_quorum(|node| node == me || heard.contains(&node)) {
                    self.wait_for_contact(cx);
                } else {
                    self.look(cx);
                }
            }
            // Phases 1 and 2 take too long; or an oracle has named nobody who could lead.
            Role::Leading(_) | Role::Following(_) | Role::Looking(_) => self.look(cx),
        }
    }

    /// Sets the timer anew.
    pub(super) fn wait_for_contact(&self, cx: &mut Cx<'_, Self>) {
        let least = self.settings.contact;
        cx.set(Timer::Contact, least..least.saturating_mul(2));
    }
}
