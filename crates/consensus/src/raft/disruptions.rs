//! What keeps nodes from calling needless elections: pre-vote, check-quorum, and voters that stick to a leader that is alive.

use std::collections::BTreeSet;

use synod_actor::{Cx, NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Msg::*, Raft, Role, Timer::*, Vote};
use crate::Epoch;

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
    pub(super) fn answer_pre_vote(&self, from: NodeId, term: Epoch, allowed: bool, cx: &mut Cx<'_, Self>) {
        let silent = flaw!(self, RefusesInSilence);
        if allowed && term >= self.term {
            cx.send(from, Voted(term, Vote::Pre, true));
        } else if !silent {
            cx.send(from, Voted(self.term, Vote::Pre, false));
        }
    }

    /// "If a server receives a RequestVote within the minimum election timeout of hearing from a current leader, it does not
    /// update its term or grant its vote" (§6). A leader's wish to be followed is exempt.
    pub(super) fn sticks(&self, vote: Vote) -> bool {
        let exempt = vote == Vote::Transfer && !(flaw!(self, SticksInTransfers));
        let never = flaw!(self, NeverSticks);
        (self.leader.is_some() || self.faithful) && !exempt && !never
    }

    /// Steps down if no quorum has answered for an election timeout: someone else may be able to lead (dissertation, §6.2).
    pub(super) fn check_quorum(&mut self, cx: &mut Cx<'_, Self>) {
        let members = self.members().clone();
        let me = cx.me();
        let Some(leadership) = self.leadership() else { return };
        let heard = std::mem::take(&mut leadership.heard);
        if members.is_quorum(|node| node == me || heard.contains(&node)) {
            cx.set(Quorum, self.settings.election..self.settings.election);
        } else {
            self.follow(self.term, None, cx);
        }
    }
}
