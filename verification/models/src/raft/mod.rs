//! Raft.
//!
//! Commands and snapshots are letters. Each election costs a timeout of the budget (with pre-vote it may be two: the
//! candidate's, and that of a voter for whom the leader still counts as alive), and so does each heartbeat. Some runs begin
//! in the middle, with something on the disks.

mod changes;
mod leases;
mod mutants;
mod mutants_of_changes;
mod normal;
mod partition;
mod recovery;
mod transfers;

use synod_actor::{NodeId, Value};
use synod_checker::Environment;
use synod_consensus::{
    Epoch, Membership, Raft,
    log::{Entry as LogEntry, Position, Replica, Request},
    raft::{Record, Settings, Stamped, Timer},
};
use synod_properties::{
    LogMonitor,
    log::state::{
        COMMITTED_AGREE, LEADER_COMPLETENESS, LOG_MATCHING, ONE_LEADER, committed_agree,
        leaders_are_complete, logs_match, one_leader,
    },
};

use crate::{
    logs::{self, Asked, all_of, append, observed},
    patience::{self, Impatient},
    registry::{Entry, Size, three as entry, unreached},
};

type Node = Raft<char, char>;
type Patient = patience::Patient<Node>;
type Monitor = LogMonitor<char, char>;
type Model = logs::Model<Node>;
type Disk = Vec<Record<char, char>>;

/// The members are those of the latest entry about them that the log holds, and of no other.
const MEMBERS: &str = "members are those of the log";

impl<C: Value, S: Value> Impatient for Raft<C, S> {
    fn is_patience(timer: &Timer) -> bool {
        *timer == Timer::Election
    }

    fn follows(&self) -> Option<Epoch> {
        self.leader().map(|_| self.epoch())
    }
}

fn node(index: u16) -> NodeId {
    NodeId(index)
}

fn voters(of: &[u16]) -> Membership {
    Membership::of(of.iter().map(|&voter| node(voter)))
}

/// The algorithm of the paper, without what keeps nodes from calling needless elections.
fn plain() -> Settings {
    Settings { pre_vote: false, check_quorum: false, ..Settings::default() }
}

/// A node of this log.
fn of(members: &[u16], settings: Settings) -> Patient {
    Patient::new(Raft::new(voters(members), settings))
}

/// So many nodes that are all voters.
fn group(size: Size, settings: Settings) -> Vec<Patient> {
    let members = Membership::of(NodeId::group(size.nodes));
    vec![Patient::new(Raft::new(members, settings)); size.nodes]
}

/// That the node has got to this term, and voted for nobody.
fn term(term: u64) -> Record<char, char> {
    Record::Term(Epoch(term), None)
}

/// That the log goes on so behind this position.
fn entries(after: Position, entries: &[(u64, LogEntry<char>)]) -> Record<char, char> {
    let stamped =
        |(term, entry): &(u64, LogEntry<char>)| Stamped { term: Epoch(*term), entry: entry.clone() };
    Record::Append(after, entries.iter().map(stamped).collect())
}

fn command(of: char) -> LogEntry<char> {
    LogEntry::Command(of)
}

fn change(at: u16, members: &[u16]) -> Asked {
    (at, Request::Change(voters(members)))
}

/// The same, with all that must hold of their states.
fn model(nodes: Vec<Patient>, requests: &[Asked], monitor: Monitor, environment: Environment) -> Model {
    let members_of_log = |node: &&Node| {
        let journal = node.journal();
        node.members() == journal.members_at(node.last())
    };
    observed(nodes, requests, monitor, environment)
        .invariant(ONE_LEADER, |nodes| all_of(nodes, one_leader))
        .invariant(LOG_MATCHING, |nodes| all_of(nodes, logs_match))
        .invariant(LEADER_COMPLETENESS, |nodes| all_of(nodes, leaders_are_complete))
        .invariant(COMMITTED_AGREE, |nodes| all_of(nodes, committed_agree))
        .invariant(MEMBERS, move |nodes| nodes.iter().all(|node| members_of_log(&&node.live.node)))
}

/// The steps beyond elections and entries, in alphabetical order.
const BEYOND: &[&str] = &[
    "batch", "catch up", "change", "give up", "handover", "install", "leave", "pre-vote", "read", "snapshot",
];

pub(crate) fn entries_of_raft() -> Vec<Entry> {
    let families = [
        normal::entries(),
        recovery::entries(),
        partition::entries(),
        leases::entries(),
        transfers::entries(),
        changes::entries(),
        mutants::entries(),
        mutants_of_changes::entries(),
    ];
    families.into_iter().flatten().collect()
}
