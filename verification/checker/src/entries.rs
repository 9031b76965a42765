//! The words of a table by number: in memory, and, where memory has ended, the first of them in a file.
//!
//! States are numbered in the order of their discovery. So the first words are those of the levels that were explored first: they are
//! read again when a step leads back to one of them, and when a counterexample is looked for, and not for each new state.
//!
//! If they cannot be read, they are [lost](Lost). Whoever asks for such a word is unwound to where somebody [waits](unless_lost) for
//! that: there is nothing to return, and it happens too seldom to be a result of each of so many reads. Whoever inserts is not
//! unwound, since others wait for the places in the index that it has won: a word that is lost is none that is sought
//! ([`Entries::holds`]). So a state may come to be there twice, and a search must look whether something was lost before it says
//! what it found.

use std::{
    fs::File,
    io::{self, ErrorKind, Write},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::OnceLock,
};

use crate::{
    segments::{SEGMENT, Segments},
    sync::AtomicU64,
};

/// Words that were put on disk cannot be read again: why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lost(pub(crate) ErrorKind);

/// What comes of this, unless it asks for words that are lost.
pub(crate) fn unless_lost<T>(work: impl FnOnce() -> T) -> Result<T, Lost> {
    // Nothing that it was about to change is used any more: a search that has lost states ends.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| match panic.downcast::<Lost>() {
        Ok(lost) => *lost,
        Err(panic) => resume_unwind(panic),
    })
}

/// Words by number.
#[derive(Default)]
pub(crate) struct Entries {
    /// Those that are in memory.
    words: Segments,
    /// So many, from the first on, are not.
    on_disk: u32,
    /// Where these are, one after the other.
    file: Option<File>,
    /// Why some of them could not be read, if that was so.
    lost: OnceLock<Lost>,
}

impl Entries {
    /// Makes room for so many in all.
    pub(crate) fn reserve(&mut self, wanted: usize) {
        self.words.reserve(wanted.saturating_sub(self.on_disk as usize));
    }

    /// How many there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.on_disk as usize + self.words.capacity()
    }

    /// The bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.words.bytes()
    }

    /// The bytes held in the file.
    pub(crate) fn bytes_on_disk(&self) -> u64 {
        u64::from(self.on_disk) * 8
    }

    /// Whether a word is in memory.
    #[inline]
    pub(crate) fn is_near(&self, number: u32) -> bool {
        number >= self.on_disk
    }

    /// What a word is, if it is in memory.
    #[inline]
    pub(crate) fn near(&self, number: u32) -> Option<u64> {
        self.is_near(number).then(|| self.words.get(number - self.on_disk))
    }

    /// Whether words are lost: of those that were asked for.
    pub(crate) fn lost(&self) -> Option<Lost> {
        self.lost.get().copied()
    }

    /// What a word is. Whoever reads it must have learnt of it in an orderly way. Unwinds if it is [`Lost`].
    #[inline]
    pub(crate) fn get(&self, number: u32) -> u64 {
        self.near(number).unwrap_or_else(|| self.fetch(number))
    }

    /// Whether a word is this one. One that is lost is none.
    #[inline]
    pub(crate) fn holds(&self, number: u32, word: u64) -> bool {
        self.near(number).map_or_else(|| self.read_word(number) == Ok(word), |near| near == word)
    }

    /// Sets a word that is in memory.
    #[inline]
    pub(crate) fn set(&self, number: u32, word: u64) {
        self.words.set(number - self.on_disk, word);
    }

    /// Appends words that stand one after the other.
    ///
    /// # Errors
    /// Some are lost.
    pub(crate) fn range(&self, numbers: Range<u32>, into: &mut Vec<u64>) -> Result<(), Lost> {
        let far = numbers.end.min(self.on_disk).saturating_sub(numbers.start) as usize;
        if far > 0 {
            let mut bytes = vec![0; far * 8];
            self.read(numbers.start, &mut bytes)?;
            into.extend(bytes.chunks_exact(8).map(word));
        }
        let near = |number: u32| number.max(self.on_disk) - self.on_disk;
        self.words.range(near(numbers.start) as usize..near(numbers.end) as usize, into);
        Ok(())
    }

    #[cold]
    fn fetch(&self, number: u32) -> u64 {
        self.read_word(number).unwrap_or_else(|lost| resume_unwind(Box::new(lost)))
    }

    #[cold]
    fn read_word(&self, number: u32) -> Result<u64, Lost> {
        let mut bytes = [0; 8];
        self.read(number, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn read(&self, first: u32, bytes: &mut [u8]) -> Result<(), Lost> {
        let file = self.file.as_ref().expect("there is a file where words are in it");
        read_at(file, bytes, u64::from(first) * 8).map_err(|why| *self.lost.get_or_init(|| Lost(why.kind())))
    }

    /// Puts the words below this number into a file in this folder, as far as they fill segments and are not there yet. Nobody
    /// has a name for the file: it goes when the process does. Returns whether there is more room in memory now: there is not if words
    /// that are there are [`Lost`].
    ///
    /// # Errors
    /// It cannot be written. All words are still known.
    pub(crate) fn spill(&mut self, below: u32, folder: &Path) -> io::Result<bool> {
        let segments = below.saturating_sub(self.on_disk) as usize / SEGMENT;
        if segments == 0 {
            return Ok(false);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(folder)?),
        };
        let end = u64::from(self.on_disk) * 8;
        if file.metadata()?.len() < end {
            // What is written behind a gap would fill it with zeros, which could be read.
            self.lost.get_or_init(|| Lost(ErrorKind::UnexpectedEof));
            return Ok(false);
        }
        io::Seek::seek(file, io::SeekFrom::Start(end))?;
        let mut bytes = Vec::with_capacity(SEGMENT * 8);
        for segment in self.words.first(segments) {
            bytes.clear();
            let load = |word: &AtomicU64| word.load(crate::sync::Ordering::Relaxed).to_le_bytes();
            bytes.extend(segment.iter().flat_map(load));
            file.write_all(&bytes)?;
        }
        self.words.forget_first(segments);
        self.on_disk += (segments * SEGMENT) as u32;
        Ok(true)
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("a word is 8 bytes long"))
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => (bytes, at) = (&mut bytes[count..], at + count as u64),
        }
    }
    Ok(())
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A file that became shorter has lost words, also those behind which more could be written.
    #[test]
    fn nothing_is_written_behind_a_gap() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let count = 2 * SEGMENT as u32;
        let mut entries = Entries::default();
        entries.reserve(count as usize);
        (0..count).for_each(|number| entries.set(number, 7));
        assert_eq!(entries.spill(count / 2, folder.path()).ok(), Some(true));
        assert!(entries.holds(0, 7) && !entries.holds(0, 0) && entries.lost().is_none());
        let file = entries.file.as_ref().expect("words are in it");
        file.set_len(8).expect("it is a file of this process");
        assert_eq!(entries.spill(count, folder.path()).ok(), Some(false));
        assert_eq!(entries.lost(), Some(Lost(ErrorKind::UnexpectedEof)));
        assert!(entries.holds(0, 7) && !entries.holds(1, 0) && entries.holds(count - 1, 7));
    }
}
