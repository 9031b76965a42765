//! Nodes that have missed something, or have something that nobody else has; and histories that begin with a snapshot.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit};
use synod_consensus::log::Request;
use synod_properties::LogMonitor;

use super::{
    Model, Node, append, disk, entry, flawed, impatient, model, node, quiet, unreached, voters, with,
};
use crate::registry::{Entry, Scale, Size, case, quick};

/// A third node that has missed what the others have, and a leader that is given a snapshot of it.
pub(super) fn lagging(with_flaw: impl Fn(Node) -> Node, environment: Environment) -> Model {
    let log = disk(1, 1, &[(1, 'a'), (1, 'b')]);
    let nodes = with(flawed(quiet(voters(&[&[0], &[0], &[0]])), with_flaw), vec![log.clone(), log]);
    let monitor = LogMonitor::new().asked(['a', 'b']);
    model(impatient(&[], nodes), &[(0, Request::Snapshot(1, 's'))], monitor, environment)
}

/// The first node has something of epoch 2 that nobody else has, the third of epoch 3, and the second of neither: it has
/// promised both. The first leads now.
pub(super) fn diverged(size: Size, with_flaw: impl Fn(Node) -> Node, environment: Environment) -> Model {
    let disks =
        vec![disk(2, 2, &[(1, 'a'), (2, 'b')]), disk(3, 1, &[(1, 'a')]), disk(3, 3, &[(1, 'a'), (3, 'c')])];
    let nodes = with(flawed(quiet(voters(&[&[0], &[0], &[0]])), with_flaw), disks);
    let requests = [append(0, 'd'), append(2, 'e')];
    let requests = match size.scale {
        Scale::Quick => &requests[..1],
        Scale::Full => &requests,
    };
    model(impatient(&[], nodes), requests, LogMonitor::new().asked(['a', 'b', 'c']), environment)
}

/// The same, where everyone catches up at last with what is committed after the first.
pub(super) fn catching_up(with_flaw: impl Fn(Node) -> Node) -> Model {
    let log = disk(1, 1, &[(1, 'a'), (1, 'b')]);
    let nodes = with(flawed(voters(&[&[0], &[0], &[0]]), with_flaw), vec![log.clone(), log]);
    let monitor = LogMonitor::new().asked(['a', 'b']).everyone_catches_up(&NodeId::group(3));
    let environment = Environment::default().fifo().synchronous();
    model(impatient(&[], nodes), &[(0, Request::Snapshot(1, 's'))], monitor, environment).terminates()
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "zab-behind",
            about: "A node with what others do not have drops it; where the histories agree is found in two steps",
            build: |size| case(diverged(size, |node| node, Environment::default().fifo())),
            expect: unreached(&["inform", "ping", "read", "restore", "snap", "snapshot", "vote"]),
            golden: const { &[quick(3, 280, 554, 19).reduced(272, 539, 19)] },
            ..entry()
        },
        Entry {
            name: "zab-behind-recovery",
            about: "A crash in the middle of synchronization leaves a history that does no harm",
            build: |size| {
                let environment = Environment::default().fifo().crash_recovery(1).delayed_disk();
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[node(2)]),
                    Scale::Full => environment.timeouts(Limit::Budget(1)),
                };
                case(diverged(Size { scale: Scale::Quick, ..size }, |node| node, environment))
            },
            expect: unreached(&["inform", "ping", "read", "restore", "snap", "snapshot", "vote"]),
            golden: const { &[quick(3, 6_921, 17_909, 44).reduced(6_890, 17_841, 44)] },
            ..entry()
        },
        Entry {
            name: "zab-snapshot",
            about: "A node that lacks what a snapshot has replaced is given the snapshot, and goes on from there",
            build: |size| {
                let environment = Environment::default();
                let environment = match size.scale {
                    Scale::Quick => environment.fifo(),
                    Scale::Full => environment,
                };
                case(lagging(|node| node, environment))
            },
            expect: unreached(&[
                "append", "gap", "give up", "inform", "ping", "propose", "read", "trunc", "vote",
            ]),
            golden: const { &[quick(3, 130, 261, 13).reduced(130, 261, 13)] },
            ..entry()
        },
        Entry {
            name: "zab-snapshot-recovery",
            about: "A node that is given a snapshot, and crashes, is as good as before",
            build: |size| {
                let environment = Environment::default().fifo().crash_recovery(1).delayed_disk();
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[node(2)]),
                    Scale::Full => environment,
                };
                case(lagging(|node| node, environment))
            },
            expect: unreached(&[
                "append", "gap", "give up", "inform", "ping", "propose", "read", "trunc", "vote",
            ]),
            golden: const { &[quick(3, 2_145, 5_253, 28).reduced(2_145, 5_253, 28)] },
            ..entry()
        },
        Entry {
            name: "zab-catching-up",
            about: "A node that is far behind catches up at last, when timeouts tell who is silent",
            build: |_| case(catching_up(|node| node)),
            expect: unreached(&["append", "gap", "give up", "inform", "propose", "read", "trunc", "vote"]),
            golden: const { &[quick(3, 162, 321, 17).reduced(142, 284, 15)] },
            ..entry()
        },
    ]
}
