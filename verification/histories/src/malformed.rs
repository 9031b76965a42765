//! What is wrong with an input, and where.

use std::{fmt, io};

/// Something in a history's text that cannot be what the format says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The line, counted from 1; 0 if the place is not known.
    pub line: u64,
    /// What is wrong there and what would be right, in a sentence without its capital letter.
    pub reason: String,
}

impl Malformed {
    /// This is wrong in this line.
    pub fn new(line: u64, reason: impl Into<String>) -> Self {
        Malformed { line, reason: reason.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Malformed {}

/// Why a history cannot be read.
#[derive(Debug)]
pub enum ReadError {
    /// Its text is not what its format says.
    Malformed(Malformed),
    /// Its bytes cannot be had.
    Io(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Malformed(malformed) => malformed.fmt(f),
            ReadError::Io(error) => write!(f, "cannot read: {error}"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<Malformed> for ReadError {
    fn from(malformed: Malformed) -> Self {
        ReadError::Malformed(malformed)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        ReadError::Io(error)
    }
}
