//! What is asked and told.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::{NodeId, Value};
use synod_consensus::{
    Epoch, Log, Membership,
    log::{BarrierId, Entry, Indication, Position, Request, Snapshot},
};

use super::{AGREEMENT, CATCHING_UP, FRESH_READS, INTEGRITY, ONE_LEADER, TERMINATION, VALIDITY};
use crate::{Monitor, Observation, Violation};

/// Watches a replicated log.
///
/// Always for [`AGREEMENT`], [`INTEGRITY`], [`VALIDITY`], [`ONE_LEADER`] and [`FRESH_READS`]; for [`TERMINATION`] and
/// [`CATCHING_UP`] if asked. Commands that are not refused may be committed more than once: the port allows that.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LogMonitor<C, S> {
    /// How often each command was asked for, less how often it was refused.
    asked: BTreeMap<C, u32>,
    /// Likewise of members.
    goals: BTreeMap<Membership, u32>,
    /// The states that nodes gave, not refused, and for which position.
    given: BTreeSet<(Position, S)>,
    /// The log, as far as any node was told.
    committed: Vec<(Epoch, Entry<C>)>,
    /// How far each node was told in this incarnation.
    told: BTreeMap<NodeId, Position>,
    leaders: BTreeMap<Epoch, NodeId>,
    /// How long the log was when a barrier was asked for.
    barriers: BTreeMap<(NodeId, BarrierId), Position>,
    /// Commands that a node waits for, if termination is watched.
    waiting: Option<BTreeSet<(NodeId, C)>>,
    /// Who is to catch up, if that is watched.
    everyone: BTreeSet<NodeId>,
    down: BTreeSet<NodeId>,
}

impl<C: Value, S: Value> LogMonitor<C, S> {
    /// Watches for the safety properties only.
    pub fn new() -> Self {
        LogMonitor {
            asked: BTreeMap::new(),
            goals: BTreeMap::new(),
            given: BTreeSet::new(),
            committed: Vec::new(),
            told: BTreeMap::new(),
            leaders: BTreeMap::new(),
            barriers: BTreeMap::new(),
            waiting: None,
            everyone: BTreeSet::new(),
            down: BTreeSet::new(),
        }
    }

    /// Knowing of commands that were asked for before anything was watched.
    pub fn asked(mut self, commands: impl IntoIterator<Item = C>) -> Self {
        self.asked.extend(commands.into_iter().map(|command| (command, 1)));
        self
    }

    /// Knowing of changes of members that were asked for before anything was watched.
    pub fn aimed_at(mut self, goals: impl IntoIterator<Item = Membership>) -> Self {
        self.goals.extend(goals.into_iter().map(|goal| (goal, 1)));
        self
    }

    /// Watches for [`TERMINATION`] too.
    pub fn appends_terminate(mut self) -> Self {
        self.waiting = Some(BTreeSet::new());
        self
    }

    /// Watches for [`CATCHING_UP`] too: of these nodes.
    pub fn everyone_catches_up(mut self, group: &[NodeId]) -> Self {
        self.everyone = group.iter().copied().collect();
        self
    }

    /// What was committed, as far as any node was told.
    pub fn committed(&self) -> &[(Epoch, Entry<C>)] {
        &self.committed
    }

    /// How far the node was told in this incarnation.
    pub fn told(&self, node: NodeId) -> Position {
        self.told.get(&node).copied().unwrap_or(0)
    }

    fn commit(
        &mut self,
        node: NodeId,
        at: Position,
        epoch: Epoch,
        entry: &Entry<C>,
    ) -> Result<(), Violation> {
        let before = self.told(node);
        if at != before + 1 {
            let because = format!("{node} is told of position {at}, after position {before}");
            return Err(Violation::new(INTEGRITY, because));
        }
        self.told.insert(node, at);
        if let (Some(waiting), Entry::Command(command)) = (&mut self.waiting, entry) {
            waiting.remove(&(node, command.clone()));
        }
        match self.committed.get(usize::try_from(at - 1).unwrap_or(usize::MAX)) {
            Some(known) if *known == (epoch, entry.clone()) => Ok(()),
            Some((other_epoch, other)) => Err(Violation::new(
                AGREEMENT,
                format!(
                    "{node} is told {entry:?} of {epoch:?} at position {at}, but {other:?} of {other_epoch:?} was committed \
                     there"
                ),
            )),
            None => {
                if !self.was_asked(entry) {
                    let because =
                        format!("{node} is told {entry:?} at position {at}, which nobody asked for");
                    return Err(Violation::new(VALIDITY, because));
                }
                self.committed.push((epoch, entry.clone()));
                Ok(())
            }
        }
    }

    fn was_asked(&self, entry: &Entry<C>) -> bool {
        match entry {
            Entry::Blank => true,
            Entry::Command(command) => self.asked.contains_key(command),
            // A step on the way to a goal, or the goal.
            Entry::Members(members) => {
                let goal = members.clone().with_outgoing([]);
                self.goals.contains_key(&goal)
            }
        }
    }

