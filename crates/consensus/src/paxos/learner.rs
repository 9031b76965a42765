//! Who learns what was chosen, and how: *Paxos Made Simple*, §2.3.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Cx, NodeId, Value, Visit, Visitor};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Ballot, Msg, Paxos, Phase, Retry};

/// To whom acceptors tell their votes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Learners {
    /// To the proposer, which tells everyone what is chosen: few messages.
    #[default]
    Proposer,
    /// To everyone, and each node finds out for itself what is chosen: one message delay less, and as many messages as
    /// there are pairs of nodes. Who misses votes learns from whoever proposes next.
    Everyone,
}

/// How a node learns.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Learner {
    /// It is told.
    Told,
    /// It counts votes: who cast them, by ballot. That a ballot has one value is the proposer's promise.
    Counts(BTreeMap<Ballot, BTreeSet<NodeId>>),
}

impl From<Learners> for Learner {
    fn from(learners: Learners) -> Self {
        match learners {
            Learners::Proposer => Learner::Told,
            Learners::Everyone => Learner::Counts(BTreeMap::new()),
        }
    }
}

impl<V: Value> Paxos<V> {
    /// A node that has promised, accepted and proposed nothing, in a group where all votes are told to these.
    pub fn with_learners(learners: Learners) -> Self {
        Paxos { learner: learners.into(), ..Paxos::new() }
    }

    /// The same with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed_with_learners(learners: Learners, flaw: Flaw) -> Self {
        Paxos { learner: learners.into(), ..Paxos::flawed(flaw) }
    }

    /// Phase 2b: says that we voted, which is durable by the time anyone hears of it.
    pub(super) fn tell_vote(&mut self, proposer: NodeId, ballot: Ballot, value: V, cx: &mut Cx<'_, Self>) {
        match self.learner {
            Learner::Told => cx.send(proposer, Msg::Accepted(ballot)),
            Learner::Counts(_) => {
                cx.send_others(Msg::Voted(ballot, value.clone()));
                self.count_vote(cx.me(), ballot, value, cx);
            }
        }
    }

    /// A value is chosen once a majority has voted for it at one ballot.
    pub(super) fn count_vote(&mut self, from: NodeId, ballot: Ballot, value: V, cx: &mut Cx<'_, Self>) {
        let ballot = if flaw!(self, VotesOfAnyBallot) { Ballot::ZERO } else { ballot };
        let (decided, quorum) = (self.has_decided(), self.quorum(cx));
        let Learner::Counts(votes) = &mut self.learner else { return };
        if decided {
            return;
        }
        let voters = votes.entry(ballot).or_default();
        voters.insert(from);
        if voters.len() >= quorum {
            cx.mark("chosen");
            self.decide(value, cx);
        }
    }

    pub(super) fn decide(&mut self, value: V, cx: &mut Cx<'_, Self>) {
        cx.mark("decide");
        self.phase = Phase::Decided;
        // What else was heard of no longer matters.
        self.seen = self.promised.round;
        if let Learner::Counts(votes) = &mut self.learner {
            votes.clear();
        }
        cx.cancel(Retry);
        cx.indicate(value);
    }
}

impl Visit for Learner {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        if let Learner::Counts(votes) = self {
            votes.visit(visitor);
        }
    }
}
