//! Known faults, each a switch at the line that it changes.

/// A known fault of CASPaxos. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// A change that leaves the state as it is, such as a read or a compare-and-set that fails, is answered after phase 1:
    /// scylla #6299, CASSANDRA-12126.
    AnswersAfterPhaseOne,
    /// Accepting does not raise the promise: "the bug in Paxos Made Simple" (2021).
    PromiseNotRaisedOnAccept,
    /// A late promise, made to an earlier ballot, is counted for the present one: MyPaxos #18.
    PromiseForAnyBallot,
    /// Ballots are bare rounds, so that two proposers share one.
    BallotsNotUnique,
    /// A restarted proposer begins again with the ballot that it had: phxpaxos #145.
    BallotReusedAfterRestart,
    /// The acceptor answers before what it answers is durable.
    ForgetfulAcceptor,
    /// A restart comes back without what was promised and accepted. Chandra, Griesemer and Redstone, *Paxos Made Live* (2007),
    /// §5.1.
    AmnesiacAcceptor,
    /// Phase 1 is skipped although the acceptors have not promised the next ballot.
    SkipsPhaseOneUnpromised,
    /// A change that is tried again is applied again, although it may have taken place.
    AppliesTwice,
    /// A node answers what others were asked, too.
    AnswersForOthers,
    /// A proposer sets no timer: it trusts its first ballot to succeed.
    NeverRetries,
    /// An acceptor takes it for granted that what it is asked to accept was prepared here, and panics where only others were the
    /// quorum.
    ExpectsOwnPromise,
}
