//! The bare network, where it is good enough.

use std::{fmt, marker::PhantomData};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};

use crate::Links;

/// Provides the port `L` by handing everything to the network of the host: right only where **that network keeps what `L`
/// promises**. A stream per peer does, between crashes; so does the checker's environment, which is reliable unless told
/// otherwise, and FIFO if asked.
///
/// It lets an algorithm that assumes `L` be checked apart from the links that build it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network<L>(PhantomData<L>);

impl<L> Network<L> {
    /// The network, as it is.
    pub fn new() -> Self {
        Network(PhantomData)
    }
}

impl<L> Default for Network<L> {
    fn default() -> Self {
        Network::new()
    }
}

impl<L> fmt::Debug for Network<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

type Addressed<L> = (NodeId, <L as Links>::Payload);

impl<L> Actor for Network<L>
where
    L: Links + Port<Request = Addressed<L>, Indication = Addressed<L>>,
{
    type Provides = L;
    type Uses = Nothing;
    type Msg = L::Payload;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((to, msg)) => cx.send(to, msg),
            Event::Receive(from, msg) => cx.indicate((from, msg)),
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}
