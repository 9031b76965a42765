//! Known faults, each a switch at the line that it changes.

/// A known fault of implementations of Viewstamped Replication, or of its description. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    // Normal operation.
    /// Each node counts the replicas from itself on. §4: they are sorted, the same everywhere.
    CountsReplicasFromItself,
    /// The primary commits with one acknowledgement too few. §4.1, 4.
    CommitsAlone,
    /// An acknowledgement counts for what was prepared since, too.
    CountsWhatFollows,
    /// An entry is acknowledged before it is on the disk.
    AcksBeforeDurable,
    /// A replica that waits for a new view goes on to acknowledge entries of the old one. §4.2, 1.
    AcceptsOldViews,
    /// A replica that is behind commits by a later view's commit-number what its own, older log holds there.
    CommitsWhileBehind,
    /// A primary that restarts goes on in its view: TigerBeetle's open.
    ContinuesAfterRestart,
    /// A primary never repeats itself. §4.1, 6.
    SendsNoCommits,

    // View changes.
    /// A view begins with one DOVIEWCHANGE message too few. §4.2, 3.
    StartsViewAlone,
    /// The longest log is chosen, of whatever view it is. §4.2, 3.
    ChoosesLongestLog,
    /// A second STARTVIEW message of a view takes the log back to how the view began. §4.2, 5.
    StartsViewTwice,
    /// The view that a replica has promised to get to is not written: in memory as published, §4.3.
    ForgetsPromises,
    /// Nothing is repeated in a view change, and it has no end. §4.2.
    NeverRetries,

    // State transfer.
    /// A replica that hears of a later view drops what it does not know to be committed, and then asks: as published, §5.2.
    TruncatesBeforeState,
    /// A replica that gets to a later view keeps what it has, committed or not, and asks for what follows. §5.2.
    KeepsUncommittedTail,

    // Recovery.
    /// A response counts whatever its nonce. §4.3, 3.
    IgnoresNonce,
    /// The log of any replica will do, not only of the primary. §4.3, 3.
    RecoversFromBackups,

    // Snapshots.
    /// A snapshot is labelled with all that is committed, though its state is older.
    LabelsSnapshotTooHigh,
    /// A snapshot that covers less than what was told already is told nevertheless.
    RestoresOldSnapshots,
    /// A question for what a snapshot has replaced is taken for an impossible one, with a panic.
    PanicsOnCompacted,

    // Reads.
    /// A new primary answers reads with what it knew to be committed as a backup.
    ReadsBeforeInherited,
    /// A read joins the round of confirmations of one before.
    ReusesRound,
}
