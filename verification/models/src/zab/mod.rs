//! Zab.
//!
//! Commands and snapshots are letters. In most models an oracle says whom to follow, since safety must not depend on it, and
//! elections by vote have models of their own. Each loss of patience costs a timeout of the budget, and so does each
//! repetition. Some runs begin with something on the disks. Partitions need nothing of their own where safety alone is asked
//! for: a message may always be on its way for as long as the run is.

mod behind;
mod mutants;
mod normal;
mod recovery;

use synod_actor::{NodeId, Value};
use synod_checker::Environment;
use synod_consensus::{
    Epoch, Membership, Zab,
    log::Entry as LogEntry,
    zab::{Election, Record, Settings, Timer},
};
use synod_properties::{
    LogMonitor,
    log::state::{
        COMMITTED_AGREE, GLOBAL_PRIMARY_ORDER, LEADER_COMPLETENESS, LOG_MATCHING, ONE_LEADER,
        PRIMARY_INTEGRITY, committed_agree, leaders_are_complete, logs_match, one_leader,
        primaries_have_delivered, primaries_in_order,
    },
};

use crate::{
    logs::{self, Asked, all_of, append, observed},
    patience::{Impatient, impatient, with},
    registry::{Entry, three as entry, unreached},
};

type Node = Zab<char, char>;
type Patient = crate::patience::Patient<Node>;
type Monitor = LogMonitor<char, char>;
type Model = logs::Model<Node>;
type Disk = Vec<Record<char, char>>;

impl<C: Value, S: Value> Impatient for Zab<C, S> {
    fn is_patience(timer: &Timer) -> bool {
        *timer == Timer::Contact
    }

    fn follows(&self) -> Option<Epoch> {
        self.active_in()
    }
}

fn node(index: u16) -> NodeId {
    NodeId(index)
}

/// A node of these members for each of these oracles, which say whom to follow first, and whom when that has failed.
fn told(members: &Membership, oracles: &[&[u16]]) -> Vec<Patient> {
    let of = |oracle: &&[u16]| {
        let election = Election::Oracle(oracle.iter().copied().map(NodeId).collect());
        Patient::new(Zab::new(members.clone(), Settings { election, ..Settings::default() }))
    };
    oracles.iter().map(of).collect()
}

/// As many voters as there are oracles.
fn voters(oracles: &[&[u16]]) -> Vec<Patient> {
    told(&Membership::of(NodeId::group(oracles.len())), oracles)
}

/// So many voters that elect their leader.
fn electing(nodes: usize) -> Vec<Patient> {
    vec![Patient::new(Zab::new(Membership::of(NodeId::group(nodes)), Settings::default())); nodes]
}

/// Nodes that repeat nothing, for nothing is lost.
fn quiet(mut nodes: Vec<Patient>) -> Vec<Patient> {
    nodes.iter_mut().for_each(|node| node.silent = &[Timer::Resend, Timer::Tick]);
    nodes
}

/// The nodes, with something wrong with them.
fn flawed(mut nodes: Vec<Patient>, flawed: impl Fn(Node) -> Node) -> Vec<Patient> {
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    nodes
}

/// What is on the disk of a node that has accepted an epoch, and has this history of another one.
fn disk(accepted: u64, current: u64, history: &[(u64, char)]) -> Disk {
    let stamped = |&(epoch, of): &(u64, char)| (Epoch(epoch), LogEntry::Command(of));
    vec![
        Record::AcceptedEpoch(Epoch(accepted)),
        Record::Append(history.iter().map(stamped).collect()),
        Record::CurrentEpoch(Epoch(current)),
    ]
}

/// The nodes and what is asked, with all that must hold of their states.
fn model(nodes: Vec<Patient>, requests: &[Asked], monitor: Monitor, environment: Environment) -> Model {
    observed(nodes, requests, monitor, environment)
        .invariant(ONE_LEADER, |nodes| all_of(nodes, one_leader))
        .invariant(LOG_MATCHING, |nodes| all_of(nodes, logs_match))
        .invariant(LEADER_COMPLETENESS, |nodes| all_of(nodes, leaders_are_complete))
        .invariant(COMMITTED_AGREE, |nodes| all_of(nodes, committed_agree))
        .invariant(GLOBAL_PRIMARY_ORDER, |nodes| all_of(nodes, primaries_in_order))
        .invariant(PRIMARY_INTEGRITY, |nodes| {
            all_of(nodes, |nodes| primaries_have_delivered(nodes, Node::broadcasts_in))
        })
}

pub(crate) fn entries_of_zab() -> Vec<Entry> {
    let families = [normal::entries(), recovery::entries(), behind::entries(), mutants::entries()];
    families.into_iter().flatten().collect()
}
