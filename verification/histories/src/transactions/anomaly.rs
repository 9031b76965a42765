//! What can be wrong with a history of transactions, by the names of the literature, with the evidence.

use super::level::{Axiom, Respect};

/// A kind of anomaly.
///
/// Names: Adya, "Weak consistency" (1999), for G0 to G2; Berenson et al., "A critique of ANSI SQL isolation levels" (1995),
/// for lost update, read skew and write skew; Kingsbury and Alvaro, "Elle" (VLDB 2020), for what lists show; Biswas and Enea
/// (2019) for the axioms of the weak levels.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A value that nobody wrote was read.
    GarbageRead,
    /// An element stands twice in a list.
    DuplicateElements,
    /// Two lists read of one key have no common order.
    IncompatibleOrder,
    /// A value of a transaction that aborted was read.
    G1a,
    /// A value was read that its own transaction had overwritten.
    G1b,
    /// A committed write builds upon the write of a transaction that aborted.
    DirtyUpdate,
    /// A transaction did not read its own write.
    Internal,
    /// A transaction read what it was to write later.
    FutureRead,
    /// A transaction read a key twice and saw different versions.
    NonRepeatableRead,
    /// A cycle of writes.
    G0,
    /// A cycle of writes and reads.
    G1c,
    /// A transaction saw another, and later in an older state than that one left.
    NonMonotonicRead,
    /// A transaction saw a part of another.
    FracturedRead,
    /// A transaction did not see what happened before.
    CausalityViolation,
    /// Two transactions overwrite the same version that both have read.
    LostUpdate,
    /// A transaction read some keys before, and some after another changed them.
    ReadSkew,
    /// A cycle with one anti-dependency.
    GSingle,
    /// Two readers see two writes in opposite orders.
    LongFork,
    /// A cycle of anti-dependencies of which no two are adjacent.
    GNonadjacent,
    /// Two transactions read each what the other overwrites.
    WriteSkew,
    /// A cycle with adjacent anti-dependencies.
    G2Item,
    /// Whichever way unordered writes are ordered, there is a cycle.
    NoVersionOrder,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::GarbageRead => "garbage-read",
            Kind::DuplicateElements => "duplicate-elements",
            Kind::IncompatibleOrder => "incompatible-order",
            Kind::G1a => "G1a",
            Kind::G1b => "G1b",
            Kind::DirtyUpdate => "dirty-update",
            Kind::Internal => "internal",
            Kind::FutureRead => "future-read",
            Kind::NonRepeatableRead => "non-repeatable-read",
            Kind::G0 => "G0",
            Kind::G1c => "G1c",
            Kind::NonMonotonicRead => "non-monotonic-read",
            Kind::FracturedRead => "fractured-read",
            Kind::CausalityViolation => "causality-violation",
            Kind::LostUpdate => "lost-update",
            Kind::ReadSkew => "read-skew",
            Kind::GSingle => "G-single-item",
            Kind::LongFork => "long-fork",
            Kind::GNonadjacent => "G-nonadjacent-item",
            Kind::WriteSkew => "write-skew",
            Kind::G2Item => "G2-item",
            Kind::NoVersionOrder => "no-version-order",
        }
    }

    /// The more general anomaly of which it is a case: a lost update is a G-single.
    pub fn general(self) -> Option<Kind> {
        match self {
            Kind::LostUpdate | Kind::ReadSkew => Some(Kind::GSingle),
            Kind::LongFork => Some(Kind::GNonadjacent),
            Kind::WriteSkew => Some(Kind::G2Item),
            _ => None,
        }
    }

    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Kind::GarbageRead => "a value was read that nobody wrote",
            Kind::DuplicateElements => "an element stands twice in a list",
            Kind::IncompatibleOrder => "no order of the appends explains both lists",
            Kind::G1a => "aborted read: a value of a transaction that aborted was read",
            Kind::G1b => "intermediate read: a value was read that its own transaction had overwritten",
            Kind::DirtyUpdate => "a committed write builds upon a write of a transaction that aborted",
            Kind::Internal => "a transaction did not read its own write",
            Kind::FutureRead => "a transaction read what it was to write only later",
            Kind::NonRepeatableRead => "a transaction read a key twice and saw different versions",
            Kind::G0 => "write cycle: transactions overwrite each other in a circle",
            Kind::G1c => "circular information flow: transactions overwrite or see each other in a circle",
            Kind::NonMonotonicRead => {
                "a transaction saw another one, and then an older state than that one left"
            }
            Kind::FracturedRead => "a transaction saw one part of another, and missed the other part",
            Kind::CausalityViolation => "a transaction did not see what happened before it",
            Kind::LostUpdate => "two transactions overwrite the same version, which both have read",
            Kind::ReadSkew => {
                "a transaction read one key before, and one after another transaction changed both"
            }
            Kind::GSingle => "a cycle with a single anti-dependency",
            Kind::LongFork => "two readers see two writes in opposite orders",
            Kind::GNonadjacent => "a cycle with anti-dependencies, no two of them adjacent",
            Kind::WriteSkew => "two transactions each read what the other overwrites",
            Kind::G2Item => "a cycle with adjacent anti-dependencies",
            Kind::NoVersionOrder => "whichever way the writes are ordered, there is a cycle",
        }
    }

    /// From which axiom on none of this kind is allowed, for what is seen without looking at cycles.
    pub(super) fn forbidden_from(self) -> Axiom {
        match self {
            Kind::GarbageRead | Kind::DuplicateElements | Kind::IncompatibleOrder => Axiom::ReadUncommitted,
            Kind::NonRepeatableRead => Axiom::ReadAtomic,
            _ => Axiom::ReadCommitted,
        }
    }
}

