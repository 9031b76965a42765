//! The file: a line that says what it is, what is known ([`Saved`]), the states in blocks, and a checksum of all of it.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use crc32fast::Hasher;
use serde::de::DeserializeOwned;

use super::{ResumeError, saved::Saved};
use crate::store::Tables;

/// How it begins.
const TITLE: &[u8] = b"a checkpoint of synod-checker, format 1\n";

/// So many states stand in a block.
const BLOCK: usize = 1 << 14;

/// Longer names of properties and marks, and longer notes, cannot be read again.
const LONGEST: usize = 1 << 16;

/// Passes on what is written or read, and sums it up.
struct Summed<T> {
    inner: T,
    sum: Hasher,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a checkpoint in the place of what was there, if it can be written whole.
pub(super) fn write(file: &Path, saved: &Saved, tables: &Tables) -> io::Result<()> {
    // A process that is killed leaves a part behind, which the next one writes over.
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let written = write_whole(&part, saved, tables).and_then(|()| fs::rename(&part, file));
    if written.is_err() {
        _ = fs::remove_file(&part); // it may not even be there
    }
    written
}

fn write_whole(part: &Path, saved: &Saved, tables: &Tables) -> io::Result<()> {
    let mut file = File::create(part)?;
    let sum = write_summed(&mut file, saved, tables)?;
    file.write_all(&sum.to_le_bytes())?;
    file.sync_all()
}

/// Writes everything but the checksum, and returns that.
fn write_summed(file: &mut File, saved: &Saved, tables: &Tables) -> io::Result<u32> {
    let mut to = Summed { inner: BufWriter::with_capacity(1 << 20, file), sum: Hasher::new() };
    to.write_all(TITLE)?;
    postcard::to_io(saved, &mut to).map_err(io::Error::other)?;
    let states = *saved.search.levels.last().expect("there is a level");
    let parts = saved.search.initial[0].parts.len();
    let mut rows = tables.rows();
    for first in (0..states).step_by(BLOCK) {
        rows.clear();
        tables.unfold(first..states.min(first + BLOCK as u32), &mut rows);
        let block: Vec<u32> =
            (0..rows.len()).flat_map(|row| rows.row(row)[..parts].iter().copied()).collect();
        postcard::to_io(&block, &mut to).map_err(io::Error::other)?;
    }
    to.flush()?;
    Ok(to.sum.finalize())
}

/// Reads a checkpoint.
pub(super) fn read(file: &Path) -> Result<Saved, ResumeError> {
    let unreadable = |why| ResumeError::Read(file.to_owned(), why);
    let damaged = |why: &str| ResumeError::Damaged(file.to_owned(), why.to_owned());
    let open = || File::open(file).map(|file| BufReader::with_capacity(1 << 20, file));
    let mut from = open().map_err(unreadable)?;
    let mut title = vec![0; TITLE.len()];
    match from.read_exact(&mut title) {
        Ok(()) if title == TITLE => {}
        Ok(()) => return Err(damaged("it does not begin as one of this version does")),
        Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Err(damaged("it is too short")),
        Err(why) => return Err(unreadable(why)),
    }
    let length = sum_up(from, &title).map_err(unreadable)?.ok_or_else(|| {
        damaged("its checksum is not that of its content: it was not written whole, or was changed since")
    })?;
    let mut from = open().map_err(unreadable)?.take(length);
    from.read_exact(&mut title).map_err(unreadable)?;
    let mut scratch = vec![0; LONGEST];
    let mut saved: Saved = next(&mut from, &mut scratch).map_err(|why| damaged(&why))?;
    let too_few = || damaged("it has fewer states than its levels have");
    let states = *saved.search.levels.last().ok_or_else(too_few)? as usize;
    let parts = saved.search.initial.first().ok_or_else(too_few)?.parts.len();
    while saved.states.len() < states * parts {
        let block: Vec<u32> = next(&mut from, &mut scratch).map_err(|why| damaged(&why))?;
        if block.is_empty() {
            return Err(too_few());
        }
        saved.states.extend(block);
    }
    if saved.states.len() > states * parts || from.limit() > 0 {
        return Err(damaged("it has more than its levels have"));
    }
    Ok(saved)
}

/// Compares the checksum at the end with what stands before it, of which `title` was read already; and returns how long that
/// is, if they agree.
fn sum_up(mut from: impl Read, title: &[u8]) -> io::Result<Option<u64>> {
    let mut sum = Hasher::new();
    sum.update(title);
    let (mut length, mut end) = (title.len() as u64, Vec::new());
    let mut bytes = vec![0; 1 << 20];
    loop {
        let count = from.read(&mut bytes)?;
        if count == 0 {
            break;
        }
        // The last four bytes are not summed up: they are the sum.
        end.extend_from_slice(&bytes[..count]);
        let summed = end.len().saturating_sub(4);
        sum.update(&end[..summed]);
        length += summed as u64;
        end.drain(..summed);
    }
    Ok((end == sum.finalize().to_le_bytes()).then_some(length))
}

/// The next value.
fn next<T: DeserializeOwned>(from: &mut impl Read, scratch: &mut [u8]) -> Result<T, String> {
    postcard::from_io((from, scratch)).map(|(value, _)| value).map_err(|why| why.to_string())
}
