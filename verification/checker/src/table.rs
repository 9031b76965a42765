//! A set of pairs of numbers that gives each new pair the next number: what the tree of `store.rs` is made of.
//!
//! Threads insert and look up at once, without locks. The pairs stand in the order of their numbers in `entries`; where a pair is
//! found is told by an [index](Index). Nothing is ever removed. Growing wants the table to itself (`&mut`), which the store
//! arranges by a lock around all tables; a thread that finds the table full steps back and asks for it.
//!
//! A thread may have won a few slots of the index before it writes their pairs; but nobody waits who has.

use std::{io, ops::Range, panic::resume_unwind, path::Path};

use crossbeam::utils::CachePadded;

use crate::{
    entries::{Entries, Lost},
    index::{BUSY, EMPTY, Index, OFFSET, put_alone, put_beside_others},
    parallel::Chore,
    sync::{AtomicU32, Backoff, Ordering},
};

/// The table has no room: grow it, and try again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// When the index is made anew each thread takes so many pairs at a time.
const PART: u32 = match (cfg!(loom), cfg!(test)) {
    (true, _) => 1,
    (false, true) => 64,
    (false, false) => 1 << 13,
};

/// New pairs get their numbers so many at a time: then threads write less often to what others write to as well.
const TOGETHER: usize = if cfg!(loom) { 2 } else { 32 };

/// So many pairs are asked for at once: more reads than a processor has under way.
const ASKED: usize = 64;

/// A set of pairs, numbered from 0 in the order of insertion.
pub(crate) struct Table {
    index: Index,
    entries: Entries,
    /// On a cache line of its own: it changes with each insertion, and all else here is read with each.
    len: CachePadded<AtomicU32>,
    /// Where to stop, and enlarge the index or the entries.
    limit: usize,
    /// How many the index is made for.
    index_limit: usize,
    /// How many there will be, if that can be told.
    expected: usize,
    /// So many threads insert.
    threads: usize,
    /// Pairs that are not in the index yet, since it is larger than before.
    unindexed: Chore,
}

/// How far a search for a pair has come.
#[derive(Clone, Copy, Default)]
struct Asked {
    place: usize,
    tag: u32,
    /// What the slot there held: a number if it is known to be that of the pair.
    content: u32,
}

/// Slots that a thread has won, with the places of their pairs among those to insert.
#[derive(Default)]
struct Won {
    slots: [(usize, usize, u32); TOGETHER],
    count: usize,
}

