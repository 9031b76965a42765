//! A node from outside: how it is made, what can be set, and what can be looked at.

use std::time::Duration;

use synod_actor::{NodeId, Seed, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Journal, MultiPaxos, Phase};
use crate::{
    Epoch, Membership, Quorums,
    barriers::Barriers,
    log::{Entry, Position, Replica},
    waiting::Waiting,
};

/// What can be set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Settings {
    /// The least time without a leader after which a node tries to lead. What a node waits is drawn from it to twice as much,
    /// so that two that duel fall out of step.
    pub patience: Duration,
    /// The time from heartbeat to heartbeat: much less than that.
    pub heartbeat: Duration,
    /// With so many positions proposed and not yet chosen, what follows waits, and is proposed together when there is room
    /// again. With 1 there is one proposal at a time, and decrees are batched; with more they are pipelined.
    pub window: u64,
    /// How many decrees at most one message has for what has waited, or for a node that is behind.
    pub batch: usize,
}

impl Default for Settings {
    /// For a local network.
    fn default() -> Self {
        Settings {
            patience: Duration::from_millis(150),
            heartbeat: Duration::from_millis(50),
            window: 4096,
            batch: 1024,
        }
    }
}

impl<C: Value, S: Value> MultiPaxos<C, S> {
    /// A node of a log with these quorums. All nodes must be given the same. That any two of the two kinds meet is up to the
    /// caller: [`Quorums::disjoint`] tells.
    pub fn new(quorums: Quorums, settings: Settings) -> Self {
        let members = quorums.election.nodes().into_iter().chain(quorums.replication.nodes());
        MultiPaxos {
            promised: Epoch::ZERO,
            journal: Journal::new(),
            chosen: 0,
            seen: Epoch::ZERO,
            phase: Phase::Idle,
            waiting: Waiting::default(),
            leader: None,
            reads: Barriers::default(),
            members: Membership::of(members),
            quorums,
            settings,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same node, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        MultiPaxos { flaw: Some(flaw), ..self }
    }

    /// What it has accepted.
    pub fn journal(&self) -> &Journal<C, S> {
        &self.journal
    }

    /// Who leads the ballot that it has promised, if that is known and counts as alive.
    pub fn leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// Which nodes are enough.
    pub fn quorums(&self) -> &Quorums {
        &self.quorums
    }
}

impl<C: Value, S: Value> Replica for MultiPaxos<C, S> {
    type Command = C;

    fn epoch(&self) -> Epoch {
        self.promised
    }

    fn leads(&self) -> bool {
        matches!(self.phase, Phase::Leading(_))
    }

    fn committed(&self) -> Position {
        self.chosen
    }

    fn last(&self) -> Position {
        self.journal.last()
    }

    fn entry(&self, at: Position) -> Option<(Epoch, &Entry<C>)> {
        self.journal.vote(at).map(|(_, decree)| (decree.epoch, &decree.entry))
    }
}

/// A log of each configuration. See [`reconfiguration`](crate::reconfiguration).
impl<C: Value, S: Value> Seed<Membership> for MultiPaxos<C, S> {
    /// With majorities for both kinds of quorums.
    fn instance(&self, members: &Membership) -> Self {
        MultiPaxos {
            members: members.clone(),
            #[cfg(feature = "mutants")]
            flaw: self.flaw,
            ..MultiPaxos::new(Quorums::majority(&members.voters), self.settings.clone())
        }
    }

    fn concerns(&self, node: NodeId) -> bool {
        self.members.contains(node)
    }
}
