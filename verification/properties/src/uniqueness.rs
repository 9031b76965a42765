//! What a uniqueness constraint promises: of all who claim a name, one gets it.

use std::collections::BTreeSet;

use synod_actor::NodeId;
use synod_clocks::actors::{Answer, Claim, Uniqueness};

use crate::{Monitor, Observation, Violation};

/// At most one node is granted the name, and it is one that claimed it.
pub const UNIQUE: &str = "one owner";
/// A node is refused only if another one has claimed the name, and is not refused itself.
pub const FAIR_REFUSAL: &str = "no refusal without a rival";
/// Every node that claims the name, and is up, is answered at last.
pub const ANSWERED: &str = "every claim is answered";

/// Watches the claims of one name.
///
/// Always for [`UNIQUE`] and [`FAIR_REFUSAL`]; for [`ANSWERED`] if asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UniquenessMonitor {
    owner: Option<NodeId>,
    /// Who has claimed the name and is not answered. A claim counts although its node is down: others may know of it.
    waiting: BTreeSet<NodeId>,
    is_complete: bool,
    down: BTreeSet<NodeId>,
}

impl UniquenessMonitor {
    /// Watches the safety properties.
    pub fn new() -> Self {
        UniquenessMonitor::default()
    }

    /// Watches for [`ANSWERED`] too.
    pub fn every_claim_is_answered(mut self) -> Self {
        self.is_complete = true;
        self
    }

    fn grant(&mut self, node: NodeId) -> Result<(), Violation> {
        let asked = self.waiting.remove(&node);
        match self.owner {
            Some(owner) => {
                Err(Violation::new(UNIQUE, format!("{node} is granted the name, but {owner} has it")))
            }
            None if !asked => Err(Violation::new(UNIQUE, format!("{node} is granted the name unasked"))),
            None => {
                self.owner = Some(node);
                Ok(())
            }
        }
    }

    fn refuse(&mut self, node: NodeId) -> Result<(), Violation> {
        self.waiting.remove(&node);
        if self.owner.is_none() && self.waiting.is_empty() {
            let because =
                format!("{node} is refused the name, but nobody has it, and nobody else may get it");
            return Err(Violation::new(FAIR_REFUSAL, because));
        }
        Ok(())
    }
}

impl Monitor<Uniqueness> for UniquenessMonitor {
    fn safety(&self) -> Vec<&'static str> {
        vec![UNIQUE, FAIR_REFUSAL]
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec![ANSWERED]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Uniqueness>) -> Result<(), Violation> {
        match what {
            Observation::Request(Claim) => _ = self.waiting.insert(node),
            Observation::Indication(Answer::Granted) => self.grant(node)?,
            Observation::Indication(Answer::Refused) => self.refuse(node)?,
            Observation::Crash => _ = self.down.insert(node),
            Observation::Restart => _ = self.down.remove(&node),
            Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, liveness: &str) -> bool {
        liveness == ANSWERED && self.is_complete && self.waiting.difference(&self.down).next().is_some()
    }
}
