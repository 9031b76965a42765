//! Which sets of nodes are enough.
//!
//! All that agreement rests on is that quorums meet: whoever asks one quorum hears of what another has done. *Which*
//! quorums must meet differs. In Paxos, Raft, Viewstamped Replication and Zab it is each that can elect a leader and
//! each that can replicate an entry (Howard, Malkhi and Spiegelman, *Flexible Paxos* (2016)): a pair, [`Quorums`]. That
//! two quorums of the same kind meet is not needed, and follows only where both kinds are the same.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::NodeId;

/// Which sets of nodes are enough. Whatever contains a quorum is one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Quorum {
    /// More than half of these nodes. Of no nodes, nothing is.
    Majority(BTreeSet<NodeId>),
    /// At least so many of these nodes.
    Count(usize, BTreeSet<NodeId>),
    /// Nodes whose weights sum up to at least so much (Gifford 1979).
    Weighted {
        /// The weight of each node; a node that is not named has none.
        weights: BTreeMap<NodeId, u64>,
        /// How much is enough.
        least: u64,
    },
    /// All nodes of some row of a grid.
    Row(Vec<BTreeSet<NodeId>>),
    /// A node of every row of a grid, a column for instance.
    EachRow(Vec<BTreeSet<NodeId>>),
    /// A quorum of the one and of the other: in the middle of a change of members.
    Joint(Box<Quorum>, Box<Quorum>),
}

impl Quorum {
    /// The whole of some row and a node of every row (Cheung, Ammar and Ahamad 1992): any two of them meet.
    pub fn grid(rows: Vec<BTreeSet<NodeId>>) -> Quorum {
        Quorum::joint(Quorum::Row(rows.clone()), Quorum::EachRow(rows))
    }

    /// A quorum of both.
    pub fn joint(one: Quorum, other: Quorum) -> Quorum {
        Quorum::Joint(Box::new(one), Box::new(other))
    }

    /// Whether the nodes for which `has` is true are enough.
    pub fn is_met(&self, has: &impl Fn(NodeId) -> bool) -> bool {
        match self {
            Quorum::Majority(nodes) => is_majority(nodes, has),
            Quorum::Count(least, nodes) => nodes.iter().filter(|&&node| has(node)).count() >= *least,
            Quorum::Weighted { weights, least } => {
                let sum =
                    weights.iter().filter(|&(&node, _)| has(node)).map(|(_, weight)| u128::from(*weight));
                sum.sum::<u128>() >= u128::from(*least)
            }
            Quorum::Row(rows) => rows.iter().any(|row| !row.is_empty() && row.iter().all(|&node| has(node))),
            Quorum::EachRow(rows) => {
                !rows.is_empty() && rows.iter().all(|row| row.iter().any(|&node| has(node)))
            }
            Quorum::Joint(one, other) => one.is_met(has) && other.is_met(has),
        }
    }

    /// Whether these nodes are enough.
    pub fn contains(&self, nodes: &BTreeSet<NodeId>) -> bool {
        self.is_met(&|node| nodes.contains(&node))
    }

    /// The greatest number that a quorum has reached, if each node has reached `of(node)`; zero if none has.
    pub fn reached(&self, of: &impl Fn(NodeId) -> u64) -> u64 {
        if let Quorum::Majority(nodes) = self {
            return reached_by_majority(nodes, of);
        }
        let mut reached: Vec<u64> = self.nodes().iter().map(|&node| of(node)).collect();
        reached.sort_unstable_by(|a, b| b.cmp(a));
        reached.into_iter().find(|&least| self.is_met(&|node| of(node) >= least)).unwrap_or(0)
    }

    /// Every node that can make a difference.
    pub fn nodes(&self) -> BTreeSet<NodeId> {
        match self {
            Quorum::Majority(nodes) | Quorum::Count(_, nodes) => nodes.clone(),
            Quorum::Weighted { weights, .. } => weights.keys().copied().collect(),
            Quorum::Row(rows) | Quorum::EachRow(rows) => rows.iter().flatten().copied().collect(),
            Quorum::Joint(one, other) => one.nodes().union(&other.nodes()).copied().collect(),
        }
    }

