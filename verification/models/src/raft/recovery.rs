//! Leaders that fall silent, nodes that restart from their disks, and logs that begin with a snapshot.

use synod_checker::{Environment, Limit};
use synod_consensus::log::{Entry as LogEntry, Request};
use synod_properties::LogMonitor;

use super::{
    BEYOND, Disk, Model, Node, append, command, entries as on_disk, entry, group, model, node, plain, term,
    unreached,
};
use crate::{
    patience::{impatient, with},
    registry::{Entry, Scale, Size, case, quick},
};

/// A third node that has missed what the others have, and a leader that is given a snapshot of it.
pub(super) fn lagging(size: Size, flawed: impl Fn(Node) -> Node, environment: Environment) -> Model {
    let log: Disk = vec![term(1), on_disk(0, &[(1, LogEntry::Blank), (1, command('a'))])];
    let stale: Disk = vec![term(1)];
    let mut nodes = with(group(size, plain()), vec![log.clone(), log, stale]);
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let monitor = LogMonitor::new().asked(['a']);
    model(impatient(&[0], nodes), &[(0, Request::Snapshot(2, 's'))], monitor, environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "raft-leader-failure",
            about: "A leader falls silent for good in the middle of its work, and what it committed stays",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2)).crash_stop(1);
                let requests = [append(0, 'a')];
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[0, 1],
                    Scale::Full => &[0, 1, 2],
                };
                let nodes = impatient(only, group(size, plain()));
                case(model(nodes, &requests, LogMonitor::new(), environment.crash_only(&[node(0)])))
            },
            expect: unreached(BEYOND),
            golden: const { &[quick(3, 53_169, 191_201, 29).reduced(19_506, 59_347, 26)] },
            ..entry()
        },
        Entry {
            name: "raft-recovery",
            about: "A node that crashes, loses what its disk had not written, and comes back, keeps its votes and entries",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2)).crash_recovery(1);
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[node(1)]).delayed_disk(),
                    Scale::Full => environment.delayed_disk(),
                };
                let nodes = impatient(&[0, 2], group(size, plain()));
                case(model(nodes, &[], LogMonitor::new(), environment))
            },
            expect: unreached(BEYOND),
            golden: const { &[quick(3, 106_803, 388_227, 34).reduced(40_530, 129_448, 32)] },
            ..entry()
        },
        Entry {
            name: "raft-snapshot",
            about: "A node that is behind the log of its leader is given a snapshot in its place, and goes on from there",
            build: |size| {
                let environment =
                    Environment::default().fifo().lossy(Limit::Budget(1)).timeouts(Limit::Budget(2));
                case(lagging(size, |raft| raft, environment))
            },
            expect: unreached(&[
                "catch up", "change", "give up", "handover", "leave", "pre-vote", "read", "refuse", "resign",
                "truncate",
            ]),
            golden: const { &[quick(3, 8_017, 22_629, 22).reduced(7_740, 21_928, 22)] },
            ..entry()
        },
        Entry {
            name: "raft-snapshot-recovery",
            about: "A node that restarts from a snapshot and what follows it is as good as before",
            build: |size| {
                let environment = Environment::default()
                    .fifo()
                    .timeouts(Limit::Budget(2))
                    .crash_recovery(1)
                    .crash_only(&[node(0)])
                    .delayed_disk();
                case(lagging(size, |raft| raft, environment))
            },
            expect: unreached(&[
                "catch up", "change", "give up", "handover", "leave", "pre-vote", "read", "resign",
            ]),
            golden: const { &[quick(3, 32_905, 99_685, 41).reduced(16_572, 46_774, 38)] },
            ..entry()
        },
    ]
}
