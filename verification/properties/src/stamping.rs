//! What timestamps of events promise: Lamport (1978), the Clock Condition; and that they are unique and come at last.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{NodeId, Value};
use synod_clocks::actors::{Indication, Stamped, Stamping};

use crate::{Monitor, Observation, Violation};

/// An event has a larger timestamp than every event that happened before it: at its node, or at another node if its node has
/// heard of that, or before any of these.
pub const CAUSALITY: &str = "order respects causality";
/// No two events have the same timestamp.
pub const UNIQUENESS: &str = "timestamps are unique";
/// Only what happened is numbered, and only once.
pub const VALIDITY: &str = "only what happened is numbered";
/// Whatever happens at a node that is up is numbered at last.
pub const NUMBERED: &str = "everything is numbered";

/// Watches what happens and how it is numbered. Events are told apart by their names: let each happen once.
///
/// Always for [`UNIQUENESS`] and [`VALIDITY`]; for [`CAUSALITY`] unless told otherwise, for [`NUMBERED`] if asked. It remembers the largest timestamp in
/// the past of each node, which is enough: if all before it was in order, it is the last of that past.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StampingMonitor<E, T> {
    /// What happened and is not numbered yet.
    open: BTreeMap<E, NodeId>,
    is_ordered: bool,
    is_complete: bool,
    down: BTreeSet<NodeId>,
    /// Every timestamp used.
    used: BTreeSet<T>,
    /// The largest timestamp among the events that each node has numbered or heard of.
    past: BTreeMap<NodeId, Stamped<E, T>>,
}

impl<E: Value, T: Value> StampingMonitor<E, T> {
    /// Watches the safety properties.
    pub fn new() -> Self {
        StampingMonitor {
            open: BTreeMap::new(),
            is_ordered: true,
            is_complete: false,
            down: BTreeSet::new(),
            used: BTreeSet::new(),
            past: BTreeMap::new(),
        }
    }

    /// Does not watch for [`CAUSALITY`]: the timestamps are no more than names.
    pub fn in_any_order(mut self) -> Self {
        self.is_ordered = false;
        self
    }

    /// Watches for [`NUMBERED`] too.
    pub fn everything_is_numbered(mut self) -> Self {
        self.is_complete = true;
        self
    }

    fn number(&mut self, node: NodeId, stamped: &Stamped<E, T>) -> Result<(), Violation> {
        let Stamped { event, stamp } = stamped;
        if self.open.remove(event) != Some(node) {
            let because =
                format!("{node} numbers {event:?}, which did not happen there, or is numbered already");
            return Err(Violation::new(VALIDITY, because));
        }
        if let Some(cause) = self.past.get(&node)
            && cause.stamp > *stamp
        {
            let because = format!(
                "{node} numbers {event:?} with {stamp:?}, after it knew of {:?}, which has {:?}",
                cause.event, cause.stamp
            );
            return Err(Violation::new(CAUSALITY, because));
        }
        if !self.used.insert(stamp.clone()) {
            let because = format!("{node} numbers {event:?} with {stamp:?}, which another event has");
            return Err(Violation::new(UNIQUENESS, because));
        }
        self.know(node, stamped);
        Ok(())
    }

    fn know(&mut self, node: NodeId, stamped: &Stamped<E, T>) {
        let is_later = self.past.get(&node).is_none_or(|last| last.stamp < stamped.stamp);
        if self.is_ordered && is_later {
            self.past.insert(node, stamped.clone());
        }
    }
}

impl<E: Value, T: Value> Default for StampingMonitor<E, T> {
    fn default() -> Self {
        StampingMonitor::new()
    }
}

impl<E: Value, T: Value> Monitor<Stamping<E, T>> for StampingMonitor<E, T> {
    fn safety(&self) -> Vec<&'static str> {
        let causality = self.is_ordered.then_some(CAUSALITY);
        causality.into_iter().chain([UNIQUENESS, VALIDITY]).collect()
    }

    fn liveness(&self) -> Vec<&'static str> {
        vec![NUMBERED]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Stamping<E, T>>) -> Result<(), Violation> {
        match what {
            Observation::Request(event) => _ = self.open.insert(event.clone(), node),
            Observation::Indication(Indication::Numbered(stamped)) => self.number(node, stamped)?,
            Observation::Indication(Indication::Heard(stamped)) => self.know(node, stamped),
            Observation::Crash => _ = self.down.insert(node),
            Observation::Restart => _ = self.down.remove(&node),
            Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, liveness: &str) -> bool {
        liveness == NUMBERED && self.is_complete && self.open.values().any(|node| !self.down.contains(node))
    }
}
