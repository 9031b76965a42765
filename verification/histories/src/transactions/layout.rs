//! Which nodes of a graph are which transactions, and the edges that all levels have in common.

use super::{
    dependencies::{Dependencies, INITIAL, Read},
    graph::{Edge, Why},
    level::Respect,
};

/// How transactions become nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// One node each: all of a transaction takes effect at once.
    Whole,
    /// Two nodes each: it reads from a snapshot, and writes when it commits.
    Split,
}

/// What a node stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Node {
    Transaction(u32),
    Snapshot(u32),
    Commit(u32),
    /// Gathers edges.
    Helper,
}

/// Edges under construction.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub shape: Shape,
    transactions: u32,
    /// How many nodes there are so far.
    pub nodes: u32,
    pub edges: Vec<Edge>,
}

impl Layout {
    pub fn new(shape: Shape, transactions: usize) -> Self {
        let transactions = transactions as u32;
        let nodes = match shape {
            Shape::Whole => transactions,
            Shape::Split => 2 * transactions,
        };
        Layout { shape, transactions, nodes, edges: Vec::new() }
    }

    /// Where a transaction reads.
    pub fn start(&self, transaction: u32) -> u32 {
        match self.shape {
            Shape::Whole => transaction,
            Shape::Split => 2 * transaction,
        }
    }

    /// Where a transaction writes.
    pub fn commit(&self, transaction: u32) -> u32 {
        match self.shape {
            Shape::Whole => transaction,
            Shape::Split => 2 * transaction + 1,
        }
    }

    pub fn node(&self, node: u32) -> Node {
        match self.shape {
            Shape::Whole if node < self.transactions => Node::Transaction(node),
            Shape::Split if node < 2 * self.transactions && node.is_multiple_of(2) => {
                Node::Snapshot(node / 2)
            }
            Shape::Split if node < 2 * self.transactions => Node::Commit(node / 2),
            Shape::Whole | Shape::Split => Node::Helper,
        }
    }

    /// The transaction that a node belongs to.
    pub fn transaction(&self, node: u32) -> Option<u32> {
        match self.node(node) {
            Node::Transaction(transaction) | Node::Snapshot(transaction) | Node::Commit(transaction) => {
                Some(transaction)
            }
            Node::Helper => None,
        }
    }

    pub fn helper(&mut self) -> u32 {
        self.nodes += 1;
        self.nodes - 1
    }

    pub fn edge(&mut self, from: u32, to: u32, why: Why) {
        self.edges.push(Edge { from, to, why });
    }

    /// Snapshots come before commits.
    pub fn within(&mut self) {
        if self.shape == Shape::Split {
            for transaction in 0..self.transactions {
                self.edge(self.start(transaction), self.commit(transaction), Why::Within);
            }
        }
    }

    /// The order of sessions, or real time, as far as it is respected.
    pub fn respect(&mut self, dependencies: &Dependencies, respect: Respect) {
        if respect >= Respect::Sessions {
            for session in &dependencies.sessions {
                for pair in session.windows(2) {
                    self.edge(self.commit(pair[0]), self.start(pair[1]), Why::Session);
                }
            }
        }
        if respect == Respect::RealTime
            && let Some(intervals) = &dependencies.intervals
        {
            self.real_time(intervals);
        }
    }

    /// Whatever ended comes before whatever begins later: by way of a line of helpers, so that the edges are few.
    fn real_time(&mut self, intervals: &[(u64, Option<u64>)]) {
        // At equal times beginnings go first: then neither transaction precedes the other.
        let begins = intervals.iter().enumerate().map(|(index, (began, _))| (*began, false, index as u32));
        let ends = intervals
            .iter()
            .enumerate()
            .filter_map(|(index, (_, ended))| ended.map(|ended| (ended, true, index as u32)));
        let mut events: Vec<_> = begins.chain(ends).collect();
        events.sort_unstable();
        let (mut before, mut gathering): (Option<u32>, Option<u32>) = (None, None);
        for (_, is_end, transaction) in events {
            if is_end {
                let helper = match gathering {
                    Some(helper) => helper,
                    None => {
                        let helper = self.helper();
                        if let Some(before) = before {
                            self.edge(before, helper, Why::RealTime);
                        }
                        helper
                    }
                };
                gathering = Some(helper);
                self.edge(self.commit(transaction), helper, Why::RealTime);
            } else {
                before = gathering.take().or(before);
                if let Some(before) = before {
                    self.edge(before, self.start(transaction), Why::RealTime);
                }
            }
        }
    }

