//! Prefix consistency, snapshot isolation and serializability: an order of transactions, or of their snapshots and commits,
//! is searched for.
//!
//! What comes before what in every such order is a graph. Of two transactions that write the same key, and that are not in
//! order yet, one must be chosen to write first; the choice adds edges. Choices that would close a cycle settle themselves,
//! until nothing more is settled; the rest is for the solver of [`super::acyclic`]. Where lists say the order of all writes
//! there is nothing to choose, and the time is linear.

use crate::answer::{Budget, Shortage};

use super::{
    acyclic::{self, Choice},
    dependencies::Dependencies,
    graph::{Edge, Graph, Why},
    layout::{Layout, Node, Shape},
    level::{Axiom, Level},
};

/// Two writers of the same keys.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub writers: (u32, u32),
    /// Each key, and the slots of the two.
    pub keys: Vec<(u32, u32, u32)>,
}

/// What a level demands of a history: edges, and choices.
pub(super) struct Demand {
    pub layout: Layout,
    pub pairs: Vec<Pair>,
    axiom: Axiom,
    /// The helper behind the readers of a slot, if there is one, and the readers that it leaves out.
    doors: rustc_hash::FxHashMap<u32, (u32, Vec<u32>)>,
}

/// How it went.
pub(super) enum Found {
    /// An order of the nodes.
    Order(Vec<u32>),
    /// The edges alone have a cycle.
    Cycle,
    /// Every choice leads to a cycle.
    NoChoice,
}

impl Demand {
    /// What the level demands.
    ///
    /// # Errors
    /// The budget is exhausted.
    pub fn new(dependencies: &Dependencies, level: Level, budget: &Budget) -> Result<Self, Shortage> {
        let axiom = level.axiom();
        let shape = if axiom == Axiom::Serializability { Shape::Whole } else { Shape::Split };
        let mut layout = Layout::new(shape, dependencies.len());
        layout.within();
        layout.respect(dependencies, level.respects());
        layout.reads(dependencies);
        layout.writes(dependencies, axiom == Axiom::SnapshotIsolation);
        layout.overwrites(dependencies);
        let mut demand = Demand { layout, pairs: Vec::new(), axiom, doors: rustc_hash::FxHashMap::default() };
        demand.find_pairs(dependencies, budget)?;
        Ok(demand)
    }

