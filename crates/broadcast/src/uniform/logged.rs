//! Majority-ack uniform reliable broadcast for nodes that crash and restart. Cachin, Guerraoui and Rodrigues (2011), §3.7,
//! Algorithm 3.8, "Logged Majority-Ack".
//!
//! - **Assumes** fair-loss links, and that a majority is up for long enough at last. Crash-recovery, no timing.
//! - **Guarantees** uniform reliable broadcast, of what a node was asked to broadcast once its record is durable. A restart
//!   delivers again what was delivered before it, under the same ids and in the same order.
//! - **Durable** are the messages, and which of them were delivered, in order. Who has which message is not: it is learnt
//!   again.
//! - Deviation: the book broadcasts stubbornly and for ever. Here a node that has a message says so, and it is sent to it
//!   no more; so the acknowledgement is a message of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Value};

use crate::{Id, UniformReliableBroadcast};

/// What nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<M> {
    /// Here is a message. I have it on my disk.
    Data(Id, M),
    /// I have this message on my disk.
    Ack(Id),
}
use Msg::{Ack, Data};

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record<M> {
    /// This message exists.
    Message(Id, M),
    /// This message is delivered, after those that were delivered before.
    Delivered(Id),
}

/// The timer: fires when it is time to send again what somebody lacks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Resend;

/// How long to wait before sending again. A range, so that nodes do not fall into step.
const PERIOD: Range<Duration> = Duration::from_millis(50)..Duration::from_millis(100);

/// A node of majority-ack uniform reliable broadcast that survives restarts. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LoggedMajorityAck<M> {
    // Durable: changed by `replay` only.
    messages: BTreeMap<Id, M>,
    delivered: Vec<Id>,
    // Volatile.
    /// Who else is known to have which message.
    acks: BTreeMap<Id, BTreeSet<NodeId>>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for LoggedMajorityAck<M> {
    type Provides = UniformReliableBroadcast<M>;
    type Uses = Nothing;
    type Msg = Msg<M>;
    type Timer = Resend;
    type Record = Record<M>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            // A restart says again what was delivered, and offers everything it has.
            Event::Start => {
                for id in &self.delivered {
                    cx.mark("deliver again");
                    cx.indicate((*id, self.messages[id].clone()));
                }
                self.send_again(cx);
            }
            Event::Request(msg) => {
                let me = cx.me();
                let sent = self.messages.keys().filter(|id| id.origin == me).map(|id| id.number).max();
                self.accept(Id { origin: me, number: sent.unwrap_or(0) + 1 }, msg, cx);
            }
            Event::Timeout(Resend) => self.send_again(cx),
            Event::Receive(from, Data(id, msg)) => {
                if flaw!(self, AcksBeforeDurable) {
                    cx.send(from, Ack(id));
                }
                if self.messages.contains_key(&id) {
                    // It does not know that we have it.
                    cx.send(from, Ack(id));
                } else {
                    self.accept(id, msg, cx);
                }
                self.count(from, id, cx);
            }
            Event::Receive(from, Ack(id)) if self.messages.contains_key(&id) => self.count(from, id, cx),
            // We offer only what is on our disk: a peer that lies.
            Event::Receive(_, Ack(_)) => {}
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Record<M>) {
        match record {
            Record::Message(id, msg) => _ = self.messages.insert(id, msg),
            Record::Delivered(id) => self.delivered.push(id),
        }
    }

    fn marks() -> Vec<&'static str> {
        vec!["deliver again", "majority", "resend"]
    }
}

impl<M: Value> LoggedMajorityAck<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        LoggedMajorityAck {
            messages: BTreeMap::new(),
            delivered: Vec::new(),
            acks: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        LoggedMajorityAck { flaw: Some(flaw), ..LoggedMajorityAck::new() }
    }

    /// Takes over a message: writes it, and relays it once it is durable, which tells the others that we have it.
    fn accept(&mut self, id: Id, msg: M, cx: &mut Cx<'_, Self>) {
        self.persist(Record::Message(id, msg.clone()), cx);
        cx.send_others(Data(id, msg));
        cx.set(Resend, PERIOD);
    }

    /// This node and we have the message; once a majority has, it is delivered.
    ///
    /// Our own copy counts although it may not be durable yet: whatever follows waits behind it.
    fn count(&mut self, from: NodeId, id: Id, cx: &mut Cx<'_, Self>) {
        let acks = self.acks.entry(id).or_default();
        acks.insert(from);
        if acks.len() + 1 >= cx.majority() && !self.delivered.contains(&id) {
            cx.mark("majority");
            self.persist(Record::Delivered(id), cx);
            cx.indicate((id, self.messages[&id].clone()));
        }
        if self.messages.keys().all(|id| self.lacking(*id, cx).is_empty()) {
            cx.cancel(Resend);
        }
    }

    /// Who is not known to have the message.
    fn lacking(&self, id: Id, cx: &Cx<'_, Self>) -> Vec<NodeId> {
        let acks = self.acks.get(&id);
        cx.others().filter(|node| !acks.is_some_and(|acks| acks.contains(node))).collect()
    }

    fn send_again(&self, cx: &mut Cx<'_, Self>) {
        let mut again = false;
        for (id, msg) in &self.messages {
            for node in self.lacking(*id, cx) {
                cx.send(node, Data(*id, msg.clone()));
                again = true;
            }
        }
        if again {
            cx.mark("resend");
            cx.set(Resend, PERIOD);
        }
    }
}

impl<M: Value> Default for LoggedMajorityAck<M> {
    fn default() -> Self {
        LoggedMajorityAck::new()
    }
}
