//! FIFO links: number, and hold back what is ahead of its turn. Cachin, Guerraoui and Rodrigues (2011), exercise 2.4; the same
//! idea as their Algorithm 3.12, for each link.
//!
//! - **Assumes** reliable links. Crash-stop.
//! - **Guarantees** that what arrives from each sender arrives in the order sent.

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Stack, Value};

use crate::{FifoLinks, InOrder, Numbered, Reliable, ReliableLinks, ReliableOverStubborn};

/// A node of FIFO links. See the documentation of the crate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fifo<M> {
    /// How many messages were sent to each node: the number of the last.
    sent: BTreeMap<NodeId, u64>,
    /// What arrived from each node.
    received: BTreeMap<NodeId, InOrder<M>>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Fifo<M> {
    type Provides = FifoLinks<M>;
    type Uses = ReliableLinks<Numbered<M>>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((to, msg)) => {
                let number = self.sent.entry(to).or_default();
                *number += 1;
                cx.request((to, Numbered(*number, msg)));
            }
            Event::Indication((from, Numbered(_, msg))) if flaw!(self, DeliversEarly) => {
                cx.indicate((from, msg));
            }
            Event::Indication((from, Numbered(number, msg))) => {
                let sender = if flaw!(self, MixesUpSenders) { NodeId(0) } else { from };
                let received = self.received.entry(sender).or_default();
                if received.insert(number, msg) {
                    cx.mark("hold back");
                }
                while let Some((_, msg)) = received.take_next() {
                    cx.indicate((from, msg));
                    if flaw!(self, DeliversOneAtATime) {
                        break;
                    }
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

impl<M> Fifo<M> {
    /// A node that has sent and received nothing.
    pub fn new() -> Self {
        Fifo {
            sent: BTreeMap::new(),
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

    /// A node over reliable links over stubborn links, all that is needed over a fair-loss network.
    pub fn over_stubborn() -> Stack<Self, ReliableOverStubborn<Numbered<M>>> {
        Stack { upper: Fifo::new(), lower: Reliable::over_stubborn() }
    }
}

impl<M> Default for Fifo<M> {
    fn default() -> Self {
        Fifo::new()
    }
}
