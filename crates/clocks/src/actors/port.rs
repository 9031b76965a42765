//! What the actors here offer.

use core::marker::PhantomData;

use synod_actor::{Port, Value};

/// An event with its timestamp.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stamped<E, T> {
    /// What happened.
    pub event: E,
    /// Its timestamp.
    pub stamp: T,
}

/// What nodes tell of events.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Indication<E, T> {
    /// The event that happened here got this timestamp.
    Numbered(Stamped<E, T>),
    /// An event happened at another node: from now on it is a cause of whatever happens here. Links may duplicate, so an
    /// event may be heard of more than once.
    Heard(Stamped<E, T>),
}

/// Timestamps `T` for events `E`: a request says that an event happens at this node. It is numbered here, and heard of by
/// the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stamping<E, T>(PhantomData<(E, T)>);

impl<E: Value, T: Value> Port for Stamping<E, T> {
    type Request = E;
    type Indication = Indication<E, T>;
}

/// A client claims the name, for itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Claim;

/// What becomes of a claim.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer {
    /// The name is the client's.
    Granted,
    /// Another client claimed it as well, and has it or will have it.
    Refused,
}

/// A uniqueness constraint: one name, which at most one node may be granted. For many names, put one under each key
/// ([`Many`](synod_actor::Many)).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Uniqueness {}

impl Port for Uniqueness {
    type Request = Claim;
    type Indication = Answer;
}
