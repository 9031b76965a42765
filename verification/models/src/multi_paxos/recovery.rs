//! Leaders that fall silent, nodes that restart from their disks, and logs that begin with a snapshot.

use synod_checker::{Environment, Limit};
use synod_consensus::log::Request;
use synod_properties::LogMonitor;

use super::{
    Disk, Model, Node, accepted, append, command, entry, majority, model, node, normal::like, promised,
    unreached,
};
use crate::{
    patience::{impatient, with},
    registry::{Entry, Scale, Size, case, quick},
};

/// A third node that has missed what the others have, and a leader that is given a snapshot of it.
pub(super) fn lagging(
    size: Size,
    flawed: impl Fn(Node) -> Node,
    leaders: &[u16],
    environment: Environment,
) -> Model {
    let log: Disk = vec![accepted(3, 1, &[command('a')])];
    let nodes = with(majority(size.nodes), vec![log.clone(), log, vec![promised(3)]]);
    let (nodes, monitor) = (impatient(leaders, like(flawed, nodes)), LogMonitor::new().asked(['a']));
    model(nodes, &[(0, Request::Snapshot(1, 's'))], monitor, environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "multi-paxos-leader-failure",
            about: "A leader falls silent for good in the middle of its work, and what it chose stays",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2)).crash_stop(1);
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[0, 1],
                    Scale::Full => &[0, 1, 2],
                };
                let nodes = impatient(only, majority(size.nodes));
                let requests = [append(0, 'a'), append(1, 'b')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => &requests,
                };
                case(model(nodes, requests, LogMonitor::new(), environment.crash_only(&[node(0)])))
            },
            expect: unreached(&["batch", "fill gap", "install", "read", "snapshot", "take over"]),
            golden: const { &[quick(3, 59_958, 237_648, 30).reduced(19_853, 71_316, 25)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-recovery",
            about: "A node that crashes, loses what its disk had not written, and comes back, keeps its promises and votes",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2)).crash_recovery(1);
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[node(1)]).delayed_disk(),
                    Scale::Full => environment.delayed_disk(),
                };
                let disks = vec![vec![accepted(3, 1, &[command('a')])], vec![promised(3)], vec![promised(3)]];
                let nodes = impatient(&[0, 2], with(majority(size.nodes), disks));
                case(model(nodes, &[], LogMonitor::new().asked(['a']), environment))
            },
            expect: unreached(&["batch", "fill gap", "install", "read", "snapshot", "take over"]),
            golden: const { &[quick(3, 272_766, 1_025_346, 36).reduced(114_208, 400_637, 33)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-snapshot",
            about: "A node that is behind what its leader has replaced is given a snapshot, and goes on from there",
            build: |size| {
                let environment =
                    Environment::default().fifo().lossy(Limit::Budget(1)).timeouts(Limit::Budget(2));
                let leaders: &[u16] = match size.scale {
                    Scale::Quick => &[0],
                    Scale::Full => &[0, 2],
                };
                case(lagging(size, |node| node, leaders, environment))
            },
            expect: unreached(&["batch", "fill gap", "nack", "preempted", "read", "take over"]),
            golden: const { &[quick(3, 7_000, 23_654, 21).reduced(6_854, 23_240, 21)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-snapshot-recovery",
            about: "A node that restarts from a snapshot is as good as before, and one that is behind can lead from it",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2)).crash_recovery(1);
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[node(0)]),
                    Scale::Full => environment.crash_only(&[node(0)]).delayed_disk(),
                };
                case(lagging(size, |node| node, &[0, 2], environment))
            },
            expect: unreached(&["batch", "fill gap", "read", "take over"]),
            golden: const { &[quick(3, 220_113, 782_685, 30).reduced(75_882, 249_494, 26)] },
            ..entry()
        },
    ]
}
