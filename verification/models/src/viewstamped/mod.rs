//! Viewstamped Replication.
//!
//! Commands and snapshots are letters. Each view change costs a timeout of the budget, and so does each repetition. Some runs
//! begin in the middle, with something on the disks. Partitions need nothing of their own where safety alone is asked for: a
//! message may always be on its way for as long as the run is.

mod behind;
mod mutants;
mod normal;
mod recovery;

use synod_actor::{NodeId, Value};
use synod_checker::Environment;
use synod_consensus::{
    Epoch, Membership, Viewstamped,
    log::{Entry as LogEntry, Position, Replica},
    viewstamped::{Record, Settings, Storage, Tail, Timer},
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
    patience::{Impatient, impatient, with},
    registry::{Entry, Size, three as entry, unreached},
};

type Node = Viewstamped<char, char>;
type Patient = crate::patience::Patient<Node>;
type Monitor = LogMonitor<char, char>;
type Model = logs::Model<Node>;
type Disk = Vec<Record<char, char>>;

/// Of the logs of two replicas that are normal in one view, one begins with the other.
const ONE_LOG: &str = "one log per view";

impl<C: Value, S: Value> Impatient for Viewstamped<C, S> {
    fn is_patience(timer: &Timer) -> bool {
        *timer == Timer::ViewChange
    }

    fn follows(&self) -> Option<Epoch> {
        self.normal_in()
    }
}

fn node(index: u16) -> NodeId {
    NodeId(index)
}

fn on_disk() -> Settings {
    Settings::default()
}

fn in_memory() -> Settings {
    Settings { storage: Storage::Memory, ..Settings::default() }
}

/// So many replicas.
fn group(size: Size, settings: Settings) -> Vec<Patient> {
    let members = Membership::of(NodeId::group(size.nodes));
    vec![Patient::new(Viewstamped::new(members, settings)); size.nodes]
}

/// Replicas that repeat nothing, for nothing is lost.
fn quiet(mut nodes: Vec<Patient>) -> Vec<Patient> {
    nodes.iter_mut().for_each(|node| node.silent = &[Timer::Resend, Timer::Idle]);
    nodes
}

/// Replicas of which a primary repeats itself, and nobody else.
fn talkative(mut nodes: Vec<Patient>) -> Vec<Patient> {
    nodes.iter_mut().for_each(|node| node.silent = &[Timer::Resend]);
    nodes
}

/// That the replica has promised to get to this view.
fn promised(view: u64) -> Record<char, char> {
    Record::View(Epoch(view))
}

/// That the replica was normal in this view, with these entries in its log.
fn normal_in(view: u64, entries: &[(u64, char)]) -> Record<char, char> {
    let stamped = |&(view, of): &(u64, char)| (Epoch(view), LogEntry::Command(of));
    Record::Normal(
        Epoch(view),
        Tail { snapshot: None, after: 0, entries: entries.iter().map(stamped).collect() },
    )
}

/// "One log per view".
fn one_log(nodes: &[&Node]) -> bool {
    let same = |one: &Node, other: &Node, at: Position| match (one.entry(at), other.entry(at)) {
        (Some(one), Some(other)) => one == other,
        _ => true, // a snapshot has replaced it
    };
    nodes.iter().enumerate().all(|(at, one)| {
        let peers = nodes[at + 1..]
            .iter()
            .filter(|other| one.normal_in().is_some() && one.normal_in() == other.normal_in());
        peers.into_iter().all(|other| (1..=one.last().min(other.last())).all(|at| same(one, other, at)))
    })
}

/// The same, with all that must hold of their states.
fn model(nodes: Vec<Patient>, requests: &[Asked], monitor: Monitor, environment: Environment) -> Model {
    observed(nodes, requests, monitor, environment)
        .invariant(ONE_LEADER, |nodes| all_of(nodes, one_leader))
        .invariant(LOG_MATCHING, |nodes| all_of(nodes, logs_match))
        .invariant(LEADER_COMPLETENESS, |nodes| all_of(nodes, leaders_are_complete))
        .invariant(COMMITTED_AGREE, |nodes| all_of(nodes, committed_agree))
        .invariant(ONE_LOG, |nodes| all_of(nodes, one_log))
}

pub(crate) fn entries_of_viewstamped() -> Vec<Entry> {
    let families = [normal::entries(), recovery::entries(), behind::entries(), mutants::entries()];
    families.into_iter().flatten().collect()
}
