//! Known faults, each a switch at the line that it changes.

/// A known fault of links. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// A message is sent once: nothing happens when it is lost.
    SendsOnce,
    /// The receiver keeps no record of what it has delivered.
    ForgetsDuplicates,
    /// The receiver takes the highest number that it has delivered for all it needs to know: a message that was overtaken
    /// counts as a duplicate.
    RemembersHighestOnly,
    /// The receiver delivers what arrives ahead of its turn.
    DeliversEarly,
    /// The receiver acknowledges before the message is in its log, and a crash loses it.
    AcksBeforeDurable,
    /// A restarted sender does not take up what was not yet acknowledged.
    ForgetsOutbox,
    /// A restarted sender begins to number from 1 again, so that its new messages look like old ones.
    NumbersFromOne,
    /// FIFO links keep one sequence for all senders, and deliver what one sent as another's.
    MixesUpSenders,
    /// FIFO links deliver one message for each that arrives, so that what was held back stays there.
    DeliversOneAtATime,
    /// Stubborn links are asked to stop a message twice, and panic: an acknowledgement of each copy does that.
    ExpectsOneStop,
}
