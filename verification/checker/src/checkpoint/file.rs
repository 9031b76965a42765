//! The file: a line that says what it is, what is known ([`Saved`], or what `transition` has in its place), the states in blocks, and a
//! checksum of all of it.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use crc32fast::Hasher;
use serde::{Serialize, de::DeserializeOwned};

use super::{ResumeError, Unfit, saved::Saved};
use crate::{
    entries::{Lost, unless_lost},
    rows::Rows,
    store::Tables,
};

/// How it begins.
const TITLE: &[u8] = b"a checkpoint of synod-checker, format 3\n";

/// So many states stand in a block.
pub(crate) const BLOCK: usize = 1 << 14;

/// Longer names of properties and marks, and longer notes, cannot be read again.
const LONGEST: usize = 1 << 16;

/// Passes on what is written or read, and sums it up.
pub(crate) struct Summed<T> {
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

/// What a checkpoint is written to.
pub(crate) type To = Summed<BufWriter<File>>;

/// What one is read from, behind its title and up to its checksum.
pub(crate) type From = io::Take<BufReader<File>>;

/// Writes a checkpoint in the place of what was there, if it can be written whole.
pub(super) fn write(file: &Path, saved: &Saved, tables: &Tables) -> io::Result<()> {
    replace(file, TITLE, |to| {
        put(saved, to)?;
        let states = *saved.search.levels.last().expect("there is a level");
        for first in (0..states).step_by(BLOCK) {
            let mut rows = Rows::default();
            let some: Vec<u32> = (first..states.min(first + BLOCK as u32)).collect();
            tables.unfold(&some, &mut rows);
            let parts = rows.rows().flat_map(|row| tables.parts_of(row.words));
            put(&parts.collect::<Vec<u32>>(), to)?;
        }
        Ok(())
    })
}

/// Writes a file that begins with this title in the place of what was there, if it can be written whole.
pub(crate) fn replace(
    file: &Path,
    title: &[u8],
    content: impl FnOnce(&mut To) -> io::Result<()>,
) -> io::Result<()> {
    // A process that is killed leaves a part behind, which the next one writes over.
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let whole = unless_lost(|| write_whole(&part, title, content)).unwrap_or_else(|Lost(why)| {
        Err(io::Error::other(format!("states that were put on disk cannot be read again: {why}")))
    });
    let written = whole.and_then(|()| fs::rename(&part, file));
    if written.is_err() {
        _ = fs::remove_file(&part); // it may not even be there
    }
    written
}

fn write_whole(part: &Path, title: &[u8], content: impl FnOnce(&mut To) -> io::Result<()>) -> io::Result<()> {
    let inner = BufWriter::with_capacity(1 << 20, File::create(part)?);
    let mut to = Summed { inner, sum: Hasher::new() };
    to.write_all(title)?;
    content(&mut to)?;
    let Summed { inner, sum } = to;
    let mut file = inner.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.write_all(&sum.finalize().to_le_bytes())?;
    file.sync_all()
}

/// Writes a value.
pub(crate) fn put(value: &impl Serialize, to: &mut To) -> io::Result<()> {
    postcard::to_io(value, to).map(|_| ()).map_err(io::Error::other)
}

/// Reads a checkpoint.
pub(super) fn read(file: &Path) -> Result<Saved, ResumeError> {
    let mut from = content(file, TITLE)?;
    let read = (|| {
        let mut saved: Saved = next(&mut from)?;
        let states = *saved.search.levels.last().ok_or_else(too_few)? as usize;
        let parts = saved.search.initial.first().ok_or_else(too_few)?.parts.len();
        saved.states = blocks(&mut from, states * parts)?;
        Ok(saved)
    })();
    read.map_err(|unfit: Unfit| unfit.of(file))
}

/// What stands in a file that begins with this title, of which it is known that it is as it was written.
pub(crate) fn content(file: &Path, title: &[u8]) -> Result<From, ResumeError> {
    let unreadable = |why| ResumeError::Read(file.to_owned(), why);
    let damaged = |why: &str| ResumeError::Damaged(file.to_owned(), why.to_owned());
    let open = || File::open(file).map(|file| BufReader::with_capacity(1 << 20, file));
    let mut from = open().map_err(unreadable)?;
    let mut begins = vec![0; title.len()];
    match from.read_exact(&mut begins) {
        Ok(()) if begins == title => {}
        Ok(()) => return Err(damaged("it does not begin as one of this version does")),
        Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Err(damaged("it is too short")),
        Err(why) => return Err(unreadable(why)),
    }
    let length = sum_up(from, title).map_err(unreadable)?.ok_or_else(|| {
        damaged("its checksum is not that of its content: it was not written whole, or was changed since")
    })?;
    let mut from = open().map_err(unreadable)?.take(length);
    from.read_exact(&mut begins).map_err(unreadable)?;
    Ok(from)
}

fn too_few() -> Unfit {
    Unfit::Damaged("it has fewer states than its levels have".into())
}

/// So many numbers, in blocks, and nothing behind them.
pub(crate) fn blocks<T: DeserializeOwned>(from: &mut From, count: usize) -> Result<Vec<T>, Unfit> {
    let mut all = Vec::new();
    while all.len() < count {
        let block: Vec<T> = next(from)?;
        if block.is_empty() {
            return Err(too_few());
        }
        all.extend(block);
    }
    if all.len() > count || from.limit() > 0 {
        return Err(Unfit::Damaged("it has more than its levels have".into()));
    }
    Ok(all)
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
pub(crate) fn next<T: DeserializeOwned>(from: &mut From) -> Result<T, Unfit> {
    let mut scratch = vec![0; LONGEST];
    let read = postcard::from_io((from, &mut scratch[..])).map(|(value, _)| value);
    read.map_err(|why| Unfit::Damaged(why.to_string()))
}
