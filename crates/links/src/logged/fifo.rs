//! FIFO links that survive restarts.
//!
//! - **Assumes** logged links, whose numbers are what it orders by. Crash-recovery.
//! - **Guarantees** that in each incarnation, what is delivered from each sender is delivered in the order sent.
//! - **Durable** is nothing: after a restart the logged links say everything again.

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Stack, Value};

use super::Reliable;
use crate::{InOrder, LoggedFifoLinks, LoggedLinks, Stubborn};

/// A node of FIFO links that survives restarts. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fifo<M> {
    /// What arrived from each node in this incarnation.
    received: BTreeMap<NodeId, InOrder<M>>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Fifo<M> {
    type Provides = LoggedFifoLinks<M>;
    type Uses = LoggedLinks<M>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((to, msg)) => cx.request((to, msg)),
            Event::Indication((from, number, msg)) if flaw!(self, DeliversEarly) => {
                cx.indicate((from, number, msg));
            }
            Event::Indication((from, number, msg)) => {
                let received = self.received.entry(from).or_default();
                if received.insert(number, msg) {
                    cx.mark("hold back");
                }
                while let Some((number, msg)) = received.take_next() {
                    cx.indicate((from, number, msg));
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

impl<M: Value> Fifo<M> {
    /// A node that has sent and received nothing.
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

    /// A node over logged reliable links over stubborn links, all that is needed over a fair-loss network.
    pub fn over_stubborn() -> Stack<Self, Stack<Reliable<M>, Stubborn<M>>> {
        Stack { upper: Fifo::new(), lower: Reliable::over_stubborn() }
    }
}

impl<M: Value> Default for Fifo<M> {
    fn default() -> Self {
        Fifo::new()
    }
}
