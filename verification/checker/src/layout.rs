//! How a state's parts are brought into words: which of them stand side by side in one, and which words are paired.
//!
//! Parts are halved, and halved again, until what is left fits into one word. That is a binary tree whose leaves are groups of
//! parts: the fewer bits a part needs, the larger the groups, and the fewer the words of a state. If all of it fits into one
//! word, that is the whole tree. When numbers outgrow their bits, some groups are split, or packed otherwise; what stands above
//! them stays as it is, for the halves are the same.
//!
//! The words at the leaves are all that there is to know of a state: steps are taken on them, and read and write the [fields](Field)
//! in which its parts stand.

use std::ops::Range;

use crate::{
    store::{pair, unpair},
    table::Full,
};

/// Bits of a word.
const WORD: u32 = u64::BITS;
/// Bits of a number.
const NUMBER: u32 = u32::BITS;

/// Numbers side by side in a word: so many bits for each, and above them so many for the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Packing {
    bits: u32,
    last_bits: u32,
}

impl Packing {
    /// The numbers, packed; `None` if they do not fit.
    #[inline]
    pub(crate) fn pack(self, numbers: &[u32]) -> Option<u64> {
        let (&last, others) = numbers.split_last().expect("a group has parts");
        let (mut packed, mut any_other) = (u64::from(last), 0);
        for &number in others.iter().rev() {
            packed = packed << self.bits | u64::from(number);
            any_other |= number;
        }
        let overflow = u64::from(any_other) >> self.bits | u64::from(last) >> self.last_bits;
        (overflow == 0).then_some(packed)
    }

    /// The numbers of what was packed.
    #[inline]
    pub(crate) fn unpack(self, mut packed: u64, numbers: &mut [u32]) {
        let (last, others) = numbers.split_last_mut().expect("a group has parts");
        let mask = (1 << self.bits) - 1;
        for number in others {
            *number = (packed & mask) as u32;
            packed >>= self.bits;
        }
        *last = packed as u32;
    }

    /// Where so many numbers stand in the word with this number.
    fn fields(self, word: u8, numbers: usize) -> impl Iterator<Item = Field> {
        (0..numbers).map(move |at| {
            let bits = if at + 1 == numbers { self.last_bits } else { self.bits };
            Field { mask: u32::MAX >> (NUMBER - bits), shift: (at as u32 * self.bits) as u8, word }
        })
    }
}

/// Where a part of a state stands among its words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Field {
    /// The largest number that fits.
    mask: u32,
    shift: u8,
    word: u8,
}

impl Field {
    /// The number that stands there.
    #[inline]
    pub(crate) fn get(self, words: &[u64]) -> u32 {
        (words[self.among(words)] >> self.shift) as u32 & self.mask
    }

    /// Puts a number in the place of another.
    ///
    /// # Errors
    /// It does not fit.
    #[inline]
    pub(crate) fn replace(self, words: &mut [u64], old: u32, new: u32) -> Result<(), Full> {
        words[self.among(words)] ^= u64::from(old ^ new) << self.shift;
        if new <= self.mask { Ok(()) } else { Err(Full) }
    }

    /// The number of the word that it stands in.
    #[inline]
    pub(crate) fn word(self) -> usize {
        usize::from(self.word)
    }

    /// The same: where it is known how many words there are, it need not be looked up if there is one, nor checked if there are more.
    #[inline]
    fn among(self, words: &[u64]) -> usize {
        debug_assert!(self.word() < words.len());
        self.word().min(words.len() - 1)
    }
}

/// What a word of the tree is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Holds {
    /// These parts.
    Parts(Range<usize>, Packing),
    /// The numbers of two children, at these places: behind those of all parts are those of the inner nodes.
    Two(usize, usize),
}

/// An inner node of the tree: what it holds has a number.
#[derive(Clone, Debug)]
pub(crate) struct Inner {
    pub(crate) holds: Holds,
    /// The parts below it, a bit each.
    pub(crate) below: u32,
    /// The words below it, a bit each.
    pub(crate) words: u32,
}

/// How states are words, and what is above these.
pub(crate) struct Tree {
    /// Children before parents: the root is the last.
    pub(crate) shape: Vec<Inner>,
    /// Of each part.
    pub(crate) fields: Vec<Field>,
}

impl Tree {
    /// How many words a state has.
    fn words(&self) -> usize {
        self.fields.last().expect("a state has parts").word() + 1
    }
}

impl Inner {
    /// What it holds of a row; `None` if that does not fit.
    #[inline]
    pub(crate) fn word(&self, row: &[u32]) -> Option<u64> {
        match &self.holds {
            Holds::Parts(parts, packing) => packing.pack(&row[parts.clone()]),
            &Holds::Two(left, right) => Some(pair(row[left], row[right])),
        }
    }

    /// Undoes [`word`](Inner::word).
    #[inline]
    pub(crate) fn unfold(&self, word: u64, row: &mut [u32]) {
        match &self.holds {
            Holds::Parts(parts, packing) => packing.unpack(word, &mut row[parts.clone()]),
            &Holds::Two(left, right) => (row[left], row[right]) = unpair(word),
        }
    }

