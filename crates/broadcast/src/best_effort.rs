//! Best-effort broadcast: send to everyone. Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.1, "Basic Broadcast".
//!
//! - **Assumes** reliable links. Crash-stop.
//! - **Guarantees** delivery everywhere if the origin does not crash.
//! - Deviation: a node delivers its own message at once, and not through a link to itself.

use std::marker::PhantomData;

use synod_actor::{Actor, Cx, Event, Never, Value};
use synod_links::{Numbered, ReliableLinks};

use crate::{BestEffortBroadcast, Id};

/// A node of best-effort broadcast. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BestEffort<M> {
    /// How many messages it has broadcast: the number of the last.
    sent: u64,
    payload: PhantomData<M>,
}

impl<M: Value> Actor for BestEffort<M> {
    type Provides = BestEffortBroadcast<M>;
    type Uses = ReliableLinks<Numbered<M>>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.sent += 1;
                for to in cx.others() {
                    cx.request((to, Numbered(self.sent, msg.clone())));
                }
                cx.indicate((Id { origin: cx.me(), number: self.sent }, msg));
            }
            Event::Indication((from, Numbered(number, msg))) => {
                cx.indicate((Id { origin: from, number }, msg));
            }
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}

impl<M> BestEffort<M> {
    /// A node that has broadcast nothing.
    pub fn new() -> Self {
        BestEffort { sent: 0, payload: PhantomData }
    }
}

impl<M> Default for BestEffort<M> {
    fn default() -> Self {
        BestEffort::new()
    }
}
