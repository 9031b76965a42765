//! Known faults, each a switch at the line that it changes.

/// A known fault of implementations of Lamport's mutual exclusion. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// A node enters when a majority has acknowledged its request: Lamport (1978), rule 5 (ii), weakened.
    DoesNotWaitForAll,
    /// Any message that ever came from a node counts as its acknowledgement, also one that is older than the request:
    /// Lamport (1978), rule 5 (ii), without the times.
    CountsOldMessages,
    /// Requests are compared by time without the node, so that two may be first: Lamport (1978), rule 5 (i), with ≤ instead
    /// of ⇒.
    ComparesTimesOnly,
    /// A node acknowledges a request and forgets it: Lamport (1978), rule 2, half of it.
    ForgetsRequests,
    /// A node dates its request back to before all that it has heard of, to be served sooner: Lamport (1978), rule IR1.
    DatesItsRequestBack,
    /// A node that leaves tells nobody: Lamport (1978), rule 3, half of it.
    ReleasesInSilence,
    /// What a node hears does not move its clock on: Lamport (1978), rule IR2, left out.
    DoesNotAdvanceTheClock,
    /// A node that leaves tells the others, and keeps its own request in its queue: Lamport (1978), rule 3, the other half.
    KeepsItsRequest,
    /// A node looks whether it may enter when it asks or is acknowledged, and not when another leaves: Lamport (1978),
    /// rule 5, half of the time.
    LooksBeforeReleasesOnly,
    /// A node takes it for granted that who releases is in its queue, and panics when it is told twice.
    ExpectsOneRelease,
}
