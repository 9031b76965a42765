//! The index of a [table](crate::table): an open-addressing table of numbers, each with as many bits of the hash of what it stands for as there
//! is room for, so that a search reads little in vain.
//!
//! A slot goes from [`EMPTY`] to [`BUSY`] to a number and never changes again. `BUSY` lasts from the moment a thread won the
//! slot until it has written what the number stands for: whoever meets it waits, for it cannot know whether that is its own.

use crate::sync::{AtomicU32, Ordering};

pub(crate) const EMPTY: u32 = 0;
pub(crate) const BUSY: u32 = 1;
/// What is added to a number when it stands in a slot, so that it is neither of the above.
pub(crate) const OFFSET: u32 = 2;

/// Numbers by hash.
#[derive(Default)]
pub(crate) struct Index {
    slots: Box<[AtomicU32]>,
    /// How many of a slot's bits hold the number; the others hold bits of the hash.
    number_bits: u32,
    /// These others.
    tag_mask: u32,
}

impl Index {
    /// An empty index of so many slots, for numbers below this.
    pub(crate) fn new(slots: usize, numbers: usize) -> Self {
        let number_bits = (numbers + OFFSET as usize).ilog2() + 1;
        Index {
            slots: (0..slots).map(|_| AtomicU32::new(EMPTY)).collect(),
            number_bits,
            tag_mask: u32::MAX.checked_shl(number_bits).unwrap_or(0),
        }
    }

    /// The bytes it holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.slots.len() as u64 * 4
    }

    /// Where a search for this hash begins.
    #[inline]
    pub(crate) fn place(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    /// The bits of the hash that stand in a slot, in their place.
    #[inline]
    pub(crate) fn tag(&self, hash: u64) -> u32 {
        (hash << self.number_bits) as u32
    }

    /// The number that stands in a slot of such content.
    #[inline]
    pub(crate) fn number(&self, content: u32) -> u32 {
        (content & !self.tag_mask) - OFFSET
    }

    /// What a slot holds, as long as nobody needs to see what its number stands for.
    #[inline]
    pub(crate) fn peek(&self, place: usize) -> u32 {
        self.slots[place].load(Ordering::Relaxed)
    }

    /// The first slot from this place on that is empty or busy, or that holds a number that may be what has this tag: its place, and its
    /// content. The slot behind the last is the first. As it was not long ago, if `order` is relaxed.
    #[inline]
    pub(crate) fn search(&self, mut place: usize, tag: u32, order: Ordering) -> (usize, u32) {
        // Looked up once: they could not be later, for the order of loads.
        let (slots, tag_mask) = (&self.slots[..], self.tag_mask);
        loop {
            let slot = slots.get(place).unwrap_or_else(|| {
                place = 0;
                &slots[0]
            });
            let content = slot.load(order);
            if content <= BUSY || (content ^ tag) & tag_mask == 0 {
                return (place, content);
            }
            place += 1;
        }
    }

    /// Whether this thread is the one to fill this slot.
    #[inline]
    pub(crate) fn win(&self, place: usize) -> bool {
        self.slots[place].compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Fills a slot that was won.
    #[inline]
    pub(crate) fn fill(&self, place: usize, tag: u32, number: u32) {
        self.slots[place].store(tag | (number + OFFSET), Ordering::Release);
    }

    /// Puts a number that is not there into the first slot that is empty, as `put` does it if it can.
    #[inline]
    pub(crate) fn put_new(&self, hash: u64, number: u32, put: impl Fn(&AtomicU32, u32) -> bool) {
        let (mut place, content) = (self.place(hash), self.tag(hash) | (number + OFFSET));
        loop {
            match self.slots.get(place) {
                Some(slot) if put(slot, content) => return,
                Some(_) => place += 1,
                None => place = 0,
            }
        }
    }
}

/// Puts a number into a slot that nobody else writes to, if it is empty.
#[inline]
pub(crate) fn put_alone(slot: &AtomicU32, content: u32) -> bool {
    let is_free = slot.load(Ordering::Relaxed) == EMPTY;
    if is_free {
        slot.store(content, Ordering::Relaxed);
    }
    is_free
}

/// The same while others write to it.
#[inline]
pub(crate) fn put_beside_others(slot: &AtomicU32, content: u32) -> bool {
    slot.load(Ordering::Relaxed) == EMPTY
        && slot.compare_exchange(EMPTY, content, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}
