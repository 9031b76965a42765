//! Interval clocks: Marzullo and Owicki, *Maintaining the Time in a Distributed System* (1983); as TrueTime in Corbett et
//! al., *Spanner: Google's Globally-Distributed Database* (2012), sections 3 and 4.

use core::{fmt, time::Duration};

use crate::IntervalError;

/// What is known of the time: not before `earliest`, not after `latest`. Since an origin that all clocks have in common.
///
/// ```
/// use std::time::Duration;
/// use synod_clocks::Interval;
///
/// let ms = Duration::from_millis;
/// let (first, second) = (Interval::around(ms(100), ms(4)), Interval::around(ms(107), ms(4)));
/// assert_eq!(first, Interval::new(ms(96), ms(104)).unwrap());
/// assert!(!first.definitely_before(&second)); // 103 may be in both
/// assert!(first.definitely_before(&Interval::around(ms(109), ms(4))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "Unchecked"))]
pub struct Interval {
    earliest: Duration,
    latest: Duration,
}

impl Interval {
    /// Between these, both included. `None` if the latest is before the earliest.
    pub fn new(earliest: Duration, latest: Duration) -> Option<Self> {
        (earliest <= latest).then_some(Interval { earliest, latest })
    }

    /// As far from `reading` as the `uncertainty`, in either direction, but not before the origin.
    pub fn around(reading: Duration, uncertainty: Duration) -> Self {
        Interval {
            earliest: reading.saturating_sub(uncertainty),
            latest: reading.saturating_add(uncertainty),
        }
    }

    /// The time is not before this.
    pub const fn earliest(&self) -> Duration {
        self.earliest
    }

    /// The time is not after this.
    pub const fn latest(&self) -> Duration {
        self.latest
    }

    /// How much is not known. TrueTime's 2ε.
    pub fn width(&self) -> Duration {
        self.latest - self.earliest
    }

    /// Whether this may be the time.
    pub fn contains(&self, time: Duration) -> bool {
        self.earliest <= time && time <= self.latest
    }

    /// Whether whatever happened in this interval happened before whatever happened in `other`. If neither is definitely
    /// before the other, the order is not known.
    pub fn definitely_before(&self, other: &Self) -> bool {
        self.latest < other.earliest
    }

    /// Whether the given time has passed for certain. `TT.after` of the Spanner paper.
    pub fn is_after(&self, time: Duration) -> bool {
        time < self.earliest
    }

    /// Whether the given time has not come for certain. `TT.before` of the Spanner paper.
    pub fn is_before(&self, time: Duration) -> bool {
        self.latest < time
    }

    /// What is known of a time if both intervals contain it. `None` if they have nothing in common: one of them is wrong.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        Interval::new(self.earliest.max(other.earliest), self.latest.min(other.latest))
    }

    /// The same later: after between `shortest` and `longest`.
    fn later(&self, shortest: Duration, longest: Duration) -> Self {
        Interval {
            earliest: self.earliest.saturating_add(shortest),
            latest: self.latest.saturating_add(longest),
        }
    }
}

/// Like `[96ms, 104ms]`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?}, {:?}]", self.earliest, self.latest)
    }
}

/// A clock that knows how wrong it may be: its uncertainty grows by the drift of the local clock from one synchronization
/// to the next. It reads no clock itself, so it is deterministic.
///
/// The interval contains the true time as long as what it was synchronized with did, and the local clock keeps its promise:
/// it never goes back, and whenever it shows that some time has elapsed, the true time that has elapsed differs from it by
/// at most the drift.
///
/// ```
/// use std::time::Duration;
/// use synod_clocks::{Interval, IntervalClock, IntervalError};
///
/// let (ms, s) = (Duration::from_millis, Duration::from_secs);
/// let mut clock = IntervalClock::new(200); // parts per million: what Spanner assumes
/// assert_eq!(clock.now(s(5)), Err(IntervalError::Unsynchronized));
///
/// clock.synchronize(s(5), Interval::around(s(1_000), ms(1)))?;
/// let later = clock.now(s(35))?; // 30 s later by the local clock: 6 ms more on either side
/// assert_eq!(later, Interval::around(s(1_030), ms(7)));
/// # Ok::<(), IntervalError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct IntervalClock {
    /// Of a million parts of elapsed local time.
    drift: u32,
    /// What the local clock showed, and what the time was.
    synchronized: Option<(Duration, Interval)>,
}

