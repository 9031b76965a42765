//! The states reached, each once, in a few bytes, exactly: two states have the same number only if they are the same.
//!
//! A global state is a vector of numbers: one for each node (a pair of node state and inbox), and one for the rest (the
//! *world*: budgets and monitor). These numbers are small, since states share most of their parts. As long as they fit, they
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

use std::{io, panic::resume_unwind, path::Path};

use crate::{
    entries::{Lost, unless_lost},
    layout::{Holds, Inner, Layout, Packing, packing},
    memo::Memo,
    rows::{Candidates, Rows, all_parts},
    sync::{AtomicBool, AtomicU32, AtomicU64, Backoff, Ordering, RwLock, RwLockReadGuard},
    table::{Full, Table},
};

/// Parts that a state may have: nodes and the world.
pub(crate) const PARTS: usize = 32;

/// The longest row: the parts, and the inner nodes of their tree.
const ROW: usize = 2 * PARTS - 1;

/// The tables, to look up and to insert.
pub(crate) struct Tables {
    parts: usize,
    layout: Layout,
    /// Children before parents; the last one is the root.
    shape: Vec<Inner>,
    /// One for each inner node.
    tables: Vec<Table>,
    /// Numbers the pairs of node state and inbox.
    pub(crate) nodes: Table,
    /// The largest number of a world that did not fit.
    world: AtomicU32,
    /// At so many entries tables first grow.
    capacity: usize,
    /// So many threads work with them.
    threads: usize,
    /// Whether somebody waits until nobody uses the tables.
    is_awaited: AtomicBool,
    /// What nodes can do next, by their numbers in `nodes`.
    pub(crate) memo: Memo,
}

/// The states reached.
pub(crate) struct Store {
    tables: RwLock<Tables>,
    /// Whether a thread is about to make them grow.
    is_growing: AtomicBool,
    bytes: AtomicU64,
    memo_bytes: AtomicU64,
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
    fn new(parts: usize, capacity: usize, epochs: bool, threads: usize) -> Self {
        assert!((2..=PARTS).contains(&parts));
        let layout = Layout::fitting(parts, 0, 0);
        let shape = layout.shape(parts);
        let tables = shape.iter().map(|_| Table::new(capacity, threads)).collect();
        Tables {
            parts,
            layout,
            shape,
            tables,
            nodes: Table::new(capacity, threads),
            world: AtomicU32::new(0),
            capacity,
            threads,
            is_awaited: AtomicBool::new(false),
            memo: Memo::new(epochs),
        }
    }

    /// The table whose numbers are those of the states.
    #[inline]
    pub(crate) fn root(&self) -> &Table {
        self.tables.last().expect("a tree has a root")
    }

    /// How long a row is.
    fn stride(&self) -> usize {
        self.parts + self.shape.len()
    }

    /// How states are packed, if each is one word.
    #[inline]
    fn packing(&self) -> Option<Packing> {
        packing(&self.shape)
    }

    /// No rows, for states of this store.
    pub(crate) fn rows(&self) -> Rows {
        Rows { stride: self.stride(), numbers: Vec::new() }
    }

    /// No candidates, for states of this store.
    pub(crate) fn candidates(&self) -> Candidates {
        Candidates {
            stride: self.stride(),
            parts: self.parts,
            layout: self.layout,
            packing: self.packing(),
            packed: Vec::new(),
            recent: None,
            recent_rows: None,
            rows: Vec::new(),
            changed: Vec::new(),
            wanted: Vec::new(),
        }
    }

    /// Appends the rows of states. Level by level of the tree, so that the reads of many states are under way at once.
    pub(crate) fn unfold(&self, states: std::ops::Range<u32>, rows: &mut Rows) {
        let first = rows.len();
        let stride = rows.stride;
        rows.numbers.resize((first + states.len()) * stride, 0);
        let new = &mut rows.numbers[first * stride..];
        for (row, state) in new.chunks_exact_mut(stride).zip(states) {
            row[stride - 1] = state;
        }
        for (at, (inner, table)) in self.shape.iter().zip(&self.tables).enumerate().rev() {
            for row in new.chunks_exact_mut(stride) {
                inner.unfold(table.get(row[self.parts + at]), row);
            }
        }
    }

    /// The parts of one state.
    pub(crate) fn parts(&self, state: u32) -> Vec<u32> {
        let mut rows = self.rows();
        self.unfold(state..state + 1, &mut rows);
        rows.row(0)[..self.parts].to_vec()
    }

