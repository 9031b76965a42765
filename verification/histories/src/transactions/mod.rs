//! Histories of transactions: which isolation level they keep, and why not a stronger one.
//!
//! A [`History`] holds what transactions wrote and read: registers whose values are all different, and lists that are
//! appended to. [`check`] says whether it keeps a [`Level`]: valid, with an order of the transactions as [`Certificate`] (see
//! [`verify`]); invalid, with an [`Explanation`]; or unknown, with what ran out.
//!
//! Transactions that aborted take no part, but nobody may see them. Those of which nobody knows whether they took effect
//! did if somebody saw them; if nobody did, they may as well not have.
//!
//! ```
//! use synod_histories::{
//!     answer::{Answer, Budget},
//!     transactions::{History, Level, Op, Recorded, Status, check},
//! };
//!
//! // Two doctors go off duty, each after seeing the other on duty: write skew.
//! let doctor = |session, mine: i64, other: i64| Recorded {
//!     session,
//!     status: Status::Committed,
//!     interval: None,
//!     line: 0,
//!     ops: vec![Op::Read(other.into(), None), Op::Write(mine.into(), 1.into())],
//! };
//! let history = History::of([doctor(0, 1, 2), doctor(1, 2, 1)])?;
//! let unlimited = Budget::unlimited();
//! assert!(matches!(check(&history, Level::SnapshotIsolation, &unlimited), Answer::Valid(_)));
//! let Answer::Invalid(why) = check(&history, Level::Serializable, &unlimited) else { panic!() };
//! assert_eq!(why.anomalies[0].name(), "write-skew");
//! assert_eq!(why.weakest, [Level::Serializable]);
//! # Ok::<(), synod_histories::malformed::Malformed>(())
//! ```

mod acyclic;
mod anomaly;
mod cases;
mod certificate;
mod cycles;
mod dependencies;
mod explanation;
pub mod formats;
pub mod generate;
mod graph;
mod history;
mod layout;
mod level;
mod reads;
mod strong;
mod weak;

pub use anomaly::{Anomaly, Cases, Dependency, Evidence, Kind, Reason};
pub use certificate::{Certificate, Moment, verify};
pub use explanation::{Arrow, Drawing, Explanation, Figure};
pub use history::{History, Name, Op, Recorded, Status};
pub use level::{Axiom, Level, Respect};

use std::borrow::Cow;

use crate::answer::{Answer, Budget, Exhausted, Shortage, Verdict};

use dependencies::Dependencies;
use graph::Graph;
use layout::{Layout, Node};
use reads::Reads;
use strong::{Demand, Found};

/// Says whether a history keeps a level.
pub fn check(history: &History, level: Level, budget: &Budget) -> Answer<Certificate, Explanation> {
    Checker::new(history).check(level, budget)
}

/// A history, read once, to be checked at several levels.
pub struct Checker<'a> {
    history: &'a History,
    reads: Reads,
}

/// What a level says before it is explained.
enum Outcome {
    Valid(Certificate),
    /// Reads that are wrong on their own.
    Reads,
    /// A cycle among what is certain.
    Cycle,
    /// A cycle whichever way writes are ordered.
    NoChoice,
}

impl<'a> Checker<'a> {
    /// Reads who saw whom.
    pub fn new(history: &'a History) -> Self {
        Checker { history, reads: reads::resolve(history) }
    }

    /// Says whether the history keeps the level.
    pub fn check(&self, level: Level, budget: &Budget) -> Answer<Certificate, Explanation> {
        let unknown = |what| Answer::Unknown(Exhausted { what, known: String::new() });
        let outcome = match self.outcome(level, budget) {
            Ok(Outcome::Valid(certificate)) => return Answer::Valid(certificate),
            Ok(outcome) => outcome,
            Err(shortage) => return unknown(shortage),
        };
        let dependencies = &*self.part(level);
        let anomalies = match outcome {
            Outcome::Reads => self.wrong_reads(level).cloned().collect(),
            Outcome::NoChoice => vec![cases::explain(self.history, dependencies, level, budget)],
            Outcome::Cycle | Outcome::Valid(_) => {
                let found = if level.axiom() <= Axiom::Causal {
                    cycles::weak(self.history, dependencies, level, budget)
                } else {
                    cycles::strong(self.history, dependencies, level, budget)
                };
                // That it is wrong is certain, even if there is nothing left to be spent on telling why.
                vec![found.unwrap_or_else(|shortage| untold(level, &shortage))]
            }
        };
        let verdicts = level.weaker().map(|weaker| (weaker, self.verdict(weaker, budget))).collect();
        Answer::Invalid(Explanation::new(self.history, level, anomalies, verdicts))
    }

