//! A node from outside: how it is made, what can be set, and what can be looked at.

use std::time::Duration;

use synod_actor::{NodeId, Seed, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Journal, Looking, Phase, Role, Zab};
use crate::{
    Epoch, Membership,
    barriers::Barriers,
    log::{Entry, Position, Replica},
    waiting::Waiting,
};

/// How a leader is found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Election {
    /// Fast leader election: whoever has the best history of a quorum.
    Fast,
    /// Something else says whom to follow: first this node, when that has failed the next one, and so on from the beginning.
    /// Safety does not depend on what it says, nor on whether it says the same to all.
    Oracle(Vec<NodeId>),
}

/// What can be set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Settings {
    /// How a leader is found.
    pub election: Election,
    /// How long to wait for a better vote when a quorum agrees (finalizeWait).
    pub wait: Duration,
    /// The time from one sign of life of a leader to the next, and after which what needs an answer is repeated (tickTime).
    pub tick: Duration,
    /// The least time without the leader, or a quorum, after which a node looks for a leader (syncLimit). It is drawn from
    /// this to twice as much.
    pub contact: Duration,
    /// With so many transactions proposed and not yet committed, the next ones wait, and go together when there is room again. With
    /// 1 there is one PROPOSE message at a time, and transactions are batched; with more they are pipelined, as in the paper, which
    /// has several outstanding transactions.
    pub window: u64,
    /// How many transactions at most one message has.
    pub batch: usize,
}

impl Default for Settings {
    /// Fast leader election, and times and windows for a local network.
    fn default() -> Self {
        Settings {
            election: Election::Fast,
            wait: Duration::from_millis(50),
            tick: Duration::from_millis(50),
            contact: Duration::from_millis(150),
            window: 4096,
            batch: 1024,
        }
    }
}

impl<C: Value, S: Value> Zab<C, S> {
    /// A node of these members' log; the learners among them are observers. All must be given the same.
    pub fn new(members: Membership, settings: Settings) -> Self {
        Zab {
            accepted_epoch: Epoch::ZERO,
            current_epoch: Epoch::ZERO,
            journal: Journal::new(),
            committed: 0,
            role: Role::Looking(Looking::default()),
            clock: 0,
            waiting: Waiting::default(),
            reads: Barriers::default(),
            members,
            settings,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same node, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        Zab { flaw: Some(flaw), ..self }
    }

    /// The history.
    pub fn journal(&self) -> &Journal<C, S> {
        &self.journal
    }

    /// The established leader that it follows, if it follows one.
    pub fn follows(&self) -> Option<NodeId> {
        match &self.role {
            Role::Following(following) if following.phase == Phase::Broadcast => Some(following.leader),
            Role::Following(_) | Role::Leading(_) | Role::Looking(_) => None,
        }
    }

    /// logicalclock: how many rounds of elections there were, as far as it knows.
    pub fn logical_clock(&self) -> u64 {
        self.clock
    }

    /// The last epoch that it has promised.
    pub fn accepted_epoch(&self) -> Epoch {
        self.accepted_epoch
    }

    /// The epoch whose history it leads, established or not.
    pub fn broadcasts_in(&self) -> Option<Epoch> {
        let is_on_way = matches!(&self.role, Role::Leading(lead) if lead.phase != Phase::Discovery);
        Some(self.current_epoch).filter(|_| is_on_way)
    }

    /// The epoch in whose phase 3 it takes part, as its leader or up to date with it.
    pub fn active_in(&self) -> Option<Epoch> {
        Some(self.current_epoch).filter(|_| self.leads() || self.follows().is_some())
    }
}

impl<C: Value, S: Value> Replica for Zab<C, S> {
    type Command = C;

    /// currentEpoch.
    fn epoch(&self) -> Epoch {
        self.current_epoch
    }

    /// Whether it leads, and is established: phase 3.
    fn leads(&self) -> bool {
        matches!(&self.role, Role::Leading(lead) if lead.phase == Phase::Broadcast)
    }

    fn committed(&self) -> Position {
        self.committed
    }

    fn last(&self) -> Position {
        self.journal.last()
    }

    fn entry(&self, at: Position) -> Option<(Epoch, &Entry<C>)> {
        self.journal.get(at).map(|(epoch, entry)| (*epoch, entry))
    }
}

/// A log of each configuration. See [`reconfiguration`](crate::reconfiguration).
impl<C: Value, S: Value> Seed<Membership> for Zab<C, S> {
    fn instance(&self, members: &Membership) -> Self {
        Zab {
            #[cfg(feature = "mutants")]
            flaw: self.flaw,
            ..Zab::new(members.clone(), self.settings.clone())
        }
    }

    fn concerns(&self, node: NodeId) -> bool {
        self.members.contains(node)
    }
}