    fn find_pairs(&mut self, dependencies: &Dependencies, budget: &Budget) -> Result<(), Shortage> {
        let mut all: Vec<(u32, u32, u32, u32, u32)> = Vec::new();
        for (key, slots) in dependencies.keys.iter().enumerate() {
            let has_readers = |slot: u32| !dependencies.readers.row(slot).is_empty();
            let rest = slots.rest();
            if rest.len() < 2 {
                continue;
            }
            budget.check((all.len() + rest.len() * (rest.len() - 1) / 2) as u64 * 20)?;
            for first in rest.clone() {
                for second in first + 1..rest.end {
                    if self.axiom == Axiom::SnapshotIsolation || has_readers(first) || has_readers(second) {
                        let (a, b) =
                            (dependencies.writer[first as usize], dependencies.writer[second as usize]);
                        let pair = (a, b, key as u32, first, second);
                        all.push(if a < b { pair } else { (b, a, key as u32, second, first) });
                    }
                }
                if has_readers(first) {
                    let door = self.layout.door(dependencies, first);
                    self.doors.insert(first, (door, self.layout.updaters(dependencies, first)));
                }
            }
        }
        all.sort_unstable();
        budget.check(all.len() as u64 * 80)?;
        for same in all.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let keys = same.iter().map(|&(_, _, key, first, second)| (key, first, second)).collect();
            self.pairs.push(Pair { writers: (same[0].0, same[0].1), keys });
        }
        Ok(())
    }

    /// The edges that follow if a pair writes in its order, or in the opposite one.
    pub fn edges_of(&self, pair: &Pair, in_order: bool) -> Vec<Edge> {
        let (first, second) = if in_order { pair.writers } else { (pair.writers.1, pair.writers.0) };
        let layout = &self.layout;
        let later = match self.axiom {
            Axiom::SnapshotIsolation => layout.start(second),
            _ => layout.commit(second),
        };
        let mut edges = vec![Edge { from: layout.commit(first), to: later, why: Why::Ww }];
        for &(_, one, other) in &pair.keys {
            let slot = if in_order { one } else { other };
            let Some((door, updaters)) = self.doors.get(&slot) else { continue };
            edges.push(Edge { from: *door, to: layout.commit(second), why: Why::Rw });
            for &reader in updaters {
                if reader != second {
                    edges.push(Edge { from: layout.start(reader), to: layout.commit(second), why: Why::Rw });
                }
            }
        }
        edges
    }

    pub fn graph(&self) -> Graph {
        Graph::new(self.layout.nodes as usize, &self.layout.edges)
    }

    /// Searches for an order.
    ///
    /// # Errors
    /// The budget is exhausted.
    pub fn search(&mut self, dependencies: &Dependencies, budget: &Budget) -> Result<Found, Shortage> {
        let rank = rank(dependencies);
        let layout = &self.layout;
        let by_rank = |layout: &Layout, node: u32| match layout.node(node) {
            Node::Helper => 0,
            Node::Transaction(transaction) | Node::Snapshot(transaction) | Node::Commit(transaction) => {
                rank[transaction as usize]
            }
        };
        let mut graph = self.graph();
        let Some(mut order) = graph.order(|node| by_rank(layout, node)) else { return Ok(Found::Cycle) };
        let mut open: Vec<u32> = (0..self.pairs.len() as u32).collect();
        while !open.is_empty() {
            budget.check(0)?;
            let before = open.len();
            if !self.settle(&graph, &order, &mut open, budget)? {
                return Ok(Found::NoChoice);
            }
            if open.len() == before {
                break;
            }
            graph = self.graph();
            let layout = &self.layout;
            match graph.order(|node| by_rank(layout, node)) {
                Some(next) => order = next,
                None => return Ok(Found::NoChoice),
            }
            // Little was settled: the solver does it better.
            if before - open.len() < before / 64 {
                break;
            }
        }
        if open.is_empty() {
            return Ok(Found::Order(order));
        }
        let mut place = vec![0_u32; order.len()];
        for (at, node) in order.iter().enumerate() {
            place[*node as usize] = at as u32;
        }
        let place = |transaction: u32| place[self.layout.commit(transaction) as usize];
        let choices: Vec<_> = open
            .iter()
            .map(|&index| {
                let pair = &self.pairs[index as usize];
                Choice {
                    first: self.edges_of(pair, true),
                    second: self.edges_of(pair, false),
                    prefer_first: place(pair.writers.0) < place(pair.writers.1),
                }
            })
            .collect();
        let found = acyclic::choose(&graph, &order, &choices, budget)?;
        Ok(found.map_or(Found::NoChoice, Found::Order))
    }

    /// Settles the pairs of which one order would close a cycle. False if both would.
    fn settle(
        &mut self,
        graph: &Graph,
        order: &[u32],
        open: &mut Vec<u32>,
        budget: &Budget,
    ) -> Result<bool, Shortage> {
        // Every edge that a choice would add, by the node at its end: does that node lead to the edge's beginning?
        let mut ends: Vec<(u32, u32, u32)> = Vec::new();
        for (at, &index) in open.iter().enumerate() {
            for in_order in [true, false] {
                for edge in self.edges_of(&self.pairs[index as usize], in_order) {
                    ends.push((edge.to, edge.from, 2 * at as u32 + u32::from(!in_order)));
                }
            }
        }
        ends.sort_unstable();
        let mut impossible = vec![[false; 2]; open.len()];
        let mut sources: Vec<u32> = ends.iter().map(|end| end.0).collect();
        sources.dedup();
        let words = (WORK_SPACE / (8 * graph.nodes().max(1))).clamp(1, sources.len().div_ceil(64));
        let mut rest = &ends[..];
        for block in sources.chunks(64 * words) {
            budget.check((ends.len() * 12 + graph.nodes() * words * 8) as u64)?;
            let mut reached = vec![0_u64; graph.nodes() * words];
            for (bit, &source) in block.iter().enumerate() {
                reached[source as usize * words + bit / 64] |= 1 << (bit % 64);
            }
            let mut row = vec![0_u64; words];
            for &node in order {
                let from = node as usize * words;
                row.copy_from_slice(&reached[from..from + words]);
                if row.iter().all(|word| *word == 0) {
                    continue;
                }
                for &(next, _) in graph.successors(node) {
                    let to = next as usize * words;
                    for (word, more) in reached[to..to + words].iter_mut().zip(&row) {
                        *word |= more;
                    }
                }
            }
            for (bit, &source) in block.iter().enumerate() {
                while let Some(&(_, target, choice)) = rest.first().filter(|end| end.0 == source) {
                    rest = &rest[1..];
                    if reached[target as usize * words + bit / 64] >> (bit % 64) & 1 == 1 {
                        impossible[choice as usize / 2][choice as usize % 2] = true;
                    }
                }
            }
        }
        let mut still = Vec::new();
        for (&index, impossible) in open.iter().zip(impossible) {
            match impossible {
                [true, true] => return Ok(false),
                [false, false] => still.push(index),
                [second, _] => {
                    let edges = self.edges_of(&self.pairs[index as usize], !second);
                    self.layout.edges.extend(edges);
                }
            }
        }
        *open = still;
        Ok(true)
    }
}

/// How many bytes are used to find out what leads where.
const WORK_SPACE: usize = 64 << 20;

/// When each transaction probably took effect: what has no times is taken to advance alike in all sessions.
fn rank(dependencies: &Dependencies) -> Vec<u64> {
    if let Some(intervals) = &dependencies.intervals {
        return intervals.iter().map(|(began, ended)| ended.unwrap_or(*began)).collect();
    }
    let mut rank = vec![0; dependencies.len()];
    for session in &dependencies.sessions {
        for (place, &member) in session.iter().enumerate() {
            rank[member as usize] = ((place as u64 + 1) << 32) / (session.len() as u64 + 1);
        }
    }
    rank
}