    /// Says whether the history keeps the level, without reasons.
    pub fn verdict(&self, level: Level, budget: &Budget) -> Verdict {
        match self.outcome(level, budget) {
            Ok(Outcome::Valid(_)) => Verdict::Valid,
            Ok(_) => Verdict::Invalid,
            Err(_) => Verdict::Unknown,
        }
    }

    fn wrong_reads(&self, level: Level) -> impl Iterator<Item = &Anomaly> {
        // Not `implies`: plain serializability need not respect sessions as the weak levels do, but it demands as much of
        // a single read.
        self.reads.anomalies.iter().filter(move |anomaly| level.axiom() >= anomaly.kind.forbidden_from())
    }

    fn outcome(&self, level: Level, budget: &Budget) -> Result<Outcome, Shortage> {
        budget.check(0)?;
        if self.wrong_reads(level).next().is_some() {
            return Ok(Outcome::Reads);
        }
        let dependencies = &*self.part(level);
        if level.respects() == Respect::RealTime && dependencies.intervals.is_none() {
            let why = "the history does not say when its transactions began and ended, so that real time cannot be respected";
            return Err(Shortage::Undecided(why.into()));
        }
        if level.axiom() <= Axiom::Causal {
            let weak = weak::edges(dependencies, level.axiom(), level.respects(), budget)?;
            let order = Graph::new(weak.layout.nodes as usize, &weak.layout.edges).order(u64::from);
            return Ok(order.map_or(Outcome::Cycle, |order| certificate(dependencies, &weak.layout, &order)));
        }
        let mut demand = Demand::new(dependencies, level, budget)?;
        Ok(match demand.search(dependencies, budget)? {
            Found::Order(order) => certificate(dependencies, &demand.layout, &order),
            Found::Cycle => Outcome::Cycle,
            Found::NoChoice => Outcome::NoChoice,
        })
    }

    /// The transactions that count. To be seen by somebody makes a transaction count whose end nobody knows, unless reads
    /// may see what aborts.
    fn part(&self, level: Level) -> Cow<'_, Dependencies> {
        let all = &self.reads.dependencies;
        let committed = |index: &u32| self.history.transactions[*index as usize].status == Status::Committed;
        if level.axiom() > Axiom::ReadUncommitted || all.original.iter().all(committed) {
            return Cow::Borrowed(all);
        }
        let keep: Vec<bool> = all.original.iter().map(committed).collect();
        Cow::Owned(all.restricted(&keep))
    }
}

/// A cycle that was seen, but not told.
fn untold(level: Level, shortage: &Shortage) -> Anomaly {
    Anomaly {
        kind: Kind::NoVersionOrder,
        respect: level.respects(),
        transactions: Vec::new(),
        evidence: Evidence::Sentence(format!(
            "there is a cycle among what is certain, but {shortage} before a short one was found"
        )),
    }
}

/// The order of the transactions in an order of nodes.
fn certificate(dependencies: &Dependencies, layout: &Layout, order: &[u32]) -> Outcome {
    let original = |transaction: u32| dependencies.original[transaction as usize];
    let moments = order.iter().filter_map(|&node| match layout.node(node) {
        Node::Transaction(transaction) => Some(Moment::Whole(original(transaction))),
        Node::Snapshot(transaction) => Some(Moment::Snapshot(original(transaction))),
        Node::Commit(transaction) => Some(Moment::Commit(original(transaction))),
        Node::Helper => None,
    });
    Outcome::Valid(Certificate { moments: moments.collect() })
}
