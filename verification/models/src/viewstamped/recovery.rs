//! Replicas that fall silent, and replicas that restart: from their disks, or from what the others know.

use synod_checker::{Environment, Limit, NodeView};
use synod_consensus::{Epoch, log::Replica, viewstamped::Flaw};
use synod_properties::{LogMonitor, log::state::LEADER_COMPLETENESS};

use super::{
    Model, Monitor, Node, Patient, append, entry, group, impatient, in_memory, model, node, on_disk, quiet,
    unreached,
};
use crate::registry::{Case, Entry, Mutant, Scale, Size, breaks, case, quick, staged};

/// Replicas that keep their logs in memory, of which the backups crash and recover, so often in all.
fn diskless(size: Size, crashes: u8, flawed: impl Fn(Node) -> Node) -> Model {
    let environment = backups_crash(crashes).timeouts(Limit::Budget(1));
    let mut nodes = impatient(&[1], quiet(group(size, in_memory())));
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    model(nodes, &[append(0, 'a')], LogMonitor::new(), environment)
}

fn backups_crash(so_often: u8) -> Environment {
    Environment::default().crash_recovery(so_often).crash_only(&[node(1), node(2)])
}

/// Three replicas as published, of which one has wanted to get to view 2, crashed, and recovered into view 1; another one has
/// heard of the wish since. From there on the other one may crash.
fn as_published(size: Size) -> Box<dyn Case> {
    let system = diskless(size, 1, |node| node.flawed(Flaw::ForgetsPromises));
    let recovered = |nodes: &[NodeView<'_, Patient>], _: &Monitor| {
        let [_, second, third] = nodes else { return false };
        let has_forgotten =
            second.live.node.incarnation() == 2 && second.live.node.normal_in() == Some(Epoch(1));
        has_forgotten && third.live.node.epoch() == Epoch(2)
    };
    staged(system, recovered, backups_crash(1))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "vsr-primary-failure",
            about: "A primary falls silent for good in the middle of its work, and what it committed stays",
            build: |size| {
                let environment = Environment::default().timeouts(Limit::Budget(1)).crash_stop(1);
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[1],
                    Scale::Full => &[0, 1, 2],
                };
                let nodes = impatient(only, quiet(group(size, on_disk())));
                let environment = environment.crash_only(&[node(0)]);
                case(model(nodes, &[append(0, 'a')], LogMonitor::new(), environment))
            },
            expect: unreached(&["batch", "read", "recover", "recovered", "repeat", "restore", "snapshot"]),
            golden: const { &[quick(3, 332_825, 2_236_351, 23).reduced(3_354, 13_868, 17)] },
            ..entry()
        },
        Entry {
            name: "vsr-recovery",
            about: "A replica that crashes, loses what its disk had not written, and comes back, keeps what it promised",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(1)).crash_recovery(1);
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[node(0), node(2)]).delayed_disk(),
                    Scale::Full => environment.delayed_disk(),
                };
                let nodes = impatient(&[1], quiet(group(size, on_disk())));
                case(model(nodes, &[append(0, 'a')], LogMonitor::new(), environment))
            },
            expect: unreached(&["batch", "read", "recover", "recovered", "repeat", "restore", "snapshot"]),
            golden: const { &[quick(3, 276_638, 1_025_096, 47).reduced(53_025, 162_607, 38)] },
            ..entry()
        },
        Entry {
            name: "vsr-diskless",
            about: "Replicas without a disk for their logs, which write the view that they promise, lose nothing",
            build: |size| case(diskless(size, 1 + u8::from(size.scale == Scale::Full), |node| node)),
            expect: unreached(&["batch", "read", "repeat", "restore", "snapshot"]),
            golden: const { &[quick(3, 11_210_004, 75_977_208, 31).reduced(79_610, 333_239, 25)] },
            ..entry()
        },
        Entry {
            expect: breaks(&[LEADER_COMPLETENESS]),
            mutant: Some(Mutant {
                of: "consensus",
                fault: "Replicas without any disk forget that they promised to get to a view, and an entry is lost",
                source: "Liskov and Cowling (2012), section 4.3, as published; Michael et al. (2017)",
            }),
            ..Entry {
                name: "vsr-diskless-as-published",
                about: "Replicas without any disk forget that they promised to get to a view, and an entry is lost",
                build: as_published,
                ..entry()
            }
        },
    ]
}
