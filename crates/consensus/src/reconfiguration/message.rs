//! What nodes say to each other, what they write, and what they wait for.

use std::time::Duration;

use crate::{
    Membership,
    journal::Tail,
    log::{Position, Snapshot},
};

/// How many configurations came before one: the epoch-number of Liskov and Cowling.
pub type Number = u64;

/// A configuration: who the members are from some position on, until it is stopped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Configuration {
    /// How many came before it.
    pub number: Number,
    /// Its log begins behind this position: that of the change that stopped the one before; of the first, 0.
    pub base: Position,
    /// Who the members are.
    pub members: Membership,
}

/// What the log of a configuration holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Appended<C> {
    /// A command of the layer above.
    Command(C),
    /// The configuration ends here, and the next one has these members. What follows is void.
    Stop(Membership),
}

/// What the nodes say to each other, by the names of Liskov and Cowling (2012), §7.1.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<C, S> {
    /// This is the configuration of now. I have what was committed before it.
    StartEpoch(Configuration),
    /// I have begun the configuration of this number: what was committed before it is on my disk.
    EpochStarted(Number),
    /// You know of a later configuration than I: what was committed behind this position?
    GetState(Position),
    /// My configuration, and what was committed before it, or somewhat more.
    NewState(Configuration, Tail<C, S>),
}

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<C, S> {
    /// The configuration before was stopped, and this one comes now.
    Succeeded {
        /// The one that comes now.
        now: Configuration,
        /// What was committed before it, as far as that was not written before.
        state: Tail<C, S>,
        /// Whether this node was a member of the one before, and so has to hand over to the next.
        hands_over: bool,
    },
    /// Enough members of the configuration have begun it: the one before can go.
    HandedOver,
    /// A snapshot, in place of what it covers.
    Snapshot(Snapshot<S>),
}

/// What a node waits for: whoever hands over, to say so again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Repeat;

/// What can be set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Settings {
    /// The time after which those who hand over tell the new members again.
    pub repeat: Duration,
    /// Whether a change may name learners: if the log below has them. Viewstamped Replication has not.
    pub learners: bool,
}

impl Default for Settings {
    /// For a local network, and voters only.
    fn default() -> Self {
        Settings { repeat: Duration::from_millis(50), learners: false }
    }
}
