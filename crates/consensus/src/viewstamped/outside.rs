//! A replica from outside: how it is made, what can be set, and what can be looked at.

use std::time::Duration;

use synod_actor::{NodeId, Seed, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Journal, Status, Viewstamped};
use crate::{
    Epoch, Membership,
    barriers::Barriers,
    log::{Entry, Position, Replica},
    waiting::Waiting,
};

/// Where a replica keeps its log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Storage {
    /// On its disk: any number of replicas may crash and come back.
    Disk,
    /// In memory, as in the paper. A replica that crashes asks the others for it (§4.3), which takes a quorum of replicas that
    /// are up and normal: so no more may be down or recovering at one time than may fail. On its disk are two numbers.
    Memory,
}

/// What can be set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Settings {
    /// Where the log is.
    pub storage: Storage,
    /// The least time without the primary after which a backup starts a view change. It is drawn from this to twice as
    /// much.
    pub view_change: Duration,
    /// The time from one COMMIT message of an idle primary to the next, and after which a replica repeats what it needs an
    /// answer to: much less than the other.
    pub commit: Duration,
    /// With so many entries prepared and not yet committed, the next ones wait, and go together when there is room again. With 1
    /// there is one PREPARE message at a time, and entries are batched (§6.2); with more they are pipelined.
    pub window: u64,
}

impl Default for Settings {
    /// The log on disk, and times for a local network.
    fn default() -> Self {
        Settings {
            storage: Storage::Disk,
            view_change: Duration::from_millis(150),
            commit: Duration::from_millis(50),
            window: 4096,
        }
    }
}

impl<C: Value, S: Value> Viewstamped<C, S> {
    /// A replica of these members' log: the voters. All must be given the same.
    pub fn new(members: Membership, settings: Settings) -> Self {
        Viewstamped {
            incarnation: 0,
            view: Epoch(1),
            last_normal: Epoch(1),
            journal: Journal::new(),
            commit: 0,
            status: Status::Backup,
            waiting: Waiting::default(),
            asked: None,
            reads: Barriers::default(),
            members,
            settings,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same replica, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        Viewstamped { flaw: Some(flaw), ..self }
    }

    /// The log.
    pub fn journal(&self) -> &Journal<C, S> {
        &self.journal
    }

    /// The view in which its status is normal, if it is. (One that has not started again is not, if it has promised to get
    /// to another view.)
    pub fn normal_in(&self) -> Option<Epoch> {
        Some(self.view).filter(|&view| self.is_normal() && view == self.last_normal)
    }

    /// The primary of a view; nobody, if there are no replicas.
    pub fn primary_of(&self, view: Epoch) -> Option<NodeId> {
        self.members.voters.first().map(|&first| self.primary(view, first))
    }

    /// How often it has started.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// The latest view in which its status was normal.
    pub fn last_normal(&self) -> Epoch {
        self.last_normal
    }
}

impl<C: Value, S: Value> Replica for Viewstamped<C, S> {
    type Command = C;

    fn epoch(&self) -> Epoch {
        self.view
    }

    fn leads(&self) -> bool {
        matches!(self.status, Status::Primary(_))
    }

    fn committed(&self) -> Position {
        self.commit
    }

    fn last(&self) -> Position {
        self.journal.last()
    }

    fn entry(&self, at: Position) -> Option<(Epoch, &Entry<C>)> {
        self.journal.get(at).map(|(epoch, entry)| (*epoch, entry))
    }
}

/// A log of each configuration. See [`reconfiguration`](crate::reconfiguration).
impl<C: Value, S: Value> Seed<Membership> for Viewstamped<C, S> {
    fn instance(&self, members: &Membership) -> Self {
        Viewstamped {
            #[cfg(feature = "mutants")]
            flaw: self.flaw,
            ..Viewstamped::new(members.clone(), self.settings.clone())
        }
    }

    fn concerns(&self, node: NodeId) -> bool {
        self.members.contains(node)
    }
}