    /// A quorum of this kind and one of the other kind that have no node in common, if there are any.
    ///
    /// Looks at every set of nodes: two to the power of their number. It is for tests, and for whoever reads a
    /// configuration that a person wrote.
    pub fn disjoint(&self, other: &Quorum) -> Option<(BTreeSet<NodeId>, BTreeSet<NodeId>)> {
        let nodes: Vec<NodeId> = self.nodes().union(&other.nodes()).copied().collect();
        // What contains a quorum is one: so if two are disjoint, one of them and all that is not in it are too.
        (0..1_u128 << nodes.len().min(127)).find_map(|chosen| {
            let pick = |inside: bool| -> BTreeSet<NodeId> {
                let at = |&(at, _): &(usize, &NodeId)| (chosen >> at & 1 == 1) == inside;
                nodes.iter().enumerate().filter(at).map(|(_, &node)| node).collect()
            };
            let (one, rest) = (pick(true), pick(false));
            (self.contains(&one) && other.contains(&rest)).then_some((one, rest))
        })
    }
}

/// Whether those for which `has` is true are more than half of the nodes.
#[inline]
pub(crate) fn is_majority(nodes: &BTreeSet<NodeId>, has: impl Fn(NodeId) -> bool) -> bool {
    nodes.iter().filter(|&&node| has(node)).count() > nodes.len() / 2
}

/// The greatest number that more than half of the nodes have reached; zero if none has. Of what each has reached, in order, it is the
/// one in the middle.
///
/// Leaders ask for every entry, and nodes are few: so nothing is allocated, unless they are many.
#[inline]
pub(crate) fn reached_by_majority(nodes: &BTreeSet<NodeId>, of: impl Fn(NodeId) -> u64) -> u64 {
    let (mut few, mut many) = ([0; 8], Vec::new());
    let reached = match few.get_mut(..nodes.len()) {
        Some(few) => few,
        None => {
            many.resize(nodes.len(), 0);
            &mut many[..]
        }
    };
    reached.iter_mut().zip(nodes).for_each(|(reached, &node)| *reached = of(node));
    reached.sort_unstable();
    reached.get(nodes.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// The two kinds of quorums of an algorithm with leaders.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Quorums {
    /// Whose promises make a leader: phase 1, an election, a view change.
    pub election: Quorum,
    /// Whose votes commit an entry: phase 2, replication.
    pub replication: Quorum,
}

impl Quorums {
    /// Majorities for both.
    pub fn majority(nodes: &BTreeSet<NodeId>) -> Quorums {
        let quorum = Quorum::Majority(nodes.clone());
        Quorums { election: quorum.clone(), replication: quorum }
    }

    /// So many nodes for the one and so many for the other. They meet if together they are more than there are nodes.
    pub fn flexible(nodes: &BTreeSet<NodeId>, election: usize, replication: usize) -> Quorums {
        Quorums {
            election: Quorum::Count(election, nodes.clone()),
            replication: Quorum::Count(replication, nodes.clone()),
        }
    }

    /// A node of every row to elect, a whole row to replicate: with many short rows entries are cheap and elections are
    /// not.
    pub fn rows(rows: Vec<BTreeSet<NodeId>>) -> Quorums {
        Quorums { election: Quorum::EachRow(rows.clone()), replication: Quorum::Row(rows) }
    }

    /// A quorum that can elect and one that can replicate behind its back, if there are any: then nothing is safe. See
    /// [`Quorum::disjoint`].
    pub fn disjoint(&self) -> Option<(BTreeSet<NodeId>, BTreeSet<NodeId>)> {
        self.election.disjoint(&self.replication)
    }
}
