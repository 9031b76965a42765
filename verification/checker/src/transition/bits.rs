//! Numbers of few bits, side by side in words.

/// Packs numbers into words, one after the other. [`Reader`] reads them in the same order.
///
/// ```
/// use synod_checker::transition::{Reader, Writer};
/// let mut writer = Writer::<1>::new();
/// writer.put(3, 5);
/// writer.put(1, 1);
/// let mut reader = Reader::new(&writer.words());
/// assert_eq!((reader.take(3), reader.take(1)), (5, 1));
/// ```
#[derive(Clone, Debug)]
pub struct Writer<const WORDS: usize> {
    words: [u64; WORDS],
    place: Place,
}

/// Reads what a [`Writer`] wrote.
#[derive(Clone, Debug)]
pub struct Reader<const WORDS: usize> {
    words: [u64; WORDS],
    place: Place,
}

/// The next bit. A number does not go across the end of a word.
#[derive(Clone, Copy, Default, Debug)]
struct Place {
    word: usize,
    bit: u32,
}

impl Place {
    /// Where a number of so many bits stands.
    #[inline]
    fn next(&mut self, bits: u32) -> Place {
        if self.bit + bits > 64 {
            *self = Place { word: self.word + 1, bit: 0 };
        }
        let place = *self;
        self.bit += bits;
        place
    }
}

impl<const WORDS: usize> Writer<WORDS> {
    /// Nothing written yet.
    pub fn new() -> Self {
        Writer { words: [0; WORDS], place: Place::default() }
    }

    /// Writes a number of so many bits.
    ///
    /// # Panics
    /// There is no room. A number that needs more bits is a mistake that is noticed where debug assertions are on.
    #[inline]
    pub fn put(&mut self, bits: u32, number: u64) {
        debug_assert!(bits == 64 || number >> bits == 0, "{number} does not fit into {bits} bits");
        let Place { word, bit } = self.place.next(bits);
        self.words[word] |= number << bit;
    }

    /// What was written.
    pub fn words(&self) -> [u64; WORDS] {
        self.words
    }
}

impl<const WORDS: usize> Default for Writer<WORDS> {
    fn default() -> Self {
        Writer::new()
    }
}

impl<const WORDS: usize> Reader<WORDS> {
    /// At the beginning.
    pub fn new(words: &[u64; WORDS]) -> Self {
        Reader { words: *words, place: Place::default() }
    }

    /// Reads a number of so many bits, which were at least 1.
    ///
    /// # Panics
    /// So much was not written.
    #[inline]
    pub fn take(&mut self, bits: u32) -> u64 {
        let Place { word, bit } = self.place.next(bits);
        self.words[word] >> bit & (u64::MAX >> (64 - bits))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is read is what was written, across words and up to their ends.
        #[test]
        fn numbers_come_back(numbers in prop::collection::vec((1..=64_u32, any::<u64>()), 0..8)) {
            let numbers: Vec<(u32, u64)> =
                numbers.into_iter().map(|(bits, number)| (bits, number & (u64::MAX >> (64 - bits)))).collect();
            let mut writer = Writer::<8>::new();
            numbers.iter().for_each(|&(bits, number)| writer.put(bits, number));
            let mut reader = Reader::new(&writer.words());
            for (bits, number) in numbers {
                prop_assert_eq!(reader.take(bits), number);
            }
        }
    }
}
