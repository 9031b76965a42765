//! Groups of nodes with a log, the first of which leads.

use synod_actor::{Actor, Never, NodeId, Nothing};
use synod_consensus::{
    Epoch, Log, Membership, MultiPaxos, Quorums, Raft, Viewstamped, Zab,
    log::{Entry, Indication},
    multi_paxos as mp, raft as rf, viewstamped as vs, zab as zb,
};

use crate::lockstep::{Run, Slow};

/// The node that leads.
pub(super) const LEADER: NodeId = NodeId(0);
/// One that does not; and that is the first to lead when the leader is gone.
pub(super) const OTHER: NodeId = NodeId(1);

/// A log whose nodes lose patience.
pub(super) trait Elects: Actor<Provides = Log<char>, Uses = Nothing> {
    /// The same node, if need be with what makes it the first that is elected.
    fn preferred(self) -> Self {
        self
    }

    /// The timers that run out at these nodes, in this order, when they no longer hear of a leader, until this one of them leads.
    fn patience(nodes: &[NodeId], next: NodeId) -> Vec<(NodeId, Self::Timer)>;
}

impl Elects for Raft<char, Never> {
    fn patience(nodes: &[NodeId], next: NodeId) -> Vec<(NodeId, rf::Timer)> {
        let forget = nodes.iter().map(|&node| (node, rf::Timer::Contact));
        forget.chain([(next, rf::Timer::Election)]).collect()
    }
}

impl Elects for MultiPaxos<char, Never> {
    fn patience(_: &[NodeId], next: NodeId) -> Vec<(NodeId, mp::Timer)> {
        vec![(next, mp::Timer::Patience)]
    }
}

impl Elects for Viewstamped<char, Never> {
    /// All of them notice at once, as the paper assumes.
    fn patience(nodes: &[NodeId], _: NodeId) -> Vec<(NodeId, vs::Timer)> {
        nodes.iter().map(|&node| (node, vs::Timer::ViewChange)).collect()
    }
}

impl Elects for Zab<char, Never> {
    /// Fast leader election prefers whose history is the longest.
    fn preferred(mut self) -> Self {
        self.replay(zb::Record::Append([(Epoch(1), Entry::Blank)].into()));
        self.replay(zb::Record::CurrentEpoch(Epoch(1)));
        self
    }

    /// All of them notice at once. Whom they follow next an oracle says.
    fn patience(nodes: &[NodeId], _: NodeId) -> Vec<(NodeId, zb::Timer)> {
        nodes.iter().map(|&node| (node, zb::Timer::Contact)).collect()
    }
}

/// So many nodes like this one, the first of which leads.
pub(super) fn lead<A: Elects>(slow: Slow, node: A, nodes: usize) -> Run<A> {
    let mut group = vec![node.clone(); nodes];
    group[LEADER.index()] = node.preferred();
    let mut run = Run::start(slow, group);
    let leads = |run: &Run<A>| {
        let of_leader = |told: &Indication<char>| matches!(told, Indication::Leader(_, Some(leader)) if *leader == LEADER);
        run.told.iter().any(|(.., told)| of_leader(told))
    };
    if !leads(&run) {
        run.timeouts(A::patience(&[LEADER], LEADER));
    }
    assert!(leads(&run), "the first node leads");
    run
}

/// Raft's settings as in the paper.
pub(super) fn plain() -> rf::Settings {
    rf::Settings { pre_vote: false, check_quorum: false, ..rf::Settings::default() }
}

/// A node of Raft, of so many.
pub(super) fn raft(nodes: usize, settings: rf::Settings) -> Raft<char, Never> {
    Raft::new(Membership::of(NodeId::group(nodes)), settings)
}

/// A node of Multi-Paxos, of so many.
pub(super) fn multi_paxos(nodes: usize) -> MultiPaxos<char, Never> {
    let quorums = Quorums::majority(&NodeId::group(nodes).into_iter().collect());
    MultiPaxos::new(quorums, mp::Settings::default())
}

/// A node of Zab, of so many, with this way to find a leader.
pub(super) fn zab(nodes: usize, election: zb::Election) -> Zab<char, Never> {
    let settings = zb::Settings { election, ..zb::Settings::default() };
    Zab::new(Membership::of(NodeId::group(nodes)), settings)
}

/// A replica of Viewstamped Replication, of so many.
pub(super) fn viewstamped(nodes: usize, storage: vs::Storage) -> Viewstamped<char, Never> {
    let settings = vs::Settings { storage, ..vs::Settings::default() };
    Viewstamped::new(Membership::of(NodeId::group(nodes)), settings)
}
