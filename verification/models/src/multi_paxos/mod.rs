//! Multi-Paxos.
//!
//! Commands and snapshots are letters. Each ballot costs a timeout of the budget, and so does each heartbeat. Among three
//! nodes the first ballots are 3, 4 and 5, of the nodes in their order; the next are 6, 7 and 8. Some runs begin in the middle,
//! with something on the disks.

mod flexible;
mod mutants;
mod normal;
mod recovery;

use synod_actor::{NodeId, Value};
use synod_checker::Environment;
use synod_consensus::{
    Epoch, MultiPaxos, Quorums,
    log::{Entry as LogEntry, Position, Replica},
    multi_paxos::{Decree, Record, Settings, Timer},
};
use synod_properties::{
    LogMonitor,
    log::state::{
        COMMITTED_AGREE, LEADER_COMPLETENESS, ONE_LEADER, committed_agree, leaders_are_complete, one_leader,
    },
};

use crate::{
    logs::{self, Asked, all_of, append, observed},
    patience::{self, Impatient},
    registry::{Entry, three as entry, unreached},
};

type Node = MultiPaxos<char, char>;
type Patient = patience::Patient<Node>;
type Monitor = LogMonitor<char, char>;
type Model = logs::Model<Node>;
type Disk = Vec<Record<char, char>>;

/// In a ballot one decree at most is accepted for a position, by whomever: its proposer has made up its mind.
const ONE_DECREE: &str = "one decree per ballot and position";
/// What a quorum has accepted in a ballot is all that is accepted in later ones (P2b of Lamport 2001, §2.2).
const CHOSEN_STAYS: &str = "what is chosen stays";

/// An acceptor has promised no less than the ballot of any of its votes: to accept is to promise.
const VOTES_PROMISE: &str = "votes are promises";

/// The steps that nobody takes where one node leads, and nothing is lost.
const QUIET: &[&str] = &[
    "adopt",
    "batch",
    "catch up",
    "fill gap",
    "install",
    "nack",
    "preempted",
    "read",
    "snapshot",
    "take over",
];

impl<C: Value, S: Value> Impatient for MultiPaxos<C, S> {
    fn is_patience(timer: &Timer) -> bool {
        *timer == Timer::Patience
    }

    fn follows(&self) -> Option<Epoch> {
        self.leader().map(|_| self.epoch())
    }
}

fn node(index: u16) -> NodeId {
    NodeId(index)
}

/// So many nodes with these quorums.
fn group(nodes: usize, quorums: &Quorums) -> Vec<Patient> {
    let node = MultiPaxos::new(quorums.clone(), Settings::default());
    vec![Patient::new(node); nodes]
}

/// So many nodes, of which any majority is enough for everything.
fn majority(nodes: usize) -> Vec<Patient> {
    group(nodes, &Quorums::majority(&NodeId::group(nodes).into_iter().collect()))
}

/// That the node has promised this ballot.
fn promised(ballot: u64) -> Record<char, char> {
    Record::Promised(Epoch(ballot))
}

/// That it has accepted, in this ballot and from this position on, these decrees, which were proposed first in that ballot.
fn accepted(ballot: u64, first: Position, entries: &[LogEntry<char>]) -> Record<char, char> {
    let decree = |entry: &LogEntry<char>| Decree { epoch: Epoch(ballot), entry: entry.clone() };
    Record::Accepted(Epoch(ballot), first, entries.iter().map(decree).collect())
}

fn command(of: char) -> LogEntry<char> {
    LogEntry::Command(of)
}

/// All votes for a position.
fn votes_at(nodes: &[&Node], at: Position) -> Vec<(NodeId, Epoch, Decree<char>)> {
    let vote = |(index, node): (u16, &&Node)| {
        node.journal().vote(at).map(|(ballot, decree)| (NodeId(index), ballot, decree.clone()))
    };
    (0..).zip(nodes).filter_map(vote).collect()
}

fn positions(nodes: &[&Node]) -> std::ops::RangeInclusive<Position> {
    1..=nodes.iter().map(|node| node.last()).max().unwrap_or(0)
}

fn one_decree(nodes: &[&Node]) -> bool {
    positions(nodes).all(|at| {
        let votes = votes_at(nodes, at);
        let agree = |(_, ballot, decree): &(_, _, _), (_, other_ballot, other): &(_, _, _)| {
            ballot != other_ballot || decree == other
        };
        votes.iter().all(|one| votes.iter().all(|other| agree(one, other)))
    })
}

fn chosen_stays(nodes: &[&Node]) -> bool {
    let Some(quorums) = nodes.first().map(|node| node.quorums()) else { return true };
    positions(nodes).all(|at| {
        let votes = votes_at(nodes, at);
        votes.iter().all(|(_, ballot, decree)| {
            let voted = |node| votes.iter().any(|(of, in_ballot, _)| *of == node && in_ballot == ballot);
            let later = |(_, other, _): &&(NodeId, Epoch, Decree<char>)| other > ballot;
            !quorums.replication.is_met(&voted)
                || votes.iter().filter(later).all(|(.., other)| other == decree)
        })
    })
}

fn votes_promise(nodes: &[&Node]) -> bool {
    let keeps = |node: &&Node| {
        (1..=node.last()).filter_map(|at| node.journal().vote(at)).all(|(ballot, _)| ballot <= node.epoch())
    };
    nodes.iter().all(keeps)
}

/// The model, and that acceptors keep to what they have promised by their votes.
fn with_promises(model: Model) -> Model {
    model.invariant(VOTES_PROMISE, |nodes| all_of(nodes, votes_promise))
}

/// The same, with all that must hold of their states.
fn model(nodes: Vec<Patient>, requests: &[Asked], monitor: Monitor, environment: Environment) -> Model {
    observed(nodes, requests, monitor, environment)
        .invariant(ONE_LEADER, |nodes| all_of(nodes, one_leader))
        .invariant(ONE_DECREE, |nodes| all_of(nodes, one_decree))
        .invariant(CHOSEN_STAYS, |nodes| all_of(nodes, chosen_stays))
        .invariant(LEADER_COMPLETENESS, |nodes| all_of(nodes, leaders_are_complete))
        .invariant(COMMITTED_AGREE, |nodes| all_of(nodes, committed_agree))
}

pub(crate) fn entries_of_multi_paxos() -> Vec<Entry> {
    let families = [normal::entries(), recovery::entries(), flexible::entries(), mutants::entries()];
    families.into_iter().flatten().collect()
}
