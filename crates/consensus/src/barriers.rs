//! What logs share that answer barriers by asking who still follows their leader (Ongaro, *Consensus: Bridging Theory and
//! Practice* (2014), §6.4: ReadIndex).

use std::collections::BTreeMap;

use synod_actor::{Actor, Cx, NodeId, Value};

use crate::{
    Log, Membership,
    log::{BarrierId, Indication, Position, Request},
};

/// The barriers of a node's own layer above, each with where the node must have got to, if the leader has said so.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Barriers(BTreeMap<BarrierId, Option<Position>>);

impl Barriers {
    /// One is asked for. Whether it was not under way before.
    pub(crate) fn ask(&mut self, id: BarrierId) -> bool {
        let is_new = !self.0.contains_key(&id);
        self.0.entry(id).or_insert(None);
        is_new
    }

    /// The leader has answered what one must see, or that it does not know. Whoever leads by now: it was true at some time after
    /// the question. And everything up to here is indicated.
    pub(crate) fn answer<A, C: Value, S: Value>(
        &mut self,
        id: BarrierId,
        position: Option<Position>,
        indicated: Position,
        cx: &mut Cx<'_, A>,
    ) where
        A: Actor<Provides = Log<C, S>>,
    {
        match self.0.get_mut(&id) {
            Some(waits @ None) if position.is_some() => *waits = position,
            Some(None) => {
                self.0.remove(&id);
                cx.indicate(Indication::Refused(Request::Barrier(id)));
            }
            // Late: answered or refused before.
            Some(Some(_)) | None => {}
        }
        self.pass(indicated, cx);
    }

    /// Tells of those that have seen what they must when everything up to here is indicated.
    pub(crate) fn pass<A, C: Value, S: Value>(&mut self, indicated: Position, cx: &mut Cx<'_, A>)
    where
        A: Actor<Provides = Log<C, S>>,
    {
        if self.0.is_empty() {
            return; // nearly always, and it is asked for every entry
        }
        let ready = |_: &BarrierId, at: &mut Option<Position>| at.is_some_and(|at| at <= indicated);
        for (id, _) in self.0.extract_if(.., ready) {
            cx.indicate(Indication::Passed(id));
        }
    }

    /// Gives up those that nobody has answered.
    pub(crate) fn refuse<A, C: Value, S: Value>(&mut self, cx: &mut Cx<'_, A>)
    where
        A: Actor<Provides = Log<C, S>>,
    {
        for (id, _) in self.0.extract_if(.., |_, at| at.is_none()) {
            cx.indicate(Indication::Refused(Request::Barrier(id)));
        }
    }
}

/// A barrier that waits at the leader, until it is known to have been one when it was asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Read {
    /// Where it was asked, and its identity there.
    pub(crate) from: NodeId,
    pub(crate) id: BarrierId,
    /// What it must see.
    pub(crate) position: Position,
    /// The round that was begun after it was asked.
    round: u64,
}

/// The rounds in which a leader asks who still follows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Rounds {
    latest: u64,
    reads: Vec<Read>,
}

impl Rounds {
    /// The round of now.
    pub(crate) fn latest(&self) -> u64 {
        self.latest
    }

    /// A round that nothing waits for yet.
    pub(crate) fn advance(&mut self) {
        self.latest += 1;
    }

    /// Whether any barrier waits.
    pub(crate) fn is_awaited(&self) -> bool {
        !self.reads.is_empty()
    }

    /// A barrier is asked for. It waits for a new round, since what is answered to an earlier one proves nothing; or for that one,
    /// which is a fault.
    pub(crate) fn begin(&mut self, from: NodeId, id: BarrierId, position: Position, reuses_round: bool) {
        self.latest += u64::from(self.reads.is_empty() || !reuses_round);
        self.reads.push(Read { from, id, position, round: self.latest });
    }

    /// The latest round that a quorum of these members has confirmed, the leader itself included, given the latest of each follower.
    pub(crate) fn reached(&self, members: &Membership, me: NodeId, confirmed: &BTreeMap<NodeId, u64>) -> u64 {
        members.reached(|node| match confirmed.get(&node) {
            _ if node == me => self.latest,
            Some(&round) => round,
            None => 0,
        })
    }

    /// Those whose round is confirmed, and for which everything that they must see is committed up to here; they are done.
    pub(crate) fn confirmed(&mut self, round: u64, committed: Position) -> Vec<Read> {
        self.reads.extract_if(.., |read| read.round <= round && read.position <= committed).collect()
    }
}
