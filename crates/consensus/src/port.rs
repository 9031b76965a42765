//! What every consensus algorithm here offers.

use std::marker::PhantomData;

use synod_actor::{Port, Value};

/// Consensus on one value: no two nodes decide differently, and what is decided was proposed.
///
/// Cachin, Guerraoui and Rodrigues (2011), §5.1, in its uniform form: what a node decided before it crashed binds the
/// others too.
///
/// - The **first proposal** at a node counts; later ones there change nothing, so a client may ask again. Whoever
///   proposes at a node that has decided was answered already.
/// - A node may decide before it proposes, and without ever proposing.
/// - A node decides **at most once per incarnation**. After a crash it may say its decision again: the same one, which
///   is all that is needed to recognise the repetition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Consensus<V>(PhantomData<V>);

impl<V: Value> Port for Consensus<V> {
    /// Propose.
    type Request = V;
    /// Decide.
    type Indication = V;
}
