//! Who is a member.

use std::{collections::BTreeSet, fmt, ops::Deref, sync::Arc};

use synod_actor::NodeId;

use crate::quorum::{Quorum, is_majority, reached_by_majority};

/// Who is a member of a replicated log, and in which role.
///
/// Majorities of the voters are quorums; in the middle of a change that is done by joint consensus (Ongaro, *Consensus:
/// Bridging Theory and Practice* (2014), §4.3) it takes a majority of the outgoing voters too.
///
/// It is shared, not copied: entries, snapshots and requests are sent and kept in great numbers and may hold one, though they seldom
/// do, so it had better be small. What is in it are its [`Roles`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Membership(Arc<Roles>);

/// What a [`Membership`] holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Roles {
    /// Those whose votes count.
    pub voters: BTreeSet<NodeId>,
    /// Those whose votes count as well, until the change to `voters` is complete. Empty if none is under way.
    pub outgoing: BTreeSet<NodeId>,
    /// Those that receive everything and have no vote. None of them is a voter.
    pub learners: BTreeSet<NodeId>,
}

impl Deref for Membership {
    type Target = Roles;

    fn deref(&self) -> &Roles {
        &self.0
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Roles { voters, outgoing, learners } = &**self;
        f.debug_struct("Membership")
            .field("voters", voters)
            .field("outgoing", outgoing)
            .field("learners", learners)
            .finish()
    }
}

impl Membership {
    /// These voters, and nobody else.
    pub fn of(voters: impl IntoIterator<Item = NodeId>) -> Self {
        Membership(Arc::new(Roles { voters: voters.into_iter().collect(), ..Roles::default() }))
    }

    /// The same, with these learners.
    pub fn with_learners(mut self, learners: impl IntoIterator<Item = NodeId>) -> Self {
        Arc::make_mut(&mut self.0).learners = learners.into_iter().collect();
        self
    }

    /// The same, in a change by joint consensus from these voters; or after it, if there are none.
    pub fn with_outgoing(mut self, outgoing: impl IntoIterator<Item = NodeId>) -> Self {
        Arc::make_mut(&mut self.0).outgoing = outgoing.into_iter().collect();
        self
    }

    /// Whether a change by joint consensus is under way.
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether the node's vote counts.
    #[inline]
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
    #[inline]
    pub fn is_quorum(&self, has: impl Fn(NodeId) -> bool) -> bool {
        is_majority(&self.voters, &has) && (!self.is_joint() || is_majority(&self.outgoing, &has))
    }

    /// The greatest number that a quorum has reached, if each node has reached `of(node)`; zero if none has.
    #[inline]
    pub fn reached(&self, of: impl Fn(NodeId) -> u64) -> u64 {
        let new = reached_by_majority(&self.voters, &of);
        if self.is_joint() { new.min(reached_by_majority(&self.outgoing, &of)) } else { new }
    }

    /// The same, if it is more than `known`: what an acknowledgement commits.
    #[inline]
    pub(crate) fn reached_beyond(&self, known: u64, of: impl Fn(NodeId) -> u64) -> Option<u64> {
        Some(self.reached(of)).filter(|&reached| reached > known)
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
