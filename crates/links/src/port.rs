//! What links promise. Each port is stronger than the one before it.

use std::marker::PhantomData;

use synod_actor::{NodeId, Port, Value};

/// A port that carries messages from node to node, as whoever watches it sees it.
pub trait Links: Port {
    /// What is carried.
    type Payload: Value;

    /// The destination and the message, if the request is to send one.
    fn sent(request: &Self::Request) -> Option<(NodeId, &Self::Payload)>;

    /// The sender and the message.
    fn delivered(indication: &Self::Indication) -> (NodeId, &Self::Payload);
}

/// Stubborn links: what is sent between nodes that do not crash is delivered infinitely often, until it is stopped.
///
/// Cachin, Guerraoui and Rodrigues (2011), §2.4.3. Nothing is created: what is delivered was sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StubbornLinks<M>(PhantomData<M>);

/// What the user of stubborn links may ask. It numbers its messages, so that it can stop them by number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StubbornRequest<M> {
    /// Send this message under this number to this node, again and again. It replaces one of the same number to that node.
    Send(NodeId, u64, M),
    /// Do not send the message of this number to this node any more.
    Stop(NodeId, u64),
}

impl<M: Value> Port for StubbornLinks<M> {
    type Request = StubbornRequest<M>;
    /// The sender, the number that it gave to the message, the message.
    type Indication = (NodeId, u64, M);
}

impl<M: Value> Links for StubbornLinks<M> {
    type Payload = M;

    fn sent(request: &StubbornRequest<M>) -> Option<(NodeId, &M)> {
        match request {
            StubbornRequest::Send(to, _, msg) => Some((*to, msg)),
            StubbornRequest::Stop(..) => None,
        }
    }

    fn delivered((from, _, msg): &(NodeId, u64, M)) -> (NodeId, &M) {
        (*from, msg)
    }
}

/// Reliable links, "perfect" in Cachin, Guerraoui and Rodrigues (2011), §2.4.4: what is sent between nodes that do not
/// crash is delivered, each message once, in any order; and what is delivered was sent.
///
/// A node may send to itself. Crash-stop: after a restart nothing is promised; see [`LoggedLinks`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReliableLinks<M>(PhantomData<M>);

/// Reliable links that also deliver from each sender in the order in which it sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FifoLinks<M>(PhantomData<M>);

macro_rules! by_sender {
    ($($port:ident),*) => { $(
        impl<M: Value> Port for $port<M> {
            /// The destination and the message.
            type Request = (NodeId, M);
            /// The sender and the message.
            type Indication = (NodeId, M);
        }

        impl<M: Value> Links for $port<M> {
            type Payload = M;

            fn sent((to, msg): &(NodeId, M)) -> Option<(NodeId, &M)> {
                Some((*to, msg))
            }

            fn delivered((from, msg): &(NodeId, M)) -> (NodeId, &M) {
                (*from, msg)
            }
        }
    )* };
}
by_sender!(ReliableLinks, FifoLinks);

/// Reliable links for nodes that crash and restart: "logged perfect links" in Cachin, Guerraoui and Rodrigues (2011), §2.4.5.
///
/// - What was sent is delivered once its record is durable, however often either end crashes, if both are up for long enough
///   at last.
/// - The messages from one node to another are numbered 1, 2, 3, ... without gaps, in the order sent, and delivered in any
///   order, each **once per incarnation**. A restart delivers again everything that was delivered before it, under the same
///   numbers: they are how a user recognises a repetition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LoggedLinks<M>(PhantomData<M>);

/// [`LoggedLinks`] that in each incarnation also deliver from each sender in the order sent: 1, 2, 3, ...
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LoggedFifoLinks<M>(PhantomData<M>);

macro_rules! by_number {
    ($($port:ident),*) => { $(
        impl<M: Value> Port for $port<M> {
            /// The destination and the message.
            type Request = (NodeId, M);
            /// The sender, the number of the message among those from there to here, the message.
            type Indication = (NodeId, u64, M);
        }

        impl<M: Value> Links for $port<M> {
            type Payload = M;

            fn sent((to, msg): &(NodeId, M)) -> Option<(NodeId, &M)> {
                Some((*to, msg))
            }

            fn delivered((from, _, msg): &(NodeId, u64, M)) -> (NodeId, &M) {
                (*from, msg)
            }
        }
    )* };
}
by_number!(LoggedLinks, LoggedFifoLinks);
