//! Consensus from total-order broadcast: everyone broadcasts what it proposes, and the message that comes first is decided. Chandra
//! and Toueg (1996), §7.1: with [`OverConsensus`](crate::total_order::OverConsensus) the other way round, the two problems are
//! equivalent.
//!
//! - **Assumes** total-order broadcast below.
//! - **Guarantees** consensus; as uniform as the order below. A decision comes where the broadcast delivers.

use std::marker::PhantomData;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Value};
use synod_consensus::Consensus;

use crate::TotalOrderBroadcast;

/// A node of consensus over total-order broadcast. See the [module](self).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FirstDelivered<V> {
    proposed: bool,
    decided: bool,
    of: PhantomData<V>,
    #[cfg(feature = "mutants")]
    flaw: Option<crate::Flaw>,
}

impl<V: Value> Actor for FirstDelivered<V> {
    type Provides = Consensus<V>;
    type Uses = TotalOrderBroadcast<V>;
    type Msg = Never;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            // The first proposal counts; and whoever has decided has answered.
            Event::Request(value) if !self.proposed && !self.decided => {
                cx.mark("propose");
                self.proposed = true;
                if !(flaw!(self, KeepsItsProposal)) {
                    cx.request(value);
                }
            }
            Event::Request(_) => {}
            Event::Indication((id, _)) if flaw!(self, DecidesItsOwn) && id.origin != cx.me() => {}
            Event::Indication((_, value)) if !self.decided || flaw!(self, DecidesWhateverComes) => {
                cx.mark("decide");
                self.decided = true;
                cx.indicate(value);
            }
            Event::Indication(_) => {}
            Event::Receive(NodeId(_), never) | Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["propose", "decide"]
    }
}

impl<V: Value> FirstDelivered<V> {
    /// A node that has proposed and decided nothing.
    pub fn new() -> Self {
        FirstDelivered {
            proposed: false,
            decided: false,
            of: PhantomData,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: crate::Flaw) -> Self {
        FirstDelivered { flaw: Some(flaw), ..FirstDelivered::new() }
    }
}

impl<V: Value> Default for FirstDelivered<V> {
    fn default() -> Self {
        FirstDelivered::new()
    }
}
