//! Changes of members.

use synod_checker::{Environment, Limit, NodeView, System};
use synod_consensus::{
    Membership, Raft,
    log::{Entry as LogEntry, Replica, Request},
    raft::{Settings, Timer},
};
use synod_properties::LogMonitor;

use super::{
    Asked, Model, Node, Patient, all_of, append, change, entries as on_disk, entry, model, node,
    normal::{LEADER_POSSIBLE, someone_leads},
    observed, of, plain, term, unreached, voters,
};
use crate::{
    patience::{impatient, with},
    registry::{Case, Entry, Scale, Size, case, quick, staged},
};

/// Some members, and behind them nodes that know of none yet, which have one round to catch up.
fn members_and_others(members: &[u16], others: usize) -> Vec<Patient> {
    let settings = Settings { rounds: 1, ..plain() };
    let mut nodes = vec![of(members, settings.clone()); members.len()];
    nodes.extend(vec![of(&[], settings); others]);
    nodes
}

/// A second leader may come, or a heartbeat; and something is lost.
fn two_leaders() -> Environment {
    Environment::default().fifo().lossy(Limit::Budget(1)).timeouts(Limit::Budget(2))
}

/// Whoever is given a vote has what was committed when that was asked for.
pub(super) const CAUGHT_UP: &str = "new voters have caught up";

/// "New voters have caught up": at least to where the term of the leader began that gives them a vote.
fn caught_up(nodes: &[&Node]) -> bool {
    let gives_votes = |node: &&Node| {
        let journal = node.journal();
        let entries = (1..=node.last()).filter_map(|at| journal.get(at).map(|stamped| (at, &stamped.entry)));
        entries.into_iter().all(|(at, entry)| {
            let LogEntry::Members(members) = entry else { return true };
            let (before, began) = (journal.members_at(at - 1), journal.first_of_term(at));
            let mut new = members.voters.iter().filter(|&&voter| !before.is_voter(voter));
            new.all(|voter| nodes[voter.index()].last() >= began)
        })
    };
    nodes.iter().all(gives_votes)
}

/// A voter is added; at full scale while something is appended.
pub(super) fn adding(size: Size, flawed: impl Fn(Node) -> Node) -> Model {
    let mut nodes = impatient(&[0, 1], members_and_others(&[0, 1], 1));
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let requests: &[Asked] = &[change(0, &[0, 1, 2]), append(0, 'a')];
    let requests = match size.scale {
        Scale::Quick => &requests[..1],
        Scale::Full => requests,
    };
    catching_up(nodes, requests)
}

fn catching_up(nodes: Vec<Patient>, requests: &[Asked]) -> Model {
    model(nodes, requests, LogMonitor::new(), two_leaders())
        .invariant(CAUGHT_UP, |nodes| all_of(nodes, caught_up))
}

/// Who is no member any more cannot depose the leader of the others.
pub(super) const DEPOSES_NOBODY: &str = "who is removed deposes nobody";

/// A leader has removed the fourth node, and nobody has heard of that: so the others' logs are no longer than its. From there on it
/// loses patience, for it hears nothing any more.
pub(super) fn removed(flawed: impl Fn(Node) -> Node) -> Box<dyn Case> {
    let mut nodes = impatient(&[0, 3], vec![of(&[0, 1, 2, 3], Settings::default()); 4]);
    for patient in &mut nodes {
        patient.node = flawed(patient.node.clone());
        // Heartbeats get through, and in time.
        patient.silent = &[Timer::Heartbeat, Timer::Contact, Timer::Quorum];
    }
    let elections = |so_many| Environment::default().fifo().timeouts(Limit::Budget(so_many));
    let requests = [change(0, &[0, 1, 2])];
    let system = observed(nodes, &requests, LogMonitor::new(), elections(1))
        .invariant(DEPOSES_NOBODY, |nodes| nodes[0].live.node.leads() || nodes[0].live.node.last() < 2);
    let is_removed = |nodes: &[NodeView<'_, Patient>], _: &LogMonitor<char, char>| {
        let [first, others @ ..] = nodes else { return false };
        let follows = |other: &NodeView<'_, Patient>| {
            other.live.node.leader() == Some(node(0)) && other.live.node.last() == 1
        };
        first.live.node.leads() && first.live.node.last() == 2 && others.iter().all(follows)
    };
    staged(system, is_removed, elections(2))
}

