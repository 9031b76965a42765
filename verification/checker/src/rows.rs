//! What comes out of the store, and what is to go in: states as rows of numbers, and packed.

use crate::recent::{Recent, RecentRows};

/// States, unfolded: in each row first the parts (the nodes in order, then the world); then, where there is a tree, what its
/// inner nodes give, children before parents, the root last.
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

/// Candidates for states: packed, as long as that is how states are kept and all of them fit; as [rows](Rows), if not.
pub(crate) struct Candidates {
    pub(crate) stride: usize,
    pub(crate) parts: usize,
    /// Of the tables when the first of them came: if it is not today's, everything is folded anew.
    pub(crate) layout: Layout,
    pub(crate) is_packed: bool,
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
        if self.is_packed { self.packed.len() } else { self.changed.len() }
    }

    /// Keeps so many of those that came last at hand, for [`push_unless_recent`](Candidates::push_unless_recent): as long as the layout is
    /// what it is now, that is, until it changes in the middle of a level.
    pub(crate) fn remembering(mut self, recent: usize) -> Self {
        self.recent = self.is_packed.then(|| Recent::new(recent, ()));
        self.recent_rows = (!self.is_packed).then(|| RecentRows::new(recent, self.parts));
        self
    }

    /// Adds the state of this row, of which the parts of the bits `changed` are up to date.
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
        if self.is_packed { self.layout.pack(&row[..self.parts]) } else { None }
    }

    fn push_row(&mut self, row: &[u32], changed: u32) {
        if self.is_packed {
            self.unpack();
        }
        self.rows.extend_from_slice(row);
        self.rows.resize(self.rows.len().next_multiple_of(self.stride), 0);
        self.changed.push(changed);
    }

    /// Forgets all but the first.
    pub(crate) fn truncate(&mut self, first: usize) {
        if self.is_packed {
            self.packed.truncate(first);
        } else {
            self.rows.truncate(first * self.stride);
            self.changed.truncate(first);
        }
        self.forget(); // those that are left out now may come again
    }

    /// Turns those that are packed into rows.
    #[cold]
    pub(crate) fn unpack(&mut self) {
        self.rows.resize(self.packed.len() * self.stride, 0);
        self.changed.resize(self.packed.len(), all_parts(self.parts));
        for (row, &packed) in self.rows.chunks_exact_mut(self.stride).zip(&self.packed) {
            self.layout.unpack(packed, &mut row[..self.parts]);
        }
        self.packed.clear();
        self.is_packed = false;
    }

    /// From here on none has come.
    fn forget(&mut self) {
        self.recent.iter_mut().for_each(Recent::forget);
        self.recent_rows.iter_mut().for_each(RecentRows::forget);
    }

    /// None are left; those that come are for this layout.
    pub(crate) fn clear(&mut self, layout: Layout) {
        if layout != self.layout {
            self.forget();
        }
        (self.layout, self.is_packed) = (layout, matches!(layout, Layout::Packed { .. }));
        self.packed.clear();
        self.rows.clear();
        self.changed.clear();
    }
}

/// So many parts, as bits.
pub(crate) fn all_parts(parts: usize) -> u32 {
    u32::MAX >> (32 - parts)
}

/// What an entry of the root table is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// The numbers of all parts, side by side: the nodes', in so many bits each, and above them the world's.
    Packed { node_bits: u32, world_bits: u32 },
    /// The numbers of the root's two children.
    Tree,
}

impl Layout {
    /// How to pack so many parts, given what has to fit; a tree if it does not.
    pub(crate) fn fitting(parts: usize, node: u32, world: u32) -> Self {
        let nodes = parts as u32 - 1;
        [12, 8, 16]
            .map(|world_bits| Layout::Packed { node_bits: ((64 - world_bits) / nodes).min(32), world_bits })
            .into_iter()
            .find(|layout| layout.fits(node, world))
            .unwrap_or(Layout::Tree)
    }

    pub(crate) fn fits(self, node: u32, world: u32) -> bool {
        match self {
            Layout::Packed { node_bits, world_bits } => {
                u64::from(node) >> node_bits == 0 && u64::from(world) >> world_bits == 0
            }
            Layout::Tree => true,
        }
    }

    /// The parts, packed; `None` if they do not fit.
    #[inline]
    pub(crate) fn pack(self, parts: &[u32]) -> Option<u64> {
        let Layout::Packed { node_bits, world_bits } = self else { unreachable!("a tree packs nothing") };
        let (&world, nodes) = parts.split_last().expect("a state has parts");
        let (mut packed, mut shift, mut any_node) = (0, 0, 0);
        for &node in nodes {
            packed |= u64::from(node) << shift;
            any_node |= u64::from(node);
            shift += node_bits;
        }
        let overflow = any_node >> node_bits | u64::from(world) >> world_bits;
        (overflow == 0).then_some(packed | u64::from(world) << shift)
    }

    /// The parts of what was packed.
    #[inline]
    pub(crate) fn unpack(self, mut packed: u64, parts: &mut [u32]) {
        let Layout::Packed { node_bits, .. } = self else { unreachable!("only what is packed is unpacked") };
        let (world, nodes) = parts.split_last_mut().expect("a state has parts");
        let mask = (1 << node_bits) - 1;
        for node in nodes {
            *node = (packed & mask) as u32;
            packed >>= node_bits;
        }
        *world = packed as u32;
    }

    /// The last of the parts of what was packed.
    #[inline]
    pub(crate) fn world(self, packed: u64, parts: usize) -> u32 {
        let Layout::Packed { node_bits, .. } = self else { unreachable!("only what is packed is unpacked") };
        (packed >> (node_bits * (parts as u32 - 1))) as u32
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn candidates(layout: Layout) -> Candidates {
        let is_packed = layout != Layout::Tree;
        let (packed, rows, changed, wanted) = Default::default();
        let (recent, recent_rows) = (None, None);
        let all = Candidates {
            stride: 5,
            parts: 3,
            layout,
            is_packed,
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
        let packed = Layout::Packed { node_bits: 8, world_bits: 8 };
        for (layout, other) in [(packed, Layout::Tree), (Layout::Tree, packed)] {
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
            candidates.clear(layout);
            assert!(!comes(&mut candidates, [1, 2, 4, 0, 0]), "it is in the store by now");
            candidates.clear(other);
            candidates.clear(layout);
            assert!(comes(&mut candidates, [1, 2, 4, 0, 0]), "that was another layout");
        }
    }
}
