//! How close a specification comes to a loop that is written for it alone.
//!
//! The specification is two-phase commit, which packs its states into words; the loop is that of the same system, breadth first,
//! on words from the beginning, with an open-addressing table of its own: no names of actions, no counterexamples, no limits, one
//! thread.

use std::time::{Duration, Instant};

use synod_checker::{Options, Verdict, transition::check};
use synod_tla_examples::two_phase::TwoPhase;

use crate::engine::Count;

/// Explores two-phase commit of so many resource managers by hand.
pub fn by_hand(managers: u32) -> Count {
    Loop { managers, table: vec![0; 1 << 16], states: Vec::new() }.run()
}

/// The same by the checker, on one thread.
///
/// # Panics
/// If it finds a violation: there is none.
pub fn by_checker(managers: u32) -> Count {
    let specification = TwoPhase { managers: managers as usize, symmetric: false, hasty: false };
    let report = check(&specification, &Options { threads: 1, ..Options::default() });
    assert_eq!(report.verdict, Verdict::Holds);
    Count { states: report.states, transitions: report.transitions }
}

/// A comparison: the same counted, and the times of several rounds, in each of which one ran right after the other.
#[derive(Clone, PartialEq, Debug)]
pub struct Packed {
    /// How many resource managers there were.
    pub managers: u32,
    /// What both counted.
    pub count: Count,
    rounds: Vec<(Duration, Duration)>,
}

impl Packed {
    /// Explores by hand and by the checker, in turn, so many times.
    ///
    /// # Panics
    /// If they do not count the same, or there are no rounds.
    pub fn measure(managers: u32, rounds: usize) -> Packed {
        let timed = |explore: fn(u32) -> Count| {
            let begin = Instant::now();
            (explore(managers), begin.elapsed())
        };
        let (mut times, mut counted) = (Vec::new(), None);
        for _ in 0..rounds {
            let ((hand, by_hand), (checker, by_checker)) = (timed(by_hand), timed(by_checker));
            assert_eq!(hand, checker, "the checker counts otherwise");
            times.push((by_hand, by_checker));
            counted = Some(hand);
        }
        Packed { managers, count: counted.expect("nothing is measured in no rounds"), rounds: times }
    }

    /// How many times as long as the loop the checker takes: the median of the rounds.
    pub fn slowdown(&self) -> f64 {
        median(
            self.rounds.iter().map(|(by_hand, by_checker)| by_checker.as_secs_f64() / by_hand.as_secs_f64()),
        )
    }

    /// How long the loop and the checker take, in seconds: the medians of the rounds.
    pub fn seconds(&self) -> (f64, f64) {
        (
            median(self.rounds.iter().map(|(by_hand, _)| by_hand.as_secs_f64())),
            median(self.rounds.iter().map(|(_, by_checker)| by_checker.as_secs_f64())),
        )
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A state is a word: of each resource manager two bits (working, prepared, committed, aborted), whether it was heard, and
/// whether it has sent; then two bits of the transaction manager (open, committed, aborted).
struct Loop {
    managers: u32,
    /// Places of states, by hash, plus one; 0 is free. A power of two of them, at most half of which are taken.
    table: Vec<u32>,
    states: Vec<u64>,
}

const HEARD: u32 = 20;
const SENT: u32 = 30;
const TRANSACTION: u32 = 40;
const WORKING: u64 = 0;
const PREPARED: u64 = 1;
const COMMITTED: u64 = 2;
const ABORTED: u64 = 3;

impl Loop {
    fn run(mut self) -> Count {
        self.insert(0);
        let (mut next, mut transitions) = (0, 0);
        while let Some(&state) = self.states.get(next) {
            next += 1;
            transitions += self.steps(state);
        }
        Count { states: self.states.len() as u64, transitions }
    }

    fn steps(&mut self, state: u64) -> u64 {
        let managers = self.managers;
        let mut transitions = 0;
        let mut step = |next| {
            transitions += 1;
            self.insert(next);
        };
        let transaction = state >> TRANSACTION & 3;
        let all = (1 << managers) - 1;
        if transaction == 0 {
            if state >> HEARD & all == all {
                step(state | 1 << TRANSACTION);
            }
            step(state | 2 << TRANSACTION);
        }
        for manager in 0..managers {
            let moved = |to: u64| state & !(3 << (2 * manager)) | to << (2 * manager);
            if transaction == 0 && state >> (SENT + manager) & 1 == 1 {
                step(state | 1 << (HEARD + manager));
            }
            if state >> (2 * manager) & 3 == WORKING {
                step(moved(PREPARED) | 1 << (SENT + manager));
                step(moved(ABORTED));
            }
            match transaction {
                1 => step(moved(COMMITTED)),
                2 => step(moved(ABORTED)),
                _ => {}
            }
        }
        transitions
    }

    fn insert(&mut self, state: u64) {
        if self.states.len() * 2 >= self.table.len() {
            let table = vec![0; self.table.len() * 2];
            self.table = table;
            for place in 0..self.states.len() {
                let slot = self.slot(self.states[place]);
                self.table[slot] = place as u32 + 1;
            }
        }
        let slot = self.slot(state);
        if self.table[slot] == 0 {
            self.states.push(state);
            self.table[slot] = self.states.len() as u32;
        }
    }

    /// Where the state stands, or where it is to be put.
    fn slot(&self, state: u64) -> usize {
        let mask = self.table.len() - 1;
        let hash = (state ^ state >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut slot = (hash >> 32) as usize & mask;
        while self.table[slot] != 0 && self.states[self.table[slot] as usize - 1] != state {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_count_what_is_published() {
        for (managers, states, generated) in [(3, 288, 1_146), (5, 8_832, 58_146)] {
            let count = Count { states, transitions: generated - 1 };
            assert_eq!((by_hand(managers), by_checker(managers)), (count, count));
        }
    }

    #[test]
    fn the_slowdown_is_of_rounds() {
        let seconds = |one, other| (Duration::from_secs(one), Duration::from_secs(other));
        let rounds = vec![seconds(1, 2), seconds(10, 30), seconds(2, 8)];
        let packed = Packed { managers: 3, count: Count { states: 288, transitions: 1_145 }, rounds };
        assert_eq!((packed.slowdown(), packed.seconds()), (3.0, (2.0, 8.0)));
    }
}
