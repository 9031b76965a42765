//! What consensus promises: Cachin, Guerraoui and Rodrigues (2011), §5.1, uniform.

use std::collections::BTreeSet;

use synod_actor::{NodeId, Value, visit};
use synod_consensus::Consensus;

use crate::{Monitor, Observation, Violation};

/// No two decisions differ, whoever makes them: also not with one made before a crash, at the same node or another.
pub const AGREEMENT: &str = "uniform agreement";
/// No node decides twice in one incarnation.
pub const INTEGRITY: &str = "integrity";
/// What is decided was proposed before, at some node.
pub const VALIDITY: &str = "validity";
/// Every node that is up, and of which it is asked, decides at last.
pub const TERMINATION: &str = "termination";

/// Watches what nodes propose and decide.
///
/// Always for [`AGREEMENT`], [`INTEGRITY`] and [`VALIDITY`]; for [`TERMINATION`] if asked. It remembers the values
/// proposed until the first decision, that decision, and who has decided in its present incarnation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConsensusMonitor<V> {
    /// Empty once there is a decision: any other value is then a disagreement, proposed or not.
    proposed: BTreeSet<V>,
    decided: Option<V>,
    /// Who has decided, in its present incarnation.
    told: BTreeSet<NodeId>,
    /// Whether proposing makes a node wait.
    proposers_wait: bool,
    /// Who waits for a decision.
    waiting: BTreeSet<NodeId>,
    /// Those of them that are down. They are owed nothing until they restart.
    down: BTreeSet<NodeId>,
}

visit!(ConsensusMonitor<V> where V { proposed, decided, told, waiting, down });

impl<V: Value> ConsensusMonitor<V> {
    /// Watches for the safety properties only.
    pub fn new() -> Self {
        ConsensusMonitor {
            proposed: BTreeSet::new(),
            decided: None,
            told: BTreeSet::new(),
            proposers_wait: false,
            waiting: BTreeSet::new(),
            down: BTreeSet::new(),
        }
    }

    /// Knowing of values that were proposed before anything was watched.
    pub fn proposed(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.proposed.extend(values);
        self
    }

    /// Watches for [`TERMINATION`] too: of every node that has proposed and is up. It owes again after a restart, so
    /// this suits algorithms whose proposals survive one.
    pub fn proposers_terminate(mut self) -> Self {
        self.proposers_wait = true;
        self
    }

    /// Watches for [`TERMINATION`] too: of every node of the group that is up, whether it proposed or not.
    pub fn everyone_terminates(mut self, group: &[NodeId]) -> Self {
        self.waiting = group.iter().copied().collect();
        self
    }

    /// The value that was decided, once one was.
    pub fn decision(&self) -> Option<&V> {
        self.decided.as_ref()
    }

    fn decide(&mut self, node: NodeId, value: &V) -> Result<(), Violation> {
        if !self.told.insert(node) {
            return Err(Violation::new(INTEGRITY, format!("{node} decides again, {value:?}")));
        }
        self.waiting.remove(&node);
        match &self.decided {
            Some(decided) if decided != value => Err(Violation::new(
                AGREEMENT,
                format!("{node} decides {value:?}, but {decided:?} was decided"),
            )),
            Some(_) => Ok(()),
            None if !self.proposed.contains(value) => {
                Err(Violation::new(VALIDITY, format!("{node} decides {value:?}, which nobody proposed")))
            }
            None => {
                self.decided = Some(value.clone());
                self.proposed.clear();
                Ok(())
            }
        }
    }
}

impl<V: Value> Default for ConsensusMonitor<V> {
    fn default() -> Self {
        ConsensusMonitor::new()
    }
}

impl<V: Value> Monitor<Consensus<V>> for ConsensusMonitor<V> {
    fn safety(&self) -> Vec<&'static str> {
        vec![AGREEMENT, INTEGRITY, VALIDITY]
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec![TERMINATION]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Consensus<V>>) -> Result<(), Violation> {
        match what {
            Observation::Request(value) => {
                if self.decided.is_none() {
                    self.proposed.insert(value.clone());
                }
                if self.proposers_wait && !self.told.contains(&node) {
                    self.waiting.insert(node);
                }
            }
            Observation::Indication(value) => self.decide(node, value)?,
            Observation::Crash => {
                self.told.remove(&node);
                if self.waiting.contains(&node) {
                    self.down.insert(node);
                }
            }
            Observation::Restart => {
                self.down.remove(&node);
            }
            Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, liveness: &str) -> bool {
        liveness == TERMINATION && self.waiting.difference(&self.down).next().is_some()
    }
}
