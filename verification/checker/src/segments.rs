//! Words by number, in segments that never move: read and written by all threads at once, enlarged by whoever has it alone.

use crate::sync::{AtomicU64, Ordering};

/// Words of a segment: few, so that little is held in vain.
pub(crate) const SEGMENT: usize = if cfg!(loom) { 4 } else { 1 << 8 };

/// Words by number.
#[derive(Default)]
pub(crate) struct Segments {
    #[expect(clippy::vec_box, reason = "words stay where they are when more are added")]
    segments: Vec<Box<[AtomicU64; SEGMENT]>>,
}

impl Segments {
    /// Makes room for `wanted` words, and for no more than a few others. New words are 0.
    pub(crate) fn reserve(&mut self, wanted: usize) {
        while self.capacity() < wanted {
            let segment: Vec<AtomicU64> = (0..SEGMENT).map(|_| AtomicU64::new(0)).collect();
            self.segments.push(segment.try_into().expect("it is as long as a segment"));
        }
    }

    /// The first segments.
    pub(crate) fn first(&self, segments: usize) -> &[Box<[AtomicU64; SEGMENT]>] {
        &self.segments[..segments]
    }

    /// Forgets the first segments: all other words are numbered from there on.
    pub(crate) fn forget_first(&mut self, segments: usize) {
        self.segments.drain(..segments);
    }

    /// How many there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.segments.len() * SEGMENT
    }

    /// The bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.capacity() * 8
    }

    /// The word of a number, if there is room for it.
    #[inline]
    pub(crate) fn find(&self, number: u32) -> Option<&AtomicU64> {
        let segment = self.segments.get(number as usize / SEGMENT)?;
        Some(&segment[number as usize % SEGMENT])
    }

    /// The word of a number for which there is room.
    #[inline]
    pub(crate) fn at(&self, number: u32) -> &AtomicU64 {
        let number = number as usize;
        &self.segments[number / SEGMENT][number % SEGMENT]
    }

    /// What the word is. Whoever reads it must have learnt of it in an orderly way.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> u64 {
        self.at(number).load(Ordering::Relaxed)
    }

    /// What the two words from this number on are, of which the first has an even number.
    #[inline]
    pub(crate) fn get_two(&self, number: u32) -> [u64; 2] {
        let at = number as usize;
        let segment = &self.segments[at / SEGMENT];
        let place = (at % SEGMENT) & !1;
        [segment[place].load(Ordering::Relaxed), segment[place | 1].load(Ordering::Relaxed)]
    }

    /// Sets the word.
    #[inline]
    pub(crate) fn set(&self, number: u32, word: u64) {
        self.at(number).store(word, Ordering::Relaxed);
    }
}
