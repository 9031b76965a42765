//! Known faults, each a switch at the line that it changes.

/// A known fault of actors that number events, or that decide by their numbers. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// What is heard does not move the clock on: Lamport (1978), rule IR2, left out.
    IgnoresWhatItHears,
    /// The allocator does not remember which blocks it has given.
    GivesABlockTwice,
    /// A node that hears of a claim does not move its clock on, and may claim with a smaller timestamp after it answered:
    /// Lamport (1978), rule IR2, left out.
    ClaimsIgnoreTheClock,
    /// A node answers a claim without a word of its own.
    AnswersHideTheClaim,
    /// A claim is decided when a majority has answered, as if it were consensus.
    ClaimsAskAMajority,
    /// Timestamps are compared without the names of nodes, so that two claims may be first: Lamport (1978) breaks ties for
    /// this.
    ClaimsCompareTimesOnly,
}
