//! Reliable links that survive restarts, after Cachin, Guerraoui and Rodrigues (2011), Algorithm 2.3, "Log Delivered".
//!
//! - **Assumes** stubborn links that need not survive a restart. Crash-recovery.
//! - **Guarantees** what [`LoggedLinks`] says.
//! - **Durable** are the messages not yet acknowledged, how many were sent to each node, and what was delivered.
//! - Deviation: as in the crash-stop links, messages are numbered and acknowledged.

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Stack, Value};

use crate::{
    Ack, LoggedLinks, Stubborn, StubbornLinks,
    StubbornRequest::{Send, Stop},
};

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<M> {
    /// The next message to this node.
    Sent(NodeId, M),
    /// This node has the message of this number.
    Acked(NodeId, u64),
    /// The message of this number from this node.
    Delivered(NodeId, u64, M),
}

/// A node of reliable links that survives restarts. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reliable<M> {
    // Durable: changed by `replay` only.
    /// How many messages were sent to each node: the number of the last.
    sent: BTreeMap<NodeId, u64>,
    /// What is not acknowledged yet, by destination and number.
    outbox: BTreeMap<(NodeId, u64), M>,
    /// What was delivered, by sender and number.
    log: BTreeMap<(NodeId, u64), M>,
    // Volatile: nothing.
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Reliable<M> {
    type Provides = LoggedLinks<M>;
    type Uses = StubbornLinks<M>;
    type Msg = Ack;
    type Timer = Never;
    type Record = Record<M>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            // A restart says again what was delivered, and takes up what was not acknowledged.
            Event::Start => {
                if flaw!(self, NumbersFromOne) {
                    self.sent.clear();
                }
                for ((from, number), msg) in &self.log {
                    cx.mark("deliver again");
                    cx.indicate((*from, *number, msg.clone()));
                }
                for ((to, number), msg) in &self.outbox {
                    cx.mark("take up");
                    cx.request(Send(*to, *number, msg.clone()));
                }
            }
            Event::Request((to, msg)) => {
                self.persist(Record::Sent(to, msg.clone()), cx);
                cx.request(Send(to, self.sent[&to], msg));
            }
            Event::Indication((from, number, msg)) => {
                if flaw!(self, AcksBeforeDurable) {
                    cx.send(from, Ack(number));
                }
                if !self.has_delivered(from, number) {
                    self.persist(Record::Delivered(from, number, msg.clone()), cx);
                    cx.indicate((from, number, msg));
                }
                // Behind the record: whoever is told that we have it stops sending it.
                if !(flaw!(self, AcksBeforeDurable)) {
                    cx.send(from, Ack(number));
                }
            }
            Event::Receive(from, Ack(number)) => {
                if self.outbox.contains_key(&(from, number)) {
                    self.persist(Record::Acked(from, number), cx);
                }
                cx.request(Stop(from, number));
            }
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<M>) {
        match record {
            Record::Sent(to, msg) => {
                let number = self.sent.entry(to).or_default();
                *number += 1;
                self.outbox.insert((to, *number), msg);
            }
            Record::Acked(to, number) => _ = self.outbox.remove(&(to, number)),
            Record::Delivered(from, number, msg) => _ = self.log.insert((from, number), msg),
        }
    }

    fn marks() -> Vec<&'static str> {
        vec!["deliver again", "take up"]
    }
}

impl<M: Value> Reliable<M> {
    /// A node that has sent and received nothing.
    pub fn new() -> Self {
        Reliable {
            sent: BTreeMap::new(),
            outbox: BTreeMap::new(),
            log: BTreeMap::new(),
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
    pub fn over_stubborn() -> Stack<Self, Stubborn<M>> {
        Stack { upper: Reliable::new(), lower: Stubborn::new() }
    }

    fn has_delivered(&self, from: NodeId, number: u64) -> bool {
        if flaw!(self, RemembersHighestOnly) {
            return self.log.keys().any(|&(other, highest)| other == from && highest >= number);
        }
        self.log.contains_key(&(from, number))
    }
}

impl<M: Value> Default for Reliable<M> {
    fn default() -> Self {
        Reliable::new()
    }
}
