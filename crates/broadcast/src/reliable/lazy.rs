//! Lazy reliable broadcast: relay only what a node that crashed had broadcast. Cachin, Guerraoui and Rodrigues (2011),
//! Algorithm 3.2.
//!
//! - **Assumes** best-effort broadcast and a perfect failure detector, and any number of crashes. Crash-stop.
//! - **Guarantees** reliable broadcast, for N - 1 messages as long as nobody crashes. With a detector that is wrong about a
//!   node more is relayed than need be, and with one that overlooks a crash agreement is lost.
//! - Every message is kept, for it may have to be relayed: nothing here learns that all have it.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Side, Value};

use crate::{BestEffortBroadcast, Crashed, Id, PerfectFailureDetector, ReliableBroadcast};

/// A node of lazy reliable broadcast. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lazy<M> {
    /// How many messages it has broadcast: the number of the last.
    sent: u64,
    /// What it has delivered, ready to be relayed.
    delivered: BTreeMap<Id, M>,
    crashed: BTreeSet<NodeId>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Lazy<M> {
    type Provides = ReliableBroadcast<M>;
    type Uses = (BestEffortBroadcast<(Id, M)>, PerfectFailureDetector);
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.sent += 1;
                let id = Id { origin: cx.me(), number: self.sent };
                cx.request(Side::L((id, msg)));
            }
            Event::Indication(Side::L((_, (id, msg)))) => {
                if self.delivered.insert(id, msg.clone()).is_none() {
                    cx.indicate((id, msg.clone()));
                    if self.crashed.contains(&id.origin) && !(flaw!(self, RelaysOnlyOnCrash)) {
                        cx.mark("relay at once");
                        cx.request(Side::L((id, msg)));
                    }
                }
            }
            Event::Indication(Side::R(Crashed(node))) => {
                self.crashed.insert(node);
                for (id, msg) in self.delivered.iter().filter(|(id, _)| id.origin == node) {
                    cx.mark("relay");
                    cx.request(Side::L((*id, msg.clone())));
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
        vec!["relay", "relay at once"]
    }
}

impl<M> Lazy<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        Lazy {
            sent: 0,
            delivered: BTreeMap::new(),
            crashed: BTreeSet::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Lazy { flaw: Some(flaw), ..Lazy::new() }
    }
}

impl<M> Default for Lazy<M> {
    fn default() -> Self {
        Lazy::new()
    }
}
