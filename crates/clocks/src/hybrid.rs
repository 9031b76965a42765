//! Hybrid logical clocks: Kulkarni, Demirbas, Madappa, Avva and Leone, *Logical Physical Clocks and Consistent Snapshots in
//! Globally Distributed Databases* (2014), figure 5.

use core::{fmt, time::Duration};

use crate::DriftError;

/// A time close to physical time that respects causality: ordered by its physical part, then by its logical part.
///
/// ```
/// use std::time::Duration;
/// use synod_clocks::{HybridTime, Timestamp};
///
/// let first = HybridTime { physical: Duration::from_millis(1_500), logical: 7 };
/// let second = HybridTime { physical: Duration::from_millis(1_501), logical: 0 };
/// assert!(first < second);
/// assert_eq!(first.to_string(), "1.500000000+7");
/// // With the name of the node no two are the same.
/// assert!(Timestamp { time: first, node: "a" } < Timestamp { time: first, node: "b" });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HybridTime {
    /// The largest reading of a physical clock among all events that happened before, since the origin that the clocks have
    /// in common. The paper's l.
    pub physical: Duration,
    /// Counts events with the same physical part. The paper's c.
    pub logical: u32,
}

/// Like `1700000000.123456789+2`: seconds, and the logical part.
impl fmt::Display for HybridTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}+{}", self.physical.as_secs(), self.physical.subsec_nanos(), self.logical)
    }
}

/// Like `1.5s+2`, as short as it can be.
impl fmt::Debug for HybridTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}+{}", self.physical, self.logical)
    }
}

/// The clock of one node. Readings of its physical clock are given to it, so it is deterministic.
///
/// - If event a happened before event b, the time of a is less than the time of b, whatever the physical clocks show.
/// - Times at one node grow, also while its physical clock stands still or goes back.
/// - A time is never less than the reading that it was made with, and **never ahead of the largest reading so far by more
///   than the maximal drift**: a message from further ahead is refused, or else one broken clock would drag all others along.
///
/// ```
/// use std::time::Duration;
/// use synod_clocks::{DriftError, HybridClock};
///
/// let ms = Duration::from_millis;
/// let (mut fast, mut slow) = (HybridClock::new(ms(50)), HybridClock::new(ms(50)));
/// let sent = fast.tick(ms(130))?;               // its clock is 30 ms ahead
/// let received = slow.receive(sent, ms(100))?;
/// assert!(sent < received);
/// assert_eq!((received.physical, received.logical), (ms(130), 1));
/// assert!(received < slow.tick(ms(90))?);       // its clock is set back
///
/// let wrong = fast.tick(ms(9_000))?;
/// assert_eq!(slow.receive(wrong, ms(101)), Err(DriftError::Ahead { by: ms(8_899), limit: ms(50) }));
/// # Ok::<(), DriftError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HybridClock {
    /// The time of the last event.
    last: Packed,
    max_drift: Duration,
}

impl HybridClock {
    /// A clock before the first event. No timestamp may be ahead of the physical clock by more than `max_drift`:
    /// make it twice as much as a clock may differ from the true time. How long messages are under way does not matter.
    pub const fn new(max_drift: Duration) -> Self {
        HybridClock { last: Packed::ZERO, max_drift }
    }

    /// The time of the last event.
    #[inline]
    pub const fn last(&self) -> HybridTime {
        self.last.unpack()
    }

    /// An event happens when the physical clock shows `now`: something local, or a message is sent, which then carries the
    /// time returned.
    ///
    /// # Errors
    /// [`DriftError::Overflow`]; the clock is as it was.
    #[inline]
    pub fn tick(&mut self, now: Duration) -> Result<HybridTime, DriftError> {
        self.advance(self.last, now)
    }

    /// A message arrives when the physical clock shows `now`. It was sent at the hybrid time `sent` of another node.
    ///
    /// # Errors
    /// `sent` is too far ahead, or [`DriftError::Overflow`]; the clock is as it was, and the message should be dropped.
    #[inline]
    pub fn receive(&mut self, sent: HybridTime, now: Duration) -> Result<HybridTime, DriftError> {
        let by = sent.physical.saturating_sub(now);
        if by > self.max_drift {
            return Err(DriftError::Ahead { by, limit: self.max_drift });
        }
        self.advance(self.last.max(Packed::new(sent)), now)
    }

    /// The least time that is later than `latest` and not before `now`.
    #[inline]
    fn advance(&mut self, latest: Packed, now: Duration) -> Result<HybridTime, DriftError> {
        let now = Packed::new(HybridTime { physical: now, logical: 0 });
        self.last = if now.is_beyond(latest) { now } else { latest.next().ok_or(DriftError::Overflow)? };
        Ok(self.last.unpack())
    }
}

/// A [`HybridTime`] in two words, in the same order. Clocks are asked for every event: times of three fields that do not fill
/// their words are compared and copied more slowly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "HybridTime", into = "HybridTime"))]
struct Packed {
    seconds: u64,
    /// Nanoseconds above, the logical part below.
    rest: u64,
}

impl Packed {
    const ZERO: Packed = Packed { seconds: 0, rest: 0 };
    const LOGICAL: u64 = u32::MAX as u64;

    #[inline]
    const fn new(time: HybridTime) -> Self {
        let nanos = time.physical.subsec_nanos() as u64;
        Packed { seconds: time.physical.as_secs(), rest: nanos << 32 | time.logical as u64 }
    }

    #[inline]
    const fn unpack(self) -> HybridTime {
        let physical = Duration::new(self.seconds, (self.rest >> 32) as u32);
        HybridTime { physical, logical: (self.rest & Packed::LOGICAL) as u32 }
    }

    /// Whether the physical part is larger: whether it is more than the other with any logical part.
    #[inline]
    fn is_beyond(self, other: Packed) -> bool {
        self > Packed { rest: other.rest | Packed::LOGICAL, ..other }
    }

    /// The next with the same physical part.
    #[inline]
    fn next(self) -> Option<Self> {
        let is_last = self.rest & Packed::LOGICAL == Packed::LOGICAL;
        (!is_last).then(|| Packed { rest: self.rest + 1, ..self })
    }
}

impl From<HybridTime> for Packed {
    fn from(time: HybridTime) -> Self {
        Packed::new(time)
    }
}

impl From<Packed> for HybridTime {
    fn from(packed: Packed) -> Self {
        packed.unpack()
    }
}

/// As what it stands for.
impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.unpack(), f)
    }
}
