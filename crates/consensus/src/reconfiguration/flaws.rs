//! Known faults, each a switch at the line that it changes.

/// A known fault of reconfiguration by stopping. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    // Stopping.
    /// What a configuration commits behind its stop counts. Liskov and Cowling 2012, §7.1: the primary "stops accepting other
    /// client requests".
    CountsBehindStop,
    /// The next configuration begins when the change is asked for, before it is committed. Lamport, Malkhi and Zhou 2010, §3.
    SucceedsBeforeCommit,
    /// What was appended behind the stop is passed over in silence.
    ForgetsCommands,
    /// A barrier of a configuration that was stopped is passed, though the next one may have committed more.
    PassesOldBarriers,
    /// Epochs do not tell which configuration they are of: the first leaders of two configurations share one.
    EpochsCollide,

    // Succeeding.
    /// A new member begins before it has the state, and says that it has begun. Liskov and Cowling 2012, §7.2.
    BeginsWithoutState,
    /// A new member says that it has begun before the state is on its disk. Liskov and Cowling 2012, §7.2.
    ConfirmsBeforeDurable,
    /// At a new member the next configuration begins at the change, and not behind it.
    SucceedsAtChange,
    /// Those who were members tell the new ones once, and retire: nobody has the state if that is lost. Liskov and Cowling 2012, §7.2.
    RetiresEarly,
    /// The one that a lost message would have told of the next configuration is not told again.
    NeverRepeats,
}