    /// Tells the number of each one's world, in their order.
    pub(crate) fn worlds(&self, states: std::ops::Range<u32>, mut told: impl FnMut(u32)) {
        if let Some(packing) = self.packing() {
            return states.for_each(|state| told(packing.last(self.root().get(state), self.parts)));
        }
        let mut rows = self.rows();
        self.unfold(states, &mut rows);
        (0..rows.len()).for_each(|row| told(rows.row(row)[self.parts - 1]));
    }

    /// What has to be known of a row that does not fit.
    #[cold]
    fn outgrown(&self, row: &[u32]) -> Full {
        self.world.fetch_max(row[self.parts - 1], Ordering::Relaxed);
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
        if candidates.layout != self.layout {
            candidates.lay_out(self.layout, self.stride());
        }
        if candidates.packing.is_some() {
            self.root().insert_all(&candidates.packed, told)?;
        } else {
            self.fold_up(candidates, told)?;
        }
        candidates.clear(self.packing());
        Ok(())
    }

    /// Inserts rows into the tree.
    fn fold_up(
        &self,
        candidates: &mut Candidates,
        mut told: impl FnMut(usize, u32, bool),
    ) -> Result<(), Full> {
        let root = self.shape.len() - 1;
        let Candidates { stride, rows, changed, wanted, packed, .. } = candidates;
        for (at, (inner, table)) in self.shape.iter().zip(&self.tables).enumerate() {
            let has_changed = |place: &usize| at == root || changed[*place] & inner.below != 0;
            wanted.clear();
            wanted.extend((0..changed.len()).filter(has_changed));
            packed.clear();
            let row = |&place: &usize| &rows[place * *stride..][..*stride];
            match &inner.holds {
                Holds::Two(left, right) => {
                    packed.extend(wanted.iter().map(row).map(|row| pair(row[*left], row[*right])));
                }
                Holds::Parts(parts, packing) => {
                    for row in wanted.iter().map(row) {
                        packed.push(packing.pack(&row[parts.clone()]).ok_or_else(|| self.outgrown(row))?);
                    }
                }
            }
            table.insert_all(packed, |which, number, new| {
                let place = wanted[which];
                rows[place * *stride + self.parts + at] = number;
                if at == root {
                    told(place, number, new);
                }
            })?;
        }
        Ok(())
    }

    /// The state that has these parts, if it was reached. Given at least as many numbers as there are parts.
    pub(crate) fn find(&self, parts: &[u32]) -> Option<u32> {
        let mut row = [0; ROW];
        row[..self.parts].copy_from_slice(&parts[..self.parts]);
        for (at, (inner, table)) in self.shape.iter().zip(&self.tables).enumerate() {
            row[self.parts + at] = table.find(inner.word(&row)?)?;
        }
        Some(row[self.stride() - 1])
    }

    /// Makes room for numbers that do not fit: groups of parts are packed otherwise, or split. What stands above them stays, and states keep
    /// their numbers.
    ///
    /// # Errors
    /// States are lost: all others are there as they were.
    fn lay_out(&mut self) -> Result<(), Lost> {
        let (layout, shape, mut made) = unless_lost(|| {
            let world = self.world.load(Ordering::Relaxed).max(self.largest_world());
            let layout = Layout::fitting(self.parts, self.nodes.len(), world);
            let shape = layout.shape(self.parts);
            let mut made: Vec<Option<Table>> = shape.iter().map(|_| None).collect();
            for (inner, table) in self.shape.iter().zip(&self.tables) {
                if !shape.iter().any(|new| new.is_as(inner)) {
                    self.fold_anew(inner, table, &shape, &mut made);
                }
            }
            (layout, shape, made)
        })?;
        for (inner, table) in self.shape.iter().zip(self.tables.drain(..)) {
            if let Some(at) = shape.iter().position(|new| new.is_as(inner)) {
                made[at] = Some(table);
            }
        }
        self.tables =
            made.into_iter().map(|table| table.expect("a later tree has the same halves")).collect();
        (self.layout, self.shape) = (layout, shape);
        Ok(())
    }

