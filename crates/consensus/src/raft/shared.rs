//! What the log consists of: entries that it shares with the messages and records that brought them.

use std::{cmp, fmt, hash, sync::Arc};

/// Entries in order. Those that came together stay together, in the slice in which they came, and leave in it too: a batch is copied
/// neither by whoever sends it nor by those who write it down.
///
/// How entries are cut into slices shows nowhere: two sequences are alike if their entries are.
#[derive(Clone)]
pub(super) struct Shared<T> {
    /// The slices, none of them empty, each with how many entries are before it.
    slices: Vec<(usize, Arc<[T]>)>,
    /// Those behind them, which came one by one.
    singles: Vec<T>,
}

impl<T> Shared<T> {
    pub(super) fn new() -> Self {
        Shared { slices: Vec::new(), singles: Vec::new() }
    }

    /// How many are in slices.
    fn sliced(&self) -> usize {
        self.slices.last().map_or(0, |(before, slice)| before + slice.len())
    }

    pub(super) fn len(&self) -> usize {
        self.sliced() + self.singles.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&T> {
        match at.checked_sub(self.sliced()) {
            Some(at) => self.singles.get(at),
            None => self.slice_of(at).and_then(|(before, slice)| slice.get(at - before)),
        }
    }

    /// The slice that has this entry.
    fn slice_of(&self, at: usize) -> Option<&(usize, Arc<[T]>)> {
        let behind = self.slices.partition_point(|(before, _)| *before <= at);
        self.slices[..behind].last()
    }

    pub(super) fn last(&self) -> Option<&T> {
        self.singles.last().or_else(|| self.slices.last().and_then(|(_, slice)| slice.last()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slices.iter().flat_map(|(_, slice)| slice.iter()).chain(&self.singles)
    }
}

impl<T: Clone> Shared<T> {
    /// More entries.
    pub(super) fn extend(&mut self, more: &Arc<[T]>) {
        if let [single] = &**more {
            self.singles.push(single.clone());
        } else if !more.is_empty() {
            self.slice_singles(self.singles.len());
            self.slices.push((self.sliced(), more.clone()));
        }
    }

    /// At most so many entries from there on. What came one by one is a slice from now on, if all of it that follows is asked for: so
    /// it is the same slice for whoever asks next.
    pub(super) fn share(&mut self, from: usize, most: usize) -> Arc<[T]> {
        let to = self.len().min(from.saturating_add(most));
        let sliced = self.sliced();
        if sliced <= from && from < to && to == self.len() {
            self.slice_singles(from - sliced);
            self.slice_singles(to - from);
        }
        match self.slice_of(from) {
            Some((before, slice)) if *before == from && from + slice.len() == to => slice.clone(),
            _ => (from..to).filter_map(|at| self.get(at).cloned()).collect(),
        }
    }

    /// Makes a slice of the first so many of those that came one by one.
    fn slice_singles(&mut self, count: usize) {
        if count > 0 {
            self.slices.push((self.sliced(), self.singles.drain(..count).collect()));
        }
    }

    /// Ends it after so many, if it goes on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.singles.truncate(len.saturating_sub(self.sliced()));
        let whole = self.slices.partition_point(|(before, slice)| before + slice.len() <= len);
        let cut = self.slices.get(whole).filter(|(before, _)| *before < len).cloned();
        self.slices.truncate(whole);
        if let Some((before, slice)) = cut {
            self.slices.push((before, slice[..len - before].into()));
        }
    }

    /// The same without the first so many.
    pub(super) fn without(&self, count: usize) -> Self {
        Shared { slices: Vec::new(), singles: self.iter().skip(count).cloned().collect() }
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T: PartialOrd> PartialOrd for Shared<T> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        self.iter().partial_cmp(other.iter())
    }
}

impl<T: Ord> Ord for Shared<T> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.iter().cmp(other.iter())
    }
}

impl<T: hash::Hash> hash::Hash for Shared<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Extend(Vec<u8>),
        Truncate(usize),
        Share(usize, usize),
        Without(usize),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => prop::collection::vec(any::<u8>(), 0..4).prop_map(Step::Extend),
            1 => (0..12_usize).prop_map(Step::Truncate),
            2 => (0..12_usize, 0..12_usize).prop_map(|(from, most)| Step::Share(from, most)),
            1 => (0..4_usize).prop_map(Step::Without),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_vector_however_it_is_cut(steps in prop::collection::vec(any_step(), 0..30)) {
            let (mut shared, mut plain) = (Shared::new(), Vec::<u8>::new());
            for step in steps {
                match step {
                    Step::Extend(more) => {
                        plain.extend(&more);
                        shared.extend(&more.into());
                    }
                    Step::Truncate(len) => {
                        plain.truncate(len);
                        shared.truncate(len);
                    }
                    Step::Share(from, most) => {
                        let expected: Vec<u8> = plain.iter().copied().skip(from).take(most).collect();
                        prop_assert_eq!(&*shared.share(from, most), &*expected);
                        prop_assert_eq!(&*shared.share(from, most), &*expected);
                    }
                    Step::Without(count) => {
                        plain = plain.split_off(count.min(plain.len()));
                        shared = shared.without(count);
                    }
                }
                prop_assert_eq!((shared.len(), shared.last()), (plain.len(), plain.last()));
                prop_assert!(shared.iter().eq(&plain));
                prop_assert!((0..plain.len() + 2).all(|at| shared.get(at) == plain.get(at)));
                let mut other = Shared::new();
                plain.iter().for_each(|&entry| other.extend(&[entry].into()));
                prop_assert_eq!(&shared, &other);
            }
        }
    }

    #[test]
    fn a_batch_is_shared_and_not_copied() {
        let mut log = Shared::new();
        let batch: Arc<[u8]> = [1, 2, 3].into();
        log.extend(&batch);
        log.extend(&[4].into());
        log.extend(&[5].into());
        assert!(Arc::ptr_eq(&log.share(0, 3), &batch), "as it came");
        assert!(Arc::ptr_eq(&log.share(3, 9), &log.share(3, 9)), "to everyone the same");
    }
}