    /// Each chain in its order, and the rest behind it. `snapshots` says that who writes later has seen the earlier write.
    pub fn writes(&mut self, dependencies: &Dependencies, snapshots: bool) {
        let later = |layout: &Layout, transaction| {
            if snapshots { layout.start(transaction) } else { layout.commit(transaction) }
        };
        for slots in &dependencies.keys {
            let writer = |slot: u32| dependencies.writer[slot as usize];
            let chain = slots.first + 1..slots.first + 1 + slots.chain;
            for slot in chain.clone().skip(1) {
                self.edge(self.commit(writer(slot - 1)), later(self, writer(slot)), Why::Ww);
            }
            if let Some(last) = chain.last() {
                for slot in slots.rest() {
                    self.edge(self.commit(writer(last)), later(self, writer(slot)), Why::Ww);
                }
            }
        }
    }

    /// Who reads comes after whom it reads from.
    pub fn reads(&mut self, dependencies: &Dependencies) {
        for reader in 0..self.transactions {
            for &Read { slot, .. } in dependencies.reads.row(reader) {
                let writer = dependencies.writer[slot as usize];
                if writer != INITIAL {
                    self.edge(self.commit(writer), self.start(reader), Why::Wr);
                }
            }
        }
    }

    /// As [`Layout::reads`], but who reads a list has seen all who appended to it, which matters where the order of writes
    /// is no part of what is seen.
    pub fn sights(&mut self, dependencies: &Dependencies) {
        self.reads(dependencies);
        for slots in &dependencies.keys {
            let mut line = None;
            for slot in slots.first + 1..slots.first + 1 + slots.chain {
                // What stands before this slot has been gathered in `line`.
                if let Some(line) = line {
                    for &reader in dependencies.readers.row(slot) {
                        self.edge(line, self.start(reader), Why::Wr);
                    }
                }
                if slot < slots.first + slots.chain {
                    let next = self.helper();
                    self.edge(self.commit(dependencies.writer[slot as usize]), next, Why::Wr);
                    if let Some(line) = line {
                        self.edge(line, next, Why::Wr);
                    }
                    line = Some(next);
                }
            }
        }
    }

    /// Who reads a version of a chain comes before whoever overwrites it.
    pub fn overwrites(&mut self, dependencies: &Dependencies) {
        for slots in &dependencies.keys {
            let writer = |slot: u32| dependencies.writer[slot as usize];
            let last = slots.first + slots.chain;
            for slot in slots.first..last {
                let next = writer(slot + 1);
                for &reader in dependencies.readers.row(slot) {
                    if reader != next {
                        self.edge(self.start(reader), self.commit(next), Why::Rw);
                    }
                }
            }
            if !slots.rest().is_empty() && !dependencies.readers.row(last).is_empty() {
                let door = self.door(dependencies, last);
                for slot in slots.rest() {
                    self.leave(dependencies, last, door, writer(slot));
                }
            }
        }
    }

    /// A helper behind the readers of a slot, except for those that overwrite what they read, where that would lead from a
    /// transaction to itself.
    pub fn door(&mut self, dependencies: &Dependencies, slot: u32) -> u32 {
        let door = self.helper();
        for &reader in dependencies.readers.row(slot) {
            if !self.updates(dependencies, reader, slot) {
                self.edge(self.start(reader), door, Why::Rw);
            }
        }
        door
    }

    /// The readers of a slot come before this writer: through the slot's door, or on their own.
    ///
    /// Of those that go on their own two are enough: two transactions that overwrite the same version are a cycle.
    pub fn leave(&mut self, dependencies: &Dependencies, slot: u32, door: u32, writer: u32) {
        self.edge(door, self.commit(writer), Why::Rw);
        for reader in self.updaters(dependencies, slot) {
            if reader != writer {
                self.edge(self.start(reader), self.commit(writer), Why::Rw);
            }
        }
    }

    /// The readers of a slot that its door leaves out, two at most.
    pub fn updaters(&self, dependencies: &Dependencies, slot: u32) -> Vec<u32> {
        let readers = dependencies.readers.row(slot).iter().copied();
        readers.filter(|reader| self.updates(dependencies, *reader, slot)).take(2).collect()
    }

    fn updates(&self, dependencies: &Dependencies, reader: u32, slot: u32) -> bool {
        self.shape == Shape::Whole && dependencies.written(reader, dependencies.key_of(slot)).is_some()
    }
}
