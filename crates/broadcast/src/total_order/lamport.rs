//! Total order by logical clocks: deliver in the order of timestamps, once nobody can come up with a smaller one. Lamport
//! (1978), *Time, Clocks, and the Ordering of Events in a Distributed System*, the algorithm for requests to a resource.
//!
//! - **Assumes** FIFO links, and that **nobody crashes**: a node that is not heard from holds up everything.
//! - **Guarantees** total order that respects causality, in two message delays.

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};
use synod_links::FifoLinks;

use super::Timestamp;
use crate::{Id, TotalOrderBroadcast};

/// What nodes say to each other, with the time at the sender.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stamped<M> {
    /// A message: its timestamp is this time at its sender.
    Message(u64, M),
    /// Nothing of mine will be older than this.
    Ack(u64),
}
use Stamped::{Ack, Message};

/// A node of Lamport's total-order broadcast. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AllAck<M> {
    /// Its logical clock.
    time: u64,
    /// What is not delivered yet.
    queue: BTreeMap<Timestamp, M>,
    /// The last time heard from each node.
    heard: BTreeMap<NodeId, u64>,
    /// How many messages of each origin were delivered: the number of the last.
    delivered: BTreeMap<NodeId, u64>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for AllAck<M> {
    type Provides = TotalOrderBroadcast<M>;
    type Uses = FifoLinks<Stamped<M>>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.time += 1;
                self.queue.insert(Timestamp { time: self.time, node: cx.me() }, msg.clone());
                for to in cx.others() {
                    cx.request((to, Message(self.time, msg.clone())));
                }
                self.deliver(cx); // only where there is nobody else
            }
            // Lamport acknowledges to the sender. Here to everyone: each has to hear from each.
            Event::Indication((from, Message(time, msg))) => {
                self.hear(from, time);
                self.queue.insert(Timestamp { time, node: from }, msg);
                for to in cx.others().filter(|&to| to == from || !flaw!(self, AcksToOriginOnly)) {
                    cx.request((to, Ack(self.time)));
                }
                self.deliver(cx);
            }
            Event::Indication((from, Ack(time))) => {
                self.hear(from, time);
                self.deliver(cx);
            }
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["heard from all"]
    }
}

impl<M: Value> AllAck<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        AllAck {
            time: 0,
            queue: BTreeMap::new(),
            heard: BTreeMap::new(),
            delivered: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        AllAck { flaw: Some(flaw), ..AllAck::new() }
    }

    /// Lamport's rule IR2: the clock goes beyond what it hears.
    fn hear(&mut self, from: NodeId, time: u64) {
        self.time = self.time.max(time) + 1;
        self.heard.insert(from, time);
    }

    /// Delivers the oldest messages, as long as nobody can still send an older one: links are FIFO, so whoever was heard from
    /// at a later time will not.
    fn deliver(&mut self, cx: &mut Cx<'_, Self>) {
        while let Some((&timestamp, _)) = self.queue.first_key_value() {
            let is_past = |&node: &NodeId| {
                self.heard.get(&node).is_some_and(|&time| Timestamp { time, node } >= timestamp)
            };
            let waits = cx.others().filter(|node| !is_past(node)).count();
            let may_wait = if flaw!(self, HearsMajority) { cx.group().len() - cx.majority() } else { 0 };
            if waits > may_wait {
                return;
            }
            cx.mark("heard from all");
            let Some((timestamp, msg)) = self.queue.pop_first() else { return };
            let number = self.delivered.entry(timestamp.node).or_default();
            *number += 1;
            cx.indicate((Id { origin: timestamp.node, number: *number }, msg));
        }
    }
}

impl<M: Value> Default for AllAck<M> {
    fn default() -> Self {
        AllAck::new()
    }
}
