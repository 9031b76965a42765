//! Replicas that fall silent, and replicas that restart: from their disks, or from what the others know.

use synod_checker::{Environment, Limit};
use synod_consensus::viewstamped::Flaw;
use synod_properties::{LogMonitor, log::state::LEADER_COMPLETENESS};

use super::{
    Model, Node, append, entry, group, impatient, in_memory, model, node, on_disk, persistent, quiet,
    unreached,
};
use crate::registry::{Entry, Mutant, Scale, Size, breaks, case, quick};

/// Three replicas that keep their logs in memory, of which two in all crash and recover.
pub(super) fn diskless(size: Size, crashes: u8, flawed: impl Fn(Node) -> Node) -> Model {
    let environment = Environment::default().timeouts(Limit::Budget(1)).crash_recovery(crashes);
    let environment = environment.crash_only(&[node(1), node(2)]);
    let mut nodes = impatient(&[1], quiet(group(size, in_memory())));
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    model(nodes, &[append(0, 'a')], LogMonitor::new(), environment)
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
            expect: unreached(&[]),
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
            expect: unreached(&[]),
            ..entry()
        },
        Entry {
            name: "vsr-diskless",
            about: "Replicas without a disk for their logs, which write the view that they promise, lose nothing",
            build: |size| case(diskless(size, 2, |node| node)),
            expect: unreached(&[]),
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
                build: |size| case(diskless(size, 2, |node| node.flawed(Flaw::ForgetsPromises))),
                ..entry()
            }
        },
    ]
}
