//! What nodes with their inboxes become when messages are put into these, as far as it was asked for before: nearly each message that is
//! sent is looked up here.
//!
//! Question and answer are one word, so threads share them without more ado. A question has one place, which it takes from the one
//! before; those about one message, and numbers that follow each other, have places that do, for these are asked together. If
//! an answer is not here, it is found by several others (`worker.rs`).

use crate::sync::{AtomicU64, Ordering};

/// Numbers have at most so many bits, or they are not kept.
const NUMBER: u32 = 26;
/// So many of these, the lowest ones, can be told from the place.
const TOLD: u32 = if cfg!(loom) { 2 } else { 10 };
/// A number that is not below this is not kept, either: of [nothing](NOTHING).
const NUMBERS: u32 = (1 << NUMBER) - (1 << TOLD);
/// Bits of an envelope that is kept.
const ENVELOPE: u32 = u64::BITS - NUMBER - (NUMBER - TOLD);

/// So many places there are at first, and at most.
const LEAST: usize = 1 << (TOLD + 1);
const MOST: usize = 1 << 20;

/// No question: its number is none that is kept.
const NOTHING: u64 = u64::MAX;

/// By the number of a node with its inbox, and the envelope of the message, which tells which node it is: the number with the message.
pub(crate) struct Adds {
    places: Box<[AtomicU64]>,
}

impl Default for Adds {
    fn default() -> Self {
        Adds::of(LEAST)
    }
}

/// By how much the places of an envelope are moved.
#[inline]
fn shift(envelope: u32) -> u32 {
    envelope.wrapping_mul(0x9E37_79B9) >> 7
}

/// All of the question that cannot be told from its place.
#[inline]
fn question(number: u32, envelope: u32) -> u64 {
    u64::from(envelope) << (NUMBER - TOLD) | u64::from(number >> TOLD)
}

impl Adds {
    fn of(places: usize) -> Self {
        Adds { places: (0..places).map(|_| AtomicU64::new(NOTHING)).collect() }
    }

    #[inline]
    fn place(&self, number: u32, envelope: u32) -> &AtomicU64 {
        &self.places[number.wrapping_add(shift(envelope)) as usize & (self.places.len() - 1)]
    }

    /// What the node with this number becomes, if it is known.
    #[inline]
    pub(crate) fn get(&self, number: u32, envelope: u32) -> Option<u32> {
        let known = self.place(number, envelope).load(Ordering::Acquire);
        let is_it = known >> NUMBER == question(number, envelope) && number < NUMBERS;
        is_it.then_some(known as u32 & (u32::MAX >> (u32::BITS - NUMBER)))
    }

    /// What it becomes. Whoever is told that may look it up.
    #[inline]
    pub(crate) fn put(&self, number: u32, envelope: u32, after: u32) {
        if number < NUMBERS && after >> NUMBER == 0 && envelope >> ENVELOPE == 0 {
            let known = question(number, envelope) << NUMBER | u64::from(after);
            self.place(number, envelope).store(known, Ordering::Release);
        }
    }

    /// Makes room for as many answers as there are nodes with their inboxes, or somewhat fewer: most of these get a message.
    pub(crate) fn reserve(&mut self, numbers: usize) {
        while self.places.len() < MOST && self.places.len() + self.places.len() / 2 < numbers {
            self.double();
        }
    }

    fn double(&mut self) {
        let larger = Adds::of(2 * self.places.len());
        for (place, known) in (0..).zip(&self.places) {
            let known = known.load(Ordering::Relaxed);
            if known == NOTHING {
                continue;
            }
            let question = known >> NUMBER;
            let envelope = (question >> (NUMBER - TOLD)) as u32;
            let low = u32::wrapping_sub(place, shift(envelope)) & ((1 << TOLD) - 1);
            let high = question as u32 & ((1 << (NUMBER - TOLD)) - 1);
            larger.place(high << TOLD | low, envelope).store(known, Ordering::Relaxed);
        }
        *self = larger;
    }

    /// The bytes held.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.places)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Numbers of which some come often, some have about so many bits, and some may be any.
    fn few(bits: u32) -> impl Strategy<Value = u32> {
        let border = 1_u32 << bits;
        let borders = prop_oneof![border - 3..border + 3, border - 1030..border - 1020];
        prop_oneof![0..30_u32, 2000..2100_u32, borders, Just(u32::MAX), any::<u32>()]
    }

    /// A number that is too large for its place in a word is not taken for a smaller one and another envelope.
    #[test]
    fn what_does_not_fit_is_not_known() {
        let (adds, numbers) = (Adds::default(), 0..LEAST as u32);
        numbers.clone().for_each(|number| adds.put(number, 3, 7));
        assert!(numbers.clone().all(|number| adds.get(number, 3) == Some(7)));
        assert!(numbers.clone().all(|number| adds.get(number | 1 << NUMBER, 2).is_none()));
        assert!(numbers.clone().all(|number| adds.get(number, 3 | 1 << ENVELOPE).is_none()));
    }

    proptest! {
        /// It tells nothing that it was not told, and the last thing it was told it knows, also when there is more room now. Numbers and
        /// envelopes that do not fit are not known.
        #[test]
        fn it_knows_what_it_was_told(
            asked in prop::collection::vec((few(NUMBER), few(ENVELOPE), few(NUMBER), 0..50_u8), 0..500),
        ) {
            let (mut adds, mut told) = (Adds::default(), HashMap::new());
            for (number, envelope, after, grows) in asked {
                let known = adds.get(number, envelope);
                prop_assert!(known.is_none_or(|known| told.get(&(number, envelope)) == Some(&known)));
                adds.put(number, envelope, after);
                let fits = number < NUMBERS && after < 1 << NUMBER && envelope < 1 << ENVELOPE;
                if fits {
                    told.insert((number, envelope), after);
                }
                if grows == 0 && adds.places.len() < 1 << 14 {
                    let places = adds.places.len();
                    adds.reserve(2 * places);
                    prop_assert_eq!(adds.places.len(), 2 * places);
                }
                prop_assert_eq!(adds.get(number, envelope), fits.then_some(after).or(known.filter(|_| !fits)));
            }
        }
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::{sync::Arc, thread};

    use super::*;

    /// Whoever is told what a number becomes can look that up; and of two answers in one place one is there, whole.
    #[test]
    fn loom_what_is_told_is_there() {
        loom::model(|| {
            let adds = Arc::new(Adds::default());
            // In place of what a table has by the number afterwards.
            let table = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
            let tell = |adds: &Adds, table: &[AtomicU64; 2], number: u32, after: u32| {
                table[after as usize].store(1, Ordering::Relaxed);
                adds.put(number, 5, after);
            };
            let other = {
                let (adds, table) = (adds.clone(), table.clone());
                thread::spawn(move || tell(&adds, &table, LEAST as u32, 1))
            };
            tell(&adds, &table, 0, 0);
            let is_known =
                |number: u32, after: u32| {
                    let known = adds.get(number, 5);
                    assert!(known.is_none_or(
                        |known| known == after && table[known as usize].load(Ordering::Relaxed) == 1
                    ));
                    known.is_some()
                };
            is_known(LEAST as u32, 1);
            other.join().expect("it does not panic");
            assert!(is_known(0, 0) != is_known(LEAST as u32, 1), "they have one place");
        });
    }
}
