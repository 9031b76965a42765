//! What comes out of the store, and what is to go in: states as rows of numbers, and packed.

use crate::{
    layout::{Layout, Packing},
    recent::{Recent, RecentRows},
};

/// States, unfolded: in each row first the parts (the nodes in order, then the world); then the numbers of the tree's inner
/// nodes, children before parents, the root last.
pub(crate) struct Rows {
    pub(crate) stride: usize,
    pub(crate) numbers: Vec<u32>,
}

impl Rows {
    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len() / self.stride
    }

    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
    }

    /// A row.
    #[inline]
    pub(crate) fn row(&self, row: usize) -> &[u32] {
        &self.numbers[row * self.stride..][..self.stride]
    }
}

/// Candidates for states: packed, as long as states are kept as one word and all of them fit; as [rows](Rows), if not.
pub(crate) struct Candidates {
    pub(crate) stride: usize,
    pub(crate) parts: usize,
    /// Of the tables when the first of them came: if it is not today's, everything is folded anew.
    pub(crate) layout: Layout,
    /// How they are packed, if they are.
    pub(crate) packing: Option<Packing>,
    pub(crate) packed: Vec<u64>,
    /// Packed ones that came last, be they still here or in the store by now.
    pub(crate) recent: Option<Recent<()>>,
    /// The same of rows.
    pub(crate) recent_rows: Option<RecentRows>,
    pub(crate) rows: Vec<u32>,
    /// For each row: the parts that differ from the state it was made from, a bit each. Only what is above these needs to be
    /// folded anew.
    pub(crate) changed: Vec<u32>,
    /// What [`Tables::fold`] works with: the places of rows, whose pairs are in `packed`.
    pub(crate) wanted: Vec<usize>,
}

impl Candidates {
    /// How many there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        if self.packing.is_some() { self.packed.len() } else { self.changed.len() }
    }

    /// Keeps so many of those that came last at hand, for [`push_unless_recent`](Candidates::push_unless_recent): as long as the layout is
    /// what it is now, that is, until it changes in the middle of a level.
    pub(crate) fn remembering(mut self, recent: usize) -> Self {
        let is_packed = self.packing.is_some();
        self.recent = is_packed.then(|| Recent::new(recent, ()));
        self.recent_rows = (!is_packed).then(|| RecentRows::new(recent / 2, self.parts));
        self
    }

    /// Adds the state of this row, of which the parts of the bits `changed` differ from those that what stands above them in the row
    /// was made from. If that is all of them, nothing need stand there.
    pub(crate) fn push(&mut self, row: &[u32], changed: u32) {
        match self.packed(row) {
            Some(packed) => self.packed.push(packed),
            None => self.push_row(row, changed),
        }
    }

    /// The same, unless it is known to have come a moment ago: then it is false.
    #[inline(always)] // once for each step: a call costs a tenth of all that a step does
    pub(crate) fn push_unless_recent(&mut self, row: &[u32], changed: u32) -> bool {
        if let Some(packed) = self.packed(row) {
            let is_new = !self.recent.as_mut().is_some_and(|recent| recent.meet(packed));
            if is_new {
                self.packed.push(packed);
            }
            return is_new;
        }
        self.push_row_unless_recent(row, changed)
    }

    #[inline(never)]
    fn push_row_unless_recent(&mut self, row: &[u32], changed: u32) -> bool {
        let is_new = !self.recent_rows.as_mut().is_some_and(|recent| recent.meet(&row[..self.parts]));
        if is_new {
            self.push_row(row, changed);
        }
        is_new
    }

    /// A row, packed, if that is how they are kept and it fits.
    #[inline(always)]
    fn packed(&self, row: &[u32]) -> Option<u64> {
        self.packing?.pack(&row[..self.parts])
    }

    fn push_row(&mut self, row: &[u32], changed: u32) {
        if self.packing.is_some() {
            self.unpack();
        }
        // Another layout's row may be longer: then nothing above the parts is used.
        self.rows.extend_from_slice(&row[..row.len().min(self.stride)]);
        if row.len() < self.stride {
            self.rows.resize(self.rows.len() + self.stride - row.len(), 0);
        }
        self.changed.push(changed);
    }

    /// Forgets all but the first.
    pub(crate) fn truncate(&mut self, first: usize) {
        if self.packing.is_some() {
            self.packed.truncate(first);
        } else {
            self.rows.truncate(first * self.stride);
            self.changed.truncate(first);
        }
        self.forget(); // those that are left out now may come again
    }

    /// Turns those that are packed, if they are, into rows.
    #[cold]
    fn unpack(&mut self) {
        let Some(packing) = self.packing.take() else { return };
        self.rows.resize(self.packed.len() * self.stride, 0);
        self.changed.resize(self.packed.len(), all_parts(self.parts));
        for (row, &packed) in self.rows.chunks_exact_mut(self.stride).zip(&self.packed) {
            packing.unpack(packed, &mut row[..self.parts]);
        }
        self.packed.clear();
    }

    /// Turns them into rows of another layout, in which nothing stands above the parts yet.
    #[cold]
    pub(crate) fn lay_out(&mut self, layout: Layout, stride: usize) {
        self.unpack();
        let mut rows = vec![0; self.changed.len() * stride];
        for (new, old) in rows.chunks_exact_mut(stride).zip(self.rows.chunks_exact(self.stride)) {
            new[..self.parts].copy_from_slice(&old[..self.parts]);
        }
        (self.layout, self.stride, self.rows) = (layout, stride, rows);
        self.changed.fill(all_parts(self.parts));
        self.forget(); // what came last was packed otherwise
    }

    /// From here on none has come.
    fn forget(&mut self) {
        self.recent.iter_mut().for_each(Recent::forget);
        self.recent_rows.iter_mut().for_each(RecentRows::forget);
    }

    /// None are left; those that come are packed so, if they are.
    pub(crate) fn clear(&mut self, packing: Option<Packing>) {
        self.packing = packing;
        self.packed.clear();
        self.rows.clear();
        self.changed.clear();
    }
}

