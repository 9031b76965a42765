//! FIFO broadcast: hold back what is ahead of its turn. Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.12.
//!
//! - **Assumes** a broadcast with agreement, whose ids count the messages of each origin.
//! - **Guarantees** FIFO order, and whatever the broadcast below guarantees: over a uniform one it is uniform, over a logged
//!   one it survives restarts, without a disk of its own.
//! - Deviation: the book numbers messages here; the ids of the broadcast below do.

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, Never, NodeId};
use synod_links::InOrder;

use crate::{Agreed, FifoBroadcast, Id};

/// A node of FIFO broadcast over the broadcast `B`. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fifo<B: Agreed> {
    /// What came of each origin.
    received: BTreeMap<NodeId, InOrder<B::Payload>>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<B: Agreed> Actor for Fifo<B> {
    type Provides = FifoBroadcast<B::Payload>;
    type Uses = B;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => cx.request(msg),
            Event::Indication((id, msg)) if flaw!(self, DeliversEarly) => cx.indicate((id, msg)),
            Event::Indication((id, msg)) => {
                let received = self.received.entry(id.origin).or_default();
                if received.insert(id.number, msg) {
                    cx.mark("hold back");
                }
                while let Some((number, msg)) = received.take_next() {
                    cx.indicate((Id { number, ..id }, msg));
                }
            }
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["hold back"]
    }
}

impl<B: Agreed> Fifo<B> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        Fifo {
            received: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Fifo { flaw: Some(flaw), ..Fifo::new() }
    }
}

impl<B: Agreed> Default for Fifo<B> {
    fn default() -> Self {
        Fifo::new()
    }
}