#[inline]
fn hash(pair: u64) -> u64 {
    let product = u128::from(pair ^ 0x9E37_79B9_7F4A_7C15) * u128::from(0xD6E8_FEB8_6659_FD93_u64);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Table {
    /// An empty table whose index first grows after `capacity` insertions, by so many threads.
    pub(crate) fn new(capacity: usize, threads: usize) -> Self {
        let mut table = Table {
            index: Index::default(),
            entries: Entries::default(),
            len: CachePadded::new(AtomicU32::new(0)),
            limit: 0,
            index_limit: 0,
            expected: 0,
            threads,
            unindexed: Chore::new(0..0, PART),
        };
        table.reindex(capacity);
        table.entries.reserve(1 + table.slack());
        table.set_limit();
        table
    }

    /// Threads may overshoot the limit by as many insertions as they have begun; there is room for so many.
    fn slack(&self) -> usize {
        self.threads * TOGETHER
    }

    /// How many pairs there are. While threads insert, some of these may not be written yet.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// The bytes it holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.index.bytes() + self.entries.bytes() as u64
    }

    /// How many it can hold without growing.
    pub(crate) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    /// The bytes it has put into a file.
    pub(crate) fn bytes_on_disk(&self) -> u64 {
        self.entries.bytes_on_disk()
    }

    /// Whether pairs that it has put into a file cannot be read again: of those that were asked for.
    pub(crate) fn lost(&self) -> Option<Lost> {
        self.entries.lost()
    }

    /// Puts pairs below this number into a file. See [`Entries::spill`].
    pub(crate) fn spill(&mut self, below: u32, folder: &Path) -> io::Result<bool> {
        self.entries.spill(below, folder)
    }

    /// The pair of this number, which must have been returned by an insertion.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> u64 {
        self.entries.get(number)
    }

    /// Appends the pairs of these numbers, which must have been returned by insertions. Unwinds if some are [`Lost`].
    pub(crate) fn range(&self, numbers: Range<u32>, into: &mut Vec<u64>) {
        self.entries.range(numbers, into).unwrap_or_else(|lost| resume_unwind(Box::new(lost)));
    }

    /// Looks for these pairs: for each as far as the first slot that is empty or busy, or that holds its number. What all of these searches read is
    /// read for many at once: then they wait for memory once, not in turn.
    #[inline]
    fn ask(&self, pairs: &[u64], asked: &mut [Asked; ASKED]) {
        for (&pair, asked) in pairs.iter().zip(&mut *asked) {
            let hash = hash(pair);
            *asked = Asked { place: self.index.place(hash), tag: self.index.tag(hash), content: EMPTY };
        }
        let asked = &mut asked[..pairs.len()];
        // Nothing but these reads: the more of them a processor sees at a time, the more are under way at once.
        let seen = asked.iter().fold(0, |seen, asked| seen ^ self.index.peek(asked.place));
        std::hint::black_box(seen);
        for (&pair, asked) in pairs.iter().zip(asked) {
            loop {
                (asked.place, asked.content) = self.index.search(asked.place, asked.tag, Ordering::Acquire);
                if asked.content <= BUSY {
                    break;
                }
                match self.entries.near(self.index.number(asked.content)) {
                    Some(found) if found != pair => asked.place += 1,
                    Some(_) => break,
                    None => {
                        asked.content = EMPTY; // nobody has looked
                        break;
                    }
                }
            }
        }
    }

    /// The number of `pair`, and whether it is new.
    ///
    /// # Errors
    /// It is new, and there is no room.
    #[inline]
    pub(crate) fn insert(&self, pair: u64) -> Result<(u32, bool), Full> {
        self.finish_index();
        let hash = hash(pair);
        let (mut place, tag) = (self.index.place(hash), self.index.tag(hash));
        let backoff = Backoff::new();
        loop {
            let content;
            (place, content) = self.index.search(place, tag, Ordering::Acquire);
            if content > BUSY {
                if self.entries.holds(self.index.number(content), pair) {
                    return Ok((self.index.number(content), false));
                }
                place += 1;
            } else if content == BUSY {
                backoff.snooze();
            } else if self.len() as usize >= self.limit {
                return Err(Full);
            } else if self.index.win(place) {
                let number = self.len.fetch_add(1, Ordering::AcqRel);
                self.fill(place, tag, number, pair);
                return Ok((number, true));
            }
        }
    }

    /// Inserts all of these, in their order; calls `told` with each one's place, its number, and whether it is new.
    ///
    /// # Errors
    /// There is no room for a new one. Those before it are inserted.
    pub(crate) fn insert_all(
        &self,
        pairs: &[u64],
        mut told: impl FnMut(usize, u32, bool),
    ) -> Result<(), Full> {
        self.finish_index();
        let (mut won, mut all_asked) = (Won::default(), [Asked::default(); ASKED]);
        for (at, &pair) in pairs.iter().enumerate() {
            if at % ASKED == 0 {
                self.ask(&pairs[at..pairs.len().min(at + ASKED)], &mut all_asked);
            }
            let Asked { mut place, tag, content } = all_asked[at % ASKED];
            if content > BUSY {
                told(at, self.index.number(content), false);
                continue;
            }
            let backoff = Backoff::new();
            // As in `insert`. One search for both was tried: what this loop is for would take longer.
            loop {
                let content;
                (place, content) = self.index.search(place, tag, Ordering::Acquire);
                if content > BUSY {
                    if self.entries.holds(self.index.number(content), pair) {
                        told(at, self.index.number(content), false);
                        break;
                    }
                    place += 1;
                } else if content == BUSY && won.count > 0 {
                    self.number_all(&mut won, pairs, &mut told); // it may be one of them
                } else if content == BUSY {
                    backoff.snooze();
                } else if self.len() as usize + won.count >= self.limit {
                    self.number_all(&mut won, pairs, &mut told);
                    return Err(Full);
                } else if self.threads == 1 {
                    // Nobody else can be faster, and what makes sure of that is not for nothing.
                    let number = self.len();
                    self.len.store(number + 1, Ordering::Relaxed);
                    self.fill(place, tag, number, pair);
                    told(at, number, true);
                    break;
                } else if self.index.win(place) {
                    won.slots[won.count] = (at, place, tag);
                    won.count += 1;
                    if won.count == TOGETHER {
                        self.number_all(&mut won, pairs, &mut told);
                    }
                    break;
                }
            }
        }
        self.number_all(&mut won, pairs, &mut told);
        Ok(())
    }

    /// Writes a pair, and then its number into the slot that was won for it.
    #[inline]
    fn fill(&self, place: usize, tag: u32, number: u32, pair: u64) {
        self.entries.set(number, pair);
        self.index.fill(place, tag, number);
    }

    /// Gives numbers to the pairs whose slots were won, if there are any.
    #[inline]
    fn number_all(&self, won: &mut Won, pairs: &[u64], told: &mut impl FnMut(usize, u32, bool)) {
        if won.count == 0 {
            return;
        }
        let first = self.len.fetch_add(won.count as u32, Ordering::AcqRel);
        for (number, &(at, place, tag)) in (first..).zip(&won.slots[..won.count]) {
            self.fill(place, tag, number, pairs[at]);
            told(at, number, true);
        }
        won.count = 0;
    }

    /// The number of `pair`, if it was inserted.
    pub(crate) fn find(&self, pair: u64) -> Option<u32> {
        self.finish_index();
        let hash = hash(pair);
        self.find_from((self.index.place(hash), self.index.tag(hash)), pair)
    }

    /// The same for all of these: calls `told` with each one's place, and its number.
    pub(crate) fn find_all(&self, pairs: &[u64], mut told: impl FnMut(usize, Option<u32>)) {
        self.finish_index();
        let mut all_asked = [Asked::default(); ASKED];
        for (first, some) in (0..).step_by(ASKED).zip(pairs.chunks(ASKED)) {
            self.ask(some, &mut all_asked);
            for (at, (&pair, &asked)) in some.iter().zip(&all_asked).enumerate() {
                let Asked { place, tag, content } = asked;
                let is_found = content > BUSY;
                let number = if is_found {
                    Some(self.index.number(content))
                } else {
                    self.find_from((place, tag), pair)
                };
                told(first + at, number);
            }
        }
    }

    fn find_from(&self, (mut place, tag): (usize, u32), pair: u64) -> Option<u32> {
        loop {
            let content;
            (place, content) = self.index.search(place, tag, Ordering::Acquire);
            if content == EMPTY {
                return None;
            }
            if content != BUSY && self.get(self.index.number(content)) == pair {
                return Some(self.index.number(content));
            }
            place += 1;
        }
    }

    /// Whether it is so full that it should grow before the next round of work; nearly full is full, if growing has to
    /// stop all threads anyway.
    pub(crate) fn wants_room(&self) -> bool {
        let len = self.len() as usize;
        len + len / 32 >= self.limit
    }

    /// Tells it how many there will be, as far as one knows; 0 if one does not.
    pub(crate) fn expect(&mut self, expected: usize) {
        self.expected = expected;
    }

    /// Grows it: the index, if that is full, to twice its size, or to what is [expected](Table::expect) if that is about as much or less; entries
    /// by a sixteenth, or whatever fits into one more segment.
    pub(crate) fn grow(&mut self) {
        let len = self.len() as usize;
        self.grow_to(len + len / 16 + 1);
    }

    /// Makes room for so many, if it can be done without a larger index; if not, for some.
    pub(crate) fn grow_to(&mut self, wanted: usize) {
        let len = self.len() as usize;
        let is_nearly_full = len + len / 32 >= self.index_limit;
        let suffices = (1..=self.index_limit).contains(&self.expected);
        if len >= self.index_limit || is_nearly_full && !suffices {
            let twice = 2 * self.index_limit + 2;
            let least = self.index_limit + self.index_limit / 8 + 2;
            let is_foreseen = (1..twice + twice / 4).contains(&self.expected);
            self.reindex(if is_foreseen { self.expected.max(least) } else { twice });
        }
        let enough = if self.expected > len + len / 64 { self.expected } else { usize::MAX };
        self.entries.reserve(wanted.min(enough).min(self.index_limit) + self.slack());
        self.set_limit();
    }

    fn set_limit(&mut self) {
        self.limit = self.index_limit.min(self.entries.capacity() - self.slack());
    }

    fn reindex(&mut self, limit: usize) {
        let limit = limit.min(u32::MAX as usize - OFFSET as usize - self.slack());
        assert!(limit > self.index_limit, "a search of more than {} states", self.index_limit);
        self.index_limit = limit;
        let slots = limit + limit / 4 + 2 * self.slack();
        self.index = Index::default(); // before the new one is made: the two are never there at once
        self.index = Index::new(slots, limit + self.slack());
        let len = self.len();
        if self.threads == 1 || len <= PART {
            self.index_alone(0..len);
        } else {
            self.unindexed = Chore::new(0..len, PART);
        }
    }

    /// Makes the index, if it is to be made anew, together with all others who ask for anything.
    #[inline]
    fn finish_index(&self) {
        self.unindexed.finish(|numbers| self.index_beside_others(numbers));
    }

    /// Puts the numbers of these pairs into the index, which nobody else writes to.
    fn index_alone(&self, numbers: Range<u32>) {
        self.index_each(numbers, put_alone);
    }

    /// The same while others write to it.
    fn index_beside_others(&self, numbers: Range<u32>) {
        self.index_each(numbers, put_beside_others);
    }

    #[inline]
    fn index_each(&self, numbers: Range<u32>, put: impl Fn(&AtomicU32, u32) -> bool) {
        // In batches: their places are cache misses that need not wait for each other.
        let (mut pairs, mut hashes) = (Vec::new(), [0; ASKED]);
        for first in numbers.clone().step_by(ASKED) {
            pairs.clear();
            if self.entries.range(first..numbers.end.min(first + ASKED as u32), &mut pairs).is_err() {
                continue; // it will be asked whether something is lost
            }
            let mut seen = 0;
            for (hashed, &pair) in hashes.iter_mut().zip(&pairs) {
                *hashed = hash(pair);
                seen ^= self.index.peek(self.index.place(*hashed));
            }
            std::hint::black_box(seen);
            (first..)
                .zip(&hashes[..pairs.len()])
                .for_each(|(number, &hash)| self.index.put_new(hash, number, &put));
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
