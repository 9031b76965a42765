//! No-waiting causal broadcast: every message carries its causal past. Cachin, Guerraoui and Rodrigues (2011),
//! Algorithm 3.13.
//!
//! - **Assumes** a reliable broadcast. Crash-stop.
//! - **Guarantees** causal order, and that no message is ever held back.
//! - The past only grows, and with it the messages: the book's garbage collection (Algorithm 3.14) needs a perfect failure
//!   detector, and is not here.

use synod_actor::{Actor, Cx, Event, Never, Value};

use crate::{CausalBroadcast, Id, ReliableBroadcast, Seen};

/// Messages in an order that respects causality.
pub type Past<M> = Vec<(Id, M)>;

/// A node of no-waiting causal broadcast. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NoWaiting<M> {
    /// How many messages it has broadcast: the number of the last.
    sent: u64,
    delivered: Seen,
    /// What it has broadcast or delivered, in this order.
    past: Past<M>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for NoWaiting<M> {
    type Provides = CausalBroadcast<M>;
    type Uses = ReliableBroadcast<(Past<M>, M)>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                let past = if flaw!(self, ForgetsPast) { Vec::new() } else { self.past.clone() };
                // Before what comes next, also if the broadcast below takes its time to deliver it here.
                self.sent += 1;
                self.past.push((Id { origin: cx.me(), number: self.sent }, msg.clone()));
                cx.request((past, msg));
            }
            // Its past first: what of it is not delivered yet.
            Event::Indication((id, (past, msg))) => {
                for (id, msg) in past {
                    if self.deliver(id, msg, cx) {
                        cx.mark("past first");
                    }
                }
                self.deliver(id, msg, cx);
            }
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["past first"]
    }
}

impl<M: Value> NoWaiting<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        NoWaiting {
            sent: 0,
            delivered: Seen::default(),
            past: Vec::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        NoWaiting { flaw: Some(flaw), ..NoWaiting::new() }
    }

    /// Delivers the message, if it was not delivered before. Whether it is delivered.
    fn deliver(&mut self, id: Id, msg: M, cx: &mut Cx<'_, Self>) -> bool {
        let is_new = self.delivered.insert(id) || flaw!(self, ForgetsDuplicates);
        if is_new {
            if id.origin != cx.me() {
                self.past.push((id, msg.clone()));
            }
            cx.indicate((id, msg));
        }
        is_new
    }
}

impl<M: Value> Default for NoWaiting<M> {
    fn default() -> Self {
        NoWaiting::new()
    }
}
