//! In which order what is delivered. A violation of any of them is final, so all are safety properties.
//!
//! What a node delivers is judged in each of its incarnations by itself: after a restart it may begin anew.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{NodeId, Value};
use synod_broadcast::Broadcast;

use super::Message;
use crate::{Monitor, Observation, Violation};

/// No node delivers a message of some origin before the earlier ones of that origin.
pub const FIFO_ORDER: &str = "FIFO order";
/// No node delivers a message before those that its origin had broadcast or delivered when it broadcast it.
pub const CAUSAL_ORDER: &str = "causal order";
/// Any two messages that two nodes deliver they deliver in the same order.
pub const PAIRWISE_ORDER: &str = "pairwise order";
/// There is one sequence of messages, and what each node delivers is a beginning of it: no gaps.
pub const TOTAL_ORDER: &str = "total order";

/// Watches for [`FIFO_ORDER`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FifoOrder<M> {
    /// What each node has broadcast, in order.
    broadcast: BTreeMap<NodeId, Vec<M>>,
    /// How many messages of which origin a node has delivered.
    delivered: BTreeMap<(NodeId, NodeId), usize>,
}

impl<M: Value> FifoOrder<M> {
    /// Nothing was broadcast yet.
    pub fn new() -> Self {
        FifoOrder { broadcast: BTreeMap::new(), delivered: BTreeMap::new() }
    }
}

impl<M: Value, P: Broadcast<Payload = M>> Monitor<P> for FifoOrder<M> {
    fn safety(&self) -> Vec<&'static str> {
        vec![FIFO_ORDER]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation> {
        match what {
            Observation::Request(msg) => self.broadcast.entry(node).or_default().push(msg.clone()),
            Observation::Indication((id, msg)) => {
                let broadcast = self.broadcast.get(&id.origin).map_or(&[][..], Vec::as_slice);
                let delivered = self.delivered.entry((node, id.origin)).or_default();
                match broadcast.iter().position(|other| other == msg) {
                    Some(at) if at > *delivered => {
                        let missing = &broadcast[*delivered];
                        let because =
                            format!("{node} delivers {msg:?} from {} before {missing:?}", id.origin);
                        return Err(Violation::new(FIFO_ORDER, because));
                    }
                    Some(at) if at == *delivered => *delivered += 1,
                    // Delivered before, or never broadcast: others say so.
                    Some(_) | None => {}
                }
            }
            Observation::Crash => self.delivered.retain(|(deliverer, _), _| *deliverer != node),
            Observation::Restart | Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }
}

/// Watches for [`CAUSAL_ORDER`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CausalOrder<M> {
    /// What came before each message.
    past: BTreeMap<Message<M>, BTreeSet<Message<M>>>,
    /// What each node has delivered.
    delivered: BTreeMap<NodeId, BTreeSet<Message<M>>>,
}

impl<M: Value> CausalOrder<M> {
    /// Nothing was broadcast yet.
    pub fn new() -> Self {
        CausalOrder { past: BTreeMap::new(), delivered: BTreeMap::new() }
    }
}

impl<M: Value, P: Broadcast<Payload = M>> Monitor<P> for CausalOrder<M> {
    fn safety(&self) -> Vec<&'static str> {
        vec![CAUSAL_ORDER]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation> {
        match what {
            Observation::Request(msg) => {
                let mut past = self.delivered.get(&node).cloned().unwrap_or_default();
                past.extend(self.past.keys().filter(|(origin, _)| *origin == node).cloned());
                self.past.insert((node, msg.clone()), past);
            }
            Observation::Indication((id, msg)) => {
                let message = (id.origin, msg.clone());
                let delivered = self.delivered.entry(node).or_default();
                let mut past = self.past.get(&message).into_iter().flatten();
                if let Some((origin, cause)) = past.find(|cause| !delivered.contains(cause)) {
                    let because =
                        format!("{node} delivers {msg:?} from {} before {cause:?} from {origin}", id.origin);
                    return Err(Violation::new(CAUSAL_ORDER, because));
                }
                delivered.insert(message);
            }
            Observation::Crash => _ = self.delivered.remove(&node),
            Observation::Restart | Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }
}

/// Watches for [`TOTAL_ORDER`], of all nodes: also of those that crash, unless told otherwise. It is stronger than
/// [`PAIRWISE_ORDER`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TotalOrder<M> {
    /// Whether what only nodes that have crashed since had delivered binds nobody.
    is_of_survivors: bool,
    /// The sequence, as far as anyone has delivered it.
    sequence: Vec<Message<M>>,
    /// How much of it each node has delivered.
    delivered: BTreeMap<NodeId, usize>,
}