impl IntervalClock {
    /// A clock that is not synchronized. Of every million that the local clock says have elapsed, at most `drift` too many
    /// or too few have.
    pub const fn new(drift: u32) -> Self {
        IntervalClock { drift, synchronized: None }
    }

    /// What the time is when the local clock shows `local`.
    ///
    /// # Errors
    /// It was never synchronized, or the local clock went back.
    pub fn now(&self, local: Duration) -> Result<Interval, IntervalError> {
        let (then, truth) = self.synchronized.ok_or(IntervalError::Unsynchronized)?;
        let Some(elapsed) = local.checked_sub(then) else {
            return Err(IntervalError::WentBack { by: then - local });
        };
        let wrong = part_of(elapsed, self.drift);
        Ok(truth.later(elapsed.saturating_sub(wrong), elapsed.saturating_add(wrong)))
    }

    /// The time is `measured` when the local clock shows `local`. Returns what is known of it now, which is what both the
    /// measurement and the last synchronization allow: it is never less precise than either.
    ///
    /// # Errors
    /// The two contradict each other, or the local clock went back; the clock is as it was. To trust the measurement all the
    /// same, begin with a new clock.
    pub fn synchronize(&mut self, local: Duration, measured: Interval) -> Result<Interval, IntervalError> {
        let truth = match self.now(local) {
            Ok(known) => {
                known.intersection(&measured).ok_or(IntervalError::Inconsistent { known, measured })?
            }
            Err(IntervalError::Unsynchronized) => measured,
            Err(error) => return Err(error),
        };
        self.synchronized = Some((local, truth));
        Ok(truth)
    }
}

/// So many millionths, rounded up.
fn part_of(whole: Duration, millionths: u32) -> Duration {
    // At most 94 bits and 32 bits.
    let nanos = (whole.as_nanos() * u128::from(millionths)).div_ceil(1_000_000);
    const SECOND: u128 = 1_000_000_000;
    u64::try_from(nanos / SECOND).map_or(Duration::MAX, |secs| Duration::new(secs, (nanos % SECOND) as u32))
}

/// Choosing a commit timestamp, and waiting until it has passed for certain: Spanner's rules *start* and *commit wait*.
///
/// A transaction that waits so before anybody can see it has a smaller timestamp than any transaction that starts after it
/// is seen, at whatever node, without a message between them: **the order of timestamps is the order of real time**.
///
/// ```
/// use std::time::Duration;
/// use synod_clocks::{CommitWait, Interval};
///
/// let ms = Duration::from_millis;
/// let wait = CommitWait::begin(&Interval::around(ms(100), ms(4)));
/// assert_eq!(wait.timestamp(), ms(104));
/// assert!(!wait.is_over(&Interval::around(ms(107), ms(4))));
/// assert_eq!(wait.at_least(&Interval::around(ms(107), ms(4))), ms(1)); // at 104 or a moment later
/// assert!(wait.is_over(&Interval::around(ms(109), ms(4))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CommitWait {
    timestamp: Duration,
}

impl CommitWait {
    /// The transaction commits now: its timestamp is the latest that the time can be.
    pub const fn begin(now: &Interval) -> Self {
        CommitWait { timestamp: now.latest }
    }

    /// The timestamp of the transaction.
    pub const fn timestamp(&self) -> Duration {
        self.timestamp
    }

    /// Whether the timestamp has passed for certain: the transaction may be seen.
    pub fn is_over(&self, now: &Interval) -> bool {
        now.is_after(self.timestamp)
    }

    /// How much longer it takes at least, if the uncertainty does not shrink: so long a host may sleep before it asks again.
    pub fn at_least(&self, now: &Interval) -> Duration {
        self.timestamp.saturating_sub(now.earliest)
    }
}

/// As it is read, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Unchecked {
    earliest: Duration,
    latest: Duration,
}

#[cfg(feature = "serde")]
impl TryFrom<Unchecked> for Interval {
    type Error = crate::Invalid;

    fn try_from(Unchecked { earliest, latest }: Unchecked) -> Result<Self, Self::Error> {
        let invalid = crate::Invalid("the latest end of an interval must not be before its earliest");
        Interval::new(earliest, latest).ok_or(invalid)
    }
}
