//! What mutual exclusion promises: Lamport (1978), p. 561, conditions I to III.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::NodeId;
use synod_mutex::{Indication, MutualExclusion, Request};

use crate::{
    Monitor, Observation, Violation,
    witness::{Seen, Witnessed},
};

/// Condition I: no node is granted the resource while another has it.
pub const EXCLUSION: &str = "mutual exclusion";
/// Only who waits for the resource is granted it.
pub const VALIDITY: &str = "no grant unasked";
/// Condition III: whoever asks, and is up, is granted the resource at last, if everyone releases it at last.
pub const NO_STARVATION: &str = "no starvation";
/// Condition II: if one request happened before another, it is granted first.
pub const ORDER: &str = "granted in the order of causality";

/// Watches who asks for the resource and who has it.
///
/// Always for [`EXCLUSION`] and [`VALIDITY`]; for [`NO_STARVATION`] if asked. A node that crashes has the resource no more.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct MutexMonitor {
    holder: Option<NodeId>,
    waiting: BTreeSet<NodeId>,
    is_complete: bool,
    down: BTreeSet<NodeId>,
}

impl MutexMonitor {
    /// Watches the safety properties.
    pub fn new() -> Self {
        MutexMonitor::default()
    }

    /// Watches for [`NO_STARVATION`] too.
    pub fn nobody_starves(mut self) -> Self {
        self.is_complete = true;
        self
    }

    fn grant(&mut self, node: NodeId) -> Result<(), Violation> {
        match self.holder {
            Some(holder) => {
                Err(Violation::new(EXCLUSION, format!("{node} is granted the resource, but {holder} has it")))
            }
            None if !self.waiting.remove(&node) => Err(Violation::new(
                VALIDITY,
                format!("{node} is granted the resource, for which it does not wait"),
            )),
            None => {
                self.holder = Some(node);
                Ok(())
            }
        }
    }

    fn leave(&mut self, node: NodeId) {
        if self.holder == Some(node) {
            self.holder = None;
        }
    }
}

impl Monitor<MutualExclusion> for MutexMonitor {
    fn safety(&self) -> Vec<&'static str> {
        vec![EXCLUSION, VALIDITY]
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec![NO_STARVATION]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<MutualExclusion>) -> Result<(), Violation> {
        match what {
            // Who has the resource may not ask again.
            Observation::Request(Request::Acquire) if self.holder != Some(node) => {
                _ = self.waiting.insert(node)
            }
            Observation::Request(_) => {}
            Observation::Indication(Indication::Granted) => self.grant(node)?,
            Observation::Indication(Indication::Released) => self.leave(node),
            Observation::Crash => {
                self.leave(node);
                self.down.insert(node);
            }
            Observation::Restart => _ = self.down.remove(&node),
            Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, liveness: &str) -> bool {
        liveness == NO_STARVATION && self.is_complete && self.waiting.difference(&self.down).next().is_some()
    }
}

/// Watches for [`ORDER`], in a system whose nodes are [witnesses](crate::Witness).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct GrantOrderMonitor {
    waiting: BTreeMap<NodeId, Waiting>,
    /// Who has the resource. It may not ask again.
    holding: BTreeSet<NodeId>,
}

/// A request that is not granted yet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Waiting {
    /// Which request of its node it is.
    number: u64,
    /// Who waits with a request that happened before this one.
    behind: BTreeSet<NodeId>,
}

impl GrantOrderMonitor {
    /// Watches a group of nodes none of which has asked.
    pub fn new() -> Self {
        GrantOrderMonitor::default()
    }
}

impl Monitor<Witnessed<MutualExclusion>> for GrantOrderMonitor {
    fn safety(&self) -> Vec<&'static str> {
        vec![ORDER]
    }

    fn observe(
        &mut self,
        node: NodeId,
        what: &Observation<Witnessed<MutualExclusion>>,
    ) -> Result<(), Violation> {
        match what {
            Observation::Indication(Seen::Asked { request: Request::Acquire, past })
                if !self.waiting.contains_key(&node) && !self.holding.contains(&node) =>
            {
                let before = |(&other, waiting): (&NodeId, &Waiting)| {
                    past.contains(&other, waiting.number).then_some(other)
                };
                let behind = self.waiting.iter().filter_map(before).collect();
                self.waiting.insert(node, Waiting { number: past.get(&node), behind });
            }
            Observation::Indication(Seen::Told(Indication::Granted)) => {
                self.holding.insert(node);
                let granted = self.waiting.remove(&node);
                if let Some(first) = granted.and_then(|granted| granted.behind.first().copied()) {
                    let because =
                        format!("{node} is granted the resource before {first}, whose request was first");
                    return Err(Violation::new(ORDER, because));
                }
                self.waiting.values_mut().for_each(|waiting| _ = waiting.behind.remove(&node));
            }
            Observation::Indication(Seen::Told(Indication::Released)) => _ = self.holding.remove(&node),
            _ => {}
        }
        Ok(())
    }
}
