//! Checkpoints: a search under way, in a file, to be gone on with by another process.
//!
//! # What is in one
//! States are numbers (see `components.rs`), and so is all that is known of them: which were reached, where levels begin, what was
//! dropped, what was found. That is written as it stands. What the numbers mean is not: states of actors, messages and monitors are values of
//! types that need not know how to be written. They are **made again**, by the same handlers. For every local step that was taken or looked at the
//! checkpoint has the numbers of what it began with and of what came of it; whoever resumes takes these steps once more, each as soon
//! as what it begins with is known (`restore.rs`); then states are stored again (`resumed.rs`). That is as many calls of handlers as the
//! search itself had made, which are few beside its states.
//!
//! So a checkpoint is also checked against the system it is resumed with: where a handler now does something else, two values would have
//! one number, or one value two, and it is refused.
//!
//! # When one is written
//! Between levels, as a level is explored whole before anything is concluded from it; and when a search stops in the middle of one. Then
//! what was reached by that level is left out: states are numbered in the order of their discovery, so they are those at the
//! end. A file is replaced only by one that is written whole, so there is always one to go on from.

pub(crate) mod file;
mod restore;
mod resumed;
mod save;
mod saved;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{options::Options, search::Search, system::System};

pub(crate) use saved::{Head, Saved, SavedDead, SavedOrder, hashed};

/// Where a search is written down while it goes on, so that [`resume`](crate::resume) can go on with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The file. Its folder has to be there.
    pub file: PathBuf,
    /// How often it is written, at most; less often if writing it takes more than a twentieth of the time. It is written as well
    /// when the search is interrupted, runs out of a budget, or has reached everything.
    pub every: Duration,
}

/// Why a search is not resumed.
#[derive(Debug)]
pub enum ResumeError {
    /// The file cannot be read.
    Read(PathBuf, io::Error),
    /// The file is no checkpoint, or was damaged; and how that shows.
    Damaged(PathBuf, String),
    /// It is a checkpoint of something else; and of what.
    Other(PathBuf, String),
}

impl fmt::Display for ResumeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResumeError::Read(file, why) => write!(f, "{} cannot be read: {why}", file.display()),
            ResumeError::Damaged(file, why) => {
                write!(f, "{} is no checkpoint that can be resumed: {why}", file.display())
            }
            ResumeError::Other(file, why) => {
                write!(f, "{} is a checkpoint of another search: {why}", file.display())
            }
        }
    }
}

impl std::error::Error for ResumeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ResumeError::Read(_, why) => Some(why),
            ResumeError::Damaged(..) | ResumeError::Other(..) => None,
        }
    }
}

/// Why what was read does not do, before it is known which file it was.
#[derive(Debug)]
pub(crate) enum Unfit {
    Damaged(String),
    Other(String),
}

impl Unfit {
    /// A number stands for nothing.
    pub(crate) fn damaged(what: &str) -> Self {
        Unfit::Damaged(format!("it names {what} that it does not have"))
    }

    /// It went on behind violations, or did not, and now it is to be otherwise.
    pub(crate) fn exhaustive(it_was: bool) -> Self {
        let why = if it_was { "goes on behind" } else { "stops at" };
        Unfit::Other(format!("it {why} violations"))
    }

    pub(crate) fn of(self, file: &Path) -> ResumeError {
        match self {
            Unfit::Damaged(why) => ResumeError::Damaged(file.to_owned(), why),
            Unfit::Other(why) => ResumeError::Other(file.to_owned(), why),
        }
    }
}

/// Reads a checkpoint, and makes sure that it is one of this system, explored with these options.
pub(crate) fn read<A, M>(file: &Path, system: &System<A, M>, options: &Options) -> Result<Saved, ResumeError>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let saved = file::read(file)?;
    saved.head.suits(system, options).map_err(|unfit| unfit.of(file))?;
    Ok(saved)
}

/// How far a search was when a level began.
pub(crate) struct LevelStart {
    /// How many levels had begun, this one among them, and the end of the last.
    levels: usize,
    transitions: u64,
    represented: u64,
    found: usize,
    outside: bool,
    marks: Vec<&'static str>,
    /// See [`Behind`](crate::order::behind::Behind): worlds, and what was refused.
    behind: Vec<u32>,
    refusing: Vec<u64>,
}

/// When checkpoints are written.
pub(crate) struct Pace {
    checkpoint: Checkpoint,
    /// When it was last begun.
    last: Instant,
    /// How long that took.
    took: Duration,
    /// Why the last one was not written.
    pub(crate) failed: Option<String>,
}

impl Pace {
    pub(crate) fn new(checkpoint: Checkpoint) -> Self {
        Pace { checkpoint, last: Instant::now(), took: Duration::ZERO, failed: None }
    }

    /// Whether it is time.
    pub(crate) fn is_due(&self) -> bool {
        self.last.elapsed() >= self.checkpoint.every.max(self.took * 20)
    }

    /// Writes one, to this file, and takes note of how that went.
    pub(crate) fn write(&mut self, write: impl FnOnce(&Path) -> io::Result<()>) {
        self.last = Instant::now();
        let Checkpoint { file, .. } = &self.checkpoint;
        let why_not = |why| format!("the checkpoint {} was not written: {why}", file.display());
        self.failed = write(file).err().map(why_not);
        self.took = self.last.elapsed();
    }
}

/// Writes checkpoints of a search.
pub(crate) struct Writer {
    pub(crate) pace: Pace,
    head: Head,
}

impl Writer {
    pub(crate) fn new(checkpoint: Checkpoint, head: Head) -> Self {
        Writer { pace: Pace::new(checkpoint), head }
    }

    /// Writes down the search as it was at the start of a level.
    pub(crate) fn write<A, M>(&mut self, search: &Search<'_, '_, A, M>, start: &LevelStart)
    where
        A: Actor<Uses: Ground>,
        M: Monitor<A::Provides>,
    {
        self.pace.write(|file| {
            let saved = save::saved(search, start, self.head.clone());
            file::write(file, &saved, &search.store.tables())
        });
    }
}
