//! Known faults, each a switch at the line that it changes.

/// A known fault of Paxos implementations. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// The acceptor answers before what it answers is durable, and a crash makes it break its word. Lamport (2001)
    /// §2.5 asks for stable storage *before* the response.
    ForgetfulAcceptor,
    /// A restart comes back without what was promised and accepted: a lost or replaced disk. Chandra, Griesemer and
    /// Redstone, *Paxos Made Live* (2007), §5.1.
    AmnesiacAcceptor,
    /// The acceptor accepts below what it promised: it forgot to look.
    AcceptsBelowPromise,
    /// Accepting a ballot that was not prepared here does not raise the promise, so that an older proposal overwrites
    /// the vote: "the bug in Paxos Made Simple" (2021).
    PromiseNotRaisedOnAccept,
    /// A late promise, made to an earlier ballot, is counted for the present one: MyPaxos #18.
    PromiseForAnyBallot,
    /// Ballots are bare rounds, so that two proposers share one; who prepares it a second time is taken for the first.
    BallotsNotUnique,
    /// A restarted proposer begins again with the ballot that it had, as if it had proposed nothing there yet:
    /// phxpaxos #145.
    BallotReusedAfterRestart,
    /// Of the votes that were reported, the one with the lowest ballot binds the proposer.
    LowestBallotValue,
    /// The proposer is not bound by the votes reported: it proposes its own value.
    IgnoresVotes,
    /// A learner counts who has voted, whatever for and at whichever ballot. Lamport (2001) §2.3: a proposal is chosen, not a value.
    VotesOfAnyBallot,
    /// Half of the nodes is taken for a majority.
    QuorumOfHalf,
    /// A node that has decided says so again when it is told again.
    DecidesAgain,
    /// A proposer that is refused gives up: it stops its timer.
    GivesUpOnNack,
    /// A proposer sets no timer: it trusts its first ballot to succeed. Lamport (2001) §2.4 lets a superseded proposer
    /// try again.
    NeverRetries,
    /// A proposer that lost patience asks again at the ballot that it has, which no acceptor promises twice. Lamport (2001)
    /// §2.2 wants a new number.
    RetriesSameBallot,
    /// An acceptor takes it for granted that what it is asked to accept was prepared here, and panics where only others
    /// were the quorum.
    ExpectsOwnPromise,
}