    /// Whether it holds the same, packed the same way, as this one of another tree.
    pub(crate) fn is_as(&self, other: &Inner) -> bool {
        match (&self.holds, &other.holds) {
            (Holds::Two(..), Holds::Two(..)) => self.below == other.below,
            (one, other) => one == other,
        }
    }
}

/// How wide numbers are in words: those of nodes, and that of the world, the last part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) node_bits: u32,
    pub(crate) world_bits: u32,
}

impl Layout {
    /// The layout of so many parts with the fewest tables, given what has to fit; among these one that will do for long.
    pub(crate) fn fitting(parts: usize, node: u32, world: u32) -> Self {
        let widths = |world_bits| {
            (1..=NUMBER).rev().map(move |node_bits| Layout { node_bits, world_bits }.widened(parts))
        };
        [12, 8, 16, 24, NUMBER]
            .into_iter()
            .flat_map(widths)
            .filter(|layout| layout.fits(node, world))
            .min_by_key(|layout| layout.shape(parts).len())
            .expect("the widest is wide enough")
    }

    /// The same groups, with all bits for the world that are left where it stands.
    fn widened(self, parts: usize) -> Self {
        let beside = self.shape(parts).iter().find_map(|inner| match &inner.holds {
            Holds::Parts(group, _) if group.end == parts => Some(group.len() as u32 - 1),
            _ => None,
        });
        let left = WORD - beside.unwrap_or(0) * self.node_bits;
        Layout { world_bits: left.min(NUMBER), ..self }
    }

    /// Whether numbers up to these fit.
    pub(crate) fn fits(self, node: u32, world: u32) -> bool {
        u64::from(node) >> self.node_bits == 0 && u64::from(world) >> self.world_bits == 0
    }

    /// The inner nodes of the tree of so many parts.
    pub(crate) fn shape(self, parts: usize) -> Vec<Inner> {
        self.tree(parts).shape
    }

    /// The tree of so many parts.
    pub(crate) fn tree(self, parts: usize) -> Tree {
        let mut tree = Tree { shape: Vec::new(), fields: Vec::with_capacity(parts) };
        self.build(0..parts, parts, &mut tree);
        tree
    }

