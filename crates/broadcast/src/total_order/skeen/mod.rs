//! Skeen's algorithm: every receiver proposes a timestamp, and the highest is final. Skeen (unpublished, 1985), as told by
//! Birman and Joseph (1987), *Reliable Communication in the Presence of Failures*, §3.2 (ABCAST).
//!
//! One proposal that does not come holds up everything behind it. So the survivors of a crash go on without the proposals of the
//! node that is gone, and settle among themselves what it has left, as in ISIS: see `view_change.rs`.
//!
//! - **Assumes** reliable links and a perfect failure detector, and any number of crashes. Crash-stop. With a detector that
//!   reports nobody it is Skeen's algorithm, and any crash blocks it.
//! - **Guarantees** total order among the nodes that do not crash, in three message delays. **Not** uniform: a node may deliver
//!   a message and crash, and the survivors settle it at another place.
//! - Deviation: ISIS agrees on who is gone by a membership service, and blocks new messages during the flush. Here the failure
//!   detector says who is gone, at last the same to everyone, and floors do what blocking is for.
//! - Messages are kept for ever, since a survivor may ask for them: nothing here learns that all have delivered one.

use std::collections::BTreeMap;

use synod_actor::{
    Actor, Cx, Event, Never, NodeId,
    Side::{L, R},
    Value,
};
use synod_links::ReliableLinks;

use super::Timestamp;
use crate::{Crashed, Id, PerfectFailureDetector, TotalOrderBroadcast};

mod view_change;

pub use view_change::{Gone, Orphans, Settlement};

/// What nodes say to each other about a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Negotiation<M> {
    /// Here is a message: when did you receive it?
    Start(Id, M),
    /// At this time.
    Propose(Id, Timestamp),
    /// This is the highest that was proposed: its place in the order.
    Final(Id, Timestamp),
    /// To the coordinator: these are gone, and this is what I have of their messages.
    Report(Gone, Orphans<M>),
    /// From the coordinator: these are gone, and this becomes of their messages.
    Settle(Gone, Settlement<M>),
}
use Negotiation::{Final, Propose, Report, Settle, Start};

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
    /// What it has delivered, with its final timestamp.
    delivered: BTreeMap<Id, (M, Timestamp)>,
    /// Who has crashed.
    gone: Gone,
    /// During a view change: beyond this nothing is delivered, for a message that we do not have may come before it.
    floor: Option<Timestamp>,
    /// At the coordinator: what each survivor has of the messages of whom.
    reports: BTreeMap<NodeId, (Gone, Orphans<M>)>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<M: Value> Actor for Skeen<M> {
    type Provides = TotalOrderBroadcast<M>;
    type Uses = (ReliableLinks<Negotiation<M>>, PerfectFailureDetector);
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(msg) => {
                self.sent += 1;
                let id = Id { origin: cx.me(), number: self.sent };
                self.tell_survivors(Start(id, msg.clone()), cx);
                let timestamp = self.receive(id, msg, cx.me());
                self.proposals.insert(id, BTreeMap::from([(cx.me(), timestamp)]));
                self.conclude(id, cx);
            }
            // What the survivors have not got of it they settle without it.
            Event::Indication(L((from, _))) if self.gone.contains(&from) => {}
            Event::Indication(L((from, Start(id, msg)))) => {
                let timestamp = self.receive(id, msg, cx.me());
                cx.request(L((from, Propose(id, timestamp))));
            }
            Event::Indication(L((from, Propose(id, timestamp)))) => {
                if let Some(proposals) = self.proposals.get_mut(&id) {
                    proposals.insert(from, timestamp);
                    self.conclude(id, cx);
                }
            }
            Event::Indication(L((_, Final(id, timestamp)))) => self.finish(id, timestamp, cx),
            Event::Indication(L((from, Report(gone, orphans)))) => self.collect(from, gone, orphans, cx),
            Event::Indication(L((_, Settle(gone, settlement)))) if gone == self.gone => {
                self.adopt(settlement, cx);
            }
            // Somebody else has crashed since, and it is settled anew.
            Event::Indication(L((_, Settle(..)))) => {}
            Event::Indication(R(Crashed(node))) => self.lose(node, cx),
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["final", "settle", "view change", "wait"]
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
            delivered: BTreeMap::new(),
            gone: Gone::new(),
            floor: None,
            reports: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        Skeen { flaw: Some(flaw), ..Skeen::new() }
    }

    /// A timestamp above everything proposed and decided here.
    fn tick(&mut self, me: NodeId) -> Timestamp {
        self.time += 1;
        Timestamp { time: self.time, node: me }
    }

    /// Takes a message in, and proposes a timestamp.
    fn receive(&mut self, id: Id, msg: M, me: NodeId) -> Timestamp {
        let timestamp = self.tick(me);
        self.pending.insert(id, Pending { timestamp, is_final: false, msg });
        timestamp
    }

    /// Once everyone has proposed who is not gone, the highest is final.
    fn conclude(&mut self, id: Id, cx: &mut Cx<'_, Self>) {
        let survivors = self.survivors(cx);
        let Some(proposals) = self.proposals.get(&id) else { return };
        if !survivors.iter().all(|node| proposals.contains_key(node)) {
            return;
        }
        cx.mark("final");
        let proposals = self.proposals.remove(&id).unwrap_or_default();
        let chosen = match flaw!(self, FirstProposal) {
            true => proposals.get(&cx.me()).copied(),
            false => proposals.into_values().max(),
        };
        let Some(timestamp) = chosen else { return };
        self.tell_survivors(Final(id, timestamp), cx);
        self.finish(id, timestamp, cx);
    }

    /// The message has its place.
    fn finish(&mut self, id: Id, timestamp: Timestamp, cx: &mut Cx<'_, Self>) {
        self.time = self.time.max(timestamp.time);
        if let Some(pending) = self.pending.get_mut(&id) {
            (pending.timestamp, pending.is_final) = (timestamp, true);
        }
        self.deliver(cx);
    }

    /// Delivers what is next as long as its place is known: whatever is not final yet can only move back. A view change may give
    /// several messages of those who are gone the same timestamp: their ids tell them apart.
    fn deliver(&mut self, cx: &mut Cx<'_, Self>) {
        let skips = flaw!(self, SkipsPending);
        while let Some((&id, next)) = self
            .pending
            .iter()
            .filter(|(_, pending)| !skips || pending.is_final)
            .min_by_key(|&(id, pending)| (pending.timestamp, *id))
        {
            if !next.is_final
                || self.floor.is_some_and(|floor| next.timestamp > floor && !flaw!(self, IgnoresTheFloor))
            {
                cx.mark("wait");
                return;
            }
            if let Some(Pending { msg, timestamp, .. }) = self.pending.remove(&id) {
                self.delivered.insert(id, (msg.clone(), timestamp));
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
