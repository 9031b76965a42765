//! The states reached, each once, in a few bytes, exactly: two states have the same number only if they are the same.
//!
//! A global state is a vector of numbers: one for each node (a pair of node state and inbox, each node with numbers of its own), and one
//! for the rest (the *world*: budgets and monitor). These numbers are small, since states share most of their parts. As long as they fit, they
//! are **packed** side by side into the 64 bits of one entry of the root table, whose number is that of the state (collapse
//! compression: Holzmann, "State Compression in SPIN", 1997). When they no longer fit, the vector is folded up a binary
//! **tree**: its leaves are groups of parts that still fit into one word, side by side, and each of its inner nodes has a [`Table`]
//! that numbers the words it has seen: such groups, or pairs of what its two children gave; a state costs one pair in the root's
//! table. (Blom, Lisser, van de Pol and Weber, "A Database Approach to Distributed State Space Generation", 2007; Laarman, van de
//! Pol and Weber, "Parallel Recursive State Compression for Free", SPIN 2011: their leaves are pairs.) When numbers outgrow a group, it is
//! split (`layout.rs`). States keep their numbers.
//!
//! In a tree a step changes few parts, so only the tables on the way from these to the root are asked. Tables are asked for
//! many candidates at once, since one that outgrew the caches answers ten questions as fast as one.

use std::{io, path::Path};

use crate::{
    layout::{Field, Holds, Inner, Layout, Tree},
    memo::{Memo, Menu},
    rows::{Candidates, Rows},
    sync::{AtomicBool, AtomicU32, Ordering},
    table::{Full, Table},
};

pub(crate) use shared::Store;

mod shared;
mod wider;

/// Parts that a state may have: nodes and the world.
pub(crate) const PARTS: usize = 32;

/// The tables, to look up and to insert.
pub(crate) struct Tables {
    parts: usize,
    pub(crate) layout: Layout,
    /// Where the parts stand among the words of a state.
    pub(crate) fields: Vec<Field>,
    /// Children before parents; the last one is the root.
    shape: Vec<Inner>,
    /// One for each inner node.
    tables: Vec<Table>,
    /// For each node: numbers the pairs of its state and its inbox.
    nodes: Vec<Table>,
    /// The largest number of a world that did not fit.
    world: AtomicU32,
    /// At so many entries tables first grow.
    capacity: usize,
    /// So many threads work with them.
    threads: usize,
    /// Whether somebody waits until nobody uses the tables.
    is_awaited: AtomicBool,
    /// What nodes can do next, by these numbers.
    pub(crate) memo: Memo,
}

/// What an inner node holds the number of.
#[derive(Clone, Copy)]
enum Child {
    /// This inner node.
    Inner(usize),
    /// The part that is all of this word.
    Part(usize),
}

/// Puts two numbers into one.
pub(crate) fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

/// Undoes [`pair`].
pub(crate) fn unpair(pair: u64) -> (u32, u32) {
    ((pair >> 32) as u32, pair as u32)
}

impl Tables {
    pub(crate) fn new(parts: usize, capacity: usize, epochs: bool, threads: usize) -> Self {
        assert!((2..=PARTS).contains(&parts));
        let nodes = parts - 1;
        let layout = Layout::fitting(&[0; PARTS][..parts]);
        let Tree { shape, fields } = layout.tree();
        let tables = shape.iter().map(|_| Table::new(capacity, threads)).collect();
        Tables {
            parts,
            layout,
            fields,
            shape,
            tables,
            nodes: (0..nodes).map(|_| Table::new(capacity.div_ceil(nodes), threads)).collect(),
            world: AtomicU32::new(0),
            capacity,
            threads,
            is_awaited: AtomicBool::new(false),
            memo: Memo::new(nodes, epochs, threads),
        }
    }