    fn restore(&mut self, node: NodeId, snapshot: &Snapshot<S>) -> Result<(), Violation> {
        let Snapshot { position, epoch, state, .. } = snapshot;
        let before = self.told(node);
        if *position <= before {
            let because = format!("{node} goes back to position {position}, after position {before}");
            return Err(Violation::new(INTEGRITY, because));
        }
        if !self.given.contains(&(*position, state.clone())) {
            let because =
                format!("{node} is to restore {state:?} for position {position}, which nobody gave");
            return Err(Violation::new(VALIDITY, because));
        }
        self.told.insert(node, *position);
        let known = position.checked_sub(1).and_then(|at| self.committed.get(usize::try_from(at).ok()?));
        match known {
            Some((other, _)) if other != epoch => Err(Violation::new(
                AGREEMENT,
                format!("{node} restores position {position} of {epoch:?}, where {other:?} was committed"),
            )),
            _ => Ok(()),
        }
    }

    fn lead(&mut self, node: NodeId, epoch: Epoch, leader: NodeId) -> Result<(), Violation> {
        match self.leaders.insert(epoch, leader) {
            Some(other) if other != leader => Err(Violation::new(
                ONE_LEADER,
                format!("{node} is told that {leader} leads {epoch:?}, where {other} does"),
            )),
            _ => Ok(()),
        }
    }

    fn pass(&mut self, node: NodeId, barrier: BarrierId) -> Result<(), Violation> {
        let (seen, Some(needed)) = (self.told(node), self.barriers.remove(&(node, barrier))) else {
            let because = format!("{node} passes barrier {barrier}, which is not asked for");
            return Err(Violation::new(FRESH_READS, because));
        };
        if seen < needed {
            let because = format!(
                "{node} passes barrier {barrier} at position {seen}, though position {needed} was committed before"
            );
            return Err(Violation::new(FRESH_READS, because));
        }
        Ok(())
    }

    fn request(&mut self, node: NodeId, request: &Request<C, S>) {
        match request {
            Request::Append(command) => {
                *self.asked.entry(command.clone()).or_insert(0) += 1;
                if let Some(waiting) = &mut self.waiting {
                    waiting.insert((node, command.clone()));
                }
            }
            Request::Barrier(barrier) => {
                self.barriers.insert((node, *barrier), self.committed.len() as Position);
            }
            Request::Snapshot(position, state) => _ = self.given.insert((*position, state.clone())),
            Request::Change(members) => *self.goals.entry(members.clone()).or_insert(0) += 1,
            Request::Transfer(_) => {}
        }
    }

    fn refuse(&mut self, node: NodeId, request: &Request<C, S>) {
        match request {
            Request::Append(command) => {
                take_one(&mut self.asked, command);
                if let Some(waiting) = &mut self.waiting {
                    waiting.remove(&(node, command.clone()));
                }
            }
            Request::Barrier(barrier) => _ = self.barriers.remove(&(node, *barrier)),
            Request::Snapshot(position, state) => _ = self.given.remove(&(*position, state.clone())),
            Request::Change(members) => take_one(&mut self.goals, members),
            Request::Transfer(_) => {}
        }
    }
}

fn take_one<T: Ord>(counts: &mut BTreeMap<T, u32>, of: &T) {
    if let Some(count) = counts.get_mut(of) {
        *count -= 1;
        if *count == 0 {
            counts.remove(of);
        }
    }
}

impl<C: Value, S: Value> Default for LogMonitor<C, S> {
    fn default() -> Self {
        LogMonitor::new()
    }
}

impl<C: Value, S: Value> Monitor<Log<C, S>> for LogMonitor<C, S> {
    fn safety(&self) -> Vec<&'static str> {
        vec![AGREEMENT, INTEGRITY, VALIDITY, ONE_LEADER, FRESH_READS]
    }

    fn liveness(&self) -> Vec<&'static str> {
        let appends = self.waiting.as_ref().map(|_| TERMINATION);
        let catching_up = (!self.everyone.is_empty()).then_some(CATCHING_UP);
        appends.into_iter().chain(catching_up).collect()
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Log<C, S>>) -> Result<(), Violation> {
        match what {
            Observation::Request(request) => self.request(node, request),
            Observation::Indication(Indication::Committed(at, epoch, entry)) => {
                self.commit(node, *at, *epoch, entry)?;
            }
            Observation::Indication(Indication::Restore(snapshot)) => self.restore(node, snapshot)?,
            Observation::Indication(Indication::Passed(barrier)) => self.pass(node, *barrier)?,
            Observation::Indication(Indication::Leader(epoch, Some(leader))) => {
                self.lead(node, *epoch, *leader)?;
            }
            Observation::Indication(Indication::Leader(_, None)) => {}
            Observation::Indication(Indication::Refused(request)) => self.refuse(node, request),
            Observation::Crash => {
                self.told.remove(&node);
                self.barriers.retain(|(at, _), _| *at != node);
                if let Some(waiting) = &mut self.waiting {
                    waiting.retain(|(at, _)| *at != node);
                }
                if self.everyone.contains(&node) {
                    self.down.insert(node);
                }
            }
            Observation::Restart => _ = self.down.remove(&node),
            Observation::Timeout | Observation::Loss => {}
        }
        Ok(())
    }

    fn owes(&self, liveness: &str) -> bool {
        let length = self.committed.len() as Position;
        match liveness {
            TERMINATION => self.waiting.as_ref().is_some_and(|waiting| !waiting.is_empty()),
            CATCHING_UP => self.everyone.difference(&self.down).any(|&node| self.told(node) < length),
            _ => false,
        }
    }
}