/// So many parts, as bits.
pub(crate) fn all_parts(parts: usize) -> u32 {
    u32::MAX >> (32 - parts)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::layout::packing;

    const PARTS: usize = 3;

    fn candidates(layout: Layout) -> Candidates {
        let shape = layout.shape(PARTS);
        let (packed, rows, changed, wanted) = Default::default();
        let (recent, recent_rows) = (None, None);
        let all = Candidates {
            stride: PARTS + shape.len(),
            parts: PARTS,
            layout,
            packing: packing(&shape),
            packed,
            rows,
            changed,
            wanted,
            recent,
            recent_rows,
        };
        all.remembering(8)
    }

    /// What is known to have come a moment ago comes once; unless it was forgotten, or numbers are kept otherwise now.
    #[test]
    fn candidates_come_once_and_again_when_they_were_dropped() {
        let packed = Layout { node_bits: 8, world_bits: 8 };
        let tree = Layout { node_bits: 32, world_bits: 32 };
        for (layout, other) in [(packed, tree), (tree, packed)] {
            let mut candidates = candidates(layout);
            let comes = |candidates: &mut Candidates, row: [u32; 5]| {
                let before = candidates.len();
                let is_new = candidates.push_unless_recent(&row, 7);
                assert_eq!(candidates.len() - before, usize::from(is_new));
                is_new
            };
            assert!(comes(&mut candidates, [1, 2, 3, 0, 0]) && comes(&mut candidates, [1, 2, 4, 0, 0]));
            assert!(!comes(&mut candidates, [1, 2, 4, 0, 0]));
            candidates.truncate(1);
            assert!(comes(&mut candidates, [1, 2, 4, 0, 0]), "it was dropped");
            candidates.clear(candidates.packing);
            assert!(!comes(&mut candidates, [1, 2, 4, 0, 0]), "it is in the store by now");
            let shape = other.shape(PARTS);
            candidates.lay_out(other, PARTS + shape.len());
            candidates.clear(packing(&shape));
            assert!(comes(&mut candidates, [1, 2, 4, 0, 0]), "that was another layout");
        }
    }

    /// Those that wait when the layout changes, as words or as rows, are the same afterwards.
    #[test]
    fn candidates_stay_what_they_are_in_another_layout() {
        let packed = Layout { node_bits: 8, world_bits: 8 };
        let tree = Layout { node_bits: 32, world_bits: 32 };
        for (layout, other, stride) in [(packed, tree, 5), (tree, packed, 4)] {
            let mut candidates = candidates(layout);
            candidates.push(&[1, 2, 3, 7, 7], 1);
            candidates.push(&[4, 5, 6], 7);
            candidates.lay_out(other, stride);
            assert_eq!((candidates.len(), &candidates.changed[..]), (2, &[7, 7][..]));
            let rows: Vec<&[u32]> = candidates.rows.chunks_exact(stride).collect();
            assert_eq!([&rows[0][..PARTS], &rows[1][..PARTS]], [[1, 2, 3], [4, 5, 6]]);
        }
    }
}
