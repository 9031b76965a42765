//! Who delivers what.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{NodeId, Value};
use synod_broadcast::Broadcast;

use super::Message;
use crate::{Monitor, Observation, Violation};

/// What is delivered was broadcast before, by the node that it is said to come from.
pub const NO_CREATION: &str = "no creation";
/// No node delivers a message twice in one incarnation.
pub const NO_DUPLICATION: &str = "no duplication";
/// What a node that is up has broadcast is delivered at last: by everyone who is up (best-effort broadcast), or by itself.
pub const VALIDITY: &str = "validity";
/// What a node that is up has delivered, everyone who is up delivers at last.
pub const AGREEMENT: &str = "agreement";
/// What any node has delivered, even one that has crashed since, everyone who is up delivers at last.
pub const UNIFORM_AGREEMENT: &str = "uniform agreement";

/// How much agreement there is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Strength {
    BestEffort,
    Reliable,
    Uniform,
}

/// Watches who delivers what, by any kind of broadcast.
///
/// Always for [`NO_CREATION`] and [`NO_DUPLICATION`]; among the liveness properties for [`VALIDITY`] and the agreement of the
/// kind. A node that crashes is owed nothing, and what it had broadcast is owed to nobody on that account. After a restart it is
/// owed again all that the others are: it has forgotten what it was given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BroadcastMonitor<M> {
    strength: Strength,
    /// What was broadcast, and whether its origin has been up ever since.
    broadcast: BTreeMap<Message<M>, bool>,
    /// What each node has delivered in its present incarnation.
    delivered: BTreeMap<NodeId, BTreeSet<Message<M>>>,
    /// What anyone has delivered, if that binds the others.
    ever: BTreeSet<Message<M>>,
    down: BTreeSet<NodeId>,
}

impl<M: Value> BroadcastMonitor<M> {
    fn of(strength: Strength, group: &[NodeId]) -> Self {
        BroadcastMonitor {
            strength,
            broadcast: BTreeMap::new(),
            delivered: group.iter().map(|&node| (node, BTreeSet::new())).collect(),
            ever: BTreeSet::new(),
            down: BTreeSet::new(),
        }
    }

    /// Watches a broadcast among these nodes in which everyone delivers what an origin that stays up broadcasts.
    pub fn best_effort(group: &[NodeId]) -> Self {
        Self::of(Strength::BestEffort, group)
    }

    /// Watches a broadcast among these nodes with [`AGREEMENT`].
    pub fn reliable(group: &[NodeId]) -> Self {
        Self::of(Strength::Reliable, group)
    }

    /// Watches a broadcast among these nodes with [`UNIFORM_AGREEMENT`].
    pub fn uniform(group: &[NodeId]) -> Self {
        Self::of(Strength::Uniform, group)
    }

    /// What this node has delivered in its present incarnation.
    pub fn delivered(&self, node: NodeId) -> impl Iterator<Item = &(NodeId, M)> {
        self.delivered.get(&node).into_iter().flatten()
    }

    fn deliver(&mut self, node: NodeId, message: Message<M>) -> Result<(), Violation> {
        let (origin, msg) = &message;
        if !self.broadcast.contains_key(&message) {
            let because = format!("{node} delivers {msg:?} from {origin}, which did not broadcast it");
            return Err(Violation::new(NO_CREATION, because));
        }
        let delivered = self.delivered.entry(node).or_default();
        if delivered.contains(&message) {
            return Err(Violation::new(
                NO_DUPLICATION,
                format!("{node} delivers {msg:?} from {origin} again"),
            ));
        }
        if self.strength == Strength::Uniform {
            self.ever.insert(message.clone());
        }
        delivered.insert(message);
        Ok(())
    }

    /// Who is up, with what it has delivered.
    fn up(&self) -> impl Iterator<Item = (&NodeId, &BTreeSet<Message<M>>)> {
        self.delivered.iter().filter(|(node, _)| !self.down.contains(node))
    }

    /// Whether somebody who is up lacks the message.
    fn is_lacking(&self, message: &Message<M>) -> bool {
        self.up().any(|(_, delivered)| !delivered.contains(message))
    }
}

impl<M: Value, P: Broadcast<Payload = M>> Monitor<P> for BroadcastMonitor<M> {
    fn safety(&self) -> Vec<&'static str> {
        vec![NO_CREATION, NO_DUPLICATION]
    }

    fn liveness(&self) -> Vec<&'static str> {
        match self.strength {
            Strength::BestEffort => vec![VALIDITY],
            Strength::Reliable => vec![VALIDITY, AGREEMENT],
            Strength::Uniform => vec![VALIDITY, UNIFORM_AGREEMENT],
        }
    }

    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation> {
        match what {
            Observation::Request(msg) => _ = self.broadcast.insert((node, msg.clone()), true),
            Observation::Indication((id, msg)) => self.deliver(node, (id.origin, msg.clone()))?,
            Observation::Crash => {
                self.down.insert(node);
                self.delivered.entry(node).or_default().clear();
                let of_it = self.broadcast.iter_mut().filter(|((origin, _), _)| *origin == node);
                of_it.for_each(|(_, stayed_up)| *stayed_up = false);
            }
            Observation::Restart => _ = self.down.remove(&node),
            Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, liveness: &str) -> bool {
        let mut valid =
            self.broadcast.iter().filter(|(_, stayed_up)| **stayed_up).map(|(message, _)| message);
        match liveness {
            VALIDITY if self.strength == Strength::BestEffort => {
                valid.any(|message| self.is_lacking(message))
            }
            VALIDITY => valid.any(|message| {
                self.delivered.get(&message.0).is_some_and(|delivered| !delivered.contains(message))
            }),
            AGREEMENT => {
                self.up().flat_map(|(_, delivered)| delivered).any(|message| self.is_lacking(message))
            }
            UNIFORM_AGREEMENT => self.ever.iter().any(|message| self.is_lacking(message)),
            _ => false,
        }
    }
}
