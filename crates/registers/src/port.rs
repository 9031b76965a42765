//! What a register promises.

use std::marker::PhantomData;

use synod_actor::{Port, Value};

/// Which request: unique at its node. Its answer carries it, and answers are matched by nothing else.
pub type RequestId = u64;

/// What can be asked of a register.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation<V> {
    /// What does it hold?
    Read,
    /// Hold this.
    Write(V),
    /// Hold `new` if it holds `expected`, and do nothing if not.
    CompareAndSet {
        /// What it must hold.
        expected: V,
        /// What it then holds.
        new: V,
    },
}

/// What a register answers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer<V> {
    /// To a read: it holds this.
    Value(V),
    /// A write, or a compare-and-set that found what it expected.
    Done,
    /// A compare-and-set that found something else.
    Mismatch,
}

/// One register, held by all nodes together: a value of the type `V` that any client may read and write at any node.
///
/// **Linearizability**: each operation seems to take place at one moment between its request and its answer (Herlihy and Wing
/// 1990). **Termination**: a request at a node that does not crash is answered at last; on what this depends the algorithm says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Register<V>(PhantomData<V>);

impl<V: Value> Port for Register<V> {
    /// Do this. A node is asked with each id once.
    type Request = (RequestId, Operation<V>);
    /// What came of it.
    type Indication = (RequestId, Answer<V>);
}
