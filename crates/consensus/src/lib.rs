//! Consensus.
use std::marker::PhantomData;
use synod_actor::{Port, Value};

/// Consensus: no two nodes decide differently, and what is decided was proposed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Consensus<V>(PhantomData<V>);

impl<V: Value> Port for Consensus<V> {
    /// Propose.
    type Request = V;
    /// Decide.
    type Indication = V;
}