/// That a joint membership is left at last.
pub(super) const CHANGE_ENDS: &str = "a change can end";

/// The second node is to take the place of the first, by joint consensus. Each has so much of that on its disk. Timeouts tell who is
/// silent.
fn replacing(
    first: &[LogEntry<char>],
    second: &[LogEntry<char>],
    flawed: impl Fn(Node) -> Node,
) -> System<Patient, LogMonitor<char, char>> {
    let disk = |entries: &[LogEntry<char>]| {
        let entries: Vec<_> = entries.iter().map(|entry| (1, entry.clone())).collect();
        if entries.is_empty() { Vec::new() } else { vec![term(1), on_disk(0, &entries)] }
    };
    let settings = Settings { check_quorum: false, ..Settings::default() };
    let disks = vec![disk(first), disk(second)];
    let mut nodes = with(vec![of(&[0], settings.clone()), of(&[], settings)], disks);
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let monitor = LogMonitor::new().aimed_at([voters(&[1])]);
    observed(nodes, &[], monitor, Environment::default().synchronous())
        .always_possible(CHANGE_ENDS, |nodes, _| {
            nodes.iter().any(|node| node.live.node.leads() && !node.live.node.members().is_joint())
        })
}

/// Both majorities count, and then the new one alone.
fn joint_and_then() -> [LogEntry<char>; 2] {
    let joint = voters(&[1]).with_outgoing([node(0)]);
    [joint, voters(&[1])].map(LogEntry::Members)
}

/// The joint membership is not committed yet.
pub(super) fn joint_pending(
    second_knows: bool,
    flawed: impl Fn(Node) -> Node,
) -> System<Patient, LogMonitor<char, char>> {
    let [joint, _] = joint_and_then();
    let known: &[_] = &[joint];
    replacing(known, if second_knows { known } else { &[] }, flawed)
}

/// The first node has crashed when it had written that it is no member any more, before the second has heard of that.
pub(super) fn replaced(flawed: impl Fn(Node) -> Node) -> System<Patient, LogMonitor<char, char>> {
    let entries = joint_and_then();
    replacing(&entries, &entries[..1], flawed)
}

