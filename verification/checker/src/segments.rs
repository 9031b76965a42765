//! Words by number, in segments that never move: read and written by all threads at once, enlarged by whoever has it alone.

use std::ops::Range;

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

    /// Appends the words of these numbers.
    pub(crate) fn range(&self, mut numbers: Range<usize>, into: &mut Vec<u64>) {
        while !numbers.is_empty() {
            let rest = &self.segments[numbers.start / SEGMENT][numbers.start % SEGMENT..];
            let count = rest.len().min(numbers.len());
            into.extend(rest[..count].iter().map(|word| word.load(Ordering::Relaxed)));
            numbers.start += count;
        }
    }

    /// What the word is. Whoever reads it must have learnt of it in an orderly way.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> u64 {
        self.at(number).load(Ordering::Relaxed)
    }

    /// Sets the word.
    #[inline]
    pub(crate) fn set(&self, number: u32, word: u64) {
        self.at(number).store(word, Ordering::Relaxed);
    }
}

/// Things by number, of so many words each; few enough to stand side by side, and so to be found at once. They move when more are added.
#[derive(Default)]
pub(crate) struct Few<const WORDS: usize>(Vec<[AtomicU64; WORDS]>);

impl<const WORDS: usize> Few<WORDS> {
    /// Makes room for `wanted` things. The words of new ones are 0.
    pub(crate) fn reserve(&mut self, wanted: usize) {
        if wanted > self.0.len() {
            self.0.reserve_exact(wanted - self.0.len());
            self.0.resize_with(wanted, || std::array::from_fn(|_| AtomicU64::new(0)));
        }
    }

    /// How many there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.0.len()
    }

    /// The bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.0.capacity() * WORDS * 8
    }

    /// The words of a thing for which there is room.
    #[inline]
    pub(crate) fn at(&self, number: u32) -> &[AtomicU64; WORDS] {
        &self.0[number as usize]
    }

    /// Sets the words.
    pub(crate) fn set(&self, number: u32, words: [u64; WORDS]) {
        self.at(number).iter().zip(words).for_each(|(place, word)| place.store(word, Ordering::Relaxed));
    }
}

impl Few<1> {
    /// What the word of a thing is. Whoever reads it must have learnt of it in an orderly way.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> u64 {
        self.at(number)[0].load(Ordering::Relaxed)
    }
}
