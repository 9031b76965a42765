//! Known faults, each a switch at the line that it changes.

/// A known fault of ZooKeeper, or of what was made of Zab's description. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    // Phase 0, election.
    /// A node that gives up counts what its history holds as committed: ZOOKEEPER-2845.
    CommitsOnGivingUp,
    /// What needs an answer is not repeated, though links lose it.
    NeverRetries,

    // Phase 1, discovery.
    /// An epoch is promised before the promise is on the disk.
    PromisesBeforeDurable,
    /// A promise that was given to another leader counts for this one as well.
    PromisesTwice,
    /// A leader goes on although a follower's history is better than its own.
    IgnoresBetterHistories,

    // Phase 2, synchronization.
    /// NEWLEADER is acknowledged before what it brought is on the disk: ZOOKEEPER-3023, ZOOKEEPER-4646.
    AcksBeforeHistory,
    /// What it brought stays in memory: ZOOKEEPER-3911, ZOOKEEPER-4785.
    SynchronizesInMemory,
    /// currentEpoch is written before the history that is of it.
    EpochBeforeHistory,
    /// A snapshot is taken over in memory, and what follows is written: ZOOKEEPER-3642.
    RestoresInMemory,
    /// What does not fit is dropped in memory only, and what follows is written: ZOOKEEPER-5094.
    TruncatesInMemory,
    /// Nobody looks whether what arrives follows on what is there: ZOOKEEPER-2418.
    IgnoresGaps,
    /// A follower that is far behind is sent what the leader still has: ZOOKEEPER-3526, ZOOKEEPER-4352.
    OmitsSnapshots,
    /// A transaction that is committed before UPTODATE has come is taken for impossible, with a panic: ZOOKEEPER-4394.
    PanicsOnEarlyCommit,

    // Phase 3, broadcast.
    /// A leader proposes before its own history is committed.
    ProposesBeforeEstablished,
    /// A proposal that came with NEWLEADER already is appended once more: issue 2 of ZooKeeper's specification.
    AppendsAgain,
    /// A node goes on to take proposals of an epoch after it has promised a later one: ZOOKEEPER-4712.
    AcceptsOldEpochs,
    /// Proposals are acknowledged before they are on the disk.
    AcksBeforeDurable,
    /// A leader commits without waiting for anyone.
    CommitsAlone,
    /// A leader gives no sign of life, and repeats nothing.
    NeverPings,

    // Snapshots.
    /// A snapshot is labelled with all that is committed, though its state is older.
    LabelsSnapshotTooHigh,
    /// A snapshot that covers less than what was told already is told nevertheless.
    RestoresOldSnapshots,

    // Reads.
    /// A leader answers without asking whether it still is one: ZooKeeper's `sync`.
    TrustsItself,
    /// A read joins the round of confirmations of one before.
    ReusesRound,
}
