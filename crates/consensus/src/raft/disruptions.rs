//! What keeps nodes from calling needless elections: pre-vote, check-quorum, and voters that stick to a leader that is alive.

use std::collections::BTreeSet;

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Point, Raft, Role, Timer::*, Vote};
use crate::{Epoch, log::Replica};

impl<C: Value, S: Value> Raft<C, S> {
    /// Asks whether it could win the next term, before anyone is disturbed by it (dissertation, §9.6).
    pub(super) fn ask_first(&mut self, cx: &mut Cx<'_, Self>) {
        cx.mark("pre-vote");
        self.role = Role::PreCandidate { votes: BTreeSet::new() };
        self.ask_for_votes(self.term.next(), Vote::Pre, cx);
        self.count_vote(cx.me(), self.term.next(), Vote::Pre, cx);
    }

    /// Whether this node would vote for who asks in this term, if its log and its leader allow it. An answer that refuses carries
    /// this node's term, which may be what the other one lacks. It is not dropped: else a long log with a low term and a short
    /// log with a high one would refuse each other for ever.
    pub(super) fn answer_pre_vote(&self, from: NodeId, term: Epoch, last: Point, cx: &mut Cx<'_, Self>) {
        let silent = flaw!(self, RefusesInSilence);
        if term >= self.term && self.is_outdone_by(last) && !self.sticks(Vote::Pre) {
            cx.send(from, Voted(term, Vote::Pre, true));
        } else if !silent {
            cx.send(from, Voted(self.term, Vote::Pre, false));
        }
    }

    /// "If a server receives a RequestVote within the minimum election timeout of hearing from a current leader, it does not
    /// update its term or grant its vote" (§6).
    pub(super) fn ignores_candidates(&self, vote: Vote) -> bool {
        self.sticks(vote) && (self.settings.check_quorum || self.leases())
    }

    /// Whether it has heard of a leader so recently. A leader's wish to be followed is exempt.
    fn sticks(&self, vote: Vote) -> bool {
        let exempt = vote == Vote::Transfer && !(flaw!(self, SticksInTransfers));
        let never = flaw!(self, NeverSticks);
        (self.leader.is_some() || self.faithful) && !exempt && !never
    }

    /// A leader was heard of: for the least election timeout it counts as alive.
    pub(super) fn stick_to_leader(&mut self, cx: &mut Cx<'_, Self>) {
        if self.settings.check_quorum || self.settings.pre_vote {
            cx.set(Contact, self.settings.election..self.settings.election);
        }
        self.keep_faith(cx);
    }

    /// It is followed no more. With leases the node keeps faith with it all the same.
    pub(super) fn cancel_contact(&self, cx: &mut Cx<'_, Self>) {
        if !self.faithful {
            cx.cancel(Contact);
        }
    }

    /// It was not heard of for so long.
    pub(super) fn lose_contact(&mut self, cx: &mut Cx<'_, Self>) {
        if !self.leads() {
            self.faithful = false;
            self.forget_leader(cx);
        }
    }

    /// A leader has an election timeout to hear from a quorum.
    pub(super) fn count_answers(&self, cx: &mut Cx<'_, Self>) {
        if self.settings.check_quorum {
            cx.set(Quorum, self.settings.election..self.settings.election);
        }
    }

    /// Steps down if no quorum has answered for an election timeout: someone else may be able to lead (dissertation, §6.2).
    pub(super) fn check_quorum(&mut self, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        let Role::Leader(leadership) = &self.role else { return };
        let heard = |node| leadership.followers.get(&node).is_some_and(|follower| follower.heard);
        if !self.members().is_quorum(|node| node == me || heard(node)) {
            return self.follow(self.term, None, cx);
        }
        if let Some(leadership) = self.leadership() {
            leadership.followers.values_mut().for_each(|follower| follower.heard = false);
        }
        self.count_answers(cx);
    }
}