/// Why a transaction must come before another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// The other overwrites its version (write dependency).
    Ww,
    /// The other reads its version (read dependency).
    Wr,
    /// It reads a version that the other overwrites (anti-dependency).
    Rw,
    /// The other follows it in its session.
    Session,
    /// It ended before the other began.
    RealTime,
    /// The initial state comes before everything.
    Initial,
    /// The level's axiom.
    Axiom,
}

impl Reason {
    /// Its name in graphs.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Ww => "ww",
            Reason::Wr => "wr",
            Reason::Rw => "rw",
            Reason::Session => "session",
            Reason::RealTime => "real time",
            Reason::Initial => "initial",
            Reason::Axiom => "axiom",
        }
    }
}

/// That a transaction must come before another, justified. A transaction is given by its position in the history; no
/// transaction stands for the initial state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// What comes first.
    pub from: Option<u32>,
    /// What comes later.
    pub to: Option<u32>,
    /// Why.
    pub reason: Reason,
    /// A third transaction whose read shows it, if there is one.
    pub witness: Option<u32>,
    /// Why, in words.
    pub sentence: String,
}

/// What shows an anomaly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// What was read, and what is wrong with it.
    Sentence(String),
    /// Transactions that would all have to come before the next one, in a circle.
    Cycle(Vec<Dependency>),
    /// A cycle in each of two cases.
    Cases(Box<Cases>),
}

/// Two transactions write the same key, and each order leads to a contradiction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cases {
    /// The two transactions.
    pub writers: (u32, u32),
    /// The key that both write.
    pub key: String,
    /// What follows if the first one writes first.
    pub first: Evidence,
    /// What follows if the second one writes first.
    pub second: Evidence,
}

/// An anomaly that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anomaly {
    /// What kind.
    pub kind: Kind,
    /// Whether it is one only if sessions, or real time, are respected.
    pub respect: Respect,
    /// The transactions that take part, by their position in the history.
    pub transactions: Vec<u32>,
    /// What shows it.
    pub evidence: Evidence,
}

impl Anomaly {
    /// Its name, with the order it needs: `G1c-process`, `G-single-item-realtime`.
    pub fn name(&self) -> String {
        let suffix = match self.respect {
            Respect::Nothing => "",
            Respect::Sessions => "-process",
            Respect::RealTime => "-realtime",
        };
        format!("{}{suffix}", self.kind.name())
    }
}
