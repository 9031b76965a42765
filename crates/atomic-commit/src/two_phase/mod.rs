//! Two-phase commit with presumed abort and cooperative termination, after Gray, *Notes on Data Base Operating Systems*
//! (1978); Mohan, Lindsay and Obermarck, *Transaction Management in the R\* Distributed Database Management
//! System* (1986), §3; and Bernstein, Hadzilacos and Goodman (1987), §7.4.
//!
//! The first node of the group coordinates; the others participate, and vote. One value handles one transaction; many
//! of them are [`Many`](synod_actor::Many), by name.
//!
//! - **Assumes** nothing for safety: links may lose, duplicate, reorder and delay; nodes may crash and restart from
//!   their disks. A transaction's name is used once ([`Request::Begin`](crate::Request::Begin)).
//! - **Guarantees** atomicity always. Termination once every crashed node has restarted and links deliver at last: not
//!   before, for a participant that voted yes is *in doubt* until told, and if the coordinator is down and every peer
//!   is in doubt as well, it is **blocked**. Every atomic commit protocol blocks somewhere; this one does so soonest.
//! - **Presumed abort**: a coordinator writes nothing of an abort, and answers for a transaction that it does not know
//!   that it was aborted. So it must remember a commit until every participant has acknowledged it, and only until
//!   then; aborts are not acknowledged.

mod coordinator;
#[cfg(feature = "mutants")]
mod flaws;
mod participant;

use std::{collections::BTreeSet, ops::Range, time::Duration};

use synod_actor::{Actor, Cx, Event, NodeId, Nothing, Visit, Visitor, visit};

#[cfg(feature = "mutants")]
pub use flaws::Flaw;

use crate::{AtomicCommit, Outcome, Vote};

/// What the nodes say to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    /// The coordinator asks a participant for its vote.
    Prepare,
    /// The participant's answer.
    Vote(Vote),
    /// The outcome: from the coordinator, or from a peer that was asked and knows it.
    Decision(Outcome),
    /// A participant tells the coordinator that it has committed, durably.
    Ack,
    /// A participant in doubt asks the coordinator and its peers for the outcome.
    Inquire,
}

/// What a node writes to disk. The last record says it all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    /// A participant can commit, whatever happens, and is about to say so.
    Prepared,
    /// A participant learnt the outcome, or aborted alone. A coordinator decided to commit: its aborts are not logged.
    Decided(Outcome),
    /// A coordinator knows that every participant has committed: the transaction may be forgotten.
    End,
}

/// What a node waits for, when a timer fires.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Wait {
    /// The coordinator, for votes.
    Votes,
    /// The coordinator, for acknowledgements of the commit.
    Acks,
    /// A participant in doubt, for the outcome.
    Outcome,
}

/// How long each of these waits lasts.
const PATIENCE: Range<Duration> = Duration::from_secs(1)..Duration::from_secs(2);

/// What a node knows beyond its log, and forgets in a crash.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Phase {
    /// Nothing.
    #[default]
    Quiet,
    /// Coordinator: asked for votes; these said yes.
    Collecting(BTreeSet<NodeId>),
    /// Coordinator: aborted.
    Aborted,
    /// Coordinator: committed; these have not acknowledged it.
    Committing(BTreeSet<NodeId>),
    /// Participant: its client said yes before it was asked.
    Willing,
    /// Participant: asked, and waiting for its client to vote.
    Asked,
}

/// A node of two-phase commit. See the [module](self).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TwoPhase {
    // Durable: changed by `replay` only.
    /// The last record.
    logged: Option<Record>,
    // Volatile.
    phase: Phase,
    #[cfg(feature = "mutants")]
    flaw: Option<Flaw>,
}

impl Actor for TwoPhase {
    type Provides = AtomicCommit;
    type Uses = Nothing;
    type Msg = Msg;
    type Timer = Wait;
    type Record = Record;

    /// The two columns of the protocol are in two files.
    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        if cx.me() == coordinator(cx) { self.coordinate(event, cx) } else { self.participate(event, cx) }
    }

    fn replay(&mut self, record: Record) {
        self.logged = Some(record);
    }

    fn marks() -> Vec<&'static str> {
        [coordinator::MARKS, participant::MARKS].concat()
    }
}

/// The coordinator of the transaction.
fn coordinator(cx: &Cx<'_, TwoPhase>) -> NodeId {
    cx.group()[0]
}

impl TwoPhase {
    /// A node that has not heard of the transaction.
    pub fn new() -> Self {
        TwoPhase::default()
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(flaw: Flaw) -> Self {
        TwoPhase { flaw: Some(flaw), ..TwoPhase::default() }
    }

    /// What the log says: its last record.
    pub fn logged(&self) -> Option<Record> {
        self.logged
    }

    /// Whether this is a participant in doubt: one that voted yes and was not told the outcome.
    pub fn in_doubt(&self) -> bool {
        self.logged == Some(Record::Prepared)
    }

    /// Writes, then does the rest once the write is durable.
    fn persist_then(
        &mut self,
        record: Record,
        forgets: bool, // a fault: the rest does not wait
        cx: &mut Cx<'_, Self>,
        rest: impl FnOnce(&mut Cx<'_, Self>),
    ) {
        if forgets {
            rest(cx);
            self.persist(record, cx);
        } else {
            self.persist(record, cx);
            rest(cx);
        }
    }
}

impl Visit for Phase {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        match self {
            Phase::Quiet | Phase::Aborted | Phase::Willing | Phase::Asked => {}
            Phase::Collecting(nodes) | Phase::Committing(nodes) => nodes.visit(visitor),
        }
    }
}

visit!(TwoPhase { phase });
visit!(Msg {});
visit!(Record {});
visit!(Wait {});
