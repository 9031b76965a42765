//! Numbers that follow each other, a few at a time, each with what it is for.

use crate::interner::fill_up;

/// So many are written at a time.
const FEW: usize = 4;

/// A number, and what it is for. They are a word, so that several are written as fast as one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Entry(u64);

impl Entry {
    #[inline]
    pub(super) fn new(of: u32, number: u32) -> Self {
        Entry(u64::from(of) << 32 | u64::from(number))
    }

    /// What the number is for.
    #[inline]
    pub(super) fn of(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    pub(super) fn number(self) -> u32 {
        self.0 as u32
    }

    /// So many numbers behind this one, for the same. There are so many.
    #[inline]
    fn later(self, by: usize) -> Self {
        Entry(self.0.wrapping_add(by as u64))
    }
}

/// A list of runs of numbers.
#[derive(Default)]
pub(super) struct Runs {
    /// What stands behind the end does not matter.
    entries: Vec<Entry>,
    end: usize,
}

impl Runs {
    /// From here on there are none.
    pub(super) fn clear(&mut self) {
        self.end = 0;
    }

    /// How many numbers there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.end
    }

    /// Forgets all but so many.
    #[inline]
    pub(super) fn truncate(&mut self, numbers: usize) {
        self.end = numbers;
    }

    /// All numbers.
    #[inline]
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries[..self.end]
    }

    /// The bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    /// Adds a run of so many numbers.
    #[inline(always)] // for each node of each state, and for each step
    pub(super) fn push(&mut self, first: Entry, count: usize) {
        // Whether it is one or three is as good as chance, so a few are written, and those kept that it is.
        match self.entries.get_mut(self.end..).and_then(<[Entry]>::first_chunk_mut::<FEW>) {
            Some(few) if count <= FEW => *few = std::array::from_fn(|which| first.later(which)),
            _ => self.push_many(first, count),
        }
        self.end += count;
    }

    /// Writes down so many that there may be no room for.
    #[inline(never)]
    fn push_many(&mut self, first: Entry, count: usize) {
        let wanted = self.end + count.next_multiple_of(FEW).max(FEW);
        fill_up(&mut self.entries, wanted);
        let places = self.entries[self.end..wanted].as_chunks_mut::<FEW>().0.iter_mut();
        let firsts = (0..).step_by(FEW).map(|before| first.later(before));
        places.zip(firsts).for_each(|(few, first)| *few = std::array::from_fn(|which| first.later(which)));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It holds what was added, in its order, however long runs are.
        #[test]
        fn it_holds_all_of_each_run(added in prop::collection::vec((any::<u32>(), any::<u16>(), 0..12_usize), 0..100)) {
            let (mut runs, mut all) = (Runs::default(), Vec::new());
            for again in [false, true] {
                for &(of, first, count) in &added {
                    runs.push(Entry::new(of, first.into()), count);
                    all.extend((u32::from(first)..).take(count).map(|number| (of, number)));
                }
                let held = runs.entries().iter().map(|entry| (entry.of(), entry.number()));
                prop_assert!(held.eq(all.iter().copied()), "{again}");
                runs.clear();
                all.clear();
            }
        }
    }
}