impl<M: Value> TotalOrder<M> {
    /// Nothing was delivered yet.
    pub fn new() -> Self {
        TotalOrder { is_of_survivors: false, sequence: Vec::new(), delivered: BTreeMap::new() }
    }

    /// Watches the nodes that do not crash only: what they agree on after a crash may differ from what the node that is gone
    /// had delivered.
    pub fn among_survivors(mut self) -> Self {
        self.is_of_survivors = true;
        self
    }
}

impl<M: Value, P: Broadcast<Payload = M>> Monitor<P> for TotalOrder<M> {
    fn safety(&self) -> Vec<&'static str> {
        vec![TOTAL_ORDER]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation> {
        match what {
            Observation::Indication((id, msg)) => {
                let message = (id.origin, msg.clone());
                let delivered = self.delivered.entry(node).or_default();
                match self.sequence.get(*delivered) {
                    Some(next) if *next != message => {
                        let (origin, next) = next;
                        let because = format!(
                            "{node} delivers {msg:?} from {} where others deliver {next:?} from {origin}",
                            id.origin
                        );
                        return Err(Violation::new(TOTAL_ORDER, because));
                    }
                    Some(_) => {}
                    None => self.sequence.push(message),
                }
                *delivered += 1;
            }
            Observation::Crash => {
                self.delivered.remove(&node);
                if self.is_of_survivors {
                    self.sequence.truncate(self.delivered.values().copied().max().unwrap_or(0));
                }
            }
            Observation::Request(_) | Observation::Restart | Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }
}

/// Watches for [`PAIRWISE_ORDER`], of all nodes: also of those that crash. What the textbook asks of total order; weaker than
/// [`TOTAL_ORDER`], for a node may pass over messages.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PairwiseOrder<M> {
    /// What each node has delivered, in order.
    delivered: BTreeMap<NodeId, Vec<Message<M>>>,
    /// Which message was delivered before which, by someone.
    before: BTreeSet<(Message<M>, Message<M>)>,
}

impl<M: Value> PairwiseOrder<M> {
    /// Nothing was delivered yet.
    pub fn new() -> Self {
        PairwiseOrder { delivered: BTreeMap::new(), before: BTreeSet::new() }
    }
}

impl<M: Value, P: Broadcast<Payload = M>> Monitor<P> for PairwiseOrder<M> {
    fn safety(&self) -> Vec<&'static str> {
        vec![PAIRWISE_ORDER]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation> {
        match what {
            Observation::Indication((id, msg)) => {
                let message = (id.origin, msg.clone());
                let delivered = self.delivered.entry(node).or_default();
                if delivered.contains(&message) {
                    return Ok(()); // others say so
                }
                for earlier in delivered.iter() {
                    if self.before.contains(&(message.clone(), earlier.clone())) {
                        let (origin, earlier) = earlier;
                        let because = format!(
                            "{node} delivers {earlier:?} from {origin} before {msg:?} from {}, and another \
                             node the other way round",
                            id.origin
                        );
                        return Err(Violation::new(PAIRWISE_ORDER, because));
                    }
                }
                self.before.extend(delivered.iter().map(|earlier| (earlier.clone(), message.clone())));
                delivered.push(message);
            }
            Observation::Crash => _ = self.delivered.remove(&node),
            Observation::Request(_) | Observation::Restart | Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }
}
