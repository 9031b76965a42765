//! The words of a table by number: in memory, and, where memory has ended, the first of them in a file.
//!
//! States are numbered in the order of their discovery. So the first words are those of the levels that were explored first: they are
//! read again when a step leads back to one of them, and when a counterexample is looked for, and not for each new state.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use crate::{
    segments::{SEGMENT, Segments},
    sync::AtomicU64,
};

/// Words by number.
#[derive(Default)]
pub(crate) struct Entries {
    /// Those that are in memory.
    words: Segments,
    /// So many, from the first on, are not.
    on_disk: u32,
    /// Where these are, one after the other.
    file: Option<File>,
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

    /// What a word is. Whoever reads it must have learnt of it in an orderly way.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> u64 {
        if self.is_near(number) { self.words.get(number - self.on_disk) } else { self.fetch(number) }
    }

    /// Sets a word that is in memory.
    #[inline]
    pub(crate) fn set(&self, number: u32, word: u64) {
        self.words.set(number - self.on_disk, word);
    }

    /// Words one after the other.
    pub(crate) fn range(&self, numbers: std::ops::Range<u32>, into: &mut Vec<u64>) {
        into.clear();
        let far = numbers.end.min(self.on_disk).saturating_sub(numbers.start) as usize;
        if far > 0 {
            let mut bytes = vec![0; far * 8];
            self.read(numbers.start, &mut bytes);
            into.extend(bytes.chunks_exact(8).map(word));
        }
        into.extend((numbers.start + far as u32..numbers.end).map(|number| self.get(number)));
    }

    #[cold]
    fn fetch(&self, number: u32) -> u64 {
        let mut bytes = [0; 8];
        self.read(number, &mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// # Panics
    /// What was written to the file cannot be read: there is no going on without it.
    fn read(&self, first: u32, bytes: &mut [u8]) {
        let file = self.file.as_ref().expect("there is a file where words are in it");
        if let Err(why) = read_at(file, bytes, u64::from(first) * 8) {
            panic!("states that were put on disk cannot be read again: {why}");
        }
    }

    /// Puts the words below this number into a file in this folder, as far as they fill segments and are not there yet. Nobody
    /// has a name for the file: it goes when the process does. Returns whether there is more room in memory now.
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
        io::Seek::seek(file, io::SeekFrom::Start(u64::from(self.on_disk) * 8))?;
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
