//! Known faults, each a switch at the line that it changes.

/// A known fault of Paxos implementations. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    // Proposers.
    /// Ballots do not tell who proposes: two proposers come up with the same one. Lamport 2001, §2.5.
    BallotsNotUnique,
    /// A ballot is not on the disk before others hear of it, and is used again after a restart: phxpaxos issue 145.
    BallotNotDurable,
    /// A promise of an earlier ballot is counted for the present one: MyPaxos issue 18.
    CountsOtherPromises,
    /// A leader does not take over what its promises report. Lamport 2001, §2.2.
    IgnoresVotes,
    /// Of the votes that are reported for a position the one of the lowest ballot is taken over. Lamport 2001, §2.2.
    AdoptsLowestBallot,
    /// A decree that is proposed again gets the ballot of now as its epoch: nodes are told different ones.
    RestampsDecrees,
    /// A new leader does not fill the gap before the first position that is reported. Lamport 2001, §3.
    LeavesGaps,
    /// A candidate sets no timer: it trusts its first ballot to succeed.
    NeverRetries,

    // Acceptors.
    /// A promise reports the last vote only: phase 1 forgets the other positions.
    ReportsLastVoteOnly,
    /// A promise is sent before it is on the disk. Lamport 2001, §2.5.
    PromisesBeforeDurable,
    /// A vote is sent before it is on the disk. Lamport 2001, §2.5.
    AcceptsBeforeDurable,
    /// A vote does not raise the promise: "the bug in Paxos Made Simple" (2021).
    PromiseNotRaisedOnAccept,
    /// A proposal is accepted although a higher ballot was promised. Lamport 2001, §2.2.
    AcceptsBelowPromise,
    /// A restart forgets everything, as a disk that was replaced: Chandra, Griesemer and Redstone, *Paxos Made Live* (2007), §5.1.
    ForgetsOnRestart,

    // Learners.
    /// A leader takes a position for chosen when it alone has voted for it.
    ChoosesAlone,
    /// An acknowledgement counts for what was proposed since, too.
    CountsWhatFollows,
    /// A leader tells of a position that is chosen before it tells of those that come before.
    CommitsOutOfOrder,
    /// A node takes what it has accepted in any ballot for what the leader knows to be chosen.
    LearnsFromAnyVote,
    /// A leader sends no heartbeats, and proposes nothing again.
    SendsNoHeartbeats,
    /// A leader does not help nodes that have missed what was chosen.
    IgnoresMissing,

    // Snapshots.
    /// A snapshot is labelled with all that is chosen, though its state is older.
    LabelsSnapshotTooHigh,
    /// A node takes a snapshot that is older than what it has, and goes back.
    InstallsOldSnapshots,
    /// The promise goes with the votes when a snapshot takes their place: scylla issue 6154.
    PrunesPromise,
    /// A proposal for what a snapshot has replaced is taken for impossible, with a panic.
    PanicsOnCompacted,

    // Barriers.
    /// A leader answers without asking whether it is still followed.
    ReadsUnconfirmed,
    /// A new leader answers with what it knew to be chosen, before phase 1 told it of more.
    ReadsBeforeInherited,
    /// A read joins the round of one before: etcd-io/raft issue 397.
    ReusesRound,
}
