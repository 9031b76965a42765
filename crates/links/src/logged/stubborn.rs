//! Stubborn links that take up after a restart what they were sending before it.
//!
//! - **Assumes** fair-loss links. Crash-recovery.
//! - **Guarantees** that what was sent is delivered again and again, once its record is durable.
//! - **Durable** is what is being sent.

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Value};

use crate::{
    Numbered, Resend, StubbornLinks,
    StubbornRequest::{Send, Stop},
    stubborn::{PERIOD, send_again},
};

/// What a node writes to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outgoing<M> {
    /// From now on it sends this, under this number.
    Sent(NodeId, u64, M),
    /// From now on it no longer does.
    Stopped(NodeId, u64),
}

/// A node of stubborn links that survives restarts. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stubborn<M> {
    // Durable: changed by `replay` only.
    /// What is sent again and again, by destination and number.
    sent: BTreeMap<(NodeId, u64), M>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Stubborn<M> {
    type Provides = StubbornLinks<M>;
    type Uses = Nothing;
    type Msg = Numbered<M>;
    type Timer = Resend;
    type Record = Outgoing<M>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start | Event::Timeout(Resend) if self.sent.is_empty() => {}
            Event::Start if flaw!(self, ForgetsOutbox) => {}
            Event::Start | Event::Timeout(Resend) => send_again(&self.sent, cx),
            // The first copy leaves once the record is durable: whoever sees it may count on more.
            Event::Request(Send(to, number, msg)) => {
                self.persist(Outgoing::Sent(to, number, msg.clone()), cx);
                cx.send(to, Numbered(number, msg));
                cx.set(Resend, PERIOD);
            }
            Event::Request(Stop(to, number)) => {
                if self.sent.contains_key(&(to, number)) {
                    self.persist(Outgoing::Stopped(to, number), cx);
                }
                if self.sent.is_empty() {
                    cx.cancel(Resend);
                }
            }
            Event::Receive(from, Numbered(number, msg)) => cx.indicate((from, number, msg)),
            Event::Indication(never) => match never {},
        }
    }

    fn replay(&mut self, record: Outgoing<M>) {
        match record {
            Outgoing::Sent(to, number, msg) => _ = self.sent.insert((to, number), msg),
            Outgoing::Stopped(to, number) => _ = self.sent.remove(&(to, number)),
        }
    }

    fn marks() -> Vec<&'static str> {
        vec!["resend"]
    }
}

impl<M> Stubborn<M> {
    /// A node that has sent nothing.
    pub fn new() -> Self {
        Stubborn {
            sent: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Stubborn { flaw: Some(flaw), ..Stubborn::new() }
    }
}

impl<M> Default for Stubborn<M> {
    fn default() -> Self {
        Stubborn::new()
    }
}
