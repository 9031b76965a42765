//! Total order from consensus: agree on one batch after another. Chandra and Toueg (1996), §7.1; Cachin, Guerraoui and
//! Rodrigues (2011), Algorithm 6.1.
//!
//! - **Assumes** a broadcast with agreement, and consensus for each round: whatever these need.
//! - **Guarantees** total order, uniform.
//! - **Durable** are the batches. Over a logged broadcast and a consensus that survive restarts it does so too, and says again
//!   after a restart what it delivered before. Over others the record is never read.

use std::collections::BTreeMap;

use synod_actor::{
    Actor, Cx, Event, Keyed, Never,
    Side::{L, R},
};
use synod_consensus::Consensus;

use crate::{Agreed, Id, Seen, TotalOrderBroadcast};

/// What is decided in one round: messages, delivered in the order of their ids.
pub type Batch<M> = BTreeMap<Id, M>;

/// A node of total-order broadcast over the broadcast `B` and any consensus. See the documentation of the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OverConsensus<B: Agreed> {
    // Durable: changed by `replay` only.
    /// The batches delivered, by round, from 1 on.
    log: Vec<Batch<B::Payload>>,
    /// What is in them.
    ordered: Seen,
    // Volatile.
    /// What was received and is in no batch yet.
    unordered: Batch<B::Payload>,
    /// Decisions ahead of their turn, by round.
    decisions: BTreeMap<u64, Batch<B::Payload>>,
    /// The last round in which it proposed.
    proposed: u64,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<B: Agreed> Actor for OverConsensus<B> {
    type Provides = TotalOrderBroadcast<B::Payload>;
    type Uses = (B, Keyed<u64, Consensus<Batch<B::Payload>>>);
    type Msg = Never;
    type Timer = Never;
    type Record = Batch<B::Payload>;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {
                for (id, msg) in self.log.iter().flatten() {
                    cx.mark("deliver again");
                    cx.indicate((*id, msg.clone()));
                }
            }
            Event::Request(msg) => cx.request(L(msg)),
            Event::Indication(L((id, msg))) if flaw!(self, DeliversUnordered) => cx.indicate((id, msg)),
            Event::Indication(L((id, msg))) => {
                if !self.ordered.contains(id) {
                    self.unordered.insert(id, msg);
                }
                self.propose(cx);
            }
            Event::Indication(R((round, batch))) => {
                self.decisions.insert(round, batch);
                while let Some(batch) = self.next_decision() {
                    self.deliver(batch, cx);
                }
                self.propose(cx);
            }
            Event::Receive(_, never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, batch: Batch<B::Payload>) {
        for id in batch.keys() {
            self.ordered.insert(*id);
            self.unordered.remove(id);
        }
        self.log.push(batch);
    }

    fn marks() -> Vec<&'static str> {
        vec!["deliver", "deliver again", "propose"]
    }
}

impl<B: Agreed> OverConsensus<B> {
    /// A node that has broadcast and delivered nothing.
    pub fn new() -> Self {
        OverConsensus {
            log: Vec::new(),
            ordered: Seen::default(),
            unordered: Batch::new(),
            decisions: BTreeMap::new(),
            proposed: 0,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        OverConsensus { flaw: Some(flaw), ..OverConsensus::new() }
    }

    /// The round whose batch comes next.
    fn round(&self) -> u64 {
        self.log.len() as u64 + 1
    }

    /// Proposes what is not ordered yet, once in a round.
    fn propose(&mut self, cx: &mut Cx<'_, Self>) {
        let round = self.round();
        if self.proposed < round && !self.unordered.is_empty() {
            cx.mark("propose");
            self.proposed = round;
            cx.request(R((round, self.unordered.clone())));
        }
    }

    /// The decision of the round, if it is there. Those of earlier rounds were consensus speaking again after a restart.
    fn next_decision(&mut self) -> Option<Batch<B::Payload>> {
        let round = self.round();
        self.decisions.retain(|decided, _| *decided >= round);
        self.decisions.remove(&round)
    }

    fn deliver(&mut self, batch: Batch<B::Payload>, cx: &mut Cx<'_, Self>) {
        cx.mark("deliver");
        let received = |id| self.unordered.contains_key(id);
        assert!(
            !flaw!(self, ExpectsToHaveReceived) || batch.keys().all(received),
            "{batch:?} was not received"
        );
        self.persist(batch.clone(), cx);
        for (id, msg) in batch {
            cx.indicate((id, msg));
        }
    }
}

impl<B: Agreed> Default for OverConsensus<B> {
    fn default() -> Self {
        OverConsensus::new()
    }
}
