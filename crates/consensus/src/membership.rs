//! Who is a member.

use std::collections::BTreeSet;

use synod_actor::NodeId;

use crate::quorum::{Quorum, is_majority};

/// Who is a member of a replicated log, and in which role.
///
/// Majorities of the voters are quorums; in the middle of a change that is done by joint consensus (Ongaro, *Consensus:
/// Bridging Theory and Practice* (2014), §4.3) it takes a majority of the outgoing voters too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Membership {
    /// Those whose votes count.
    pub voters: BTreeSet<NodeId>,
    /// Those whose votes count as well, until the change to `voters` is complete. Empty if none is under way.
    pub outgoing: BTreeSet<NodeId>,
    /// Those that receive everything and have no vote. None of them is a voter.
    pub learners: BTreeSet<NodeId>,
}

impl Membership {
    /// These voters, and nobody else.
    pub fn of(voters: impl IntoIterator<Item = NodeId>) -> Self {
        Membership { voters: voters.into_iter().collect(), ..Membership::default() }
    }

    /// The same, with these learners.
    pub fn with_learners(self, learners: impl IntoIterator<Item = NodeId>) -> Self {
        Membership { learners: learners.into_iter().collect(), ..self }
    }

    /// Whether a change by joint consensus is under way.
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether the node's vote counts.
    pub fn is_voter(&self, node: NodeId) -> bool {
        self.voters.contains(&node) || self.outgoing.contains(&node)
    }

    /// Whether the node is a member, voter or not.
    pub fn contains(&self, node: NodeId) -> bool {
        self.is_voter(node) || self.learners.contains(&node)
    }

    /// Everyone, voter or not.
    pub fn everyone(&self) -> BTreeSet<NodeId> {
        self.voters.iter().chain(&self.outgoing).chain(&self.learners).copied().collect()
    }

    /// Whether those for which `has` is true are a quorum: of the voters, and of the outgoing voters if there are any.
    /// A node counts wherever it is a voter, and only there.
    pub fn is_quorum(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        is_majority(&self.voters, has) && (!self.is_joint() || is_majority(&self.outgoing, has))
    }

    /// The greatest number that a quorum has reached, if each node has reached `of(node)`; zero if none has.
    pub fn reached(&self, of: &dyn Fn(NodeId) -> u64) -> u64 {
        let new = reached_by_majority(&self.voters, of);
        if self.is_joint() { new.min(reached_by_majority(&self.outgoing, of)) } else { new }
    }

    /// The same quorums, in the terms of all algorithms.
    pub fn quorum(&self) -> Quorum {
        let new = Quorum::Majority(self.voters.clone());
        if self.is_joint() { Quorum::joint(new, Quorum::Majority(self.outgoing.clone())) } else { new }
    }

    /// Whether it can be asked for: no change under way, someone to vote, and nobody in two roles.
    pub fn is_proper(&self) -> bool {
        !self.is_joint() && !self.voters.is_empty() && self.voters.is_disjoint(&self.learners)
    }

    /// Whether any majority of the one meets any of the other since at most one voter differs (§4.1).
    pub fn is_one_step_from(&self, other: &Membership) -> bool {
        let differ = self.voters.symmetric_difference(&other.voters).count();
        !self.is_joint() && !other.is_joint() && differ <= 1
    }
}

fn reached_by_majority(nodes: &BTreeSet<NodeId>, of: &dyn Fn(NodeId) -> u64) -> u64 {
    let mut reached: Vec<u64> = nodes.iter().map(|&node| of(node)).collect();
    reached.sort_unstable_by(|a, b| b.cmp(a));
    reached.get(nodes.len() / 2).copied().unwrap_or(0)
}
