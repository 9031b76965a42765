//! The isolation levels, and which of them imply which.

use std::{fmt, str::FromStr};

/// What a level demands of the order in which transactions take effect.
///
/// The axioms are those of Biswas and Enea, "On the complexity of checking transactional consistency" (OOPSLA 2019), section 2,
/// except for [`Axiom::ReadUncommitted`], which is Adya's PL-1. Each says in which cases a transaction t2 that writes a key
/// must come before the transaction t1 from which t3 reads that key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Axiom {
    /// Versions can be ordered such that transactions write in one order (no G0). Reads are free, but for values from nowhere.
    ReadUncommitted,
    /// t3 has seen t2 in an earlier read.
    ReadCommitted,
    /// t3 sees t2 in any read, or follows it in its session.
    ReadAtomic,
    /// t2 happened before t3: a path of reads and session steps leads there.
    Causal,
    /// t2 is before something that t3 sees: snapshots are prefixes of one order.
    Prefix,
    /// And of two transactions that write the same key, one sees the other.
    SnapshotIsolation,
    /// t2 is before t3.
    Serializability,
}

/// What else the order must respect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Respect {
    /// Nothing.
    Nothing,
    /// The order of the transactions of each session.
    Sessions,
    /// Sessions, and real time: what ended before another began comes first.
    RealTime,
}

/// An isolation level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Adya's PL-1: no cycle of writes.
    ReadUncommitted,
    /// Reads see committed transactions only, and never go back behind what they have seen; sessions are respected.
    ReadCommitted,
    /// Transactions are seen as a whole or not at all; sessions are respected.
    ReadAtomic,
    /// What happened before is seen.
    Causal,
    /// Consistent prefix: snapshots are prefixes of one order of commits; sessions are respected.
    Prefix,
    /// Generalised snapshot isolation: snapshots may be old.
    SnapshotIsolation,
    /// Snapshots are not older than the last transaction of the session.
    StrongSessionSnapshotIsolation,
    /// Snapshots are not older than what had ended when the transaction began.
    StrongSnapshotIsolation,
    /// Some serial order explains every read. Adya's PL-3, and PL-2.99, since no history here has predicates.
    Serializable,
    /// A serial order that respects sessions.
    StrongSessionSerializable,
    /// A serial order that respects real time.
    StrictSerializable,
}

impl Level {
    /// Every level; what a level implies stands before it.
    pub const ALL: [Level; 11] = [
        Level::ReadUncommitted,
        Level::ReadCommitted,
        Level::ReadAtomic,
        Level::Causal,
        Level::Prefix,
        Level::SnapshotIsolation,
        Level::StrongSessionSnapshotIsolation,
        Level::StrongSnapshotIsolation,
        Level::Serializable,
        Level::StrongSessionSerializable,
        Level::StrictSerializable,
    ];

    /// What it demands of reads.
    pub fn axiom(self) -> Axiom {
        match self {
            Level::ReadUncommitted => Axiom::ReadUncommitted,
            Level::ReadCommitted => Axiom::ReadCommitted,
            Level::ReadAtomic => Axiom::ReadAtomic,
            Level::Causal => Axiom::Causal,
            Level::Prefix => Axiom::Prefix,
            Level::SnapshotIsolation
            | Level::StrongSessionSnapshotIsolation
            | Level::StrongSnapshotIsolation => Axiom::SnapshotIsolation,
            Level::Serializable | Level::StrongSessionSerializable | Level::StrictSerializable => {
                Axiom::Serializability
            }
        }
    }

    /// What else it respects.
    pub fn respects(self) -> Respect {
        match self {
            Level::ReadUncommitted | Level::SnapshotIsolation | Level::Serializable => Respect::Nothing,
            Level::ReadCommitted
            | Level::ReadAtomic
            | Level::Causal
            | Level::Prefix
            | Level::StrongSessionSnapshotIsolation
            | Level::StrongSessionSerializable => Respect::Sessions,
            Level::StrongSnapshotIsolation | Level::StrictSerializable => Respect::RealTime,
        }
    }

    /// Whether every history of this level is one of the other, too.
    pub fn implies(self, other: Level) -> bool {
        self.axiom() >= other.axiom() && self.respects() >= other.respects()
    }

    /// The levels that it implies, without itself.
    pub fn weaker(self) -> impl Iterator<Item = Level> {
        Level::ALL.into_iter().filter(move |other| *other != self && self.implies(*other))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::ReadUncommitted => "read-uncommitted",
            Level::ReadCommitted => "read-committed",
            Level::ReadAtomic => "read-atomic",
            Level::Causal => "causal",
            Level::Prefix => "prefix",
            Level::SnapshotIsolation => "snapshot-isolation",
            Level::StrongSessionSnapshotIsolation => "strong-session-snapshot-isolation",
            Level::StrongSnapshotIsolation => "strong-snapshot-isolation",
            Level::Serializable => "serializable",
            Level::StrongSessionSerializable => "strong-session-serializable",
            Level::StrictSerializable => "strict-serializable",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// By its name, or another name that is common: `repeatable-read` is serializability here, since no history has predicates.
impl FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Level, String> {
        if let Some(level) = Level::ALL.into_iter().find(|level| level.name() == name) {
            return Ok(level);
        }
        match name {
            "transactional-causal" | "causal-consistency" => Ok(Level::Causal),
            "consistent-prefix" => Ok(Level::Prefix),
            "si" => Ok(Level::SnapshotIsolation),
            "serializability" | "repeatable-read" => Ok(Level::Serializable),
            "strict-serializability" | "strong-serializable" => Ok(Level::StrictSerializable),
            _ => {
                let names: Vec<_> = Level::ALL.iter().map(|level| level.name()).collect();
                Err(format!("'{name}' is not an isolation level; there are {}", names.join(", ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood() {
        for level in Level::ALL {
            assert_eq!(level.name().parse(), Ok(level));
        }
        assert!("linear".parse::<Level>().expect_err("is no level").contains("read-atomic"));
    }

    #[test]
    fn implication_is_an_order_that_the_list_follows() {
        for (index, level) in Level::ALL.into_iter().enumerate() {
            assert!(level.implies(level));
            for weaker in level.weaker() {
                assert!(!weaker.implies(level));
                assert!(Level::ALL[..index].contains(&weaker), "{weaker} should stand before {level}");
            }
        }
        assert!(Level::StrictSerializable.weaker().count() == 10);
        assert!(!Level::Serializable.implies(Level::Causal), "it may forget sessions");
    }
}
