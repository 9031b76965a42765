//! What logs consist of: entries that they share with the messages and records that brought them.

use std::{cmp, fmt, hash, sync::Arc};

/// Entries in order. Those that came together stay together, in the slice in which they came, and leave in it too: a batch is copied
/// neither by whoever sends it nor by those who write it down, and a log that grows is not copied either.
///
/// How entries are cut into slices shows nowhere: two sequences are alike if their entries are.
#[derive(Clone)]
pub(crate) struct Shared<T> {
    /// The slices, none of them empty, each with how many entries are before it.
    slices: Vec<(usize, Arc<[T]>)>,
    /// Those behind them, which came one by one.
    singles: Vec<T>,
}

/// A slice that is longer is copied, in pieces of this length: so that no piece is long that has to be cut later.
const LONGEST: usize = 4096;

impl<T> Shared<T> {
    pub(crate) fn new() -> Self {
        Shared { slices: Vec::new(), singles: Vec::new() }
    }

    /// How many are in slices.
    fn sliced(&self) -> usize {
        self.slices.last().map_or(0, |(before, slice)| before + slice.len())
    }

    pub(crate) fn len(&self) -> usize {
        self.sliced() + self.singles.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
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

    pub(crate) fn last(&self) -> Option<&T> {
        self.singles.last().or_else(|| self.slices.last().and_then(|(_, slice)| slice.last()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.iter_from(0)
    }

    /// Without the first so many.
    pub(crate) fn iter_from(&self, first: usize) -> impl Iterator<Item = &T> {
        let whole = self.slices.partition_point(|(before, slice)| before + slice.len() <= first);
        let in_slices = self.slices[whole..].iter().flat_map(move |(before, slice)| {
            let skipped = first.saturating_sub(*before);
            &slice[skipped..]
        });
        in_slices.chain(self.singles.iter().skip(first.saturating_sub(self.sliced())))
    }
}

impl<T: Clone> Shared<T> {
    /// More entries.
    pub(crate) fn extend(&mut self, more: &Arc<[T]>) {
        if let [single] = &**more {
            self.singles.push(single.clone());
        } else {
            self.slice_singles(self.singles.len());
            self.slices.extend(slices_of(self.sliced(), more));
        }
    }

    /// These in place of as many from there on, and at the end if there are fewer.
    pub(crate) fn overwrite(&mut self, from: usize, more: &Arc<[T]>) {
        let (to, sliced) = (from + more.len(), self.sliced());
        if to >= self.len() {
            self.truncate(from);
            self.extend(more);
        } else if from >= sliced {
            self.singles[from - sliced..to - sliced].clone_from_slice(more);
        } else {
            self.slice_singles(to.saturating_sub(sliced));
            let range = self.cut(from)..self.cut(to);
            self.slices.splice(range, slices_of(from, more));
        }
    }

    /// At most so many entries from there on. What came one by one is a slice from now on, if all of it that follows is asked for: so
    /// it is the same slice for whoever asks next.
    pub(crate) fn share(&mut self, from: usize, most: usize) -> Arc<[T]> {
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

    /// No slice goes on across this place any more. How many slices are before it.
    fn cut(&mut self, at: usize) -> usize {
        let whole = self.slices.partition_point(|(before, slice)| before + slice.len() <= at);
        match self.slices.get(whole).cloned() {
            Some((before, slice)) if before < at => {
                let (left, right) = slice.split_at(at - before);
                self.slices.splice(whole..=whole, [(before, left.into()), (at, right.into())]);
                whole + 1
            }
            _ => whole,
        }
    }

    /// Ends it after so many, if it goes on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.singles.truncate(len.saturating_sub(self.sliced()));
        let whole = self.cut(len);
        self.slices.truncate(whole);
    }

    /// Drops the first so many, or all if there are fewer.
    pub(crate) fn remove_first(&mut self, count: usize) {
        let singles = count.saturating_sub(self.sliced()).min(self.singles.len());
        self.singles.drain(..singles);
        let whole = self.cut(count);
        self.slices.drain(..whole);
        self.slices.iter_mut().for_each(|(before, _)| *before -= count);
    }
}

/// The slices that these entries become behind so many others.
fn slices_of<T: Clone>(before: usize, entries: &Arc<[T]>) -> impl Iterator<Item = (usize, Arc<[T]>)> {
    let is_short = !entries.is_empty() && entries.len() <= LONGEST;
    let whole = is_short.then(|| (before, entries.clone()));
    let pieces = entries.chunks(LONGEST).filter(move |_| !is_short).map(Arc::from);
    whole.into_iter().chain((before..).step_by(LONGEST).zip(pieces))
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
        RemoveFirst(usize),
        Overwrite(usize, Vec<u8>),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => prop::collection::vec(any::<u8>(), 0..4).prop_map(Step::Extend),
            1 => (0..12_usize).prop_map(Step::Truncate),
            2 => (0..12_usize, 0..12_usize).prop_map(|(from, most)| Step::Share(from, most)),
            1 => (0..4_usize).prop_map(Step::RemoveFirst),
            2 => (0..12_usize, prop::collection::vec(any::<u8>(), 0..6))
                .prop_map(|(from, more)| Step::Overwrite(from, more)),
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
                    Step::RemoveFirst(count) => {
                        plain = plain.split_off(count.min(plain.len()));
                        shared.remove_first(count);
                    }
                    Step::Overwrite(from, more) => {
                        let from = from.min(plain.len());
                        let to = plain.len().min(from + more.len());
                        plain.splice(from..to, more.iter().copied());
                        shared.overwrite(from, &more.into());
                    }
                }
                prop_assert_eq!((shared.len(), shared.last()), (plain.len(), plain.last()));
                prop_assert!((0..plain.len() + 2).all(|first| shared.iter_from(first).eq(plain.iter().skip(first))));
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
        let other: Arc<[u8]> = [7, 8, 9].into();
        log.overwrite(0, &other);
        assert!(Arc::ptr_eq(&log.share(0, 3), &other), "in the place of another one, too");
    }

    #[test]
    fn what_is_long_is_cut_into_pieces() {
        let long: Arc<[usize]> = (0..2 * LONGEST + 1).collect();
        let mut log = Shared::new();
        log.extend(&[9].into());
        log.extend(&long);
        assert!(log.iter().skip(1).eq(&*long) && log.iter_from(LONGEST + 1).eq(&long[LONGEST..]));
        assert!(log.slices.iter().all(|(_, slice)| slice.len() <= LONGEST));
    }
}
