//! Viewstamped Replication with one fault at a time. Bounds are just wide enough to show the fault.

use synod_checker::{Environment, Limit, NodeView, TOTAL};
use synod_consensus::{
    log::Request,
    viewstamped::{Flaw, Record, Settings},
};
use synod_properties::{
    LogMonitor,
    log::{
        AGREEMENT, CATCHING_UP, FRESH_READS, INTEGRITY, ONE_LEADER, TERMINATION, VALIDITY,
        state::{self, COMMITTED_AGREE, LEADER_COMPLETENESS, LOG_MATCHING},
    },
};

use super::{
    Asked, Disk, Model, Monitor, ONE_LOG, Patient, append,
    behind::{behind, lagging},
    group, impatient, in_memory, model, node,
    normal::{LEADER_POSSIBLE, batches, beginning, terminating},
    normal_in, observed, on_disk, promised, quiet, with,
};
use crate::registry::{Case, Entry, Expectation, Mutant, Scale, Size, breaks, case, mutant, staged};

/// An entry for a fault that shows among three replicas.
pub(super) fn entry(
    name: &'static str,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, 3, Mutant { of: "consensus", fault, source }, breaks(violated), build)
}

/// Three replicas with the fault, of which those listed lose patience.
fn three(flaw: Flaw, only: &[u16], settings: Settings) -> Vec<Patient> {
    let mut nodes = quiet(group(Size { nodes: 3, scale: Scale::Quick }, settings));
    nodes.iter_mut().for_each(|node| node.node = node.node.clone().flawed(flaw));
    impatient(only, nodes)
}

fn timeouts(so_many: u8) -> Environment {
    Environment::default().timeouts(Limit::Budget(so_many))
}

/// Three replicas with their logs on disk.
fn replicas(flaw: Flaw, only: &[u16], requests: &[Asked], environment: Environment) -> Model {
    model(three(flaw, only, on_disk()), requests, LogMonitor::new(), environment)
}

/// The same, with this on their disks.
fn begun(flaw: Flaw, only: &[u16], disks: Vec<Disk>, requests: &[Asked], environment: Environment) -> Model {
    let nodes = with(three(flaw, only, on_disk()), disks);
    model(nodes, requests, LogMonitor::new().asked("bxyz".chars()), environment)
}

