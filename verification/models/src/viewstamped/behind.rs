//! Replicas that have missed something, and logs that begin with a snapshot.

use synod_checker::{Environment, Limit};
use synod_consensus::log::Request;
use synod_properties::LogMonitor;

use super::{
    Disk, Model, Node, append, entry, group, impatient, model, normal_in, on_disk, promised, quiet,
    talkative, unreached, with,
};
use crate::registry::{Entry, Scale, Size, case, quick};

/// A third replica that has missed what the others have, and a primary that is given a snapshot of it.
pub(super) fn lagging(size: Size, flawed: impl Fn(Node) -> Node, environment: Environment) -> Model {
    let log: Disk = vec![normal_in(1, &[(1, 'a'), (1, 'b')])];
    let mut nodes = with(talkative(group(size, on_disk())), vec![log.clone(), log]);
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let monitor = LogMonitor::new().asked(['a', 'b']);
    model(impatient(&[], nodes), &[(0, Request::Snapshot(1, 's'))], monitor, environment)
}

/// The first two replicas may commit an entry in view 1, with which the third is about to begin view 3; and whoever has not
/// got there hears of it by an entry of that view.
pub(super) fn behind(size: Size, timeouts: u8, flawed: impl Fn(Node) -> Node) -> Model {
    let mut nodes = with(quiet(group(size, on_disk())), vec![vec![], vec![], vec![promised(3)]]);
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let requests = [append(0, 'a'), append(2, 'b')];
    let environment = Environment::default().timeouts(Limit::Budget(timeouts));
    model(impatient(&[0], nodes), &requests, LogMonitor::new(), environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "vsr-lossy",
            about: "Backups that miss entries of their view notice it by those that follow, and ask for them",
            build: |size| {
                let environment = Environment::default().lossy(Limit::Budget(1)).timeouts(Limit::Budget(1));
                let requests = [append(0, 'a'), append(0, 'b')];
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[],
                    Scale::Full => &[1],
                };
                let nodes = impatient(only, talkative(group(size, on_disk())));
                case(model(nodes, &requests, LogMonitor::new(), environment.fifo()))
            },
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
            golden: const { &[quick(3, 18_148, 54_369, 20).reduced(18_108, 54_297, 20)] },
            ..entry()
        },
        Entry {
            name: "vsr-behind",
            about: "A replica that hears of a later view keeps what it has until it has that view's log",
            build: |size| case(behind(size, u8::from(size.scale == Scale::Full), |node| node)),
            expect: unreached(&["batch", "read", "recover", "recovered", "repeat", "restore", "snapshot"]),
            ..entry()
        },
        Entry {
            name: "vsr-snapshot",
            about: "A replica that lacks what a snapshot has replaced is given the snapshot, and goes on from there",
            build: |size| {
                let environment = Environment::default().timeouts(Limit::Budget(2));
                case(lagging(size, |node| node, environment))
            },
            expect: unreached(&[
                "append",
                "batch",
                "prepare",
                "read",
                "recover",
                "recovered",
                "view change",
                "vote",
            ]),
            golden: const { &[quick(3, 3_402, 10_983, 16).reduced(1_447, 4_503, 13)] },
            ..entry()
        },
        Entry {
            name: "vsr-snapshot-recovery",
            about: "A replica that restarts from a snapshot and what follows it is as good as before",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(1));
                let environment = environment.crash_recovery(1).delayed_disk();
                case(lagging(size, |node| node, environment.crash_only(&[super::node(0)])))
            },
            expect: unreached(&["append", "batch", "prepare", "read", "recover", "recovered"]),
            golden: const { &[quick(3, 46_851, 173_912, 38).reduced(7_938, 23_808, 32)] },
            ..entry()
        },
    ]
}
