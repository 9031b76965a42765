//! Elections, replication, reads, and the hand-over of leadership, among nodes that do not crash.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit, NodeView};
use synod_consensus::{
    Epoch,
    log::{Replica, Request},
    raft::Settings,
};
use synod_properties::LogMonitor;

use super::{
    BEYOND, Model, Monitor, Node, Patient, append, command, entries as on_disk, entry, group, model, node,
    observed, of, plain, term, unreached,
};
use crate::{
    patience::{Patience, impatient, with},
    registry::{Entry, Scale, Size, case, quick},
};

/// That someone leads.
pub(super) const LEADER_POSSIBLE: &str = "a leader is possible";

/// Figure 8 of the paper, from (c) on: the first of three nodes is about to win term 4, with an entry of term 1 that nobody
/// else has; the third has led in term 3 alone. One entry is sent at a time, so that the old one travels without the new
/// one behind it.
pub(super) fn figure_8(size: Size, flawed: impl Fn(Node) -> Node) -> (Vec<Patient>, Monitor, Environment) {
    let disks = vec![
        vec![term(3), on_disk(0, &[(1, command('a'))])],
        vec![term(3)],
        vec![term(3), on_disk(0, &[(3, command('b'))])],
    ];
    let mut nodes = with(group(size, Settings { batch: 1, ..plain() }), disks);
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
    (impatient(&[0, 2], nodes), LogMonitor::new().asked(['a', 'b']), environment)
}

/// Two nodes that ask before they disturb: one has the longer log, and the other has got to a later term.
pub(super) fn mixed_terms(flawed: impl Fn(Node) -> Node) -> Model {
    let disks = vec![vec![term(1), on_disk(0, &[(1, command('a'))])], vec![term(3)]];
    let settings = Settings { check_quorum: false, ..Settings::default() };
    let mut nodes = with(vec![of(&[0, 1], settings); 2], disks);
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let environment = Environment::default().synchronous();
    observed(nodes, &[], LogMonitor::new().asked(['a']), environment)
        .always_possible(LEADER_POSSIBLE, |nodes, _| someone_leads(nodes))
}

