//! Known faults, each a switch at the line that it changes.

/// A known fault of Raft implementations. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    // Elections.
    /// Half of the voters elects a leader.
    QuorumOfHalf,
    /// The vote for itself is not recorded, and given to another one: nebula PR 3415.
    DoesNotVoteForItself,
    /// A node that follows again in the same term forgets its vote: CCF #8091, hazelcast PR 16643, camunda #5356.
    ForgetsVoteOnStepDown,
    /// A vote is sent before it is on the disk: d-engine #446, cornerstone #65.
    VotesBeforeDurable,
    /// Whether the candidate's log is up to date is not looked at. §5.4.1.
    VotesForAnyLog,
    /// A pre-vote is refused in silence, without the term that the other one lacks: etcd #8501, redpanda PR 2071.
    RefusesInSilence,
    /// A node whose own log says that it is no voter does not answer who asks for its vote: raft-rs #57.
    LearnersRefuse,
    /// A candidate sets no timer: it trusts its first election to succeed. §5.2.
    NeverRetries,
    /// A voter that hears of its leader votes for others all the same: hashicorp/raft #524.
    NeverSticks,

    // Transfer of the leadership.
    /// A leader waits for its successor for ever: openraft #1747.
    NeverEndsTransfers,
    /// A voter that hears of its leader does not vote for the one that the leader wants: braft #262.
    SticksInTransfers,

    // Replication.
    /// The leader commits an entry of an earlier term once a majority has it: Figure 8, logcabin #44.
    CountsReplicasOfOldTerms,
    /// A follower appends what it is sent, whatever comes before it in its log. Figure 2, AppendEntries, 2.
    SkipsConsistencyCheck,
    /// A leader sends no heartbeats. §5.2.
    SendsNoHeartbeats,
    /// A leader does not step back when a follower rejects what it sends. §5.3.
    IgnoresRejections,
    /// A follower commits what its log holds beyond what the leader has compared: scylla #9965, copycat #265.
    CommitsBeyondMatch,
    /// A follower commits up to the position that a notice names, whatever it holds there: scylla #9965, in another place.
    TrustsNotices,
    /// A follower cuts its log where a late, shorter message ends: akka-raft #66, lerna #152.
    TruncatesOnShorterAppend,
    /// A node follows a leader of an earlier term than its own, and what it has counts for that leader: mongo SERVER-22136.
    FollowsOldLeaders,
    /// A leader that has heard of a higher term appends one more entry that it was asked for, and stamps it with that term: camunda
    /// #5360.
    StampsWithTheNextTerm,
    /// A leader commits what it alone decides before it has written it: etcd #14370, #10508.
    CommitsBeforeDurable,
    /// Entries are acknowledged before they are on the disk: etcd #12589, cubefs PR 4070.
    AcksBeforeDurable,
    /// A restart cuts the log to what is known to be committed: Kafka KIP-101.
    TruncatesOnRestart,

    // Snapshots.
    /// A snapshot is labelled with all that is committed, though its state is older.
    LabelsSnapshotTooHigh,
    /// A follower takes a snapshot that is older than what it has, and goes back.
    InstallsOldSnapshots,
    /// Members of a discarded entry are kept, because their position is higher: openraft #1808.
    KeepsMembersOfDiscarded,
    /// A message about entries that a snapshot has replaced is taken for a fault of the sender, with a panic.
    PanicsOnCompacted,
    /// An acknowledgement counts for everything that the leader has, and not only for what was sent. Dissertation, §10.2.2.
    CountsWhatWaits,

    // Members.
    /// A voter is added before it has caught up. Dissertation, §4.2.1.
    PromotesAtOnce,
    /// A node that is no voter any more by its own log does not campaign, though that may not be committed: redpanda PR 3055.
    RemovedStayQuiet,
    /// A leader changes the members before an entry of its own term is committed: raft-dev, 2015-07-10.
    ChangesBeforeOwnCommit,
    /// A leader changes the members while the change before is not yet committed.
    ChangesBeforeCommit,
    /// Any change is done in one step.
    ChangesAtOnce,
    /// A new leader leaves a joint membership that is not committed: camunda #60086.
    LeavesJointEarly,
    /// A leader leaves a joint membership only if it has begun the change itself: etcd #12136.
    LeavesOwnJointsOnly,
    /// A candidate that is no voter of the new membership does not count its vote in the old one: scylla #10618.
    MissesOwnOldVote,

    // Reads.
    /// A new leader answers reads with what it knew to be committed as a follower: etcd #7331, tikv #6340.
    ReadsBeforeOwnCommit,
    /// A lease does not end: a clock that stands still, or is paused. tikv #1127, etcd #6005.
    LeasesLastForEver,
    /// A lease counts from the last time that a round of heartbeats was sent, whichever of them was answered: nebula #2723.
    ExtendsLeases,
    /// A leader that has asked another one to lead goes on with its lease: raft-rs #234, etcd #12704.
    LeasesThroughTransfers,
    /// A voter that restarts votes at once, though it may have answered a leader right before. Dissertation, §6.4.1.
    ForgetsFaith,
    /// A read joins the round of heartbeats of one before: etcd-io/raft #397.
    ReusesRound,
}
