//! Known faults, each a switch at the line that it changes.

/// A known fault of two-phase commit implementations. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// A participant votes yes before it is durably prepared, and a crash makes it forget: horizontal-scaling-convex
    /// #101.
    VoteBeforeDurable,
    /// The coordinator tells the commit before its record is durable; after a crash it presumes abort. Gray (1978) asks
    /// for the record first.
    CommitsBeforeDurable,
    /// A participant acknowledges the commit before it is durable, and asks again when the coordinator has forgotten.
    AcknowledgesBeforeDurable,
    /// The coordinator forgets a commit before all have acknowledged it, and presumes abort: horizontal-scaling-convex
    /// #151.
    ForgetsBeforeAllAcks,
    /// A participant that voted yes aborts alone when it has waited long: horizontal-scaling-convex #158.
    AbortsAfterYes,
    /// The coordinator commits once a majority can, as if it were consensus.
    CommitsOnMajority,
    /// The coordinator takes silence for consent.
    CommitsOnTimeout,
    /// The coordinator counts every vote, whatever it says.
    CountsEveryVote,
    /// The coordinator presumes abort for a transaction on which it still collects votes.
    PresumesAbortWhileCollecting,
    /// A participant that has not voted answers a peer's inquiry with abort, but does not bind itself to it.
    AnswersWithoutAborting,
    /// A participant obeys every decision that it is told, even after another one: the presumption of a coordinator that
    /// has rightly forgotten reverses a commit.
    ObeysLateDecisions,
    /// A participant that is asked before its client has voted refuses, instead of asking the client.
    RefusesWhenNotReady,
    /// A participant in doubt waits to be told, and never asks.
    NeverInquires,
    /// A participant whose client votes before the coordinator asks drops the vote, and waits for it when it is asked.
    DropsEarlyVote,
    /// The coordinator counts on each participant to acknowledge once, and panics at a duplicate.
    ExpectsEachAckOnce,
}
