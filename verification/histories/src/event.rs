//! What is recorded: operations begin, and end or do not.

use std::{fmt, sync::Arc};

use crate::value::Value;

/// What happened to an operation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// It begins.
    Invoke,
    /// It ended, and took effect in between.
    Ok,
    /// It ended, and certainly took no effect.
    Fail,
    /// Nobody knows. It may take effect at any time from its beginning on, or never.
    Info,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 4] = [Kind::Invoke, Kind::Ok, Kind::Fail, Kind::Info];

    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invoke => "invoke",
            Kind::Ok => "ok",
            Kind::Fail => "fail",
            Kind::Info => "info",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Who runs operations, one at a time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Process {
    /// A client.
    Client(i64),
    /// Someone else, such as the nemesis that injects faults: no part of the history that is checked.
    Other(Arc<str>),
    /// The record does not say. All that is not said to be another's is one's.
    Unnamed,
}

impl Process {
    /// Whether what it does is checked.
    pub fn is_client(&self) -> bool {
        !matches!(self, Process::Other(_))
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Process::Client(number) => write!(f, "p{number}"),
            Process::Other(name) => f.write_str(name),
            Process::Unnamed => f.write_str("unnamed"),
        }
    }
}

/// A line of a record. The order of the lines is the order of what happened; times are not used for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The line in which it was recorded, from 1.
    pub line: u64,
    /// Who.
    pub process: Process,
    /// What happened.
    pub kind: Kind,
    /// The operation's name: `read`, `cas`, `txn`; empty if the record does not say.
    pub function: Arc<str>,
    /// The argument when it begins, the result (or the argument with its results filled in) when it ends.
    pub value: Value,
    /// Nanoseconds since the start of the run, if recorded.
    pub time: Option<i64>,
    /// The number the recorder gave it, if any.
    pub index: Option<i64>,
    /// Why it failed or is unknown, if recorded.
    pub error: Value,
}
