//! A node from outside: how it is made, what can be set, and what can be looked at.

use std::time::Duration;

use synod_actor::{NodeId, Value};

#[cfg(feature = "mutants")]
use super::Flaw;
use super::{Journal, Raft, Role};
use crate::{
    Epoch, Membership,
    barriers::Barriers,
    log::{Entry, Position, Replica},
    waiting::Waiting,
};

/// What can be set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Settings {
    /// Ask whether an election can be won before starting it (dissertation, §9.6).
    pub pre_vote: bool,
    /// A leader that has no answers from a quorum steps down, and whoever hears of a leader ignores candidates
    /// (dissertation, §6.2 and §4.2.3). One without the other would keep useless leaders in place.
    pub check_quorum: bool,
    /// The least election timeout. Timeouts are drawn from it to twice as much.
    pub election: Duration,
    /// The time from heartbeat to heartbeat: much less than the election timeout.
    pub heartbeat: Duration,
    /// If given: whoever hears of a leader votes for nobody else within the election timeout, and a leader that a quorum has answered
    /// reads for so long without asking anyone (dissertation, §6.4.1). **Reads may be stale** unless a timer of this length at one
    /// node fires before one of the length `election` that is set later at another: less than `election` by more than clocks can
    /// differ in their rates. It does not hold for nodes that are paused while others go on.
    pub lease: Option<Duration>,
    /// With so many entries appended and not yet committed, the next ones wait, and go together when there is room again. With 1
    /// there is one message at a time, and entries are batched (dissertation, §10.2.2); with more they are pipelined. Nor are more than
    /// so many on their way to any follower, sent and not yet acknowledged: who is slow is sent what it lacks later (flow control).
    pub window: u64,
    /// How many entries at most one message has, and one write of what has waited.
    pub batch: usize,
    /// How many rounds, of an election timeout each, new voters have to catch up; else the change is refused (dissertation,
    /// §4.2.1). Who needs longer is better made a learner first, which has all the time that it takes.
    pub rounds: u32,
}

impl Default for Settings {
    /// Pre-vote and check-quorum, timeouts as in §9.3 of the paper, and windows for a local network.
    fn default() -> Self {
        Settings {
            pre_vote: true,
            check_quorum: true,
            election: Duration::from_millis(150),
            heartbeat: Duration::from_millis(50),
            lease: None,
            window: 4096,
            batch: 1024,
            rounds: 10,
        }
    }
}

impl<C: Value, S: Value> Raft<C, S> {
    /// A node of a log whose first members are these. All nodes must be given the same; one that is to join later, and
    /// does not know who they are, is given none (`Membership::default()`).
    pub fn new(members: Membership, settings: Settings) -> Self {
        Raft {
            term: Epoch::ZERO,
            voted_for: None,
            journal: Journal::new(members),
            commit: 0,
            role: Role::Follower,
            waiting: Waiting::default(),
            leader: None,
            faithful: false,
            reads: Barriers::default(),
            settings,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// The same node, with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(self, flaw: Flaw) -> Self {
        Raft { flaw: Some(flaw), ..self }
    }

    /// The log.
    pub fn journal(&self) -> &Journal<C, S> {
        &self.journal
    }

    /// The members: the latest in the log, committed or not.
    pub fn members(&self) -> &Membership {
        self.journal.members().1
    }

    /// Who leads this term, if it is known and counts as alive.
    pub fn leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// Whom it wants to lead in its place, if it leads.
    pub fn successor(&self) -> Option<NodeId> {
        match &self.role {
            Role::Leader(leadership) => leadership.successor,
            Role::Follower | Role::PreCandidate { .. } | Role::Candidate { .. } => None,
        }
    }

    /// Whom it voted for in this term.
    pub fn voted_for(&self) -> Option<NodeId> {
        self.voted_for
    }
}

impl<C: Value, S: Value> Replica for Raft<C, S> {
    type Command = C;

    fn epoch(&self) -> Epoch {
        self.term
    }

    fn leads(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    fn committed(&self) -> Position {
        self.commit
    }

    fn last(&self) -> Position {
        self.journal.last().index
    }

    fn entry(&self, at: Position) -> Option<(Epoch, &Entry<C>)> {
        self.journal.get(at).map(|stamped| (stamped.term, &stamped.entry))
    }
}