pub(super) fn someone_leads(nodes: &[NodeView<'_, Patient>]) -> bool {
    nodes.iter().any(|node| node.live.node.leads())
}

/// Every node that is up is told everything, with timeouts that tell who is silent, and one message lost.
pub(super) fn terminating(size: Size, flawed: impl Fn(Node) -> Node) -> Model {
    let losses = match size.scale {
        Scale::Quick => 1,
        Scale::Full => 2,
    };
    let environment = Environment::default().synchronous().lossy(Limit::Budget(losses));
    let monitor = LogMonitor::new().appends_terminate();
    let monitor = monitor.everyone_catches_up(&NodeId::group(size.nodes));
    let mut nodes = impatient(&[0], group(size, plain()));
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    nodes[0].patience = Patience::EndlessFrom(Epoch(1));
    model(nodes, &[append(0, 'a')], monitor, environment)
        .terminates()
        .always_possible(LEADER_POSSIBLE, |nodes, _| someone_leads(nodes))
}

/// A leader that has one entry on its way at a time, and the next ones wait, and go together.
pub(super) fn batches(size: Size, only: &[u16], flawed: impl Fn(Node) -> Node) -> Model {
    let mut nodes = impatient(only, group(size, Settings { window: 1, ..plain() }));
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let requests = [append(0, 'a'), append(0, 'b'), append(0, 'c')];
    let requests = match size.scale {
        Scale::Quick => &requests[..2],
        Scale::Full => &requests,
    };
    let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
    model(nodes, requests, LogMonitor::new(), environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "raft-batches",
            about: "What waits for room in the leader's window goes together, whoever leads next",
            build: |size| {
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[0],
                    Scale::Full => &[0, 1],
                };
                case(batches(size, only, |raft| raft))
            },
            expect: unreached(&[
                "catch up", "change", "give up", "go back", "handover", "install", "leave", "pre-vote",
                "read", "refuse", "reject", "resign", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 15_556, 41_384, 25).reduced(8_398, 19_756, 22)] },
            ..entry()
        },
        Entry {
            name: "raft-election",
            about: "Candidates over links that lose, duplicate and reorder as they like never both win a term",
            build: |size| {
                let links = Environment::default().lossy(Limit::Unbounded).duplicating(Limit::Unbounded);
                let environment = links.timeouts(Limit::Budget(2));
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[0, 1],
                    Scale::Full => &[0, 1, 2],
                };
                let nodes = impatient(only, group(size, plain()));
                case(model(nodes, &[], LogMonitor::new(), environment))
            },
            expect: unreached(BEYOND),
            tour: true,
            golden: const { &[quick(3, 453_237, 8_797_480, 25).reduced(4_966, 46_918, 18)] },
            ..entry()
        },
        Entry {
            name: "raft-replication",
            about: "What is appended at the leader and elsewhere is committed in one order, whoever leads next",
            build: |size| {
                let requests = [append(0, 'a'), append(1, 'b')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => &requests,
                };
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                case(model(group(size, plain()), requests, LogMonitor::new(), environment))
            },
            expect: unreached(BEYOND),
            golden: const { &[quick(3, 103_561, 326_786, 29).reduced(31_737, 86_682, 25)] },
            ..entry()
        },
        Entry {
            name: "raft-reordered",
            about: "Entries and acknowledgements that overtake each other do no harm",
            build: |size| {
                let environment =
                    Environment::default().duplicating(Limit::Budget(1)).timeouts(Limit::Budget(1));
                let requests = [append(0, 'a'), append(1, 'b')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => &requests,
                };
                let nodes = impatient(&[0], group(size, plain()));
                case(model(nodes, requests, LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "go back", "handover", "install", "leave",
                "pre-vote", "read", "reject", "resign", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 20_226, 77_229, 17).reduced(11_248, 42_490, 17)] },
            ..entry()
        },
        Entry {
            name: "raft-log-repair",
            about: "A new leader makes the logs of the others like its own, whatever earlier leaders left there",
            build: |size| {
                // Three leaders have been, and each had its entries to itself.
                let disks = vec![
                    vec![term(3), on_disk(0, &[(1, command('a')), (3, command('c'))])],
                    vec![term(3), on_disk(0, &[(1, command('a')), (1, command('x')), (1, command('y'))])],
                    vec![term(3), on_disk(0, &[(2, command('b')), (2, command('z'))])],
                ];
                let environment =
                    Environment::default().lossy(Limit::Budget(1)).fifo().timeouts(Limit::Budget(2));
                let nodes = with(group(size, plain()), disks);
                let monitor = LogMonitor::new().asked("abcxyz".chars());
                case(model(nodes, &[], monitor, environment))
            },
            expect: unreached(&[
                "catch up", "change", "give up", "handover", "install", "leave", "pre-vote", "read",
                "snapshot",
            ]),
            golden: const { &[quick(3, 74_152, 248_080, 30).reduced(61_439, 203_375, 30)] },
            ..entry()
        },
        Entry {
            name: "raft-old-terms",
            about: "An entry of an earlier term is committed with one of the present term, and not before (figure 8)",
            build: |size| {
                let (nodes, monitor, environment) = figure_8(size, |raft| raft);
                case(model(nodes, &[], monitor, environment))
            },
            expect: unreached(BEYOND),
            golden: const { &[quick(3, 22_527, 66_323, 32).reduced(8_603, 22_729, 28)] },
            ..entry()
        },
        Entry {
            name: "raft-pre-vote",
            about: "Nodes that ask whether they could win before they disturb a leader are as safe",
            build: |size| {
                let settings = Settings { check_quorum: false, ..Settings::default() };
                let timeouts = match size.scale {
                    Scale::Quick => 2,
                    Scale::Full => 3,
                };
                let environment = Environment::default().fifo().timeouts(Limit::Budget(timeouts));
                let nodes = impatient(&[0, 1], group(size, settings));
                case(model(nodes, &[], LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "handover", "install", "leave", "read", "snapshot",
            ]),
            golden: const { &[quick(3, 25_034, 81_396, 29).reduced(4_646, 12_572, 24)] },
            ..entry()
        },
        Entry {
            name: "raft-check-quorum",
            about: "Leaders that step down when nobody answers, and followers that stick to theirs, are as safe",
            build: |size| {
                let settings = Settings { pre_vote: false, ..Settings::default() };
                let environment = Environment::default().fifo().timeouts(Limit::Budget(3));
                let nodes = impatient(&[0, 1], group(size, settings));
                case(model(nodes, &[], LogMonitor::new(), environment))
            },
            expect: unreached(BEYOND),
            golden: const { &[quick(3, 131_738, 423_852, 31).reduced(47_461, 142_004, 27)] },
            ..entry()
        },
        Entry {
            name: "raft-transfer",
            about: "A leader hands over to another one, or gives up, and nothing is lost",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                let requests = [append(0, 'a'), (0, Request::Transfer(node(1)))];
                let nodes = impatient(&[0], group(size, plain()));
                case(model(nodes, &requests, LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "install", "leave", "pre-vote", "read", "snapshot",
            ]),
            golden: const { &[quick(3, 164_147, 562_997, 40).reduced(39_331, 115_490, 34)] },
            ..entry()
        },
        Entry {
            name: "raft-reads",
            about: "Whoever passes a barrier has seen all that was committed before, though others may lead by now",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                let requests = [(0, Request::Barrier(1)), (1, Request::Barrier(2))];
                let nodes = impatient(&[0, 1], group(size, plain()));
                case(model(nodes, &requests, LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "handover", "install", "leave", "pre-vote",
                "snapshot",
            ]),
            golden: const { &[quick(3, 352_928, 1_245_280, 33).reduced(125_298, 398_760, 30)] },
            ..entry()
        },
        Entry {
            name: "raft-mixed-terms",
            about: "A long log in an early term and a short one in a late term still elect a leader between them",
            nodes: 2..=2,
            default_nodes: 2,
            build: |_| case(mixed_terms(|raft| raft)),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "handover", "install", "leave", "read", "refuse",
                "resign", "snapshot", "truncate",
            ]),
            golden: const { &[quick(2, 33, 41, 17).reduced(29, 37, 16)] },
            ..entry()
        },
        Entry {
            name: "raft-termination",
            about: "What is appended is committed, and everyone is told, when timeouts tell who is silent",
            nodes: 2..=3,
            build: |size| case(terminating(size, |raft| raft)),
            expect: unreached(&[
                "catch up", "change", "give up", "handover", "install", "leave", "pre-vote", "read",
                "resign", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 12_125, 40_780, 26).reduced(10_958, 36_761, 25)] },
            ..entry()
        },
    ]
}
