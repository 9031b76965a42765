//! A set of pairs of numbers that gives each new pair the next number: what the tree of `store.rs` is made of.
//!
//! Threads insert and look up at once, without locks. The pairs stand in the order of their numbers in `entries`; the
//! index is an open-addressing table of numbers, each with as many bits of the pair's hash as there is room for, so that
//! a lookup reads few pairs in vain. Nothing is ever removed. Growing wants the table to itself (`&mut`), which the store
//! arranges by a lock around all tables; a thread that finds the table full steps back and asks for it.
//!
//! A slot goes from `EMPTY` to `BUSY` to a number and never changes again. `BUSY` lasts from the moment a thread won the
//! slot until it has written the pair: whoever meets it waits, for it cannot know whether that pair is its own.

use crate::sync::{AtomicU32, AtomicU64, Backoff, Ordering};

/// The table has no room: grow it, and try again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

const EMPTY: u32 = 0;
const BUSY: u32 = 1;
/// What is added to a number when it stands in a slot, so that it is neither of the above.
const OFFSET: u32 = 2;

/// Threads may each overshoot the limit by one insertion; there is room for so many.
pub(crate) const SLACK: usize = if cfg!(loom) { 4 } else { 256 };

/// Below so many entries segments double; from there on they are of this size.
const SEGMENT: usize = 1 << 20;

/// A set of pairs, numbered from 0 in the order of insertion.
pub(crate) struct Table {
    index: Box<[AtomicU32]>,
    /// How many of a slot's bits hold the number; the others hold bits of the hash.
    number_bits: u32,
    entries: Entries,
    len: AtomicU32,
    /// Where to stop and grow.
    limit: usize,
}

/// Entries by number, in segments that never move.
struct Entries {
    first: usize,
    segments: Vec<Box<[AtomicU64]>>,
    capacity: usize,
}

impl Entries {
    fn new(first: usize) -> Self {
        Entries { first, segments: Vec::new(), capacity: 0 }
    }

    /// Makes room for `wanted` entries.
    fn reserve(&mut self, wanted: usize) {
        while self.capacity < wanted {
            let size = match self.segments.len() {
                0 => self.first,
                _ => self.capacity.min(SEGMENT),
            };
            self.segments.push((0..size).map(|_| AtomicU64::new(0)).collect());
            self.capacity += size;
        }
    }

    #[inline]
    fn at(&self, number: u32) -> &AtomicU64 {
        let number = number as usize;
        if number < self.first {
            return &self.segments[0][number];
        }
        // Segment 1 begins at `first` and is as large; each further one begins at twice the number, up to SEGMENT.
        let octave = (number / self.first).ilog2() as usize;
        let start = self.first << octave;
        if start < SEGMENT {
            return &self.segments[octave + 1][number - start];
        }
        let doubling = (SEGMENT / self.first).ilog2() as usize;
        &self.segments[doubling + number / SEGMENT][number % SEGMENT]
    }

    fn bytes(&self) -> u64 {
        self.capacity as u64 * 8
    }
}

