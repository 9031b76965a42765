//! Majority-ack uniform reliable broadcast. Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.5.
//!
//! - **Assumes** best-effort broadcast, and that a majority does not crash. Crash-stop, no timing, no failure detector.
//! - **Guarantees** uniform reliable broadcast: a node delivers once a majority has relayed, one of which does not crash.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};

use crate::{BestEffortBroadcast, Id, Seen, UniformReliableBroadcast};

/// A node of majority-ack uniform reliable broadcast. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MajorityAck<M> {
    /// How many messages it has broadcast: the number of the last.
    sent: u64,
    delivered: Seen,
    /// What it has relayed and not delivered yet, with those whose copy it has received: they have relayed it too.
    pending: BTreeMap<Id, (M, BTreeSet<NodeId>)>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for MajorityAck<M> {
    type Provides = UniformReliableBroadcast<M>;
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
                self.pending.insert(id, (msg.clone(), BTreeSet::new()));
                cx.request((id, msg));
            }
            // Late: a majority was enough.
            Event::Indication((_, (id, _))) if self.delivered.contains(id) => {}
            Event::Indication((copy, (id, msg))) => {
                let (_, acks) = self.pending.entry(id).or_insert_with(|| {
                    cx.mark("relay");
                    cx.request((id, msg.clone()));
                    (msg, BTreeSet::new())
                });
                acks.insert(copy.origin);
                if acks.len() >= self.quorum(cx) {
                    cx.mark("majority");
                    self.deliver(id, cx);
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
        vec!["majority", "relay"]
    }
}

impl<M: Value> MajorityAck<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        MajorityAck {
            sent: 0,
            delivered: Seen::default(),
            pending: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        MajorityAck { flaw: Some(flaw), ..MajorityAck::new() }
    }

    fn quorum(&self, cx: &Cx<'_, Self>) -> usize {
        match cx.majority() {
            _ if flaw!(self, DeliversBeforeRelaying) => 0,
            _ if flaw!(self, AcksOfHalf) => cx.group().len() / 2,
            majority => majority,
        }
    }

    fn deliver(&mut self, id: Id, cx: &mut Cx<'_, Self>) {
        if let Some((msg, _)) = self.pending.remove(&id)
            && self.delivered.insert(id)
        {
            cx.indicate((id, msg));
        }
    }
}

impl<M: Value> Default for MajorityAck<M> {
    fn default() -> Self {
        MajorityAck::new()
    }
}
