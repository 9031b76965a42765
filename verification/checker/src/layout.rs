//! How a state's parts are brought into words: which of them stand side by side in one, and which words are paired.
//!
//! Parts are halved, and halved again, until what is left fits into one word. That is a binary tree whose leaves are groups of
//! parts: the fewer bits parts need, the larger the groups, and the fewer the words of a state. Each part has the bits that its own
//! numbers need, for a client may have ten states where a server has ten thousand. If all of it fits into one word, that is the
//! whole tree. When numbers outgrow their bits, some groups are split, or packed otherwise; what stands above them stays as it is,
//! for the halves are the same.
//!
//! The words at the leaves are all that there is to know of a state: steps are taken on them, and read and write the [fields](Field)
//! in which its parts stand.

use std::{cmp::Reverse, ops::Range};

use crate::{
    store::{PARTS, pair, unpair},
    table::Full,
};

/// Bits of a word.
const WORD: u32 = u64::BITS;
/// Bits of a number.
const NUMBER: u32 = u32::BITS;

/// Numbers side by side in a word: of each the bits that it has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Packing(Box<[u8]>);

impl Packing {
    /// The numbers, packed; `None` if they do not fit.
    #[inline]
    pub(crate) fn pack(&self, numbers: &[u32]) -> Option<u64> {
        let (mut packed, mut overflow, mut shift) = (0, 0, 0);
        for (&bits, &number) in self.0.iter().zip(numbers) {
            packed |= u64::from(number) << shift;
            overflow |= u64::from(number) >> bits;
            shift += bits;
        }
        (overflow == 0).then_some(packed)
    }

    /// The numbers of what was packed.
    #[inline]
    pub(crate) fn unpack(&self, packed: u64, numbers: &mut [u32]) {
        let places = self.fields(0);
        numbers.iter_mut().zip(places).for_each(|(number, place)| *number = place.get(&[packed]));
    }

    /// Where the numbers stand in the word with this number.
    fn fields(&self, word: u8) -> impl Iterator<Item = Field> {
        let mut shift = 0;
        self.0.iter().map(move |&bits| {
            let mask = u32::MAX >> (NUMBER - u32::from(bits));
            let field = Field { mask, shift, word };
            shift += bits;
            field
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

/// How many bits each part has in the words of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    parts: u8,
    bits: [u8; PARTS],
}

impl Layout {
    /// The layout with the fewest tables, given the largest number of each part that has to fit. Bits that are left in a word go to all parts in
    /// it, first to those that need most: these will need more.
    pub(crate) fn fitting(largest: &[u32]) -> Self {
        let needed = |&largest: &u32| (NUMBER - largest.leading_zeros()).max(1) as u8;
        let mut layout = Layout { parts: largest.len() as u8, bits: [0; PARTS] };
        layout.bits.iter_mut().zip(largest).for_each(|(bits, largest)| *bits = needed(largest));
        for inner in layout.tree().shape {
            if let Holds::Parts(group, _) = inner.holds {
                widen(&mut layout.bits[group]);
            }
        }
        layout
    }

    /// The layout for larger numbers: groups for which there is room as they are stay as they are.
    pub(crate) fn outgrown(&self, largest: &[u32]) -> Self {
        let (mut layout, old) = (Layout::fitting(largest), self.tree().shape);
        for inner in layout.tree().shape {
            if let Holds::Parts(group, _) = inner.holds
                && old.iter().any(|old| matches!(&old.holds, Holds::Parts(other, _) if *other == group))
                && fit(&self.bits[group.clone()], &largest[group.clone()])
            {
                layout.bits[group.clone()].copy_from_slice(&self.bits[group]);
            }
        }
        layout
    }

    fn bits(&self) -> &[u8] {
        &self.bits[..usize::from(self.parts)]
    }

    /// Whether numbers up to these fit.
    pub(crate) fn fits(&self, largest: &[u32]) -> bool {
        fit(self.bits(), largest)
    }

    /// The tree of states.
    pub(crate) fn tree(&self) -> Tree {
        let mut tree = Tree { shape: Vec::new(), fields: Vec::with_capacity(PARTS) };
        self.build(0..usize::from(self.parts), &mut tree);
        tree
    }

    /// Adds what is above these parts, and returns the place of the top one; and the parts, and the words, as bits.
    fn build(&self, range: Range<usize>, tree: &mut Tree) -> (usize, u32, u32) {
        let Range { start, end } = range;
        let word = if tree.fields.is_empty() { 0 } else { tree.words() };
        if end - start == 1 {
            tree.fields.push(Field { mask: u32::MAX, shift: 0, word: word as u8 });
            return (start, 1 << start, 1 << word);
        }
        let bits = &self.bits()[range.clone()];
        let inner = if sum(bits) <= WORD {
            let packing = Packing(bits.into());
            tree.fields.extend(packing.fields(word as u8));
            let below = range.clone().map(|part| 1 << part).sum();
            Inner { holds: Holds::Parts(range, packing), below, words: 1 << word }
        } else {
            let middle = start + (end - start).div_ceil(2);
            let (left, below_left, words_left) = self.build(start..middle, tree);
            let (right, below_right, words_right) = self.build(middle..end, tree);
            let (below, words) = (below_left | below_right, words_left | words_right);
            Inner { holds: Holds::Two(left, right), below, words }
        };
        let (below, words) = (inner.below, inner.words);
        tree.shape.push(inner);
        (usize::from(self.parts) + tree.shape.len() - 1, below, words)
    }
}

fn fit(bits: &[u8], largest: &[u32]) -> bool {
    bits.iter().zip(largest).all(|(&bits, &largest)| u64::from(largest) >> bits == 0)
}

fn sum(bits: &[u8]) -> u32 {
    bits.iter().map(|&bits| u32::from(bits)).sum()
}

/// Gives parts of a group what is left of their word, a bit at a time.
fn widen(bits: &mut [u8]) {
    let mut places: Vec<usize> = (0..bits.len()).collect();
    places.sort_by_key(|&place| Reverse(bits[place]));
    let mut left = WORD - sum(bits);
    while left > 0 && bits.iter().any(|&bits| u32::from(bits) < NUMBER) {
        for &place in &places {
            if left > 0 && u32::from(bits[place]) < NUMBER {
                bits[place] += 1;
                left -= 1;
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
