//! Links whose messages leave one at a time, so that a node can crash in the middle of a broadcast.

use std::marker::PhantomData;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};
use synod_links::Links;

/// A message on its way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Mail<M> {
    /// Still in the outbox of its sender, for this node.
    Leaves(NodeId, M),
    /// In the network.
    Arrives(M),
}
use Mail::{Arrives, Leaves};

/// Like [`Network`](synod_links::Network), with an outbox: what a node sends waits there, leaves in order, and goes with a crash.
/// So it is with a socket: what was handed to it has not left the machine. Without it the messages that one event sends would all
/// leave together, which is a kinder world than there is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Outbox<L> {
    /// Whether it has one. A node that never crashes behaves the same without, in fewer states.
    buffers: bool,
    provides: PhantomData<L>,
}

impl<L> Outbox<L> {
    /// Links of a node that may crash, or may not.
    pub(crate) fn new(crashes: bool) -> Self {
        Outbox { buffers: crashes, provides: PhantomData }
    }
}

type Addressed<L> = (NodeId, <L as Links>::Payload);

impl<L> Actor for Outbox<L>
where
    L: Links + Port<Request = Addressed<L>, Indication = Addressed<L>>,
{
    type Provides = L;
    type Uses = Nothing;
    type Msg = Mail<L::Payload>;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((to, msg)) if self.buffers => cx.send(cx.me(), Leaves(to, msg)),
            Event::Request((to, msg)) | Event::Receive(_, Leaves(to, msg)) => cx.send(to, Arrives(msg)),
            Event::Receive(from, Arrives(msg)) => cx.indicate((from, msg)),
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}