/// A node that was a learner has missed that it is a voter now, and one of those who made it so is gone.
pub(super) fn promoted_unawares(flawed: impl Fn(Node) -> Node) -> System<Patient, LogMonitor<char, char>> {
    let settings = Settings { check_quorum: false, ..Settings::default() };
    let learns = voters(&[0, 1]).with_learners([node(2)]);
    let promoted = || vec![term(1), on_disk(0, &[(1, LogEntry::Members(voters(&[0, 1, 2])))])];
    let nodes = vec![Patient::new(flawed(Raft::new(learns, settings))); 3];
    let mut nodes = with(impatient(&[1], nodes), vec![promoted(), promoted()]);
    nodes[1].beyond = vec![node(0)];
    nodes[2].beyond = vec![node(0)];
    let monitor = LogMonitor::new().aimed_at([voters(&[0, 1, 2])]);
    observed(nodes, &[], monitor, Environment::default().synchronous())
        .always_possible(LEADER_POSSIBLE, |nodes, _| someone_leads(nodes))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "raft-add-voter",
            about: "A voter is added once it has caught up, or is given up, while leaders come and go",
            build: |size| case(adding(size, |raft| raft)),
            expect: unreached(&[
                "batch", "handover", "install", "leave", "pre-vote", "read", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 6_469, 19_552, 29).reduced(6_279, 18_873, 29)] },
            ..entry()
        },
        Entry {
            name: "raft-remove-leader",
            about: "A leader that removes itself leads until that is committed, without counting itself",
            build: |_| {
                let nodes = impatient(&[0, 1], members_and_others(&[0, 1, 2], 0));
                case(model(nodes, &[change(0, &[1, 2])], LogMonitor::new(), two_leaders()))
            },
            expect: unreached(&[
                "catch up", "give up", "handover", "install", "leave", "pre-vote", "read", "snapshot",
            ]),
            golden: const { &[quick(3, 75_149, 276_424, 26).reduced(63_237, 228_580, 26)] },
            ..entry()
        },
        Entry {
            name: "raft-joint",
            about: "A voter is replaced by another one through joint consensus, while leaders come and go",
            build: |_| {
                let nodes = impatient(&[0, 1], members_and_others(&[0, 1], 1));
                case(catching_up(nodes, &[change(0, &[0, 2])]))
            },
            expect: unreached(&["batch", "handover", "install", "pre-vote", "read", "snapshot", "truncate"]),
            golden: const { &[quick(3, 2_694, 6_441, 33).reduced(2_620, 6_225, 32)] },
            ..entry()
        },
        Entry {
            name: "raft-learner",
            about: "A node learns first, without a vote, and is made a voter then",
            build: |_| {
                let learns = Membership::of([node(0), node(1)]).with_learners([node(2)]);
                let requests = [(0, Request::Change(learns)), (0, Request::Change(voters(&[0, 1, 2])))];
                case(catching_up(impatient(&[0], members_and_others(&[0, 1], 1)), &requests))
            },
            expect: unreached(&[
                "handover", "install", "leave", "pre-vote", "read", "refuse", "resign", "snapshot",
                "truncate",
            ]),
            golden: const { &[quick(3, 11_219, 32_223, 29).reduced(11_178, 32_121, 29)] },
            ..entry()
        },
        Entry {
            name: "raft-joint-ends",
            about: "Whoever leads leaves a joint membership, although another one began the change",
            nodes: 2..=2,
            default_nodes: 2,
            build: |_| case(joint_pending(true, |raft| raft)),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "go back", "handover", "install", "read", "refuse",
                "reject", "snapshot", "truncate",
            ]),
            golden: const { &[quick(2, 29, 38, 12).reduced(25, 32, 11)] },
            ..entry()
        },
        Entry {
            name: "raft-joint-recovery",
            about: "Who is replaced, and alone has that on its disk when it crashes, leads until the other one has it",
            nodes: 2..=2,
            default_nodes: 2,
            build: |_| case(replaced(|raft| raft)),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "handover", "install", "leave", "read", "refuse",
                "snapshot", "truncate",
            ]),
            golden: const { &[quick(2, 19, 22, 11).reduced(18, 21, 11)] },
            ..entry()
        },
        Entry {
            name: "raft-removed",
            about: "Who is removed, and has not heard of it, calls elections, and the leader of the others stays",
            nodes: 4..=4,
            default_nodes: 4,
            build: |_| removed(|raft| raft),
            expect: unreached(&[
                "batch", "campaign", "catch up", "change", "give up", "go back", "handover", "install",
                "leader", "leave", "read", "refuse", "reject", "resign", "snapshot", "truncate", "vote",
            ]),
            golden: const { &[quick(4, 11_078, 52_450, 25).reduced(1_044, 3_975, 16)] },
            ..entry()
        },
        Entry {
            name: "raft-promoted-unawares",
            about: "A voter that takes itself for a learner votes when it is asked, for it may not be up to date",
            build: |_| case(promoted_unawares(|raft| raft)),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "handover", "install", "leave", "read", "resign",
                "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 379, 976, 25).reduced(115, 227, 19)] },
            ..entry()
        },
    ]
}
