//! What every atomic commit protocol here offers.

use synod_actor::{Port, visit};

/// What becomes of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Its effects take place, everywhere.
    Commit,
    /// Its effects take place nowhere.
    Abort,
}

/// A participant's answer to whether it can commit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Vote {
    /// It can, whatever happens from now on.
    Yes,
    /// It cannot: a veto.
    No,
}

/// What is asked of atomic commit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// At the coordinator: try to commit the transaction. Once in the transaction's life, whatever crashes: one that
    /// is tried again is a new transaction, under a new name.
    Begin,
    /// At a participant: how it votes. May be said before it is asked; but a yes that is not yet the protocol's is
    /// lost in a crash, and then asked for again.
    Vote(Vote),
}

/// What atomic commit tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Indication {
    /// At a participant that has not voted: please do.
    Prepare,
    /// The transaction is decided. After a crash it may be said again.
    Decided(Outcome),
}

/// Atomic commit of one transaction: all who decide, decide alike; commit only if all participants voted yes.
///
/// Bernstein, Hadzilacos and Goodman, *Concurrency Control and Recovery in Database Systems* (1987), §7.3. The first
/// node of the group coordinates, the others participate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AtomicCommit {}

impl Port for AtomicCommit {
    type Request = Request;
    type Indication = Indication;
}

visit!(Outcome {});
visit!(Vote {});
visit!(Request {});
visit!(Indication {});
