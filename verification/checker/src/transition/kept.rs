//! The states reached, each once: packed into words, or whole.

use std::{hash::Hash, ops::Range};

use crate::{
    interner::Interner,
    store::{pair, unpair},
    sync::RwLock,
    table::{Full, Table},
};

/// Tables first grow at so many entries.
const CAPACITY: usize = 1 << 10;

/// A set of states, numbered from 0 in the order in which they came. Shared between threads.
pub trait Kept<S>: Sync {
    /// A state, as it is handed in and out.
    type Key: Send;

    /// No states; so many threads will work with them.
    fn new(threads: usize) -> Self;

    /// A state as a key.
    fn key(state: S) -> Self::Key;

    /// A key as a state.
    fn state(key: &Self::Key) -> S;

    /// How many words a state is in a file; 0 if it cannot be written to one.
    const WORDS: usize;

    /// Appends these words.
    fn write(key: &Self::Key, words: &mut Vec<u64>);

    /// The key of so many words, which were written.
    fn read(words: &[u64]) -> Self::Key;

    /// How many there are.
    fn len(&self) -> u32;

    /// Appends the keys of the states of these numbers.
    fn get(&self, numbers: Range<u32>, keys: &mut Vec<Self::Key>);

    /// Inserts all keys, in their order, and removes them; calls `told` with each that is new, and its number.
    fn insert(&self, keys: &mut Vec<Self::Key>, told: impl FnMut(&Self::Key, u32));

    /// The number of a state, if it is there.
    fn find(&self, key: &Self::Key) -> Option<u32>;

    /// The bytes it holds, as far as it knows.
    fn bytes(&self) -> u64;
}

/// A state that packs itself into words of 64 bits.
pub trait Pack<const WORDS: usize>: Sized {
    /// The state in words. Two states have the same words only if they are equal.
    fn pack(&self) -> [u64; WORDS];

    /// The state of these words, which are of one that was packed.
    fn unpack(words: &[u64; WORDS]) -> Self;
}

/// Keeps states as words: one word as an entry of a table, whose number is that of the state; several folded up by tables, of
/// which each numbers the pairs that it has seen (tree compression, as `store.rs` does it for actors).
pub struct Packed<const WORDS: usize> {
    tables: RwLock<Tables<WORDS>>,
}

struct Tables<const WORDS: usize> {
    /// For each place, the words that stand there.
    words: [Table; WORDS],
    /// For each place but the first: the pairs of what the places before it gave, and of its own word. The last one numbers
    /// the states; if there is only one word, that table does.
    pairs: Vec<Table>,
}

impl<const WORDS: usize> Tables<WORDS> {
    fn states(&self) -> &Table {
        self.pairs.last().unwrap_or(&self.words[0])
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Table> {
        self.words.iter_mut().chain(&mut self.pairs)
    }

    fn bytes(&self) -> u64 {
        self.words.iter().chain(&self.pairs).map(Table::bytes).sum()
    }

    fn get(&self, number: u32) -> [u64; WORDS] {
        let mut number = number;
        let mut words = [0; WORDS];
        for place in (1..WORDS).rev() {
            let (before, word) = unpair(self.pairs[place - 1].get(number));
            words[place] = self.words[place].get(word);
            number = before;
        }
        words[0] = self.words[0].get(number);
        words
    }

    fn find(&self, words: &[u64; WORDS]) -> Option<u32> {
        let mut number = self.words[0].find(words[0])?;
        for (place, &word) in words.iter().enumerate().skip(1) {
            let word = self.words[place].find(word)?;
            number = self.pairs[place - 1].find(pair(number, word))?;
        }
        Some(number)
    }

    /// Inserts as many as there is room for, and says how many that were, and whether these are all.
    fn insert(&self, keys: &[[u64; WORDS]], told: &mut impl FnMut(&[u64; WORDS], u32)) -> (usize, bool) {
        let mut done = 0;
        let all = self.folded(keys).and_then(|pairs| {
            self.states().insert_all(&pairs, |at, number, new| {
                if new {
                    told(&keys[at], number);
                }
                done += 1;
            })
        });
        (done, all.is_ok())
    }

    /// What the table of states is to be asked for.
    fn folded(&self, keys: &[[u64; WORDS]]) -> Result<Vec<u64>, Full> {
        let numbers = |table: &Table, pairs: &[u64]| -> Result<Vec<u32>, Full> {
            let mut numbers = vec![0; pairs.len()];
            table.insert_all(pairs, |at, number, _| numbers[at] = number)?;
            Ok(numbers)
        };
        let words = |place: usize| keys.iter().map(|key| key[place]).collect::<Vec<u64>>();
        let mut pairs = words(0);
        for place in 1..WORDS {
            let before = if place == 1 { &self.words[0] } else { &self.pairs[place - 2] };
            let before = numbers(before, &pairs)?;
            let words = numbers(&self.words[place], &words(place))?;
            pairs = before.iter().zip(&words).map(|(&before, &word)| pair(before, word)).collect();
        }
        Ok(pairs)
    }
}

impl<S: Pack<WORDS>, const WORDS: usize> Kept<S> for Packed<WORDS> {
    type Key = [u64; WORDS];