#[inline]
fn hash(pair: u64) -> u64 {
    let product = u128::from(pair ^ 0x9E37_79B9_7F4A_7C15) * u128::from(0xD6E8_FEB8_6659_FD93_u64);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Table {
    /// An empty table that first grows after `capacity` insertions, a power of two.
    pub(crate) fn new(capacity: usize) -> Self {
        assert!(capacity.is_power_of_two() && capacity <= SEGMENT);
        let mut table = Table {
            index: Box::default(),
            number_bits: 0,
            entries: Entries::new(capacity),
            len: AtomicU32::new(0),
            limit: 0,
        };
        table.resize(capacity);
        table
    }

    /// How many pairs there are. While threads insert, some of these may not be written yet.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// The bytes it holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.index.len() as u64 * 4 + self.entries.bytes()
    }

    /// The pair of this number, which must have been returned by an insertion.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> u64 {
        self.entries.at(number).load(Ordering::Relaxed)
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.index.len() as u128) >> 64) as usize
    }

    /// The bits of the hash that stand in a slot, in their place.
    #[inline]
    fn tag(&self, hash: u64) -> u32 {
        if self.number_bits == 32 { 0 } else { (hash as u32) << self.number_bits }
    }

    #[inline]
    fn number(&self, slot: u32) -> u32 {
        if self.number_bits == 32 { slot - OFFSET } else { (slot & !(u32::MAX << self.number_bits)) - OFFSET }
    }

    #[inline]
    fn tagged(&self, slot: u32) -> u32 {
        if self.number_bits == 32 { 0 } else { slot & (u32::MAX << self.number_bits) }
    }

    /// Reads the slot where a search for `pair` would begin, and what it points to: a batch of searches that did this
    /// first waits for memory once, not in turn.
    #[inline]
    pub(crate) fn touch(&self, pair: u64) -> u32 {
        let hash = hash(pair);
        self.index[self.place(hash)].load(Ordering::Relaxed)
    }

    /// Follows up on [`touch`](Table::touch): reads the pair that the slot points to, if it may be the one.
    #[inline]
    pub(crate) fn touch_entry(&self, pair: u64, slot: u32) -> u64 {
        if slot > BUSY && self.tagged(slot) == self.tag(hash(pair)) { self.get(self.number(slot)) } else { 0 }
    }

    /// The number of `pair`, and whether it is new.
    ///
    /// # Errors
    /// It is new, and there is no room.
    #[inline]
    pub(crate) fn insert(&self, pair: u64) -> Result<(u32, bool), Full> {
        let hash = hash(pair);
        let (mut place, tag) = (self.place(hash), self.tag(hash));
        loop {
            let mut slot = self.index[place].load(Ordering::Acquire);
            if slot == EMPTY {
                if self.len() as usize >= self.limit {
                    return Err(Full);
                }
                match self.index[place].compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Acquire) {
                    Ok(_) => {
                        let number = self.len.fetch_add(1, Ordering::AcqRel);
                        self.entries.at(number).store(pair, Ordering::Relaxed);
                        self.index[place].store(tag | (number + OFFSET), Ordering::Release);
                        return Ok((number, true));
                    }
                    Err(taken) => slot = taken,
                }
            }
            let backoff = Backoff::new();
            while slot == BUSY {
                backoff.snooze();
                slot = self.index[place].load(Ordering::Acquire);
            }
            if self.tagged(slot) == tag && self.get(self.number(slot)) == pair {
                return Ok((self.number(slot), false));
            }
            place = if place + 1 == self.index.len() { 0 } else { place + 1 };
        }
    }

    /// The number of `pair`, if it was inserted.
    pub(crate) fn find(&self, pair: u64) -> Option<u32> {
        let hash = hash(pair);
        let (mut place, tag) = (self.place(hash), self.tag(hash));
        loop {
            let slot = self.index[place].load(Ordering::Acquire);
            if slot == EMPTY {
                return None;
            }
            if slot != BUSY && self.tagged(slot) == tag && self.get(self.number(slot)) == pair {
                return Some(self.number(slot));
            }
            place = if place + 1 == self.index.len() { 0 } else { place + 1 };
        }
    }

    /// Whether it is so full that it should grow before the next round of work.
    pub(crate) fn wants_room(&self) -> bool {
        self.len() as usize >= self.limit
    }

    /// Grows it: by two while it is small, by a half where memory is what counts.
    pub(crate) fn grow(&mut self) {
        let limit = if self.limit < 1 << 24 { self.limit * 2 } else { self.limit + self.limit / 2 };
        self.resize(limit);
    }

    fn resize(&mut self, limit: usize) {
        let limit = limit.min(u32::MAX as usize - OFFSET as usize - SLACK);
        assert!(limit > self.limit, "a search of more than {} states of one component", self.limit);
        self.limit = limit;
        self.entries.reserve(limit + SLACK);
        self.number_bits = (limit + SLACK + OFFSET as usize).ilog2() + 1;
        self.index = Box::default(); // before the new one is made: the two are never there at once
        self.index = (0..limit + limit / 3 + 2 * SLACK).map(|_| AtomicU32::new(EMPTY)).collect();
        for number in 0..self.len() {
            let hash = hash(self.get(number));
            let mut place = self.place(hash);
            while self.index[place].load(Ordering::Relaxed) != EMPTY {
                place = if place + 1 == self.index.len() { 0 } else { place + 1 };
            }
            self.index[place].store(self.tag(hash) | (number + OFFSET), Ordering::Relaxed);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn insert(table: &mut Table, pair: u64) -> (u32, bool) {
        loop {
            match table.insert(pair) {
                Ok(answer) => return answer,
                Err(Full) => table.grow(),
            }
        }
    }

    proptest! {
        /// It is a map from pairs to the order in which they came, whatever it grows through.
        #[test]
        fn numbers_are_given_in_order(pairs in prop::collection::vec(0..500_u64, 0..1500), spread: u64) {
            let mut table = Table::new(4);
            let mut model = HashMap::new();
            for pair in pairs.into_iter().map(|pair| pair.wrapping_mul(spread | 1)) {
                let next = model.len() as u32;
                let number = *model.entry(pair).or_insert(next);
                prop_assert_eq!(insert(&mut table, pair), (number, number == next && model.len() as u32 > next));
            }
            prop_assert_eq!(table.len() as usize, model.len());
            for (&pair, &number) in &model {
                prop_assert_eq!((table.get(number), table.find(pair)), (pair, Some(number)));
            }
            prop_assert_eq!(table.find(u64::MAX), model.get(&u64::MAX).copied());
        }
    }

    #[test]
    fn segments_meet_without_a_gap() {
        let mut entries = Entries::new(1 << 18);
        entries.reserve(4 * SEGMENT);
        let edges = [0, 1 << 18, 1 << 19, SEGMENT, 2 * SEGMENT, 3 * SEGMENT, 4 * SEGMENT];
        let near =
            edges.iter().flat_map(|edge| edge.saturating_sub(2)..edge + 2).filter(|&at| at < 4 * SEGMENT);
        for at in near.clone() {
            entries.at(at as u32).store(at as u64, Ordering::Relaxed);
        }
        for at in near {
            assert_eq!(entries.at(at as u32).load(Ordering::Relaxed), at as u64);
        }
    }

    #[test]
    fn a_full_table_says_so_and_loses_nothing() {
        let table = Table::new(2);
        assert_eq!((table.insert(7), table.insert(8)), (Ok((0, true)), Ok((1, true))));
        assert_eq!(table.insert(9), Err(Full));
        assert_eq!((table.insert(8), table.find(9)), (Ok((1, false)), None));
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::{sync::Arc, thread};

    use super::*;

    /// Two threads that insert overlapping pairs agree on their numbers, of which none is given twice or left out, and
    /// exactly one of them is told that a pair is new.
    #[test]
    fn loom_numbers_are_agreed_on() {
        loom::model(|| {
            let table = Arc::new(Table::new(4));
            let other = {
                let table = table.clone();
                thread::spawn(move || [20, 10].map(|pair| table.insert(pair).expect("there is room")))
            };
            let mine = [10, 30].map(|pair| table.insert(pair).expect("there is room"));
            let theirs = other.join().expect("it does not panic");
            assert_eq!(mine[0].0, theirs[1].0);
            assert!(mine[0].1 != theirs[1].1, "10 is new to one of them");
            assert!(mine[1].1 && theirs[0].1, "30 and 20 are new");
            let mut numbers = [mine[0].0, mine[1].0, theirs[0].0];
            numbers.sort_unstable();
            assert_eq!((numbers, table.len()), ([0, 1, 2], 3));
            for (pair, (number, _)) in [(10, mine[0]), (30, mine[1]), (20, theirs[0])] {
                assert_eq!((table.get(number), table.find(pair)), (pair, Some(number)));
            }
        });
    }

    /// A thread that finds no room leaves the table as it was.
    #[test]
    fn loom_no_room_is_no_harm() {
        loom::model(|| {
            let table = Arc::new(Table::new(1));
            let other = {
                let table = table.clone();
                thread::spawn(move || table.insert(1))
            };
            let mine = table.insert(2);
            let theirs = other.join().expect("it does not panic");
            // Both may get in: the limit is checked before the slot is taken, which is what the slack is for.
            let inserted = [&mine, &theirs].into_iter().flatten().count();
            assert!(inserted >= 1);
            assert_eq!(table.len() as usize, inserted);
        });
    }
}
