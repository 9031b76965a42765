//! What is refused, and why. A clock that refuses is as it was before.

use core::{error::Error, fmt, time::Duration};

use crate::Interval;

/// A counter is at its end: it cannot grow, so no later timestamp exists.
///
/// No clock counts so far by itself. It is told so by a timestamp that is a lie or was damaged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the counter of the clock is at its end")
    }
}

impl Error for Overflow {}

/// Why a hybrid logical clock refuses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DriftError {
    /// A received timestamp is further ahead of our physical clock than any clock may be.
    Ahead {
        /// How far it is ahead.
        by: Duration,
        /// How far it may be.
        limit: Duration,
    },
    /// The physical clock stands still, and all logical times of this reading are used up.
    Overflow,
}

impl fmt::Display for DriftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DriftError::Ahead { by, limit } => {
                write!(
                    f,
                    "the timestamp is {by:?} ahead of the physical clock, and at most {limit:?} is allowed"
                )
            }
            DriftError::Overflow => fmt::Display::fmt(&Overflow, f),
        }
    }
}

impl Error for DriftError {}

/// Why an interval clock refuses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum IntervalError {
    /// It was never synchronized, so the time may be any.
    Unsynchronized,
    /// The local clock shows less than when it was synchronized: it was set back, or restarted.
    WentBack {
        /// By how much.
        by: Duration,
    },
    /// What is measured contradicts what is known: one of them is wrong.
    Inconsistent {
        /// The time, from the last synchronization.
        known: Interval,
        /// The time, as measured now.
        measured: Interval,
    },
}

impl fmt::Display for IntervalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntervalError::Unsynchronized => f.write_str("the clock was never synchronized"),
            IntervalError::WentBack { by } => {
                write!(f, "the local clock is {by:?} behind its last synchronization")
            }
            IntervalError::Inconsistent { known, measured } => {
                write!(f, "the time is measured as {measured}, but known to be {known}")
            }
        }
    }
}

impl Error for IntervalError {}

/// A value that no clock could have, with what is wrong in it. Only reading serialized values meets it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Invalid(pub(crate) &'static str);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Invalid {}