    /// Makes tables for a group of parts and what is below it in another tree: what it held keeps its numbers.
    fn fold_anew(&self, group: &Inner, held: &Table, shape: &[Inner], made: &mut [Option<Table>]) {
        const BLOCK: u32 = 1 << 12;
        let (parts, stride) = (self.parts, self.parts + shape.len());
        let mut within: Vec<(usize, Table)> = Vec::new();
        for (at, _) in shape.iter().enumerate().filter(|(_, inner)| inner.below & !group.below == 0) {
            let is_top = shape[at].below == group.below;
            let capacity = if is_top { held.len().max(1) as usize } else { self.capacity };
            within.push((at, Table::new(capacity, self.threads)));
        }
        let (mut rows, mut words) = (vec![0; BLOCK as usize * stride], Vec::new());
        for first in (0..held.len()).step_by(BLOCK as usize) {
            let numbers = first..held.len().min(first + BLOCK);
            let rows = &mut rows[..numbers.len() * stride];
            for (row, number) in rows.chunks_exact_mut(stride).zip(numbers) {
                group.unfold(held.get(number), row);
            }
            for (at, table) in &mut within {
                words.clear();
                words.extend(rows.chunks_exact(stride).map(|row| shape[*at].word(row).expect("it fits")));
                while table
                    .insert_all(&words, |which, number, _| rows[which * stride + parts + *at] = number)
                    .is_err()
                {
                    table.grow();
                }
            }
        }
        within.into_iter().for_each(|(at, table)| made[at] = Some(table));
    }

    /// The largest world of a state.
    fn largest_world(&self) -> u32 {
        let world = self.parts - 1;
        let mut above = self.shape.iter().zip(&self.tables);
        let (inner, table) = above.find(|(inner, _)| inner.below >> world != 0).expect("it is in a tree");
        let mut row = [0; ROW];
        let worlds = (0..table.len()).map(|number| {
            inner.unfold(table.get(number), &mut row);
            row[world]
        });
        worlds.max().unwrap_or(0)
    }

    fn grow(&mut self) {
        for table in self.tables.iter_mut().chain([&mut self.nodes]) {
            if table.wants_room() {
                table.grow(); // another thread may have done it: then it no longer wants
            }
        }
        self.memo.grow(self.nodes.capacity());
    }

    /// Prepares for states with these rows: what is read first when their menus are wanted is read, so that memory is waited
    /// for once.
    pub(crate) fn ask(&self, rows: &Rows) {
        let nodes = self.parts - 1;
        let mut seen = 0;
        for row in rows.numbers.chunks_exact(rows.stride) {
            for &number in &row[..nodes] {
                seen ^= self.memo.menu(number).unwrap_or_default().first;
            }
        }
        for row in rows.numbers.chunks_exact(rows.stride) {
            for &number in &row[..nodes] {
                let menu = self.memo.menu(number).unwrap_or_default();
                if menu.moves > 0 {
                    seen ^= self.memo.moved(menu.first).node;
                }
            }
        }
        std::hint::black_box(seen);
    }

    /// Whether somebody waits until nobody uses the tables: whoever does should pause.
    #[inline]
    pub(crate) fn are_awaited(&self) -> bool {
        self.is_awaited.load(Ordering::Relaxed)
    }

    /// Every part, as the bits of a [row](Rows).
    pub(crate) fn all_parts(&self) -> u32 {
        all_parts(self.parts)
    }

    fn spill(&mut self, below: u32, folder: &Path) -> io::Result<bool> {
        self.tables.last_mut().expect("a tree has a root").spill(below, folder)
    }

    fn bytes(&self) -> u64 {
        self.tables.iter().map(Table::bytes).sum::<u64>() + self.nodes.bytes()
    }
}

impl Store {
    /// An empty store for states of so many parts, whose tables first grow at `capacity`, for so many threads.
    pub(crate) fn new(parts: usize, capacity: usize, epochs: bool, threads: usize) -> Self {
        let tables = Tables::new(parts, capacity, epochs, threads);
        Store {
            bytes: AtomicU64::new(tables.bytes()),
            memo_bytes: AtomicU64::new(0),
            is_growing: AtomicBool::new(false),
            tables: RwLock::new(tables),
        }
    }

    /// The tables, which cannot grow while they are borrowed.
    pub(crate) fn tables(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read()
    }

    /// Prepares for what comes of a level of so many states, or half of it: threads that need room later have to wait for each
    /// other. In the end there will be so many as `expected`, if that can be told. From now on menus may hold so many bytes
    /// before they are forgotten.
    pub(crate) fn prepare(&self, states: u32, expected: Option<u64>, menus: u64) {
        let mut tables = self.tables.write();
        let root = tables.tables.last_mut().expect("a tree has a root");
        root.expect(expected.unwrap_or(0) as usize);
        root.grow_to((root.len() + states / 2) as usize);
        tables.memo.allow(menus as usize);
        self.account(&tables);
    }