    fn new(threads: usize) -> Self {
        let table = |_| Table::new(CAPACITY, threads);
        let tables = Tables { words: std::array::from_fn(table), pairs: (1..WORDS).map(table).collect() };
        Packed { tables: RwLock::new(tables) }
    }

    #[inline]
    fn key(state: S) -> [u64; WORDS] {
        state.pack()
    }

    #[inline]
    fn state(key: &[u64; WORDS]) -> S {
        S::unpack(key)
    }

    const WORDS: usize = WORDS;

    fn write(key: &[u64; WORDS], words: &mut Vec<u64>) {
        words.extend(key);
    }

    fn read(words: &[u64]) -> [u64; WORDS] {
        words.try_into().expect("it is as many words as were written")
    }

    fn len(&self) -> u32 {
        self.tables.read().states().len()
    }

    fn get(&self, numbers: Range<u32>, keys: &mut Vec<[u64; WORDS]>) {
        let tables = self.tables.read();
        keys.extend(numbers.map(|number| tables.get(number)));
    }

    fn insert(&self, keys: &mut Vec<[u64; WORDS]>, mut told: impl FnMut(&[u64; WORDS], u32)) {
        let mut rest = &keys[..];
        loop {
            let (done, all) = self.tables.read().insert(rest, &mut told);
            if all {
                break;
            }
            rest = &rest[done..];
            // Another thread may have grown them meanwhile: then they no longer want.
            self.tables.write().all().filter(|table| table.wants_room()).for_each(Table::grow);
        }
        keys.clear();
    }

    fn find(&self, key: &[u64; WORDS]) -> Option<u32> {
        self.tables.read().find(key)
    }

    fn bytes(&self) -> u64 {
        self.tables.read().bytes()
    }
}

/// Keeps states as they are, by equality and hash.
pub struct Whole<S> {
    states: Interner<S>,
}

impl<S: Clone + Eq + Hash + Send + Sync> Kept<S> for Whole<S> {
    type Key = S;

    fn new(_: usize) -> Self {
        Whole { states: Interner::new() }
    }

    fn key(state: S) -> S {
        state
    }

    fn state(key: &S) -> S {
        key.clone()
    }

    const WORDS: usize = 0;

    fn write(_: &S, _: &mut Vec<u64>) {}

    fn read(_: &[u64]) -> S {
        unreachable!("none was written")
    }

    fn len(&self) -> u32 {
        u32::try_from(self.states.len()).expect("fewer than 2^32 states")
    }

    fn get(&self, numbers: Range<u32>, keys: &mut Vec<S>) {
        keys.extend(numbers.map(|number| (*self.states.get(number)).clone()));
    }

    fn insert(&self, keys: &mut Vec<S>, mut told: impl FnMut(&S, u32)) {
        for key in keys.drain(..) {
            let (number, new) = self.states.insert(key);
            if new {
                told(&self.states.get(number), number);
            }
        }
    }

    fn find(&self, key: &S) -> Option<u32> {
        self.states.find(key)
    }

    fn bytes(&self) -> u64 {
        self.states.bytes()
    }
}