    /// Adds what is above these parts, and returns the place of the top one; and the parts, and the words, as bits.
    fn build(self, range: Range<usize>, parts: usize, tree: &mut Tree) -> (usize, u32, u32) {
        let Range { start, end } = range;
        let word = if tree.fields.is_empty() { 0 } else { tree.words() };
        if end - start == 1 {
            tree.fields.push(Field { mask: u32::MAX, shift: 0, word: word as u8 });
            return (start, 1 << start, 1 << word);
        }
        let has_world = end == parts;
        let last_bits = if has_world { self.world_bits } else { self.node_bits };
        let inner = if (end - start - 1) as u32 * self.node_bits + last_bits <= WORD {
            let packing = if has_world {
                Packing { bits: self.node_bits, last_bits }
            } else {
                // All bits that there are: then it need not be packed otherwise until it is split.
                let bits = (WORD / (end - start) as u32).min(NUMBER);
                Packing { bits, last_bits: bits }
            };
            tree.fields.extend(packing.fields(word as u8, range.len()));
            let below = range.clone().map(|part| 1 << part).sum();
            Inner { holds: Holds::Parts(range, packing), below, words: 1 << word }
        } else {
            let middle = start + (end - start).div_ceil(2);
            let (left, below_left, words_left) = self.build(start..middle, parts, tree);
            let (right, below_right, words_right) = self.build(middle..end, parts, tree);
            let (below, words) = (below_left | below_right, words_left | words_right);
            Inner { holds: Holds::Two(left, right), below, words }
        };
        let (below, words) = (inner.below, inner.words);
        tree.shape.push(inner);
        (parts + tree.shape.len() - 1, below, words)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::PARTS;

    /// Numbers of up to so many bits.
    fn number() -> impl Strategy<Value = u32> {
        (0..=31_u32).prop_flat_map(|bits| 0..=u32::MAX >> bits)
    }

    proptest! {
        /// What is packed comes back; what does not fit is not packed.
        #[test]
        fn numbers_come_back(mut numbers in prop::collection::vec(number(), 2..5), bits in 1..=16_u32, last_bits in 1..=16_u32) {
            let packing = Packing { bits, last_bits };
            let (last, others) = numbers.split_last().expect("there are some");
            let fits = others.iter().all(|&number| number >> bits == 0) && last >> last_bits == 0;
            prop_assert_eq!(packing.pack(&numbers).is_some(), fits);
            if let Some(packed) = packing.pack(&numbers) {
                let before = numbers.clone();
                numbers.fill(u32::MAX);
                packing.unpack(packed, &mut numbers);
                prop_assert_eq!(numbers, before);
            }
        }

        /// Parts that are put into fields one after the other are what the words hold at the leaves of the tree.
        #[test]
        fn fields_are_where_words_have_their_parts(
            parts in 2..=PARTS,
            row in prop::collection::vec(number(), PARTS),
            node_bits in 2..=32_u32,
            world_bits in 2..=32_u32,
        ) {
            let layout = Layout { node_bits, world_bits };
            let (tree, row) = (layout.tree(parts), &row[..parts]);
            let mut words = vec![0; tree.words()];
            let fitting = tree.fields.iter().zip(row).map(|(field, &part)| field.replace(&mut words, 0, part).is_ok());
            let do_fit: Vec<bool> = fitting.collect();
            for Inner { holds, words: below, .. } in &tree.shape {
                if let Holds::Parts(group, packing) = holds {
                    let word = tree.fields[group.start].word();
                    prop_assert_eq!(*below, 1 << word);
                    let fits = do_fit[group.clone()].iter().all(|&fits| fits);
                    prop_assert_eq!(packing.pack(&row[group.clone()]), fits.then_some(words[word]));
                }
            }
            if do_fit.iter().all(|&fits| fits) {
                let read: Vec<u32> = tree.fields.iter().map(|field| field.get(&words)).collect();
                prop_assert_eq!(read, row);
            }
            let all = tree.shape.last().expect("a tree has a root").words;
            prop_assert_eq!(all, u32::MAX >> (32 - tree.words()));
        }

        /// Every row that fits comes back from the word of the root and those below it, whatever the layout.
        #[test]
        fn a_tree_holds_all_parts(parts in 2..=PARTS, node in number(), world in number()) {
            let layout = Layout::fitting(parts, node, world);
            prop_assert!(layout.fits(node, world));
            let shape = layout.shape(parts);
            prop_assert!(shape.len() < parts);
            let mut row = vec![node; parts];
            row[parts - 1] = world;
            let parts_of_row = row.clone();
            row.resize(parts + shape.len(), 0);
            // In place of the number of a word its place in this list.
            let mut words = Vec::new();
            for (at, inner) in shape.iter().enumerate() {
                words.push(inner.word(&row).expect("it fits"));
                row[parts + at] = at as u32;
            }
            row[..parts].fill(u32::MAX);
            for (inner, word) in shape.iter().zip(&words).rev() {
                inner.unfold(*word, &mut row);
            }
            prop_assert_eq!(&row[..parts], parts_of_row);
            prop_assert_eq!(shape.last().expect("a tree has a root").below, u32::MAX >> (32 - parts));
        }

        /// A layout for larger numbers splits groups and joins none: what stands above them stays.
        #[test]
        fn later_layouts_only_split(
            parts in 2..=PARTS,
            needs in prop::collection::vec((number(), number()), 2..8),
        ) {
            let (mut node, mut world) = (0, 0);
            let mut layout = Layout::fitting(parts, node, world);
            for (more_nodes, more_worlds) in needs {
                (node, world) = (node.max(more_nodes), world.max(more_worlds));
                if !layout.fits(node, world) {
                    let later = Layout::fitting(parts, node, world);
                    let shape = later.shape(parts);
                    for inner in layout.shape(parts).iter().filter(|inner| matches!(inner.holds, Holds::Two(..))) {
                        prop_assert!(shape.iter().any(|other| other.is_as(inner)), "{:?} {:?}", layout, later);
                    }
                    layout = later;
                }
            }
        }
    }

    /// How many tables there are, and for how many numbers of nodes and worlds that will do.
    #[test]
    fn few_tables_for_long() {
        let of = |parts: usize, node: u32| {
            let layout = Layout::fitting(parts, node, 0);
            (layout.shape(parts).len(), layout.node_bits, layout.world_bits)
        };
        let nothing = [2, 3, 4, 5, 6, 7, 8, 9].map(|parts| of(parts, 0));
        let packed = [(32, 32), (26, 12), (17, 13), (13, 12), (10, 14), (8, 16), (7, 15), (6, 16)];
        assert_eq!(nothing, packed.map(|(nodes, worlds)| (1, nodes, worlds)));
        assert_eq!([of(3, 1 << 26), of(3, 1 << 28)], [(1, 28, 8), (2, 32, 32)]);
        assert_eq!([of(5, 1 << 14), of(5, 1 << 21)], [(3, 21, 32), (4, 32, 32)]);
        assert_eq!([of(6, 1 << 11), of(6, 1 << 21), of(6, 1 << 28)], [(3, 21, 22), (4, 26, 12), (5, 32, 32)]);
        assert_eq!([of(7, 1 << 9), of(7, 1 << 16), of(7, 1 << 28)], [(3, 16, 32), (5, 26, 12), (6, 32, 32)]);
        assert_eq!([of(8, 1 << 8), of(8, 1 << 16), of(8, 1 << 18)], [(3, 16, 16), (5, 17, 13), (7, 32, 32)]);
        assert_eq!([of(9, 1 << 7), of(9, 1 << 12)], [(3, 12, 28), (5, 17, 13)]);
    }
}
