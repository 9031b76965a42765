//! Who wrote what, who read it from whom, and what is known of the order of versions.
//!
//! Each key has *slots*: its initial state, then the writers whose order is known from the lists that were read (the
//! *chain*), then the writers of which is only known that they come later (the *rest*). All writers of a register are rest.

use std::ops::Range;

/// The writer of the initial state.
pub(super) const INITIAL: u32 = u32::MAX;

/// Rows of different lengths, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows<T> {
    offsets: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy> Rows<T> {
    pub fn new() -> Self {
        Rows { offsets: vec![0], items: Vec::new() }
    }

    /// An item of the row that is being written.
    pub fn add(&mut self, item: T) {
        self.items.push(item);
    }

    /// The row being written is complete; returns its items.
    pub fn end(&mut self) -> &mut [T] {
        let from = self.offsets.last().map_or(0, |offset| *offset as usize);
        self.offsets.push(self.items.len() as u32);
        &mut self.items[from..]
    }

    pub fn row(&self, index: u32) -> &[T] {
        let index = index as usize;
        &self.items[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    /// Items given with the number of their row, in order within a row.
    pub fn group(rows: usize, items: &[(u32, T)], filler: T) -> Self {
        let mut offsets = vec![0_u32; rows + 1];
        for (row, _) in items {
            offsets[*row as usize + 1] += 1;
        }
        for row in 0..rows {
            offsets[row + 1] += offsets[row];
        }
        let mut next = offsets.clone();
        let mut sorted = vec![filler; items.len()];
        for (row, item) in items {
            let at = &mut next[*row as usize];
            sorted[*at as usize] = *item;
            *at += 1;
        }
        Rows { offsets, items: sorted }
    }
}

/// A read of another transaction's version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Read {
    pub key: u32,
    pub slot: u32,
}

/// A write of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Write {
    pub key: u32,
    pub slot: u32,
}

/// The slots of a key: the first is the initial state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Slots {
    pub first: u32,
    /// How many are in the chain, the initial state not counted.
    pub chain: u32,
    pub rest: u32,
}

impl Slots {
    /// The initial state and the chain.
    pub fn chain(self) -> Range<u32> {
        self.first..self.first + 1 + self.chain
    }

    pub fn rest(self) -> Range<u32> {
        let from = self.first + 1 + self.chain;
        from..from + self.rest
    }
}

/// A history as the levels see it: only transactions that took effect, numbered from 0.
#[derive(Clone, Debug)]
pub(super) struct Dependencies {
    /// The position in the history of each transaction.
    pub original: Vec<u32>,
    /// The transactions of each session, in order.
    pub sessions: Vec<Vec<u32>>,
    /// When each began and ended, if known of all.
    pub intervals: Option<Vec<(u64, Option<u64>)>>,
    /// By transaction, in order.
    pub reads: Rows<Read>,
    /// By transaction, sorted by key; a key once.
    pub writes: Rows<Write>,
    pub keys: Vec<Slots>,
    /// The writer of each slot.
    pub writer: Vec<u32>,
    /// The readers of each slot; each once.
    pub readers: Rows<u32>,
}

impl Dependencies {
    pub fn len(&self) -> usize {
        self.original.len()
    }

    /// The key of a slot.
    pub fn key_of(&self, slot: u32) -> u32 {
        (self.keys.partition_point(|slots| slots.first <= slot) - 1) as u32
    }

    /// The slot that a transaction writes of this key.
    pub fn written(&self, transaction: u32, key: u32) -> Option<u32> {
        let row = self.writes.row(transaction);
        row.binary_search_by_key(&key, |write| write.key).ok().map(|at| row[at].slot)
    }

    /// Whether `slot` is in the chain of its key.
    pub fn in_chain(&self, key: u32, slot: u32) -> bool {
        self.keys[key as usize].chain().contains(&slot)
    }

    /// The transactions that a read of this slot has seen: of a list, everyone up to it in the chain.
    pub fn seen(&self, read: Read) -> &[u32] {
        let slots = self.keys[read.key as usize];
        let from = if slots.chain().contains(&read.slot) { slots.first + 1 } else { read.slot };
        &self.writer[from as usize..=read.slot as usize]
    }

    /// For each transaction its session, and its place there.
    pub fn places(&self) -> Vec<(u32, u32)> {
        let mut places = vec![(0, 0); self.len()];
        for (session, members) in self.sessions.iter().enumerate() {
            for (place, &member) in members.iter().enumerate() {
                places[member as usize] = (session as u32, place as u32);
            }
        }
        places
    }

    /// The history without some transactions, and without what was read from them. What breaks a level here breaks it there.
    pub fn restricted(&self, keep: &[bool]) -> Dependencies {
        let mut number = vec![INITIAL; keep.len()];
        let mut original = Vec::new();
        for (member, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
            number[member] = original.len() as u32;
            original.push(self.original[member]);
        }
        let kept = |member: &u32| number.get(*member as usize).copied().filter(|number| *number != INITIAL);
        let sessions =
            self.sessions.iter().map(|session| session.iter().filter_map(kept).collect()).collect();
        let intervals = self.intervals.as_ref().map(|intervals| {
            intervals.iter().zip(keep).filter(|(_, keep)| **keep).map(|(interval, _)| *interval).collect()
        });
        let (mut keys, mut writer) = (Vec::new(), Vec::new());
        let mut slot_of = vec![INITIAL; self.writer.len()];
        for slots in &self.keys {
            let first = writer.len() as u32;
            writer.push(INITIAL);
            slot_of[slots.first as usize] = first;
            let mut count = [0, 0];
            for (part, range) in
                [slots.first + 1..slots.first + 1 + slots.chain, slots.rest()].into_iter().enumerate()
            {
                for slot in range {
                    if let Some(member) = kept(&self.writer[slot as usize]) {
                        slot_of[slot as usize] = writer.len() as u32;
                        writer.push(member);
                        count[part] += 1;
                    }
                }
            }
            keys.push(Slots { first, chain: count[0], rest: count[1] });
        }
        let (mut reads, mut writes, mut readers) = (Rows::new(), Rows::new(), Vec::new());
        for (member, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
            let member = member as u32;
            for read in self.reads.row(member) {
                let slot = slot_of[read.slot as usize];
                if slot != INITIAL {
                    reads.add(Read { key: read.key, slot });
                    readers.push((slot, number[member as usize]));
                }
            }
            for write in self.writes.row(member) {
                writes.add(Write { key: write.key, slot: slot_of[write.slot as usize] });
            }
            reads.end();
            writes.end();
        }
        readers.dedup();
        let readers = Rows::group(writer.len(), &readers, 0);
        Dependencies { original, sessions, intervals, reads, writes, keys, writer, readers }
    }
}
