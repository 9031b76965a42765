//! Waiting causal broadcast: every message carries a vector clock, and is held back until what that counts was delivered. Cachin,
//! Guerraoui and Rodrigues (2011), Algorithm 3.15; Birman, Schiper and Stephenson (1991), §5.1.
//!
//! - **Assumes** a broadcast with agreement, whose ids count the messages of each origin. Crash-stop.
//! - **Guarantees** causal order, for N numbers in each message; and whatever the broadcast below guarantees.
//! - Deviation: the place of the origin's own messages is their number in the id, and not a component of the clock.

use std::{cmp::Ordering, collections::BTreeMap, marker::PhantomData};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};
use synod_clocks::VectorClock;

use crate::{Agreed, Broadcast, CausalBroadcast, Id};

/// A node of waiting causal broadcast of `M` over the broadcast `B`. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Waiting<M, B> {
    /// How many messages of each origin were delivered.
    delivered: VectorClock<NodeId>,
    /// What waits for its past.
    pending: BTreeMap<Id, (VectorClock<NodeId>, M)>,
    below: PhantomData<B>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M, B> Actor for Waiting<M, B>
where
    M: Value,
    B: Agreed + Broadcast<Payload = (VectorClock<NodeId>, M)>,
{
    type Provides = CausalBroadcast<M>;
    type Uses = B;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                let past =
                    if flaw!(self, CountsOnlyOwn) { VectorClock::new() } else { self.delivered.clone() };
                cx.request((past, msg));
            }
            Event::Indication((id, (past, msg))) => {
                self.pending.insert(id, (past, msg));
                while let Some(id) = self.next() {
                    self.deliver(id, cx);
                }
                if self.pending.contains_key(&id) {
                    cx.mark("wait");
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
        vec!["wait"]
    }
}

impl<M: Value, B> Waiting<M, B> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        Waiting {
            delivered: VectorClock::new(),
            pending: BTreeMap::new(),
            below: PhantomData,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Waiting { flaw: Some(flaw), ..Waiting::new() }
    }

    /// A message whose past was delivered: the earlier ones of its origin, and what that had delivered.
    fn next(&self) -> Option<Id> {
        let is_next = |(id, (past, _)): &(&Id, &(VectorClock<NodeId>, M))| {
            let in_turn = self.delivered.get(&id.origin) + 1 == id.number;
            let caused = past.causal_cmp(&self.delivered).is_some_and(Ordering::is_le);
            (in_turn && caused) || flaw!(self, DeliversEarly)
        };
        self.pending.iter().find(is_next).map(|(id, _)| *id)
    }

    fn deliver(&mut self, id: Id, cx: &mut Cx<'_, Self>)
    where
        B: Agreed + Broadcast<Payload = (VectorClock<NodeId>, M)>,
    {
        // It can count as far as ids go.
        if let Some((_, msg)) = self.pending.remove(&id)
            && self.delivered.tick(id.origin).is_ok()
        {
            cx.indicate((id, msg));
        }
    }
}

impl<M: Value, B> Default for Waiting<M, B> {
    fn default() -> Self {
        Waiting::new()
    }
}