    /// From now on moves have names.
    pub(crate) fn with_names(&self) {
        self.tables.write().memo.with_names();
    }

    /// The bytes that menus hold.
    pub(crate) fn memo_bytes(&self) -> u64 {
        self.memo_bytes.load(Ordering::Relaxed)
    }

    /// Grows what is full, and makes room for numbers that do not fit, unless another thread is about to: then it returns, and whoever
    /// reads waits for that. The caller must not be holding the tables. Unwinds if states are [`Lost`] that have to be moved.
    pub(crate) fn grow(&self) {
        // Who waited for the turn to write would wait for those who read again, and could not help them with an index.
        if self.is_growing.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return Backoff::new().snooze();
        }
        self.tables.read().is_awaited.store(true, Ordering::Relaxed);
        let mut tables = self.tables.write();
        tables.is_awaited.store(false, Ordering::Relaxed);
        tables.grow();
        let (nodes, world) = (tables.nodes.len(), tables.world.load(Ordering::Relaxed));
        let laid_out = if tables.layout.fits(nodes, world) { Ok(()) } else { tables.lay_out() };
        self.account(&tables);
        self.is_growing.store(false, Ordering::Release);
        laid_out.unwrap_or_else(|lost| resume_unwind(Box::new(lost)));
    }

    /// Inserts these states, and tells the number of each; false if there was no room for all of them.
    pub(crate) fn put<'p>(&self, states: impl Iterator<Item = &'p [u32]>, mut told: impl FnMut(u32)) -> bool {
        let tables = self.tables();
        let mut candidates = tables.candidates();
        for parts in states {
            candidates.push(parts, tables.all_parts());
        }
        tables.fold(&mut candidates, |_, number, _| told(number)).is_ok()
    }

    /// Tells how much the tables hold.
    fn account(&self, tables: &Tables) {
        self.bytes.store(tables.bytes(), Ordering::Relaxed);
        self.memo_bytes.store(tables.memo.bytes(), Ordering::Relaxed);
    }

    /// Puts the states below this number on disk, in this folder, and returns whether that made room. The caller must not be
    /// holding the tables.
    ///
    /// # Errors
    /// It cannot be written. All states are still known.
    pub(crate) fn spill(&self, below: u32, folder: &Path) -> io::Result<bool> {
        let mut tables = self.tables.write();
        let made_room = tables.spill(below, folder)?;
        self.account(&tables);
        Ok(made_room)
    }

    /// Whether states that were put on disk cannot be read again: of those that were asked for.
    pub(crate) fn lost(&self) -> Option<Lost> {
        self.tables().root().lost()
    }

    /// The bytes held on disk.
    pub(crate) fn bytes_on_disk(&self) -> u64 {
        self.tables().root().bytes_on_disk()
    }

    /// The bytes held in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::{sync::Arc, thread};

    use super::*;

    /// Inserts states of three parts, growing the store where it must, and returns their numbers.
    fn insert(store: &Store, states: [[u32; 3]; 2]) -> [(u32, bool); 2] {
        states.map(|state| {
            loop {
                let tables = store.tables();
                let mut candidates = tables.candidates();
                candidates.push(&state, tables.all_parts());
                let mut told = None;
                if tables.fold(&mut candidates, |_, number, new| told = Some((number, new))).is_ok() {
                    return told.expect("one row, one answer");
                }
                drop(tables);
                store.grow();
            }
        })
    }

    /// Whichever thread grows the tables, and when, and lays them out anew for a world that does not fit: no state is lost, and none is
    /// there twice.
    #[test]
    fn loom_growing_loses_nothing() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(2);
        model.check(|| {
            let store = Arc::new(Store::new(3, 1, false, 1));
            let other = {
                let store = store.clone();
                thread::spawn(move || insert(&store, [[1, 1, 1], [2, 2, 2]]))
            };
            let mine = insert(&store, [[2, 2, 2], [3, 3, u32::MAX]]);
            let theirs = other.join().expect("it does not panic");
            assert_eq!(mine[0].0, theirs[1].0);
            assert!(mine[0].1 != theirs[1].1);
            let tables = store.tables();
            assert_eq!((tables.root().len(), tables.layout), (3, Layout { node_bits: 16, world_bits: 32 }));
            for (number, state) in
                [(mine[0].0, [2, 2, 2]), (mine[1].0, [3, 3, u32::MAX]), (theirs[0].0, [1, 1, 1])]
            {
                assert_eq!(tables.parts(number), state);
            }
        });
    }
}
