//! Total order from a counter that all nodes share: each message gets the next number, and all deliver by number.
//!
//! An increment-and-get register that is linearizable gives no number twice and leaves none out, so there is one message of each number
//! and a gap means that one is on its way. (Numbers of a clock do not tell that: see [`AllAck`](super::AllAck).)
//!
//! - **Assumes** a linearizable increment-and-get register and reliable broadcast below; and that **nobody crashes** between taking
//!   a number and using it: that number is missing for ever, and everyone waits for it. It cannot be otherwise: total order solves
//!   consensus among any number of nodes, and a counter among two only (Herlihy, *Wait-Free Synchronization* (1991), section 3.3).
//! - **Guarantees** total order, also where someone crashes; delivery where nobody does. Not causal order.

use std::collections::BTreeMap;

use synod_actor::{
    Actor, Cx, Event, Never, NodeId,
    Side::{L, R},
    Value,
};
use synod_consensus::{Changes, changes::Increment};

use crate::{Id, ReliableBroadcast, TotalOrderBroadcast};

/// A message with its number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticketed<M> {
    /// Its place in the order: 1, 2, 3, ...
    pub ticket: u64,
    /// Which of its origin's messages it is.
    pub number: u64,
    /// The message.
    pub msg: M,
}

/// A node of total-order broadcast over any increment-and-get register. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OverCounter<M> {
    /// How many messages were broadcast here.
    sent: u64,
    /// Those that have no ticket yet.
    unnumbered: BTreeMap<u64, M>,
    /// The last ticket whose message was delivered.
    delivered: u64,
    /// Messages ahead of their turn, by ticket.
    early: BTreeMap<u64, (Id, M)>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for OverCounter<M> {
    type Provides = TotalOrderBroadcast<M>;
    type Uses = (ReliableBroadcast<Ticketed<M>>, Changes<Increment>);
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.sent += 1;
                self.unnumbered.insert(self.sent, msg);
                cx.request(R((self.sent, Increment)));
            }
            Event::Indication(R((number, ticket))) => {
                if let Some(msg) = self.unnumbered.remove(&number) {
                    cx.mark("ticket");
                    cx.request(L(Ticketed { ticket, number, msg }));
                }
            }
            Event::Indication(L((id, Ticketed { ticket, number, msg }))) => {
                // Its number among its origin's messages is by when it was asked for, not by when it was broadcast below.
                let id = Id { number, ..id };
                if flaw!(self, DeliversUnordered) {
                    return cx.indicate((id, msg));
                }
                self.early.insert(ticket, (id, msg));
                while let Some(next) = self.early.remove(&(self.delivered + 1)) {
                    cx.mark("deliver");
                    self.delivered += 1;
                    cx.indicate(next);
                }
            }
            Event::Receive(NodeId(_), never) | Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["ticket", "deliver"]
    }
}

impl<M: Value> OverCounter<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        OverCounter {
            sent: 0,
            unnumbered: BTreeMap::new(),
            delivered: 0,
            early: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        OverCounter { flaw: Some(flaw), ..OverCounter::new() }
    }
}

impl<M: Value> Default for OverCounter<M> {
    fn default() -> Self {
        OverCounter::new()
    }
}
