//! A set of numbers that are almost contiguous.

use std::{collections::BTreeSet, fmt};

/// A set of numbers from 1 on that is filled almost in order, like the numbers of the messages received from one sender.
/// It takes room for the numbers beyond a gap only.
///
/// ```
/// use synod_links::Numbers;
/// let mut seen = Numbers::default();
/// assert!(seen.insert(2));
/// assert!(!seen.insert(2)); // a duplicate
/// assert!(seen.insert(1) && seen.contains(2) && !seen.contains(3));
/// seen.insert(7);
/// assert_eq!(format!("{seen:?}"), "{1..=2, 7}");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numbers {
    /// 1 to this are all there.
    through: u64,
    /// These are too; none of them is the next one.
    beyond: BTreeSet<u64>,
}

impl Numbers {
    /// Adds a number. Whether it is new; 0 never is.
    pub fn insert(&mut self, number: u64) -> bool {
        if self.contains(number) {
            return false;
        }
        self.beyond.insert(number);
        while self.beyond.remove(&(self.through + 1)) {
            self.through += 1;
        }
        true
    }

    /// Whether the number is there. 0 always is.
    pub fn contains(&self, number: u64) -> bool {
        number <= self.through || self.beyond.contains(&number)
    }
}

/// As the set that it is.
impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = f.debug_set();
        match self.through {
            0 => &mut set,
            1 => set.entry(&1),
            through => set.entry(&(1..=through)),
        };
        set.entries(&self.beyond).finish()
    }
}
