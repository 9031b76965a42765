//! What every mutual exclusion algorithm here offers.

use synod_actor::{Port, visit};

/// What is asked of mutual exclusion.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// Let me in. One at a time: while it waits, or holds, asking again does nothing.
    Acquire,
    /// I have left. Who does not hold the resource has nothing to release.
    Release,
}

/// What mutual exclusion tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Indication {
    /// The resource is yours, until you release it.
    Granted,
    /// You have released it: from now on others may be granted it.
    Released,
}

/// Mutual exclusion: from [`Indication::Granted`] to [`Indication::Released`] no other node is granted the resource.
///
/// Lamport, *Time, Clocks, and the Ordering of Events in a Distributed System* (1978), p. 561, asks for three things: (I) who
/// was granted the resource must release it before another is granted it; (II) requests must be granted in the order in
/// which they are made, which is the order of causality; (III) if everyone who is granted it releases it at last, every
/// request is granted at last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MutualExclusion {}

impl Port for MutualExclusion {
    type Request = Request;
    type Indication = Indication;
}

visit!(Request {});
visit!(Indication {});
