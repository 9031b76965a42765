//! Reliable links: each message once. Cachin, Guerraoui and Rodrigues (2011), Algorithm 2.2, "Eliminate Duplicates".
//!
//! - **Assumes** stubborn links. Crash-stop.
//! - **Guarantees** that a message between nodes that do not crash is delivered once.
//! - Deviations: messages are told apart by numbers, not by what they say, so that the same can be sent twice; and each is
//!   acknowledged, so that it need not be sent for ever. The acknowledgement goes over fair-loss links: if it is lost, the
//!   message comes again, and with it the acknowledgement.

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Stack, Value};

use crate::{
    Numbers, ReliableLinks, Stubborn, StubbornLinks,
    StubbornRequest::{Send, Stop},
};

/// The message of this number has arrived.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ack(
    /// The number.
    pub u64,
);

/// Reliable links over a fair-loss network.
pub type ReliableOverStubborn<M> = Stack<Reliable<M>, Stubborn<M>>;

/// A node of reliable links. See the documentation of the crate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reliable<M> {
    /// How many messages were sent to each node: the number of the last.
    sent: BTreeMap<NodeId, u64>,
    /// The numbers received from each node.
    received: BTreeMap<NodeId, Numbers>,
    payload: std::marker::PhantomData<M>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Reliable<M> {
    type Provides = ReliableLinks<M>;
    type Uses = StubbornLinks<M>;
    type Msg = Ack;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request((to, msg)) => {
                let number = self.sent.entry(to).or_default();
                *number += 1;
                cx.request(Send(to, *number, msg));
            }
            // Every copy is acknowledged, since the acknowledgement of an earlier one may have been lost.
            Event::Indication((from, number, msg)) => {
                cx.send(from, Ack(number));
                if self.received.entry(from).or_default().insert(number) || flaw!(self, ForgetsDuplicates) {
                    cx.indicate((from, msg));
                } else {
                    cx.mark("duplicate");
                }
            }
            Event::Receive(from, Ack(number)) => cx.request(Stop(from, number)),
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["duplicate"]
    }
}

impl<M> Reliable<M> {
    /// A node that has sent and received nothing.
    pub fn new() -> Self {
        Reliable {
            sent: BTreeMap::new(),
            received: BTreeMap::new(),
            payload: std::marker::PhantomData,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Reliable { flaw: Some(flaw), ..Reliable::new() }
    }

    /// A node over stubborn links, all that is needed over a fair-loss network.
    pub fn over_stubborn() -> ReliableOverStubborn<M> {
        Stack { upper: Reliable::new(), lower: Stubborn::new() }
    }
}

impl<M> Default for Reliable<M> {
    fn default() -> Self {
        Reliable::new()
    }
}
