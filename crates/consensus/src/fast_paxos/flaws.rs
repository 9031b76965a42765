//! Known faults, each a switch at the line that it changes.

/// A known fault of Fast Paxos. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// An acceptor votes for each value that it sees in the fast round, not only for the first. Lamport (2006), §3.
    VotesAgain,
    /// An acceptor votes in the fast round although it has promised a higher one. Lamport (2006), §2.
    VotesBelowPromise,
    /// An acceptor tells its vote before it is on the disk. Lamport (2006), §2.
    VotesBeforeDurable,
    /// Of the values that were voted for in the fast round any is taken, as if it could have been only one. Lamport (2006), §3,
    /// the rule by which a coordinator picks.
    PicksAnyVote,
    /// Votes of the fast round bind nobody: only those of classic rounds do.
    IgnoresFastVotes,
    /// A node that has decided says so again when it is told again.
    DecidesAgain,
    /// A proposer sets no timer: it trusts the fast round to succeed. Lamport (2006), §3.
    NeverRetries,
    /// A learner takes it for granted that all vote alike, and panics at a collision. Lamport (2006), §3.
    ExpectsNoCollision,
}
