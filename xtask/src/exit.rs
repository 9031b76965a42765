//! How commands end.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

/// How a command ends, the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// All is as expected: 0.
    AsExpected,
    /// A search did not get to its end: 3.
    Incomplete,
    /// Something is not as expected: 1.
    NotAsExpected,
    /// The command cannot be understood: 2.
    Usage,
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::AsExpected => 0,
            Exit::NotAsExpected => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        exit.code().into()
    }
}

/// Why a command stops early.
#[derive(Debug)]
pub enum Failure {
    /// The command cannot be understood.
    Usage(String),
    /// What it runs failed.
    Failed(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// What to tell the user, if anything. Whoever closes the pipe knows that there was more.
    pub fn message(&self) -> Option<String> {
        match self {
            Failure::Usage(message) | Failure::Failed(message) => Some(message.clone()),
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Failure::Output(error) => Some(format!("cannot write the output: {error}")),
        }
    }

    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) => Exit::Usage,
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::AsExpected,
            Failure::Failed(_) | Failure::Output(_) => Exit::NotAsExpected,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// Writes a line at once. Unlike `println!` it does not panic when nobody reads it any more (`| head`).
pub fn say(out: &mut dyn Write, line: impl fmt::Display) -> io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_ones() {
        let codes = [Exit::AsExpected, Exit::NotAsExpected, Exit::Usage, Exit::Incomplete].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
    }

    #[test]
    fn something_unexpected_is_worse_than_something_unfinished() {
        assert_eq!([Exit::NotAsExpected, Exit::Incomplete].into_iter().max(), Some(Exit::NotAsExpected));
        assert_eq!([Exit::AsExpected, Exit::Incomplete].into_iter().max(), Some(Exit::Incomplete));
    }

    #[test]
    fn a_closed_pipe_is_not_an_error() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((failure.message(), failure.exit()), (None, Exit::AsExpected));
        let failure = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!((failure.message().is_some(), failure.exit()), (true, Exit::NotAsExpected));
    }
}
