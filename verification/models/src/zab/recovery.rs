//! Leaders that fall silent, and nodes that restart from their disks.

use synod_checker::{Environment, Limit};
use synod_properties::LogMonitor;

use super::{append, entry, impatient, model, node, quiet, unreached, voters};
use crate::registry::{Entry, Scale, case, quick};

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "zab-leader-failure",
            about: "A leader falls silent for good in the middle of its work, and what it committed stays",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2)).crash_stop(1);
                let only: &[u16] = match size.scale {
                    Scale::Quick => &[1],
                    Scale::Full => &[0, 1, 2],
                };
                // The third node is late, and hears of the second leader only.
                let nodes = impatient(only, quiet(voters(&[&[0, 1], &[0, 1], &[1]])));
                let environment = environment.crash_only(&[node(0)]);
                case(model(nodes, &[append(0, 'a'), append(1, 'b')], LogMonitor::new(), environment))
            },
            expect: unreached(&["inform", "ping", "read", "restore", "snap", "snapshot", "trunc", "vote"]),
            golden: const { &[quick(3, 6_828, 18_319, 25).reduced(4_552, 11_608, 24)] },
            ..entry()
        },
        Entry {
            name: "zab-recovery",
            about: "A node that crashes, loses what its disk had not written, and comes back, keeps what it promised",
            build: |size| {
                let environment = Environment::default().fifo().timeouts(Limit::Budget(1)).crash_recovery(1);
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[node(1)]).delayed_disk(),
                    Scale::Full => environment.delayed_disk(),
                };
                let nodes = impatient(&[1], quiet(voters(&[&[0], &[0, 1], &[1]])));
                case(model(nodes, &[append(0, 'a')], LogMonitor::new(), environment))
            },
            expect: unreached(&[
                "gap", "inform", "ping", "read", "restore", "snap", "snapshot", "trunc", "vote",
            ]),
            golden: const { &[quick(3, 4_408, 10_775, 34).reduced(3_310, 7_951, 33)] },
            ..entry()
        },
    ]
}
