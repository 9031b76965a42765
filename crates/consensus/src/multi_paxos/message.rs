//! What nodes say to each other, what they write, and what they wait for.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    Epoch,
    log::{BarrierId, Entry, Position, Snapshot},
};

/// What is proposed for a position, and at last chosen: an entry, with the ballot in which a leader proposed it first. Whoever
/// proposes it again later leaves that as it is. Prints as both: `Blank@e4`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decree<C> {
    /// The ballot.
    pub epoch: Epoch,
    /// The entry.
    pub entry: Entry<C>,
}

impl<C: fmt::Debug> fmt::Debug for Decree<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{:?}", self.entry, self.epoch)
    }
}

/// What an acceptor has accepted for a position: the last ballot in which it did, and the decree. The greater one is the later.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vote<C> {
    /// The ballot of the vote: never below the decree's own.
    pub ballot: Epoch,
    /// What it is for.
    pub decree: Decree<C>,
}

/// What an acceptor tells with its promise: all that it knows behind the position that it was asked about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Report<C, S> {
    /// A snapshot, if it has taken the place of some of the votes.
    pub snapshot: Option<Snapshot<S>>,
    /// The votes.
    pub votes: BTreeMap<Position, Vote<C>>,
}

/// Decrees that a leader proposes for one position after the other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Proposal<C> {
    /// The ballot in which it proposes them.
    pub ballot: Epoch,
    /// The position of the first.
    pub first: Position,
    /// The decrees: at least one. All acceptors are sent the same, and whoever writes them down shares them with the message.
    pub decrees: Arc<[Decree<C>]>,
    /// Everything up to here is chosen, as the leader knows.
    pub chosen: Position,
}

/// What the nodes say to each other. The first field is the ballot that it is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<C, S> {
    /// Phase 1a, for all positions behind this one: promise me to accept nothing below this ballot.
    Prepare(Epoch, Position),
    /// Phase 1b: I promise; and this is what I have accepted there.
    Promise(Epoch, Report<C, S>),
    /// Phase 2a: accept these.
    Accept(Proposal<C>),
    /// Phase 2b: I have accepted what you proposed from the first of these positions to the second.
    Accepted(Epoch, Position, Position),
    /// I refuse: this is what I have promised.
    Nack(Epoch),
    /// Everything up to here is chosen. Where you have accepted what I proposed in this ballot, you know what.
    Chosen(Epoch, Position),
    /// The same; and I am alive. This is the round in which I ask whether I am still followed.
    Heartbeat(Epoch, Position, u64),
    /// You are: I have promised nothing above your ballot. This is the last round that I was asked in.
    Following(Epoch, u64),
    /// I know what is chosen up to here, and not what follows.
    Missing(Epoch, Position),
    /// This is in place of the decrees that you are missing.
    Install(Epoch, Snapshot<S>),
    /// Lead, for I want you to.
    TakeOver(Epoch),
    /// Append this for me, if you lead.
    Forward(C),
    /// What is the position that a read of now must see?
    AskRead(BarrierId),
    /// It is this; or I do not know.
    ReadAt(BarrierId, Option<Position>),
}

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<C, S> {
    /// Promised to accept nothing below this ballot.
    Promised(Epoch),
    /// Accepted in this ballot, from this position on, these decrees: which is a promise of the ballot as well.
    Accepted(Epoch, Position, Arc<[Decree<C>]>),
    /// A snapshot, in place of the votes for the positions that it covers. All of them are chosen.
    Snapshot(Snapshot<S>),
}

/// What a node waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Whoever does not lead: no leader was heard of, or the own ballot has no outcome.
    Patience,
    /// Leaders: time to be heard of, and to propose again what has no outcome yet.
    Repeat,
}
