//! What atomic commit promises: Bernstein, Hadzilacos and Goodman (1987), §7.3, AC1 to AC5.

use std::collections::BTreeSet;

use synod_actor::{NodeId, Visit, Visitor, visit};
use synod_atomic_commit::{
    AtomicCommit, Indication,
    Outcome::{self, Abort, Commit},
    Request, Vote,
};

use crate::{Monitor, Observation, Violation};

/// AC1: no two nodes decide differently.
pub const AGREEMENT: &str = "agreement";
/// AC2: no node decides one way and then the other, even across crashes.
pub const NO_REVERSAL: &str = "no reversal";
/// AC3: commit only if every participant voted yes.
pub const COMMIT_VALIDITY: &str = "commit validity";
/// AC4: abort only for a cause: a participant voted no, or there was a fault (a crash, a loss, or a timeout, which may
/// always have been one). So if all vote yes and nothing fails, the transaction commits.
pub const ABORT_VALIDITY: &str = "abort validity";
/// AC5: once the transaction has begun, the coordinator and every participant that voted yes decide at last, if they
/// are up. (Who voted no has decided; who has not voted is free.)
pub const TERMINATION: &str = "termination";

/// Watches the votes and the decisions on one transaction.
///
/// Always for [`AGREEMENT`], [`NO_REVERSAL`], [`COMMIT_VALIDITY`] and [`ABORT_VALIDITY`]; for [`TERMINATION`] if asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AtomicCommitMonitor {
    coordinator: NodeId,
    verdict: Verdict,
    /// Who has decided, in any incarnation.
    decided: BTreeSet<NodeId>,
    terminates: bool,
    /// Who waits for a decision; the participants among them only once the coordinator waits or has decided.
    waiting: BTreeSet<NodeId>,
    /// Those of them that are down. They are owed nothing until they restart.
    down: BTreeSet<NodeId>,
}

/// Which outcomes are still allowed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Verdict {
    /// These participants have not voted yet, and the others voted yes; whether there was a fault.
    Open { silent: BTreeSet<NodeId>, fault: bool },
    /// Someone voted no.
    Vetoed,
    /// Someone has decided.
    Decided(Outcome),
}

visit!(AtomicCommitMonitor { coordinator, verdict, decided, waiting, down });

impl Visit for Verdict {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        match self {
            Verdict::Open { silent, .. } => silent.visit(visitor),
            Verdict::Vetoed | Verdict::Decided(_) => {}
        }
    }
}

impl AtomicCommitMonitor {
    /// Watches the safety properties of a group whose first node coordinates, while the others vote.
    ///
    /// # Panics
    /// The group is empty.
    pub fn new(group: &[NodeId]) -> Self {
        let (&coordinator, participants) = group.split_first().expect("there is a coordinator");
        AtomicCommitMonitor {
            coordinator,
            verdict: Verdict::Open { silent: participants.iter().copied().collect(), fault: false },
            decided: BTreeSet::new(),
            terminates: false,
            waiting: BTreeSet::new(),
            down: BTreeSet::new(),
        }
    }

    /// Watches for [`TERMINATION`] too. A node that crashed owes again after its restart.
    pub fn terminates(mut self) -> Self {
        self.terminates = true;
        self
    }

    /// The outcome, once someone has decided.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.verdict {
            Verdict::Decided(outcome) => Some(outcome),
            Verdict::Open { .. } | Verdict::Vetoed => None,
        }
    }

    /// Who has decided, in any incarnation.
    pub fn decided(&self) -> &BTreeSet<NodeId> {
        &self.decided
    }

    /// The first vote of a participant counts.
    fn vote(&mut self, node: NodeId, vote: Vote) {
        if let Verdict::Open { silent, .. } = &mut self.verdict
            && silent.remove(&node)
            && vote == Vote::No
        {
            self.verdict = Verdict::Vetoed;
        }
    }

    fn fault(&mut self) {
        if let Verdict::Open { fault, .. } = &mut self.verdict {
            *fault = true;
        }
    }

    fn wait(&mut self, node: NodeId) {
        if self.terminates && !self.decided.contains(&node) {
            self.waiting.insert(node);
        }
    }

    fn decide(&mut self, node: NodeId, outcome: Outcome) -> Result<(), Violation> {
        self.waiting.remove(&node);
        let again = !self.decided.insert(node);
        match &self.verdict {
            Verdict::Decided(other) if *other != outcome && again => Err(Violation::new(
                NO_REVERSAL,
                format!("{node} decides {outcome:?}, after it decided {other:?}"),
            )),
            Verdict::Decided(other) if *other != outcome => Err(Violation::new(
                AGREEMENT,
                format!("{node} decides {outcome:?}, but {other:?} was decided"),
            )),
            Verdict::Open { silent, .. } if outcome == Commit && !silent.is_empty() => {
                let because = format!("{node} decides Commit, but these have not voted: {silent:?}");
                Err(Violation::new(COMMIT_VALIDITY, because))
            }
            Verdict::Vetoed if outcome == Commit => Err(Violation::new(
                COMMIT_VALIDITY,
                format!("{node} decides Commit, but a participant voted no"),
            )),
            Verdict::Open { fault: false, .. } if outcome == Abort => {
                let because = format!("{node} decides Abort, but nobody voted no, and nothing failed");
                Err(Violation::new(ABORT_VALIDITY, because))
            }
            Verdict::Open { .. } | Verdict::Vetoed | Verdict::Decided(_) => {
                self.verdict = Verdict::Decided(outcome);
                Ok(())
            }
        }
    }
}

impl Monitor<AtomicCommit> for AtomicCommitMonitor {
    fn safety(&self) -> Vec<&'static str> {
        vec![AGREEMENT, NO_REVERSAL, COMMIT_VALIDITY, ABORT_VALIDITY]
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec![TERMINATION]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<AtomicCommit>) -> Result<(), Violation> {
        match what {
            Observation::Request(Request::Begin) => self.wait(node),
            Observation::Request(Request::Vote(vote)) => {
                self.vote(node, *vote);
                if *vote == Vote::Yes {
                    self.wait(node);
                }
            }
            Observation::Indication(Indication::Decided(outcome)) => self.decide(node, *outcome)?,
            Observation::Indication(Indication::Prepare) => {}
            Observation::Crash => {
                self.fault();
                if self.waiting.contains(&node) {
                    self.down.insert(node);
                }
            }
            Observation::Restart => {
                self.down.remove(&node);
            }
            Observation::Timeout | Observation::Loss => self.fault(),
        }
        Ok(())
    }

    fn owes(&self, liveness: &str) -> bool {
        let begun = self.waiting.contains(&self.coordinator) || self.decided.contains(&self.coordinator);
        liveness == TERMINATION && begun && self.waiting.difference(&self.down).next().is_some()
    }
}