/// A section of the paper.
macro_rules! paper {
    ($section:literal) => {
        concat!("Liskov and Cowling, Viewstamped Replication Revisited (2012), section ", $section)
    };
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "vsr-mutant-counts-what-follows",
            "An acknowledgement counts for what was prepared since it was sent, too",
            paper!("4.1"),
            &[LEADER_COMPLETENESS],
            |size| case(batches(size, |node| node.flawed(Flaw::CountsWhatFollows))),
        ),
        entry(
            "vsr-mutant-counts-replicas-from-itself",
            "Each replica lists itself first, so that each is the primary in its own eyes",
            paper!("4"),
            &[ONE_LEADER, state::ONE_LEADER],
            |_| case(replicas(Flaw::CountsReplicasFromItself, &[], &[], timeouts(0))),
        ),
        entry(
            "vsr-mutant-commits-alone",
            "A primary tells its client that an entry is committed before any backup has it",
            paper!("4.1, 5"),
            &[AGREEMENT],
            |_| {
                let requests = [append(0, 'a'), append(1, 'b')];
                let nodes = three(Flaw::CommitsAlone, &[1], on_disk());
                case(observed(nodes, &requests, LogMonitor::new(), timeouts(1)))
            },
        ),
        entry(
            "vsr-mutant-acks-before-durable",
            "A backup acknowledges an entry before it is on its disk, and loses it in a crash",
            paper!("4.1, 4"),
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(1).crash_recovery(1).crash_only(&[node(1)]).delayed_disk();
                case(replicas(Flaw::AcksBeforeDurable, &[2], &[append(0, 'a')], environment))
            },
        ),
        entry(
            "vsr-mutant-accepts-old-views",
            "A replica that has said what its log is for a new view goes on to acknowledge entries of the old one",
            paper!("4.2, 1"),
            &[LEADER_COMPLETENESS],
            |_| case(replicas(Flaw::AcceptsOldViews, &[1], &[append(0, 'a')], timeouts(1))),
        ),
        entry(
            "vsr-mutant-commits-while-behind",
            "A replica of an earlier view commits what its own log holds where a later view has committed something",
            paper!("4.1, 7"),
            &[AGREEMENT, COMMITTED_AGREE, LEADER_COMPLETENESS],
            |_| {
                let requests = [append(0, 'a'), append(1, 'b')];
                case(replicas(Flaw::CommitsWhileBehind, &[1], &requests, timeouts(1)))
            },
        ),
        entry(
            "vsr-mutant-continues-after-restart",
            "A primary that restarts goes on in its view, and gives a number to another entry than before",
            "TigerBeetle, replica.zig, open",
            &[ONE_LOG, LOG_MATCHING],
            |_| {
                let environment = timeouts(0).crash_recovery(1).crash_only(&[node(0)]).delayed_disk();
                let requests = [append(0, 'a'), append(0, 'b')];
                case(replicas(Flaw::ContinuesAfterRestart, &[], &requests, environment))
            },
        ),
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            // Nobody loses patience, and nobody hears of what it lacks.
            expect: Expectation {
                violated: &[TERMINATION, CATCHING_UP],
                unreached: &[
                    "ask",
                    "batch",
                    "catch up",
                    "read",
                    "recover",
                    "recovered",
                    "repeat",
                    "restore",
                    "snapshot",
                    "view change",
                    "vote",
                ],
            },
            ..entry(
                "vsr-mutant-sends-no-commits",
                "A primary does not repeat itself: what was lost on its way never arrives",
                paper!("4.1, 6"),
                &[TERMINATION],
                |size| case(terminating(size, |node| node.flawed(Flaw::SendsNoCommits))),
            )
        },
        entry(
            "vsr-mutant-starts-view-alone",
            "A new primary does not wait for what the others know: its own log is not enough",
            paper!("4.2, 3"),
            &[LEADER_COMPLETENESS],
            |_| case(replicas(Flaw::StartsViewAlone, &[1], &[append(0, 'a')], timeouts(1))),
        ),
        entry(
            "vsr-mutant-chooses-longest-log",
            "A new primary takes the longest log, though a later view has gone on from a shorter one",
            paper!("4.2, 3"),
            &[LEADER_COMPLETENESS],
            |_| {
                let disks = vec![
                    vec![normal_in(1, &[(1, 'x'), (1, 'y'), (1, 'z')])],
                    vec![normal_in(2, &[(2, 'b')])],
                    vec![normal_in(2, &[(2, 'b')])],
                ];
                let requests = [append(1, 'c')];
                case(begun(Flaw::ChoosesLongestLog, &[2], disks, &requests, timeouts(1)))
            },
        ),
        entry(
            "vsr-mutant-starts-view-twice",
            "A backup takes its log back to how the view began when it is told so a second time",
            paper!("4.2, 5"),
            &[LEADER_COMPLETENESS],
            |_| {
                let disks = vec![vec![], vec![promised(2)], vec![promised(2)]];
                let environment = timeouts(1).duplicating(Limit::Budget(1));
                case(begun(Flaw::StartsViewTwice, &[2], disks, &[append(1, 'a')], environment))
            },
        ),
        entry(
            "vsr-mutant-forgets-promises",
            "A replica restarts in the view of before it promised to get to another one, and takes part in both",
            paper!("4.2, 1"),
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(1).crash_recovery(1).crash_only(&[node(2)]);
                case(replicas(Flaw::ForgetsPromises, &[1], &[append(0, 'a')], environment))
            },
        ),
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            // Nothing is asked, and nobody gets out of a view change.
            expect: Expectation {
                violated: &[LEADER_POSSIBLE],
                unreached: &[
                    "append",
                    "batch",
                    "prepare",
                    "read",
                    "recover",
                    "recovered",
                    "restore",
                    "snapshot",
                ],
            },
            ..entry(
                "vsr-mutant-never-retries",
                "Replicas in a view change repeat nothing and wait for ever",
                paper!("4.2"),
                &[LEADER_POSSIBLE],
                |size| case(beginning(size, |node| node.flawed(Flaw::NeverRetries))),
            )
        },
        entry(
            "vsr-mutant-truncates-before-state",
            "A replica that hears of a later view drops what it does not know to be committed, and then asks for it",
            paper!("5.2, as published; Vanlightly, vsr-tlaplus"),
            &[LEADER_COMPLETENESS],
            |size| case(behind(size, 1, |node| node.flawed(Flaw::TruncatesBeforeState))),
        ),
        entry(
            "vsr-mutant-keeps-uncommitted-tail",
            "A replica that gets to a later view keeps entries of the earlier one that nobody committed",
            paper!("5.2"),
            &[ONE_LOG],
            |_| {
                let requests = [append(0, 'a'), append(1, 'b')];
                case(replicas(Flaw::KeepsUncommittedTail, &[1], &requests, timeouts(1)))
            },
        ),
        entry(
            "vsr-mutant-ignores-nonce",
            "A replica recovers with answers to what it asked before an earlier crash",
            paper!("4.3, 3"),
            &[LEADER_COMPLETENESS],
            |_| {
                // The second replica has restarted twice, and recovered; what it asked at first is still on its way.
                let restarted = vec![vec![], vec![Record::Incarnation(1)]];
                let nodes = with(three(Flaw::IgnoresNonce, &[2], in_memory()), restarted);
                let crash = |timeouts: Environment| timeouts.crash_recovery(1).crash_only(&[node(1)]);
                let model = model(nodes, &[append(0, 'a')], LogMonitor::new(), crash(timeouts(0)));
                let recovered = |nodes: &[NodeView<'_, Patient>], _: &Monitor| {
                    let second = &nodes[1].live.node;
                    second.incarnation() == 3 && second.normal_in().is_some()
                };
                staged(model, recovered, crash(timeouts(1)))
            },
        ),
        entry(
            "vsr-mutant-recovers-from-backups",
            "A replica recovers with the log of a backup, which lacks what it had acknowledged itself",
            paper!("4.3, 3"),
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(1).crash_recovery(1).crash_only(&[node(1)]);
                let nodes = three(Flaw::RecoversFromBackups, &[2], in_memory());
                case(model(nodes, &[append(0, 'a')], LogMonitor::new(), environment))
            },
        ),
        entry(
            "vsr-mutant-labels-snapshot-too-high",
            "A snapshot is labelled with all that is committed, though its state is older",
            paper!("5.1"),
            &[VALIDITY],
            |_| {
                let environment = timeouts(0).crash_recovery(1).crash_only(&[node(0)]);
                let requests = [append(0, 'a'), append(0, 'b'), (0, Request::Snapshot(1, 's'))];
                case(replicas(Flaw::LabelsSnapshotTooHigh, &[], &requests, environment))
            },
        ),
        entry(
            "vsr-mutant-restores-old-snapshots",
            "A replica that gets a log tells of its snapshot, and goes back behind what it has told already",
            paper!("5.1"),
            &[INTEGRITY],
            |_| {
                let requests = [append(0, 'a'), (2, Request::Snapshot(1, 's'))];
                case(replicas(Flaw::RestoresOldSnapshots, &[1], &requests, timeouts(1)))
            },
        ),
        entry(
            "vsr-mutant-panics-on-compacted",
            "A question for what a snapshot has replaced is taken for an impossible one",
            paper!("5.1"),
            &[TOTAL],
            |size| case(lagging(size, |node| node.flawed(Flaw::PanicsOnCompacted), timeouts(1))),
        ),
        entry(
            "vsr-mutant-reads-before-inherited",
            "A new primary answers reads with what it knew to be committed as a backup",
            "etcd issue 7331; tikv issue 6340",
            &[FRESH_READS],
            |_| {
                let requests = [append(0, 'a'), (1, Request::Barrier(1))];
                case(replicas(Flaw::ReadsBeforeInherited, &[1], &requests, timeouts(1)))
            },
        ),
        entry(
            "vsr-mutant-reuses-round",
            "A read is confirmed by answers to what was asked before the read was",
            "etcd-io/raft issue 397",
            &[FRESH_READS],
            |_| {
                let requests = [(0, Request::Barrier(1)), (0, Request::Barrier(2)), append(1, 'a')];
                case(replicas(Flaw::ReusesRound, &[1], &requests, timeouts(1)))
            },
        ),
    ]
}
