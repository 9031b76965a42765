//! Eager reliable broadcast: everyone relays everything. Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.3.
//!
//! - **Assumes** best-effort broadcast, and any number of crashes. Crash-stop, no timing.
//! - **Guarantees** reliable broadcast; **not** uniform: a node may deliver, crash before its copies have left, and be the
//!   only one that ever had the message.
//! - Deviation: messages are told apart by numbers, so that the same can be broadcast twice.

use std::marker::PhantomData;

use synod_actor::{Actor, Cx, Event, Never, Value};

use crate::{BestEffortBroadcast, Id, ReliableBroadcast, Seen};

/// A node of eager reliable broadcast. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Eager<M> {
    /// How many messages it has broadcast: the number of the last.
    sent: u64,
    delivered: Seen,
    payload: PhantomData<M>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Eager<M> {
    type Provides = ReliableBroadcast<M>;
    type Uses = BestEffortBroadcast<(Id, M)>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.sent += 1;
                let id = Id { origin: cx.me(), number: self.sent };
                self.delivered.insert(id);
                cx.request((id, msg.clone()));
                cx.indicate((id, msg));
            }
            Event::Indication((copy, (id, msg))) => {
                if self.delivered.insert(id) {
                    if !(flaw!(self, DoesNotRelay)) {
                        cx.mark("relay");
                        cx.request((id, msg.clone()));
                    }
                    let origin = if flaw!(self, CreditsTheRelay) { copy.origin } else { id.origin };
                    cx.indicate((Id { origin, ..id }, msg));
                } else if flaw!(self, ForgetsDuplicates) {
                    cx.indicate((id, msg));
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
        vec!["relay"]
    }
}

impl<M> Eager<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        Eager {
            sent: 0,
            delivered: Seen::default(),
            payload: PhantomData,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Eager { flaw: Some(flaw), ..Eager::new() }
    }
}

impl<M> Default for Eager<M> {
    fn default() -> Self {
        Eager::new()
    }
}
