//! Lamport clocks: Lamport, *Time, Clocks, and the Ordering of Events in a Distributed System* (1978).

use core::fmt;

use crate::Overflow;

/// When an event happened, and where: ordered by time, then by node.
///
/// If two nodes never have the same name, no two events have the same timestamp, and if the times are those of a clock
/// that respects causality ([`LamportClock`], [`HybridClock`](crate::HybridClock)), this is a **total order that respects
/// causality**: Lamport's relation ⇒ (1978, p. 561). It does not tell whether the earlier event has anything to do with
/// the later one: see [`VectorClock`](crate::VectorClock).
///
/// ```
/// use synod_clocks::Timestamp;
///
/// let mut all = [Timestamp { time: 2, node: "a" }, Timestamp { time: 1, node: "b" }, Timestamp { time: 1, node: "a" }];
/// all.sort();
/// assert_eq!(all.map(|timestamp| timestamp.to_string()), ["1@a", "1@b", "2@a"]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timestamp<N, T = u64> {
    /// When.
    pub time: T,
    /// Where.
    pub node: N,
}

/// Like `2@a`.
impl<N: fmt::Display, T: fmt::Display> fmt::Display for Timestamp<N, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.time, self.node)
    }
}

/// Like `2@"a"`.
impl<N: fmt::Debug, T: fmt::Debug> fmt::Debug for Timestamp<N, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{:?}", self.time, self.node)
    }
}

/// The clock of one node: it counts the events that happen there, and skips what others have counted already.
///
/// If event a happened before event b, the time of a is less than the time of b (Lamport's Clock Condition, 1978,
/// p. 560). The converse does not hold: of two events with different times neither may have happened before the other.
///
/// ```
/// use synod_clocks::{LamportClock, Timestamp};
///
/// let (mut alice, mut bob) = (LamportClock::new(), LamportClock::new());
/// bob.tick()?;
/// let sent = alice.tick()?;           // the message carries this time
/// let received = bob.receive(sent)?;  // later than the sending, and than all that Bob did before
/// assert_eq!((sent, received), (1, 2));
///
/// let (a, b) = (Timestamp { time: sent, node: "alice" }, Timestamp { time: received, node: "bob" });
/// assert!(a < b);
/// # Ok::<(), synod_clocks::Overflow>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LamportClock {
    /// The time of the last event.
    time: u64,
}

impl LamportClock {
    /// A clock before the first event.
    pub const fn new() -> Self {
        LamportClock { time: 0 }
    }

    /// The time of the last event; 0 before the first.
    #[inline]
    pub const fn time(self) -> u64 {
        self.time
    }

    /// An event happens: something local, or a message is sent, which then carries the time returned. Rule IR1.
    ///
    /// # Errors
    /// There is no later time. The clock is as it was.
    #[inline]
    pub fn tick(&mut self) -> Result<u64, Overflow> {
        self.receive(0)
    }

    /// A message arrives that was `sent` at this time at another node. Rule IR2 (b), the arrival being an event itself.
    ///
    /// # Errors
    /// There is no later time. The clock is as it was.
    #[inline]
    pub fn receive(&mut self, sent: u64) -> Result<u64, Overflow> {
        self.time = self.time.max(sent).checked_add(1).ok_or(Overflow)?;
        Ok(self.time)
    }
}
