//! Skeen's algorithm: every receiver proposes a timestamp, and the highest is final. Skeen (unpublished, 1985), as told by
//! Birman and Joseph (1987), *Reliable Communication in the Presence of Failures*, §3.2 (ABCAST).
//!
//! - **Assumes** reliable links, and that **nobody crashes**: one proposal that does not come holds up everything behind it.
//!   ISIS closes that gap by a view change, in which the survivors agree on who is gone and finish its messages; that is a
//!   matter of membership, and not here.
//! - **Guarantees** total order, in three message delays.

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};
use synod_links::ReliableLinks;

use super::Timestamp;
use crate::{Id, TotalOrderBroadcast};

/// What nodes say to each other about a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Negotiation<M> {
    /// Here is a message: when did you receive it?
    Start(Id, M),
    /// At this time.
    Propose(Id, Timestamp),
    /// This is the highest that was proposed: its place in the order.
    Final(Id, Timestamp),
}
use Negotiation::{Final, Propose, Start};

/// A message that is not delivered yet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Pending<M> {
    /// What we proposed, or what is final.
    timestamp: Timestamp,
    is_final: bool,
    msg: M,
}

/// A node of Skeen's total-order broadcast. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Skeen<M> {
    /// How many messages it has broadcast: the number of the last.
    sent: u64,
    /// Its logical clock.
    time: u64,
    pending: BTreeMap<Id, Pending<M>>,
    /// Of its own messages that have no final timestamp yet: what was proposed, and by whom.
    proposals: BTreeMap<Id, BTreeMap<NodeId, Timestamp>>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Skeen<M> {
    type Provides = TotalOrderBroadcast<M>;
    type Uses = ReliableLinks<Negotiation<M>>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.sent += 1;
                let id = Id { origin: cx.me(), number: self.sent };
                self.proposals.insert(id, BTreeMap::new());
                for to in cx.others() {
                    cx.request((to, Start(id, msg.clone())));
                }
                let timestamp = self.receive(id, msg, cx.me());
                self.count(id, cx.me(), timestamp, cx);
            }
            Event::Indication((from, Start(id, msg))) => {
                let timestamp = self.receive(id, msg, cx.me());
                cx.request((from, Propose(id, timestamp)));
            }
            Event::Indication((from, Propose(id, timestamp))) => self.count(id, from, timestamp, cx),
            Event::Indication((_, Final(id, timestamp))) => self.finish(id, timestamp, cx),
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["final", "wait"]
    }
}

impl<M: Value> Skeen<M> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        Skeen {
            sent: 0,
            time: 0,
            pending: BTreeMap::new(),
            proposals: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Skeen { flaw: Some(flaw), ..Skeen::new() }
    }

    /// Takes a message in, and proposes a timestamp above everything proposed and decided here.
    fn receive(&mut self, id: Id, msg: M, me: NodeId) -> Timestamp {
        self.time += 1;
        let timestamp = Timestamp { time: self.time, node: me };
        self.pending.insert(id, Pending { timestamp, is_final: false, msg });
        timestamp
    }

    /// Once everyone has proposed, the highest is final.
    fn count(&mut self, id: Id, from: NodeId, timestamp: Timestamp, cx: &mut Cx<'_, Self>) {
        let Some(proposals) = self.proposals.get_mut(&id) else { return };
        proposals.insert(from, timestamp);
        if proposals.len() < cx.group().len() {
            return;
        }
        cx.mark("final");
        let proposals = self.proposals.remove(&id).unwrap_or_default();
        let chosen = match flaw!(self, FirstProposal) {
            true => proposals.get(&cx.me()).copied(),
            false => proposals.into_values().max(),
        };
        let Some(timestamp) = chosen else { return };
        for to in cx.others() {
            cx.request((to, Final(id, timestamp)));
        }
        self.finish(id, timestamp, cx);
    }

    /// The message has its place. Delivers what is next as long as its place is known: whatever is not final yet can only
    /// move back.
    fn finish(&mut self, id: Id, timestamp: Timestamp, cx: &mut Cx<'_, Self>) {
        self.time = self.time.max(timestamp.time);
        if let Some(pending) = self.pending.get_mut(&id) {
            (pending.timestamp, pending.is_final) = (timestamp, true);
        }
        let skips = flaw!(self, SkipsPending);
        while let Some((&id, next)) = self
            .pending
            .iter()
            .filter(|(_, pending)| !skips || pending.is_final)
            .min_by_key(|(_, pending)| pending.timestamp)
        {
            if !next.is_final {
                cx.mark("wait");
                return;
            }
            if let Some(Pending { msg, .. }) = self.pending.remove(&id) {
                cx.indicate((id, msg));
            }
        }
    }
}

impl<M: Value> Default for Skeen<M> {
    fn default() -> Self {
        Skeen::new()
    }
}
