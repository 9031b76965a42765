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
    /// A node that has claimed the name answers no other claim before its own is decided: two that claim wait for each other.
    ClaimsAnswerAfterTheirOwn,
    /// An answer that tells of a rival is not counted as an answer.
    ClaimsCountAgreementOnly,
    /// A node answers with the smallest claim that it knows, which may be the very claim that it answers.
    AnswersEchoTheClaim,
    /// A node asks for a block when its first one is used up, and never again.
    AsksForOneBlockOnly,
    /// A node tells its client of what happened elsewhere as if it had happened here.
    NumbersWhatItHears,
    /// A node takes it for granted that no timestamp is refused, and panics at one from a clock that is far ahead.
    ExpectsNoDrift,
}
