//! The states reached, each once: tree compression.
//!
//! A global state is a vector of numbers: one for each node (a pair of node state and inbox), and one for the rest (the
//! *world*: budgets and monitor). The vector is folded up a binary tree: each inner node of the tree has a [`Table`] that
//! numbers the pairs it has seen of what its two children hold, and the number that the root gives is the number of the
//! state. States share most of their parts, so all tables but the root's stay small, and a state costs the one pair in the
//! root's table. It is exact: two states have the same number only if they are the same. (Blom, Lisser, van de Pol and
//! Weber, "A Database Approach to Distributed State Space Generation", 2007; Laarman, van de Pol and Weber, "Parallel
//! Recursive State Compression for Free", SPIN 2011.)
//!
//! A step changes few parts, so only the tables on the way from these to the root are asked.

use crate::{
    sync::{AtomicU64, Ordering, RwLock, RwLockReadGuard},
    table::{Full, Table},
};

/// Parts that a state may have: nodes and the world.
pub(crate) const PARTS: usize = 32;

/// Where a child of an inner node of the tree finds its number.
#[derive(Clone, Copy, Debug)]
enum Child {
    Part(usize),
    Inner(usize),
}

struct Inner {
    left: Child,
    right: Child,
    /// The parts below it, a bit each.
    below: u32,
}

/// The numbers of a state's parts, and those that the inner nodes of the tree give.
#[derive(Clone, Copy, Default)]
pub(crate) struct Unfolded {
    /// The parts: the nodes in order, then the world.
    pub(crate) parts: [u32; PARTS],
    inner: [u32; PARTS],
}

/// The tables, to look up and to insert.
pub(crate) struct Tables {
    parts: usize,
    /// Children before parents; the last one is the root.
    shape: Vec<Inner>,
    /// One for each inner node.
    tables: Vec<Table>,
    /// Numbers the pairs of node state and inbox.
    pub(crate) nodes: Table,
}

/// The states reached.
pub(crate) struct Store {
    tables: RwLock<Tables>,
    bytes: AtomicU64,
}

/// Puts two numbers into one.
pub(crate) fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

/// Undoes [`pair`].
pub(crate) fn unpair(pair: u64) -> (u32, u32) {
    ((pair >> 32) as u32, pair as u32)
}

fn build(from: usize, to: usize, shape: &mut Vec<Inner>) -> (Child, u32) {
    if to - from == 1 {
        return (Child::Part(from), 1 << from);
    }
    let middle = from + (to - from).div_ceil(2);
    let (left, below_left) = build(from, middle, shape);
    let (right, below_right) = build(middle, to, shape);
    let below = below_left | below_right;
    shape.push(Inner { left, right, below });
    (Child::Inner(shape.len() - 1), below)
}

impl Tables {
    fn new(parts: usize, capacity: usize) -> Self {
        assert!((2..=PARTS).contains(&parts));
        let mut shape = Vec::new();
        build(0, parts, &mut shape);
        let tables = shape.iter().map(|_| Table::new(capacity)).collect();
        Tables { parts, shape, tables, nodes: Table::new(capacity) }
    }

    /// The table whose numbers are those of the states.
    #[inline]
    pub(crate) fn root(&self) -> &Table {
        self.tables.last().expect("a tree has a root")
    }

    /// The parts of a state.
    #[inline]
    pub(crate) fn unfold(&self, state: u32, unfolded: &mut Unfolded) {
        let root = self.shape.len() - 1;
        unfolded.inner[root] = state;
        for at in (0..=root).rev() {
            let (left, right) = unpair(self.tables[at].get(unfolded.inner[at]));
            for (child, number) in [(self.shape[at].left, left), (self.shape[at].right, right)] {
                match child {
                    Child::Part(part) => unfolded.parts[part] = number,
                    Child::Inner(inner) => unfolded.inner[inner] = number,
                }
            }
        }
    }

    /// Inserts all below the root, and returns the pair to insert there. `unfolded` is what another state was unfolded
    /// to, with the parts of the bits `changed` replaced since; its inner numbers are brought up to date.
    #[inline]
    pub(crate) fn fold(&self, unfolded: &mut Unfolded, changed: u32) -> Result<u64, Full> {
        let root = self.shape.len() - 1;
        for at in 0..root {
            if self.shape[at].below & changed != 0 {
                unfolded.inner[at] = self.tables[at].insert(self.children(at, unfolded))?.0;
            }
        }
        Ok(self.children(root, unfolded))
    }

    #[inline]
    fn children(&self, at: usize, unfolded: &Unfolded) -> u64 {
        let number = |child| match child {
            Child::Part(part) => unfolded.parts[part],
            Child::Inner(inner) => unfolded.inner[inner],
        };
        pair(number(self.shape[at].left), number(self.shape[at].right))
    }

    /// Every part, as a set of bits for [`fold`](Tables::fold).
    pub(crate) fn all_parts(&self) -> u32 {
        u32::MAX >> (32 - self.parts)
    }

    fn bytes(&self) -> u64 {
        self.tables.iter().map(Table::bytes).sum::<u64>() + self.nodes.bytes()
    }
}

impl Store {
    /// An empty store for states of so many parts, whose tables first grow at `capacity`.
    pub(crate) fn new(parts: usize, capacity: usize) -> Self {
        let tables = Tables::new(parts, capacity);
        Store { bytes: AtomicU64::new(tables.bytes()), tables: RwLock::new(tables) }
    }

    /// The tables, which cannot grow while they are borrowed.
    pub(crate) fn tables(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read()
    }

    /// Grows what is full. The caller must not be holding the tables.
    pub(crate) fn grow(&self) {
        let mut tables = self.tables.write();
        let Tables { tables: inner, nodes, .. } = &mut *tables;
        for table in inner.iter_mut().chain([nodes]) {
            if table.wants_room() {
                table.grow(); // another thread may have done it: then it no longer wants
            }
        }
        self.bytes.store(tables.bytes(), Ordering::Relaxed);
    }

    /// The bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}
