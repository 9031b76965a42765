//! Which marks are reached: those of steps that are taken, which is less than those of steps that a node could take.
//!
//! Sets of marks have numbers, few enough that a move has room for one. So taking a step costs nothing more than noting
//! its number.

use std::collections::BTreeSet;

use crate::sync::RwLock;

/// So many numbers there are. The last is shared by all sets that came too late for one of their own: when one of these
/// is reached, all of them are said to be.
pub(crate) const NUMBERS: usize = 1 << 8;

/// The numbers of the sets that were reached.
pub(crate) type Reached = [bool; NUMBERS];

type Set = BTreeSet<&'static str>;

/// The sets, and the marks that were reached.
#[derive(Default)]
pub(crate) struct Marks {
    /// By number; that of no marks is 0.
    sets: RwLock<Vec<Set>>,
    reached: RwLock<Set>,
}

impl Marks {
    /// The number of a set.
    pub(crate) fn number(&self, set: &Set) -> u8 {
        if set.is_empty() {
            return 0;
        }
        if let Some(known) = self.sets.read().iter().position(|known| known == set) {
            return known as u8;
        }
        let mut sets = self.sets.write();
        if sets.is_empty() {
            sets.push(Set::new());
        }
        if let Some(known) = sets.iter().position(|known| known == set) {
            return known as u8; // another thread came first
        }
        if sets.len() < NUMBERS {
            sets.push(set.clone());
        } else {
            sets[NUMBERS - 1].extend(set);
        }
        (sets.len() - 1) as u8
    }

    /// Notes what was reached.
    pub(crate) fn reach(&self, reached: &Reached) {
        let sets = self.sets.read();
        let numbers = (0..sets.len()).filter(|&number| reached[number]);
        self.reached.write().extend(numbers.flat_map(|number| &sets[number]));
    }

    /// Notes that one set was reached.
    pub(crate) fn reach_one(&self, number: u8) {
        let mut reached = [false; NUMBERS];
        reached[usize::from(number)] = true;
        self.reach(&reached);
    }

    /// Before a search: nothing was reached.
    pub(crate) fn forget(&mut self) {
        self.reached = RwLock::default();
    }

    /// All that a step could reach.
    pub(crate) fn named(&self) -> Vec<&'static str> {
        self.sets.read().iter().flatten().copied().collect()
    }

    /// As if these had been reached.
    pub(crate) fn restore(&mut self, reached: Vec<&'static str>) {
        self.reached = RwLock::new(reached.into_iter().collect());
    }

    /// What was reached so far.
    pub(crate) fn all(&self) -> Set {
        self.reached.read().clone()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

    fn set(bits: usize) -> Set {
        NAMES.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, &name)| name).collect()
    }

    #[test]
    fn only_what_is_reached_counts() {
        let mut marks = Marks::default();
        let numbers = [set(1), set(6), Set::new()].map(|set| marks.number(&set));
        assert_eq!((numbers, marks.number(&set(6))), ([1, 2, 0], 2));
        let mut reached = [false; NUMBERS];
        reached[2] = true;
        marks.reach(&reached);
        assert_eq!(marks.all(), set(6));
        marks.forget();
        assert_eq!(marks.all(), Set::new());
    }

    /// With more sets than numbers none is lost, and the first ones are still told apart.
    #[test]
    fn the_last_number_is_shared() {
        let marks = Marks::default();
        let numbers: Vec<u8> = (1..512).map(|bits| marks.number(&set(bits))).collect();
        assert_eq!((numbers[0], numbers[253], numbers[254], numbers[510]), (1, 254, 255, 255));
        let mut reached = [false; NUMBERS];
        reached[3] = true;
        marks.reach(&reached);
        assert_eq!(marks.all(), set(3));
        reached[255] = true;
        marks.reach(&reached);
        assert_eq!(marks.all(), set(511));
    }
}
