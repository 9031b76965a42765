//! Vector clocks: Fidge, *Timestamps in Message-Passing Systems That Preserve the Partial Ordering* (1988); Mattern,
//! *Virtual Time and Global States of Distributed Systems* (1989).

use core::{
    cmp::Ordering::{self, Less},
    fmt,
};

use crate::{Overflow, VersionVector};

/// How many events of each node happened before, or are, the last one here.
///
/// As a timestamp it **characterizes causality**: event a happened before event b exactly if the clock at a is
/// [before](VectorClock::happened_before) the clock at b; otherwise, and if neither is, they are concurrent. The price is a
/// number for each node, and less is not enough (Charron-Bost, *Concerning the Size of Logical Clocks*, 1991).
///
/// **`Ord` is not causality** but a total order that respects it: sorted by it, every event comes after its causes.
///
/// ```
/// use synod_clocks::VectorClock;
///
/// let (mut alice, mut bob, mut carol) = (VectorClock::new(), VectorClock::new(), VectorClock::new());
/// alice.tick("alice")?;
/// let sent = alice.clone();           // the message carries the clock
/// bob.receive(&sent, "bob")?;
/// carol.tick("carol")?;
///
/// assert!(sent.happened_before(&bob));
/// assert!(carol.is_concurrent_with(&bob));
/// assert_eq!(format!("{bob:?}"), r#"{"alice": 1, "bob": 1}"#);
/// # Ok::<(), synod_clocks::Overflow>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent, bound(deserialize = "N: Ord + serde::Deserialize<'de>"))
)]
pub struct VectorClock<N> {
    /// The causal past, the last event included. It is closed: with an event it has all that were before it at that node.
    past: VersionVector<N>,
}

impl<N> VectorClock<N> {
    /// A clock before the first event.
    pub const fn new() -> Self {
        VectorClock { past: VersionVector::new() }
    }

    /// The events that happened before, or are, the last one here.
    pub fn past(&self) -> &VersionVector<N> {
        &self.past
    }
}

impl<N: Ord> VectorClock<N> {
    /// How many events of `node` happened before, or are, the last one here.
    pub fn get(&self, node: &N) -> u64 {
        self.past.get(node)
    }

    /// An event happens at `node`, whose clock this is: something local, or a message is sent, which then carries the clock.
    /// Returns which event of `node` it is, counted from 1.
    ///
    /// # Errors
    /// There is no higher number. The clock is as it was.
    pub fn tick(&mut self, node: N) -> Result<u64, Overflow> {
        self.past.increment(node)
    }

    /// A message arrives at `node`, whose clock this is; `sent` is the clock that it carries. Returns which event of `node`
    /// the arrival is, counted from 1.
    ///
    /// # Errors
    /// There is no higher number. The clock is as it was.
    pub fn receive(&mut self, sent: &Self, node: N) -> Result<u64, Overflow>
    where
        N: Clone,
    {
        // The message may know of more events here than we do, if we restarted and have forgotten them.
        if self.get(&node).max(sent.get(&node)) == u64::MAX {
            return Err(Overflow);
        }
        self.past.join(&sent.past);
        self.tick(node)
    }

    /// The causal order of the two events: `None` if they are concurrent.
    pub fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        self.past.causal_cmp(&other.past)
    }

    /// Whether the event of this clock happened before the one of `other`: Lamport's relation → (1978, p. 559).
    pub fn happened_before(&self, other: &Self) -> bool {
        self.causal_cmp(other) == Some(Less)
    }

    /// Whether neither event happened before the other. (An event is not concurrent with itself.)
    pub fn is_concurrent_with(&self, other: &Self) -> bool {
        self.causal_cmp(other).is_none()
    }
}

impl<N: Ord> Ord for VectorClock<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.past.cmp(&other.past)
    }
}

impl<N: Ord> PartialOrd for VectorClock<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<N> Default for VectorClock<N> {
    fn default() -> Self {
        VectorClock::new()
    }
}

/// With these numbers of events; of a node that occurs more than once, the largest number counts.
impl<N: Ord> FromIterator<(N, u64)> for VectorClock<N> {
    fn from_iter<I: IntoIterator<Item = (N, u64)>>(entries: I) -> Self {
        VectorClock { past: entries.into_iter().collect() }
    }
}

/// As a map, like `{"alice": 1, "bob": 1}`.
impl<N: fmt::Debug> fmt::Debug for VectorClock<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.past.fmt(f)
    }
}
