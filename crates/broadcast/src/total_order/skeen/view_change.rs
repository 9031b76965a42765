//! What becomes of the messages of a node that has crashed: the survivors settle them, as in ISIS. Birman and Joseph (1987),
//! §3.2; for the flush, Birman, Schiper and Stephenson (1991).
//!
//! 1. Who is told of a crash listens to that node no more, and reports what it has of its messages to the **coordinator**, the
//!    first survivor. For a message that it does not have it reports a **floor**, above all that it has proposed, and delivers
//!    nothing beyond until it is told the outcome.
//! 2. Once every survivor has reported on the same crashes, the coordinator settles each message that any of them has: its
//!    timestamp is the highest that was reported, floors included. A final one stays what it is. What nobody has is gone.
//!
//! If the coordinator crashes as well, the next one begins anew; what the first has settled is final wherever it arrived.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{Cx, NodeId, Side::L, Value};

use super::{
    Negotiation::{self, Report, Settle},
    Pending, Skeen, Timestamp,
};
use crate::Id;

/// What a survivor has of the messages of those who are gone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Orphans<M> {
    /// Of each that it has, the message and what it proposed, or what is final.
    pub known: BTreeMap<Id, (M, Timestamp)>,
    /// What it proposes for those that it does not have.
    pub floor: Timestamp,
}

/// What was decided on the messages of those who are gone: each with its final timestamp.
pub type Settlement<M> = BTreeMap<Id, (M, Timestamp)>;

/// Who is gone: each set of them is a view of the survivors.
pub type Gone = BTreeSet<NodeId>;

impl<M: Value> Skeen<M> {
    /// Who has not crashed, in order.
    pub(super) fn survivors(&self, cx: &Cx<'_, Self>) -> Vec<NodeId> {
        cx.group().iter().copied().filter(|node| !self.gone.contains(node)).collect()
    }

    /// Tells all others who have not crashed.
    pub(super) fn tell_survivors(&self, what: Negotiation<M>, cx: &mut Cx<'_, Self>) {
        let me = cx.me();
        for to in self.survivors(cx).into_iter().filter(|&node| node != me) {
            cx.request(L((to, what.clone())));
        }
    }

    /// Step 1. Our own messages do not wait for the node any more either.
    pub(super) fn lose(&mut self, node: NodeId, cx: &mut Cx<'_, Self>) {
        cx.mark("view change");
        self.gone.insert(node);
        // What it reported before no longer counts: it proposed no such floor for messages that are final by now.
        self.reports.remove(&node);
        for id in self.proposals.keys().copied().collect::<Vec<_>>() {
            self.conclude(id, cx);
        }
        // An earlier floor stays: by that one a coordinator that has crashed may have settled something.
        let floor = match self.floor {
            Some(floor) => floor,
            None => self.tick(cx.me()),
        };
        self.floor = Some(floor);
        let delivered = self.delivered.iter().filter(|_| !flaw!(self, ForgetsDelivered));
        let delivered = delivered.map(|(id, (msg, timestamp))| (id, msg, timestamp));
        let pending = self.pending.iter().map(|(id, one)| (id, &one.msg, &one.timestamp));
        let orphans = delivered.chain(pending).filter(|(id, ..)| self.gone.contains(&id.origin));
        let known = orphans.map(|(id, msg, timestamp)| (*id, (msg.clone(), *timestamp)));
        let orphans = Orphans { known: known.collect(), floor };
        match self.survivors(cx).first() {
            Some(&first) if first != cx.me() => cx.request(L((first, Report(self.gone.clone(), orphans)))),
            _ => self.collect(cx.me(), self.gone.clone(), orphans, cx),
        }
    }

    /// Step 2, at the coordinator: a report has come. One on fewer crashes than we know of is followed by another.
    pub(super) fn collect(&mut self, from: NodeId, gone: Gone, orphans: Orphans<M>, cx: &mut Cx<'_, Self>) {
        let is_older = self.reports.get(&from).is_some_and(|(known, _)| known.len() > gone.len());
        if !is_older {
            self.reports.insert(from, (gone, orphans));
        }
        let survivors = self.survivors(cx);
        let has_reported = |node: &NodeId| self.reports.get(node).is_some_and(|(gone, _)| *gone == self.gone);
        let all =
            survivors.iter().all(|node| has_reported(node) || *node != cx.me() && flaw!(self, SettlesAlone));
        if self.gone.is_empty() || survivors.first() != Some(&cx.me()) || !all {
            return;
        }
        cx.mark("settle");
        let reports = std::mem::take(&mut self.reports);
        let settlement = settle(reports.values().map(|(_, orphans)| orphans));
        self.tell_survivors(Settle(self.gone.clone(), settlement.clone()), cx);
        self.adopt(settlement, cx);
    }

    /// The messages of those who are gone have their places, and nothing is held back on their account any more.
    pub(super) fn adopt(&mut self, settlement: Settlement<M>, cx: &mut Cx<'_, Self>) {
        self.floor = None;
        for (id, (msg, timestamp)) in settlement {
            self.time = self.time.max(timestamp.time);
            if !self.delivered.contains_key(&id) {
                self.pending.insert(id, Pending { timestamp, is_final: true, msg });
            }
        }
        self.deliver(cx);
    }
}

/// Gives each message that anyone has its place: the highest timestamp that anyone reports for it. If it is final for one of
/// them it is that one, for everybody's proposal or floor was counted when it became final.
fn settle<'a, M: Value>(reports: impl Iterator<Item = &'a Orphans<M>> + Clone) -> Settlement<M> {
    let mut settlement = Settlement::new();
    for (id, (msg, _)) in reports.clone().flat_map(|orphans| &orphans.known) {
        let of_it =
            |orphans: &Orphans<M>| orphans.known.get(id).map_or(orphans.floor, |(_, timestamp)| *timestamp);
        if let Some(timestamp) = reports.clone().map(of_it).max() {
            settlement.insert(*id, (msg.clone(), timestamp));
        }
    }
    settlement
}
