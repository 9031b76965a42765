//! Audits of an actor before a long run: whether what the checker takes for granted is so.
//!
//! The checker runs a handler once for each state and event, takes states for the same if they are equal, and restores a node
//! by replaying its records. It believes what an actor's code promises in this. [`audit`] looks: it takes random walks through
//! the system, with all budgets lifted, and holds each step against the [rules](Rule). It proves nothing; it finds in a moment
//! what would make hours of search worthless, or endless.
//!
//! ```
//! use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Port};
//! use synod_checker::{System, audit::{Rule, audit}};
//!
//! #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
//! struct Log;
//! impl Port for Log {
//!     type Request = u8;
//!     type Indication = ();
//! }
//!
//! #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
//! struct Forgetful {
//!     log: Vec<u8>, // durable
//! }
//!
//! impl Actor for Forgetful {
//!     type Provides = Log;
//!     type Uses = Nothing;
//!     type Msg = u8;
//!     type Timer = Never;
//!     type Record = u8;
//!
//!     fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
//!         match event {
//!             Event::Request(entry) => {
//!                 self.persist(entry, cx);
//!                 cx.send_others(entry);
//!             }
//!             Event::Receive(_, entry) => self.log.push(entry), // and no record
//!             Event::Start => {}
//!             Event::Indication(never) => match never {},
//!             Event::Timeout(never) => match never {},
//!         }
//!     }
//!
//!     fn replay(&mut self, entry: u8) {
//!         self.log.push(entry);
//!     }
//! }
//!
//! let system = System::new(vec![Forgetful::default(); 2], ()).request(NodeId(0), 7);
//! let report = audit(&system, &Default::default());
//! assert_eq!(report.findings[0].rule, Rule::Durability);
//! assert!(report.findings[0].what.starts_with("`log` is changed by records, and by n1 without one"));
//! ```

mod fields;
mod identity;
mod walk;

use std::{collections::BTreeMap, fmt};

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::system::System;
use fields::Growth;
use identity::Sample;
use walk::Walk;

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// The same state, event and choices give the same effects and the same state. Two calls are compared, in one process: an
    /// order that only differs from process to process is not noticed.
    Determinism,
    /// `Eq`, `Ord` and `Hash` say the same, a clone is equal, and what is equal is shown alike by `Debug`: an `Eq` that overlooks
    /// a field makes one state of two.
    Identity,
    /// What a handler leaves where its records have a say is what [`replay`](Actor::replay) makes of them.
    Replay,
    /// What records change is not changed without a record. A warning: it may be a hint that the run may lose.
    Durability,
    /// No field grows from one quarter of a long run to the next. A warning: a search of what grows for ever needs a bound.
    Growth,
}

impl Rule {
    /// Whether breaking it is no mistake by itself.
    pub fn is_warning(self) -> bool {
        matches!(self, Rule::Durability | Rule::Growth)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rule::Determinism => "determinism",
            Rule::Identity => "identity",
            Rule::Replay => "replay",
            Rule::Durability => "durability",
            Rule::Growth => "growth",
        })
    }
}

/// Something that breaks a rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// Which.
    pub rule: Rule,
    /// What was seen, in a sentence that names the field or the event.
    pub what: String,
}

/// What an audit saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audit {
    /// The steps taken, in all walks.
    pub steps: u64,
    /// What breaks a rule, in the order of the rules: an example for each field, or for each sort of value.
    pub findings: Vec<Finding>,
}

impl Audit {
    /// Whether nothing was found but warnings.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.rule.is_warning())
    }
}

/// How long to look.
#[derive(Clone, Debug)]
pub struct AuditOptions {
    /// How many walks to take.
    pub walks: u32,
    /// After how many steps a walk ends, if it does not by itself.
    pub steps: u32,
    /// What the walks are drawn from: the same number, the same walks.
    pub seed: u64,
}

impl Default for AuditOptions {
    /// A second or so.
    fn default() -> Self {
        AuditOptions { walks: 24, steps: 600, seed: 1 }
    }
}

/// Findings, the first example of each.
#[derive(Default)]
struct Findings(BTreeMap<(Rule, String), String>);

impl Findings {
    /// Takes note of something about `subject`, if nothing is known of it yet.
    fn add(&mut self, rule: Rule, subject: impl Into<String>, what: impl FnOnce() -> String) {
        self.0.entry((rule, subject.into())).or_insert_with(what);
    }
}

/// Walks through the system at random, and reports what breaks a rule.
///
/// # Panics
/// If the system contradicts itself, like [`check`](crate::check). A handler that panics only ends a walk: to show how it comes
/// to that is for the search.
pub fn audit<A, M>(system: &System<A, M>, options: &AuditOptions) -> Audit
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut findings = Findings::default();
    let mut growth = Growth::default();
    let mut sample = Sample::new(options.seed);
    let mut fields = walk::Fields::default();
    let mut steps = 0;
    for number in 0..options.walks {
        // What only grows between crashes would not be noticed if there were always some.
        let crashes = number % 2 == 1;
        let mut walk = Walk::new(system, options.seed ^ u64::from(number) << 32, crashes);
        growth.begin();
        for step in 0..options.steps {
            if !walk.step(&mut findings, &mut fields, &mut sample) {
                break;
            }
            steps += 1;
            if step % 4 == 0 {
                walk.measure(&mut growth, step * 4 / options.steps);
            }
        }
    }
    fields.report(&mut findings);
    growth.report(options, &mut findings);
    sample.report(&mut findings);
    let findings = findings.0.into_iter().map(|((rule, _), what)| Finding { rule, what });
    Audit { steps, findings: findings.collect() }
}
