//! The order of the primary, and its replacement, among replicas that do not crash.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit, NodeView};
use synod_consensus::{
    Epoch,
    log::{Replica, Request},
    viewstamped::Settings,
};
use synod_properties::LogMonitor;

use super::{
    Model, Node, Patient, append, entry, group, impatient, model, node, normal_in, on_disk, promised, quiet,
    unreached, with,
};
use crate::{
    patience::Patience,
    registry::{Entry, Scale, Size, case, quick},
};

/// That someone is the primary of a view that has begun.
pub(super) const LEADER_POSSIBLE: &str = "a leader is possible";

fn someone_leads(nodes: &[NodeView<'_, Patient>]) -> bool {
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
    let mut nodes = impatient(&[], group(size, on_disk()));
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    model(nodes, &[append(0, 'a')], monitor, environment).terminates()
}

/// A view change that the second replica has begun, among replicas that are patient once it is over, with one message lost.
pub(super) fn beginning(size: Size, flawed: impl Fn(Node) -> Node) -> Model {
    let environment = Environment::default().synchronous().lossy(Limit::Budget(1));
    let monitor = LogMonitor::new().asked(['a']).everyone_catches_up(&NodeId::group(size.nodes));
    let log = || vec![normal_in(1, &[(1, 'a')])];
    let mut disks = vec![log(); size.nodes];
    disks[1].push(promised(2));
    let mut nodes = with(group(size, on_disk()), disks);
    for node in &mut nodes {
        node.node = flawed(node.node.clone());
        node.patience = Patience::EndlessFrom(Epoch(2));
    }
    model(nodes, &[], monitor, environment)
        .terminates()
        .always_possible(LEADER_POSSIBLE, |nodes, _| someone_leads(nodes))
}

/// A primary that has one entry on its way at a time, and the next ones wait, and go together; and a backup that may replace it.
pub(super) fn batches(size: Size, flawed: impl Fn(Node) -> Node) -> Model {
    let settings = Settings { window: 1, ..on_disk() };
    let mut nodes = impatient(&[1], quiet(group(size, settings)));
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let requests = [append(0, 'a'), append(0, 'b'), append(0, 'c')];
    let environment = Environment::default().fifo().timeouts(Limit::Budget(1));
    model(nodes, &requests, LogMonitor::new(), environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "vsr-batches",
            about: "What waits for room in the primary's window goes together, whoever is the next primary",
            build: |size| case(batches(size, |node| node)),
            expect: unreached(&[
                "ask",
                "catch up",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
            ]),
            golden: const { &[quick(3, 685_190, 2_592_840, 32).reduced(69_339, 213_223, 28)] },
            ..entry()
        },
        Entry {
            name: "vsr-normal",
            about: "What is appended at the primary and at a backup is committed in one order, in a view that lasts",
            build: |size| {
                let environment = Environment::default();
                let requests = [append(0, 'a'), append(1, 'b'), append(0, 'c')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..2],
                    Scale::Full => &requests,
                };
                let nodes = impatient(&[], quiet(group(size, on_disk())));
                case(model(nodes, requests, LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "batch",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
                "view change",
                "vote",
            ]),
            tour: true,
            golden: const { &[quick(3, 72_120, 291_030, 21).reduced(13_970, 49_732, 17)] },
            ..entry()
        },
        Entry {
            name: "vsr-view-change",
            about: "Backups replace a primary, who may not know, and keep what it committed",
            build: |size| {
                let environment = Environment::default().timeouts(Limit::Budget(1));
                let requests = [append(0, 'a'), append(1, 'b')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => &requests,
                };
                let nodes = quiet(group(size, on_disk()));
                case(model(nodes, requests, LogMonitor::new(), environment))
            },
            expect: unreached(&["batch", "read", "recover", "recovered", "repeat", "restore", "snapshot"]),
            golden: const { &[quick(3, 346_435, 2_101_548, 23).reduced(2_774, 10_641, 17)] },
            ..entry()
        },
        Entry {
            name: "vsr-two-view-changes",
            about: "Two view changes, one after the other or both at once, keep what was committed",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                let requests = [append(0, 'a'), append(1, 'b')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => &requests,
                };
                let nodes = impatient(&[1, 2], quiet(group(size, on_disk())));
                case(model(nodes, requests, LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "ask",
                "batch",
                "catch up",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
            ]),
            golden: const { &[quick(3, 134_062, 506_347, 33).reduced(7_771, 25_068, 22)] },
            ..entry()
        },
        Entry {
            name: "vsr-duplicates",
            about: "A message of a view change that arrives a second time does no harm, however late",
            build: |size| {
                let timeouts = u8::from(size.scale == Scale::Full);
                let environment =
                    Environment::default().duplicating(Limit::Budget(1)).timeouts(Limit::Budget(timeouts));
                let disks = vec![vec![], vec![promised(2)]];
                let nodes = with(impatient(&[2], quiet(group(size, on_disk()))), disks);
                case(model(nodes, &[append(1, 'a')], LogMonitor::new(), environment))
            },
            expect: unreached(&["batch", "read", "recover", "recovered", "repeat", "restore", "snapshot"]),
            golden: const { &[quick(3, 1_978_548, 13_771_755, 22).reduced(136_696, 780_607, 20)] },
            ..entry()
        },
        Entry {
            name: "vsr-transfer",
            about: "A primary hands its place over, and nothing is lost",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(1));
                let requests = [append(0, 'a'), (0, Request::Transfer(node(2)))];
                let nodes = impatient(&[1], quiet(group(size, on_disk())));
                case(model(nodes, &requests, LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "ask",
                "batch",
                "catch up",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
            ]),
            golden: const { &[quick(3, 35_364, 128_226, 30).reduced(3_167, 10_093, 19)] },
            ..entry()
        },
        Entry {
            name: "vsr-reads",
            about: "Whoever passes a barrier has seen all that was committed before, though another primary may be there",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(1));
                let requests = [append(0, 'a'), (0, Request::Barrier(1)), (1, Request::Barrier(2))];
                let nodes = impatient(&[1], quiet(group(size, on_disk())));
                case(model(nodes, &requests, LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "ask",
                "batch",
                "catch up",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
            ]),
            golden: const { &[quick(3, 373_871, 1_503_103, 33).reduced(38_058, 124_554, 29)] },
            ..entry()
        },
        Entry {
            name: "vsr-view-change-ends",
            about: "A view change comes to an end though a message of it is lost, when timeouts tell who is silent",
            nodes: 2..=3,
            default_nodes: 2,
            build: |size| case(beginning(size, |node| node)),
            expect: unreached(&[
                "append",
                "batch",
                "prepare",
                "read",
                "recover",
                "recovered",
                "restore",
                "snapshot",
            ]),
            golden: const { &[quick(2, 68, 100, 12).reduced(63, 91, 12)] },
            ..entry()
        },
        Entry {
            name: "vsr-termination",
            about: "What is appended is committed, and everyone is told, when timeouts tell who is silent",
            nodes: 2..=3,
            build: |size| case(terminating(size, |node| node)),
            expect: unreached(&[
                "batch",
                "read",
                "recover",
                "recovered",
                "restore",
                "snapshot",
                "view change",
                "vote",
            ]),
            golden: const { &[quick(3, 964, 3_280, 14).reduced(896, 3_018, 14)] },
            ..entry()
        },
    ]
}
