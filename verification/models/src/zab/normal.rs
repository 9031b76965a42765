//! Election, discovery, synchronization and broadcast among nodes that do not crash.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit, NodeView};
use synod_consensus::{
    Membership,
    log::{Replica, Request},
};
use synod_properties::LogMonitor;

use super::{
    Model, Node, Patient, append, electing, entry, flawed, impatient, model, node, quiet, told, unreached,
    voters,
};
use crate::registry::{Entry, Scale, Size, case, quick};

/// That someone is established as a leader.
pub(super) const LEADER_POSSIBLE: &str = "a leader is possible";

fn someone_leads(nodes: &[NodeView<'_, Patient>]) -> bool {
    nodes.iter().any(|node| node.live.node.leads())
}

/// Every node is told everything, with timeouts that tell who is silent, and one message lost.
pub(super) fn terminating(size: Size, with: impl Fn(Node) -> Node) -> Model {
    let losses = match size.scale {
        Scale::Quick => 1,
        Scale::Full => 2,
    };
    let environment = Environment::default().synchronous().lossy(Limit::Budget(losses)).fifo();
    let monitor = LogMonitor::new().appends_terminate();
    let monitor = monitor.everyone_catches_up(&NodeId::group(size.nodes));
    let oracles: Vec<&[u16]> = vec![&[0]; size.nodes];
    model(impatient(&[], flawed(voters(&oracles), with)), &[append(0, 'a')], monitor, environment)
        .terminates()
}

/// An election by vote, with one message lost, and timeouts that tell who is silent.
pub(super) fn voting(size: Size, with: impl Fn(Node) -> Node) -> Model {
    let environment = Environment::default().synchronous().lossy(Limit::Budget(1)).fifo();
    let nodes = impatient(&[], flawed(electing(size.nodes), with));
    model(nodes, &[], LogMonitor::new(), environment)
        .terminates()
        .always_possible(LEADER_POSSIBLE, |nodes, _| someone_leads(nodes))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "zab-normal",
            about: "What is appended at the leader and at a follower is committed in one order, in an epoch that lasts",
            build: |size| {
                let requests = [append(0, 'a'), append(1, 'b'), append(0, 'c')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..2],
                    Scale::Full => &requests,
                };
                let nodes = impatient(&[], quiet(voters(&[&[0], &[0], &[0]])));
                case(model(nodes, requests, LogMonitor::new(), Environment::default().fifo()))
            },
            tour: true,
            expect: unreached(&[
                "gap", "give up", "inform", "ping", "read", "restore", "snap", "snapshot", "trunc", "vote",
            ]),
            golden: const { &[quick(3, 2_056, 4_983, 25).reduced(1_905, 4_611, 25)] },
            ..entry()
        },
        Entry {
            name: "zab-overtaking",
            about: "Messages that overtake each other leave gaps, which are asked for: no FIFO links are needed",
            build: |size| {
                let requests = [append(0, 'a'), append(0, 'b')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => &requests,
                };
                let nodes = impatient(&[], quiet(voters(&[&[0], &[0], &[0]])));
                case(model(nodes, requests, LogMonitor::new(), Environment::default()))
            },
            expect: unreached(&[
                "give up", "inform", "ping", "read", "restore", "snap", "snapshot", "trunc", "vote",
            ]),
            golden: const { &[quick(3, 1_098, 3_177, 21).reduced(573, 1_511, 20)] },
            ..entry()
        },
        Entry {
            name: "zab-duplicates",
            about: "A message that arrives a second time does no harm, however late",
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| {
                let timeouts = 1 + u8::from(size.scale == Scale::Full);
                let environment =
                    Environment::default().duplicating(Limit::Budget(1)).timeouts(Limit::Budget(timeouts));
                let nodes = impatient(&[0, 1], quiet(voters(&[&[0], &[0]])));
                case(model(nodes, &[append(0, 'a')], LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "gap", "give up", "inform", "ping", "read", "restore", "snap", "snapshot", "trunc", "vote",
            ]),
            golden: const { &[quick(2, 3_701, 10_407, 17).reduced(3_512, 9_826, 17)] },
            ..entry()
        },
        Entry {
            name: "zab-two-leaders",
            about: "Whoever an oracle sends the nodes to, and however often, only one leader has an epoch",
            build: |size| {
                let timeouts = 3 + u8::from(size.scale == Scale::Full);
                let environment = Environment::default().fifo().timeouts(Limit::Budget(timeouts));
                let nodes = impatient(&[0, 2], quiet(voters(&[&[0], &[1], &[0, 1]])));
                case(model(nodes, &[append(0, 'a'), append(1, 'b')], LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "gap", "inform", "ping", "read", "restore", "snap", "snapshot", "trunc", "vote",
            ]),
            golden: const { &[quick(3, 13_232, 39_008, 25).reduced(10_100, 29_196, 25)] },
            ..entry()
        },
        Entry {
            name: "zab-reads",
            about: "Whoever passes a barrier has seen all that was committed before, though another leader may be there",
            build: |size| {
                let timeouts = 1 + u8::from(size.scale == Scale::Full);
                let environment = Environment::default().fifo().timeouts(Limit::Budget(timeouts));
                let requests = [append(1, 'a'), (0, Request::Barrier(1)), (2, Request::Barrier(2))];
                let nodes = impatient(&[1], quiet(voters(&[&[0], &[0, 1], &[1]])));
                case(model(nodes, &requests, LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "gap", "give up", "inform", "ping", "restore", "snap", "snapshot", "trunc", "vote",
            ]),
            golden: const { &[quick(3, 3_313, 8_044, 26).reduced(2_208, 5_158, 25)] },
            ..entry()
        },
        Entry {
            name: "zab-observer",
            about: "An observer is told everything, appends and reads like others, and is waited for by nobody",
            build: |size| {
                let members = Membership::of([node(0), node(1)]).with_learners([node(2)]);
                let requests = [append(2, 'a'), append(0, 'b'), (2, Request::Barrier(1))];
                let timeouts = u8::from(size.scale == Scale::Full);
                let environment = Environment::default().fifo().timeouts(Limit::Budget(timeouts));
                let nodes = impatient(&[2], quiet(told(&members, &[&[0], &[0], &[0]])));
                case(model(nodes, &requests, LogMonitor::new(), environment))
            },
            expect: unreached(&["gap", "give up", "ping", "restore", "snap", "snapshot", "trunc", "vote"]),
            golden: const { &[quick(3, 2_284, 5_080, 28).reduced(2_136, 4_732, 28)] },
            ..entry()
        },
        Entry {
            name: "zab-election",
            about: "Votes find one leader, who is established, though a message is lost, when timeouts tell who is silent",
            nodes: 2..=3,
            build: |size| case(voting(size, |node| node)),
            expect: unreached(&[
                "append", "commit", "gap", "give up", "inform", "propose", "read", "restore", "snap",
                "snapshot", "trunc",
            ]),
            golden: const { &[quick(3, 2_574, 8_094, 26).reduced(2_574, 8_094, 26)] },
            ..entry()
        },
        Entry {
            name: "zab-termination",
            about: "What is appended is committed, and everyone is told, when timeouts tell who is silent",
            // Among more, a leader and one that follows could ping each other for ever, and the third never have its turn to repeat
            // something: this is fair in the checker's eyes.
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| case(terminating(size, |node| node)),
            expect: unreached(&[
                "gap", "give up", "inform", "read", "restore", "snap", "snapshot", "trunc", "vote",
            ]),
            golden: const { &[quick(2, 96, 158, 12).reduced(96, 158, 12)] },
            ..entry()
        },
    ]
}