    /// The same, empty, with another layout.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn with_layout(self, layout: Layout) -> Self {
        let Tree { shape, fields } = layout.tree();
        let tables = shape.iter().map(|_| Table::new(self.capacity, self.threads)).collect();
        Tables { layout, shape, fields, tables, ..self }
    }

    /// The table whose numbers are those of the states.
    #[inline]
    pub(crate) fn root(&self) -> &Table {
        self.tables.last().expect("a tree has a root")
    }

    /// The state of a node, and its inbox, that have this number.
    #[inline]
    pub(crate) fn node(&self, at: usize, number: u32) -> (u32, u32) {
        unpair(self.nodes[at].get(number))
    }

    /// The same for each node of a state of these parts.
    pub(crate) fn nodes(&self, parts: impl IntoIterator<Item = u32>) -> impl Iterator<Item = (u32, u32)> {
        self.nodes.iter().zip(parts).map(|(node, number)| unpair(node.get(number)))
    }

    /// The number of a state of a node together with an inbox.
    ///
    /// # Errors
    /// It is new, and there is no room.
    #[inline]
    pub(crate) fn number_node(&self, at: usize, state: u32, inbox: u32) -> Result<u32, Full> {
        Ok(self.nodes[at].insert(pair(state, inbox))?.0)
    }

    /// The numbers of states of a node, each [together](pair) with an inbox: calls `told` with each one's place, and its number.
    ///
    /// # Errors
    /// One is new, and there is no room.
    pub(crate) fn number_nodes(
        &self,
        at: usize,
        pairs: &[u64],
        mut told: impl FnMut(usize, u32),
    ) -> Result<(), Full> {
        self.nodes[at].insert_all(pairs, |place, number, _| told(place, number))
    }

    /// All states of a node, with an inbox each, in the order of their numbers.
    pub(crate) fn states_of(&self, at: usize) -> impl Iterator<Item = (u32, u32)> {
        (0..self.nodes[at].len()).map(move |number| self.node(at, number))
    }

    /// A number for each part that is not below any that it has had.
    pub(crate) fn largest(&self) -> Vec<u32> {
        self.nodes.iter().map(Table::len).chain([self.world.load(Ordering::Relaxed)]).collect()
    }

    /// How many words a state has.
    #[inline]
    pub(crate) fn words_each(&self) -> usize {
        self.fields[self.parts - 1].word() + 1
    }

    /// How many inner nodes the tree has below its root.
    #[inline]
    pub(crate) fn inner_each(&self) -> usize {
        self.shape.len() - 1
    }

    /// Appends the rows of states. Level by level of the tree, so that the reads of many states are under way at once.
    pub(crate) fn unfold(&self, states: &[u32], rows: &mut Rows) {
        let (words_each, inner_each, count) = (self.words_each(), self.inner_each(), states.len());
        (rows.words_each, rows.inner_each) = (words_each, inner_each);
        if inner_each == 0 {
            // Most follow each other.
            let runs = states.chunk_by(|&one, &next| one.checked_add(1) == Some(next));
            return runs
                .for_each(|run| self.root().range(run[0]..run[0] + run.len() as u32, &mut rows.words));
        }
        let (first_word, first_inner) = (rows.words.len(), rows.inner.len());
        rows.words.resize(first_word + count * words_each, 0);
        rows.inner.resize(first_inner + count * inner_each, 0);
        let (words, inner) = (&mut rows.words[first_word..], &mut rows.inner[first_inner..]);
        for (at, (node, table)) in self.shape.iter().zip(&self.tables).enumerate().rev() {
            let is_root = at == inner_each;
            let held = |row: usize, state: u32, inner: &[u32]| {
                table.get(if is_root { state } else { inner[row * inner_each + at] })
            };
            match &node.holds {
                Holds::Parts(parts, _) => {
                    let word = self.fields[parts.start].word();
                    for (row, &state) in states.iter().enumerate() {
                        words[row * words_each + word] = held(row, state, inner);
                    }
                }
                &Holds::Two(left, right) => {
                    for (row, &state) in states.iter().enumerate() {
                        let numbers = unpair(held(row, state, inner));
                        for (place, number) in [(left, numbers.0), (right, numbers.1)] {
                            match self.child(place) {
                                Child::Inner(child) => inner[row * inner_each + child] = number,
                                Child::Part(word) => words[row * words_each + word] = number.into(),
                            }
                        }
                    }
                }
            }
        }
    }

    /// What stands at a place of the tree.
    #[inline]
    fn child(&self, place: usize) -> Child {
        match place.checked_sub(self.parts) {
            Some(inner) => Child::Inner(inner),
            None => Child::Part(self.fields[place].word()),
        }
    }

    /// The parts of one state.
    pub(crate) fn parts(&self, state: u32) -> Vec<u32> {
        let mut rows = Rows::default();
        self.unfold(&[state], &mut rows);
        self.parts_of(&rows.words).collect()
    }

    /// The parts that stand in these words.
    pub(crate) fn parts_of(&self, words: &[u64]) -> impl Iterator<Item = u32> {
        self.fields.iter().map(|field| field.get(words))
    }

    /// The words of these parts.
    ///
    /// # Errors
    /// They do not fit.
    pub(crate) fn words(&self, parts: &[u32]) -> Result<Vec<u64>, Full> {
        let mut words = vec![0; self.words_each()];
        self.put(parts, &mut words)?;
        Ok(words)
    }

    /// Puts parts into words that are 0.
    ///
    /// # Errors
    /// They do not fit.
    #[inline]
    pub(crate) fn put(&self, parts: &[u32], words: &mut [u64]) -> Result<(), Full> {
        for (field, &part) in self.fields.iter().zip(parts) {
            field.replace(words, 0, part).map_err(|_| self.outgrown(parts[self.parts - 1]))?;
        }
        Ok(())
    }

    /// Tells the number of each one's world, in their order.
    pub(crate) fn worlds(&self, states: std::ops::Range<u32>, told: impl FnMut(u32)) {
        let mut rows = Rows::default();
        self.unfold(&states.collect::<Vec<u32>>(), &mut rows);
        let world = self.fields[self.parts - 1];
        rows.words.chunks_exact(rows.words_each).map(|words| world.get(words)).for_each(told);
    }

    /// What has to be known of a state that does not fit: its world.
    #[cold]
    pub(crate) fn outgrown(&self, world: u32) -> Full {
        self.world.fetch_max(world, Ordering::Relaxed);
        Full
    }

    /// Inserts all candidates, and removes them; calls `told` with each one's place, the number of its state, and whether that
    /// is new. They are inserted in their order.
    ///
    /// Each table is first asked for all of them at once: their cache misses overlap, where one after the other they would be
    /// waited for.
    ///
    /// # Errors
    /// A table is full. It can be called again after the store has grown; what was told already is told as known then.
    pub(crate) fn fold(
        &self,
        candidates: &mut Candidates,
        told: impl FnMut(usize, u32, bool),
    ) -> Result<(), Full> {
        candidates.lay_out_as(self)?;
        if self.inner_each() == 0 {
            self.root().insert_all(&candidates.words, told)?;
        } else {
            self.fold_up(candidates, told)?;
        }
        candidates.clear();
        Ok(())
    }

    /// Inserts candidates into a tree of several tables.
    fn fold_up(
        &self,
        candidates: &mut Candidates,
        mut told: impl FnMut(usize, u32, bool),
    ) -> Result<(), Full> {
        let (root, words_each) = (self.inner_each(), self.words_each());
        let Candidates { words, inner, changed, wanted, asked, .. } = candidates;
        for (at, (node, table)) in self.shape.iter().zip(&self.tables).enumerate() {
            let has_changed = |place: &usize| at == root || changed[*place] & node.words != 0;
            wanted.clear();
            wanted.extend((0..changed.len()).filter(has_changed));
            asked.clear();
            match &node.holds {
                Holds::Parts(parts, _) => {
                    let word = self.fields[parts.start].word();
                    asked.extend(wanted.iter().map(|place| words[place * words_each + word]));
                }
                &Holds::Two(left, right) => {
                    let (left, right) = (self.child(left), self.child(right));
                    let number = |place: usize, child| match child {
                        Child::Inner(child) => inner[place * root + child],
                        Child::Part(word) => words[place * words_each + word] as u32,
                    };
                    asked.extend(wanted.iter().map(|&place| pair(number(place, left), number(place, right))));
                }
            }
            table.insert_all(asked, |which, number, new| {
                let place = wanted[which];
                if at == root {
                    told(place, number, new);
                } else {
                    inner[place * root + at] = number;
                }
            })?;
        }
        Ok(())
    }

    /// The states of these words, one after the other: calls `told` with each one's place, and its number if it was reached.
    pub(crate) fn find_all(&self, words: &[u64], mut told: impl FnMut(usize, Option<u32>)) {
        let (words_each, root) = (self.words_each(), self.inner_each());
        if root == 0 {
            return self.root().find_all(words, told);
        }
        let states = words.len() / words_each;
        let mut inner = vec![None; states * root];
        let (mut wanted, mut asked) = (Vec::new(), Vec::new());
        for (at, (node, table)) in self.shape.iter().zip(&self.tables).enumerate() {
            let number = |state: usize, place| match self.child(place) {
                Child::Inner(child) => inner[state * root + child],
                Child::Part(word) => Some(words[state * words_each + word] as u32),
            };
            let held = |state: usize| match &node.holds {
                Holds::Parts(parts, _) => Some(words[state * words_each + self.fields[parts.start].word()]),
                &Holds::Two(left, right) => Some(pair(number(state, left)?, number(state, right)?)),
            };
            wanted.clear();
            asked.clear();
            for state in 0..states {
                match held(state) {
                    Some(word) => {
                        wanted.push(state);
                        asked.push(word);
                    }
                    None if at == root => told(state, None),
                    None => {}
                }
            }
            table.find_all(&asked, |which, number| {
                let state = wanted[which];
                if at == root {
                    told(state, number);
                } else {
                    inner[state * root + at] = number;
                }
            });
        }
    }

    /// The state of these parts, if it was reached.
    pub(crate) fn find_parts(&self, parts: &[u32]) -> Option<u32> {
        let mut found = None;
        self.find_all(&self.words(parts).ok()?, |_, state| found = state);
        found
    }

    fn grow(&mut self) {
        for table in self.tables.iter_mut().chain(&mut self.nodes) {
            if table.wants_room() {
                table.grow(); // another thread may have done it: then it no longer wants
            }
        }
        self.memo.grow(self.nodes.iter().map(Table::capacity));
        let numbers = self.nodes.iter().map(|node| node.len() as usize).sum();
        self.memo.adds.reserve(numbers);
    }

    /// Asks what the nodes of these states can do.
    pub(crate) fn ask(&self, rows: &mut Rows) {
        let nodes = self.parts - 1;
        let Rows { words_each, words, menus, .. } = rows;
        menus.clear();
        menus.resize(words.len() / *words_each * nodes, Menu::default());
        // Node by node, with nothing in between: then the reads of many are under way at once.
        for (node, (field, known)) in self.fields.iter().zip(self.memo.menus()).enumerate() {
            let field = *field;
            for (menus, words) in menus.chunks_exact_mut(nodes).zip(words.chunks_exact(*words_each)) {
                menus[node] = known.get(field.get(words));
            }
        }
    }

    /// Whether somebody waits until nobody uses the tables: whoever does should pause.
    #[inline]
    pub(crate) fn are_awaited(&self) -> bool {
        self.is_awaited.load(Ordering::Relaxed)
    }

    fn spill(&mut self, below: u32, folder: &Path) -> io::Result<bool> {
        self.tables.last_mut().expect("a tree has a root").spill(below, folder)
    }

    fn bytes(&self) -> u64 {
        self.tables.iter().chain(&self.nodes).map(Table::bytes).sum()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
