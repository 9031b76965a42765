//! Ballots, decrees and barriers, among nodes that do not crash.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit, NodeView};
use synod_consensus::{
    Epoch, MultiPaxos, Quorums,
    log::{Replica, Request},
    multi_paxos::Settings,
};
use synod_properties::LogMonitor;

use super::{
    Disk, Model, Node, Patient, QUIET, accepted, append, command, entry, majority, model, node, promised,
    unreached, with_promises,
};
use crate::{
    patience::{Patience, impatient, with},
    registry::{Entry, Scale, Size, case, quick},
};

/// That someone leads.
pub(super) const LEADER_POSSIBLE: &str = "a leader is possible";

fn someone_leads(nodes: &[NodeView<'_, Patient>]) -> bool {
    nodes.iter().any(|node| node.live.node.leads())
}

/// Nodes of which all have the same fault, or none.
pub(super) fn like(flawed: impl Fn(Node) -> Node, mut nodes: Vec<Patient>) -> Vec<Patient> {
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    nodes
}

/// Two leaders have been, each with a decree for the first position that nobody else has accepted.
pub(super) fn two_votes() -> Vec<Disk> {
    vec![vec![accepted(3, 1, &[command('a')])], vec![accepted(4, 1, &[command('b')])], vec![promised(4)]]
}

/// A leader has been, and its first decree was lost on the way to the others, but not its second.
pub(super) fn a_gap() -> Vec<Disk> {
    vec![vec![promised(3)], vec![accepted(3, 2, &[command('b')])], vec![promised(3)]]
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
    let mut nodes = impatient(&[0], like(flawed, majority(size.nodes)));
    nodes[0].patience = Patience::EndlessFrom(Epoch(1));
    model(nodes, &[append(0, 'a')], monitor, environment)
        .terminates()
        .always_possible(LEADER_POSSIBLE, |nodes, _| someone_leads(nodes))
}

/// A leader that has one decree on its way at a time, and the next ones wait, and go together.
pub(super) fn batches(only: &[u16], commands: &[char], flawed: impl Fn(Node) -> Node) -> Model {
    let settings = Settings { window: 1, ..Settings::default() };
    let quorums = Quorums::majority(&NodeId::group(3).into_iter().collect());
    let nodes = like(flawed, vec![Patient::new(MultiPaxos::new(quorums, settings)); 3]);
    let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
    let requests: Vec<_> = commands.iter().map(|&command| append(0, command)).collect();
    model(impatient(only, nodes), &requests, LogMonitor::new(), environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "multi-paxos-batches",
            about: "What waits for room in the leader's window goes together, whoever leads next",
            build: |size| {
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[0],
                    Scale::Full => &[0, 1],
                };
                case(batches(only, &['a', 'b', 'c'], |node| node))
            },
            expect: unreached(&[
                "adopt",
                "catch up",
                "fill gap",
                "install",
                "nack",
                "preempted",
                "read",
                "snapshot",
                "take over",
            ]),
            golden: const { &[quick(3, 155_664, 479_212, 33).reduced(50_852, 138_544, 25)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-rivals",
            about: "Leaders that supersede each other, over links that lose, double and reorder as they like, choose one log",
            build: |size| {
                let links = Environment::default().lossy(Limit::Unbounded).duplicating(Limit::Unbounded);
                let nodes = with(majority(size.nodes), two_votes());
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[1, 2],
                    Scale::Full => &[0, 1, 2],
                };
                let monitor = LogMonitor::new().asked(['a', 'b']);
                let environment = links.timeouts(Limit::Budget(2));
                case(with_promises(model(impatient(only, nodes), &[], monitor, environment)))
            },
            tour: true,
            expect: unreached(&["batch", "fill gap", "install", "read", "snapshot", "take over"]),
            golden: const { &[quick(3, 104_372, 1_879_615, 23).reduced(12_091, 127_806, 19)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-replication",
            about: "What is appended at the leader and elsewhere is chosen in one order, whoever leads next",
            build: |size| {
                let requests = [append(1, 'a'), append(0, 'b')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => &requests,
                };
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[0, 1],
                    Scale::Full => &[0, 1, 2],
                };
                let nodes = impatient(only, majority(size.nodes));
                case(model(nodes, requests, LogMonitor::new(), environment))
            },
            expect: unreached(&["batch", "fill gap", "install", "read", "snapshot", "take over"]),
            golden: const { &[quick(3, 47_127, 156_063, 30).reduced(14_228, 43_748, 25)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-reordered",
            about: "Proposals and votes that overtake each other do no harm: positions are independent",
            nodes: 2..=3,
            default_nodes: 2,
            build: |size| {
                let environment =
                    Environment::default().duplicating(Limit::Budget(1)).timeouts(Limit::Budget(1));
                let nodes = impatient(&[0], majority(size.nodes));
                case(model(nodes, &[append(0, 'a'), append(0, 'b')], LogMonitor::new(), environment))
            },
            expect: unreached(QUIET),
            golden: const { &[quick(2, 1_428, 4_112, 13).reduced(1_166, 3_394, 13)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-highest-ballot",
            about: "Of what leaders before it left behind, a leader takes over the decree of the highest ballot",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                let nodes = with(majority(size.nodes), two_votes());
                let monitor = LogMonitor::new().asked(['a', 'b']);
                case(model(nodes, &[], monitor, environment))
            },
            expect: unreached(&["batch", "fill gap", "install", "read", "snapshot", "take over"]),
            golden: const { &[quick(3, 65_650, 202_196, 24).reduced(20_433, 57_424, 20)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-gap",
            about: "A leader fills the gaps that one before it left, and then everyone is told what is behind them",
            build: |size| {
                let environment =
                    Environment::default().lossy(Limit::Budget(1)).fifo().timeouts(Limit::Budget(2));
                let nodes = impatient(&[2], with(majority(size.nodes), a_gap()));
                let monitor = LogMonitor::new().asked(['b']);
                case(model(nodes, &[], monitor, environment))
            },
            expect: unreached(&["batch", "install", "nack", "preempted", "read", "snapshot", "take over"]),
            golden: const { &[quick(3, 2_259, 6_690, 20).reduced(2_231, 6_623, 20)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-partition",
            about: "A leader that is cut off, and comes back with what nobody else has accepted, follows the next one",
            build: |size| {
                let environment =
                    Environment::default().fifo().lossy(Limit::Unbounded).timeouts(Limit::Budget(2));
                let nodes = impatient(&[0, 1], majority(size.nodes));
                case(model(nodes, &[append(0, 'a')], LogMonitor::new(), environment))
            },
            expect: unreached(&["batch", "fill gap", "install", "read", "snapshot", "take over"]),
            golden: const { &[quick(3, 49_527, 162_952, 30).reduced(14_640, 44_909, 25)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-reads",
            about: "Whoever passes a barrier has seen all that was chosen before, though others may lead by now",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                let requests = [(0, Request::Barrier(1)), append(1, 'a'), (1, Request::Barrier(2))];
                let requests = match size.scale {
                    Scale::Quick => &requests[..2],
                    Scale::Full => &requests,
                };
                let nodes = impatient(&[0, 1], majority(size.nodes));
                case(model(nodes, requests, LogMonitor::new(), environment))
            },
            expect: unreached(&["batch", "fill gap", "install", "snapshot", "take over"]),
            golden: const { &[quick(3, 494_565, 1_814_480, 39).reduced(135_350, 465_187, 33)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-transfer",
            about: "A leader lets another node lead, in the middle of its work, and nothing is lost",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                let requests = [append(0, 'a'), (0, Request::Transfer(node(1)))];
                let nodes = impatient(&[0], majority(size.nodes));
                case(model(nodes, &requests, LogMonitor::new(), environment))
            },
            expect: unreached(&["batch", "fill gap", "install", "read", "snapshot"]),
            golden: const { &[quick(3, 481_271, 1_759_627, 44).reduced(94_685, 318_813, 35)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-termination",
            about: "What is appended is chosen, and everyone is told, when timeouts tell who is silent",
            nodes: 2..=3,
            build: |size| case(terminating(size, |node| node)),
            expect: unreached(&[
                "adopt",
                "batch",
                "fill gap",
                "install",
                "nack",
                "preempted",
                "read",
                "snapshot",
                "take over",
            ]),
            golden: const { &[quick(3, 10_314, 49_581, 20).reduced(6_972, 32_453, 19)] },
            ..entry()
        },
    ]
}
