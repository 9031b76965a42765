//! Sets of small numbers, as bits.

use std::fmt;

/// A set of numbers below 16.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Set(u16);

impl Set {
    /// The empty set.
    pub const NONE: Set = Set(0);

    /// The numbers below `count`.
    pub const fn below(count: usize) -> Set {
        Set((1 << count) - 1)
    }

    /// The set of these.
    pub fn of(numbers: &[usize]) -> Set {
        numbers.iter().fold(Set::NONE, |set, &number| set.with(number))
    }

    /// Whether it has this number.
    #[inline]
    pub fn has(self, number: usize) -> bool {
        self.0 >> number & 1 == 1
    }

    /// With this number, too.
    #[inline]
    #[must_use]
    pub fn with(self, number: usize) -> Set {
        Set(self.0 | 1 << number)
    }

    /// Without this number.
    #[inline]
    #[must_use]
    pub fn without(self, number: usize) -> Set {
        Set(self.0 & !(1 << number))
    }

    /// Whether it has none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it has at most one.
    pub fn is_at_most_one(self) -> bool {
        self.0 & self.0.wrapping_sub(1) == 0
    }

    /// Its numbers, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..16).filter(move |&number| self.has(number))
    }

    /// A bit for each number.
    #[inline]
    pub fn bits(self) -> u64 {
        self.0.into()
    }

    /// The set of which these are the [bits](Set::bits).
    #[inline]
    pub fn from_bits(bits: u64) -> Set {
        Set(bits as u16)
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The majorities of three acceptors, of two each: what every quorum of three contains.
pub const MAJORITIES: [[usize; 2]; 3] = [[0, 1], [0, 2], [1, 2]];
