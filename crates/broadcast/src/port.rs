//! What broadcasts promise, and how a message is told from every other.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use synod_actor::{NodeId, Port, Value, Visit, Visitor};
use synod_links::Numbers;

/// Which message: who broadcast it, and the how manieth of that node it is, counted from 1 without gaps.
///
/// Prints as `n0#1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Who broadcast it.
    pub origin: NodeId,
    /// Which of its messages.
    pub number: u64,
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.origin, self.number)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Visit for Id {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.node(&mut self.origin);
    }
}

/// Which messages were seen. It takes room for those beyond a gap only.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seen(BTreeMap<NodeId, Numbers>);

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Seen {
    /// Adds a message. Whether it is new.
    pub fn insert(&mut self, id: Id) -> bool {
        self.0.entry(id.origin).or_default().insert(id.number)
    }

    /// Whether the message was seen.
    pub fn contains(&self, id: Id) -> bool {
        self.0.get(&id.origin).is_some_and(|numbers| numbers.contains(id.number))
    }
}

/// A service that brings messages from one node to all.
///
/// The messages of each origin are numbered 1, 2, 3, ... in the order in which it was asked to broadcast them. What was
/// delivered before a crash may be delivered again after the restart, under the same [`Id`]. All of them promise:
///
/// - **No creation.** What is delivered was broadcast, by the node that its `Id` names.
/// - **No duplication.** A message is delivered once at most, at each node and in each incarnation of it.
pub trait Broadcast:
    Port<Request = <Self as Broadcast>::Payload, Indication = (Id, <Self as Broadcast>::Payload)>
{
    /// What is broadcast.
    type Payload: Value;
}

/// A broadcast with **agreement**: what one node that does not crash delivers, every node that does not crash delivers.
pub trait Agreed: Broadcast {}

macro_rules! broadcast {
    ($($(#[$doc:meta])* $port:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $port<M>(PhantomData<M>);

        impl<M: Value> Port for $port<M> {
            /// Broadcast this.
            type Request = M;
            /// Delivered: which message, and what it says.
            type Indication = (Id, M);
        }

        impl<M: Value> Broadcast for $port<M> {
            type Payload = M;
        }
    )* };
}

broadcast! {
    /// Best-effort broadcast. Cachin, Guerraoui and Rodrigues (2011), §3.2.
    ///
    /// **Validity**: what a node that does not crash broadcasts, every node that does not crash delivers. If the origin
    /// crashes, some may deliver and others not.
    BestEffortBroadcast
    /// Reliable broadcast. Cachin, Guerraoui and Rodrigues (2011), §3.3.
    ///
    /// **Validity**: what a node that does not crash broadcasts, it delivers. **Agreement**: what one node that does not
    /// crash delivers, every such node delivers. A node that crashes may have delivered what nobody else ever does.
    ReliableBroadcast
    /// Uniform reliable broadcast. Cachin, Guerraoui and Rodrigues (2011), §3.4.
    ///
    /// **Validity** as in reliable broadcast. **Uniform agreement**: what any node delivers, even one that crashes
    /// afterwards, every node that does not crash delivers.
    UniformReliableBroadcast
    /// FIFO broadcast. Cachin, Guerraoui and Rodrigues (2011), §3.9.1.
    ///
    /// Reliable broadcast, and **FIFO order**: no node delivers a message of some origin before the earlier ones of that
    /// origin. As uniform as the broadcast below it.
    FifoBroadcast
    /// Causal broadcast. Cachin, Guerraoui and Rodrigues (2011), §3.9.2.
    ///
    /// Reliable broadcast, and **causal order**: no node delivers a message before those that its origin had broadcast or
    /// delivered when it broadcast it.
    CausalBroadcast
    /// Total-order broadcast. Cachin, Guerraoui and Rodrigues (2011), §6.1.
    ///
    /// Reliable broadcast, and **total order**: there is one sequence of messages, and each node delivers a beginning of it.
    /// That is stronger than that any two nodes deliver any two messages in the same order, which allows gaps.
    TotalOrderBroadcast
    /// Probabilistic broadcast. Cachin, Guerraoui and Rodrigues (2011), §3.8.
    ///
    /// **Validity**: what is broadcast reaches every node that does not crash, with a probability as near to 1 as the
    /// overlay stays connected.
    ProbabilisticBroadcast
}

impl<M: Value> Agreed for ReliableBroadcast<M> {}
impl<M: Value> Agreed for UniformReliableBroadcast<M> {}
impl<M: Value> Agreed for FifoBroadcast<M> {}
impl<M: Value> Agreed for CausalBroadcast<M> {}
impl<M: Value> Agreed for TotalOrderBroadcast<M> {}
