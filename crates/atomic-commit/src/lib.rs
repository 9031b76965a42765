//! Atomic commit.
use synod_actor::Port;

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
    /// At the coordinator: try to commit the transaction.
    Begin,
    /// At a participant: how it votes. May be said before it is asked.
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

/// Atomic commit: all who decide, decide alike; commit only if all voted yes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AtomicCommit {}

impl Port for AtomicCommit {
    type Request = Request;
    type Indication = Indication;
}
