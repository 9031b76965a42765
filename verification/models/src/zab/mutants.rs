//! Zab with one fault at a time. Bounds are just wide enough to show the fault.
//!
//! What ZooKeeper's reports tell of, and is not here, is in `unplanted.rs` with the reasons.

use synod_checker::{Environment, Limit, NodeView, TOTAL};
use synod_consensus::{
    Epoch,
    log::{Replica, Request},
    zab::Flaw,
};
use synod_properties::{
    LogMonitor,
    log::{
        AGREEMENT, CATCHING_UP, FRESH_READS, INTEGRITY, ONE_LEADER, TERMINATION, VALIDITY,
        state::{
            self, COMMITTED_AGREE, GLOBAL_PRIMARY_ORDER, LEADER_COMPLETENESS, LOG_MATCHING, PRIMARY_INTEGRITY,
        },
    },
};

use super::{
    Asked, Disk, Model, Monitor, Patient, append,
    behind::{catching_up, diverged, lagging},
    disk, flawed, impatient, model, node,
    normal::{LEADER_POSSIBLE, terminating, voting},
    observed, quiet, voters, with,
};
use crate::registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant, staged};

/// An entry for a fault that shows among three nodes.
fn entry(
    name: &'static str,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, 3, Mutant { of: "consensus", fault, source }, breaks(violated), build)
}

/// The same among two, for properties of liveness: these steps are not taken.
fn two(unreached: &'static [&'static str], entry: Entry) -> Entry {
    let expect = Expectation { unreached, ..entry.expect };
    Entry { nodes: 2..=2, default_nodes: 2, expect, ..entry }
}

/// Links are FIFO, and so many times someone loses patience.
fn timeouts(so_many: u8) -> Environment {
    Environment::default().fifo().timeouts(Limit::Budget(so_many))
}

/// Nodes with the fault, whom oracles send where these say, and of which those listed lose patience.
fn nodes(flaw: Flaw, oracles: &[&[u16]], only: &[u16]) -> Vec<Patient> {
    impatient(only, flawed(quiet(voters(oracles)), |node| node.flawed(flaw)))
}

/// The same, with this on their disks.
fn begun(
    flaw: Flaw,
    oracles: &[&[u16]],
    only: &[u16],
    disks: Vec<Disk>,
    requests: &[Asked],
    environment: Environment,
) -> Model {
    let nodes = with(nodes(flaw, oracles, only), disks);
    model(nodes, requests, LogMonitor::new().asked("xyz".chars()), environment)
}

/// The first leads; the second follows it, and leads later, when the third follows.
const SUCCESSION: &[&[u16]] = &[&[0], &[0, 1], &[1]];
/// The first leads, and the third; the second follows the first and then the third.
const DESERTION: &[&[u16]] = &[&[0], &[0, 2], &[2]];

/// A part of the paper.
macro_rules! paper {
    ($part:literal) => {
        concat!("Junqueira, Reed and Serafini, Zab (2011), ", $part)
    };
}

/// The first two have committed something that the third has not heard of. Then the first leads a second epoch with the
/// third, which crashes in the middle of synchronization, and leads the second node.
fn epoch_before_history() -> Box<dyn Case> {
    let oracles: &[&[u16]] = &[&[0, 0], &[0, 2], &[0, 2]];
    let nodes = nodes(Flaw::EpochBeforeHistory, oracles, &[0, 1, 2]);
    let environment = timeouts(4).crash_recovery(1).crash_only(&[node(2)]).delayed_disk();
    let committed = |nodes: &[NodeView<'_, Patient>], _: &Monitor| {
        let [first, second, third] = nodes else { return false };
        let have_it = [first, second].iter().all(|node| node.live.node.committed() == 1);
        have_it && third.live.node.accepted_epoch() == Epoch::ZERO
    };
    staged(model(nodes, &[append(0, 'a')], LogMonitor::new(), timeouts(0)), committed, environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "zab-mutant-commits-on-giving-up",
            "A node that looks for a leader takes for committed what its history holds",
            "ZOOKEEPER-2845",
            &[LEADER_COMPLETENESS],
            |_| {
                let disks = vec![disk(1, 1, &[(1, 'x')]), disk(1, 0, &[]), disk(1, 0, &[])];
                let nodes: &[&[u16]] = &[&[0], &[1], &[1]];
                case(begun(Flaw::CommitsOnGivingUp, nodes, &[], disks, &[], timeouts(0)))
            },
        ),
        entry(
            "zab-mutant-promises-before-durable",
            "A node promises an epoch, forgets that in a crash, and promises it to another leader",
            paper!("phase 1, discovery"),
            &[ONE_LEADER, state::ONE_LEADER],
            |_| {
                let environment = timeouts(2).crash_recovery(1).crash_only(&[node(2)]).delayed_disk();
                let oracles: &[&[u16]] = &[&[0], &[1], &[0, 1]];
                case(begun(Flaw::PromisesBeforeDurable, oracles, &[2], vec![], &[], environment))
            },
        ),
        entry(
            "zab-mutant-promises-twice",
            "An epoch that was promised to one leader is promised to another one as well",
            "ZooKeeper, Learner.registerWithLeader",
            &[ONE_LEADER, state::ONE_LEADER],
            |_| {
                // What the third has said to the second before it promised anything is still on its way.
                let oracles: &[&[u16]] = &[&[0], &[1], &[1, 0]];
                case(begun(Flaw::PromisesTwice, oracles, &[2], vec![], &[], timeouts(3)))
            },
        ),
        entry(
            "zab-mutant-ignores-better-histories",
            "A leader goes on with its own history although a follower has a better one",
            paper!("phase 1, discovery"),
            &[LEADER_COMPLETENESS],
            |_| {
                let requests = [append(0, 'a')];
                case(begun(Flaw::IgnoresBetterHistories, DESERTION, &[1], vec![], &requests, timeouts(1)))
            },
        ),
        entry(
            "zab-mutant-acks-before-history",
            "A follower acknowledges NEWLEADER before its history is on the disk, and loses it in a crash",
            "ZOOKEEPER-3023; ZOOKEEPER-4646",
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(1).crash_recovery(1).crash_only(&[node(1)]).delayed_disk();
                let disks = vec![disk(1, 1, &[(1, 'x')])];
                case(begun(Flaw::AcksBeforeHistory, SUCCESSION, &[1], disks, &[], environment))
            },
        ),
        entry(
            "zab-mutant-synchronizes-in-memory",
            "A follower acknowledges NEWLEADER, and keeps what came with it in memory",
            "ZOOKEEPER-3911; ZOOKEEPER-4785",
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(1).crash_recovery(1).crash_only(&[node(1)]).delayed_disk();
                let disks = vec![disk(1, 1, &[(1, 'x')])];
                case(begun(Flaw::SynchronizesInMemory, SUCCESSION, &[1], disks, &[], environment))
            },
        ),
        entry(
            "zab-mutant-epoch-before-history",
            "A crash between two writes leaves a follower with an epoch, and without the history that is of it",
            "ZooKeeper, Learner.syncWithLeader",
            &[LEADER_COMPLETENESS],
            |_| epoch_before_history(),
        ),
        entry(
            "zab-mutant-restores-in-memory",
            "A follower takes over a snapshot in memory, and writes what follows it",
            "ZOOKEEPER-3642",
            &[LOG_MATCHING],
            |_| {
                let environment = timeouts(0).crash_recovery(1).crash_only(&[node(2)]);
                case(lagging(|node| node.flawed(Flaw::RestoresInMemory), environment))
            },
        ),
        entry(
            "zab-mutant-truncates-in-memory",
            "A follower drops in memory what nobody else has, and writes what follows",
            "ZOOKEEPER-5094",
            &[GLOBAL_PRIMARY_ORDER],
            |size| {
                let environment = timeouts(0).crash_recovery(1).crash_only(&[node(2)]);
                case(diverged(size, |node| node.flawed(Flaw::TruncatesInMemory), environment))
            },
        ),
        entry(
            "zab-mutant-ignores-gaps",
            "A follower goes on from a transaction that it does not have",
            "ZOOKEEPER-2418",
            &[AGREEMENT, COMMITTED_AGREE],
            |size| case(diverged(size, |node| node.flawed(Flaw::IgnoresGaps), timeouts(0))),
        ),
        Entry {
            expect: Expectation {
                violated: &[CATCHING_UP],
                unreached: &[
                    "append", "give up", "inform", "propose", "read", "restore", "snap", "trunc", "vote",
                ],
            },
            ..entry(
                "zab-mutant-omits-snapshots",
                "A follower that is far behind is sent what the leader still has, and never catches up",
                "ZOOKEEPER-3526; ZOOKEEPER-4352",
                &[CATCHING_UP],
                |_| case(catching_up(|node| node.flawed(Flaw::OmitsSnapshots))),
            )
        },
        entry(
            "zab-mutant-panics-on-early-commit",
            "A transaction that is committed before UPTODATE has come is taken for impossible",
            "ZOOKEEPER-4394",
            &[TOTAL],
            |_| {
                let environment = Environment::default();
                let requests = [append(0, 'a')];
                let oracles: &[&[u16]] = &[&[0], &[0], &[0]];
                case(begun(Flaw::PanicsOnEarlyCommit, oracles, &[], vec![], &requests, environment))
            },
        ),
        entry(
            "zab-mutant-proposes-before-established",
            "A leader proposes before the history that it has inherited is committed",
            paper!("primary order"),
            &[PRIMARY_INTEGRITY],
            |_| {
                let disks = vec![disk(1, 1, &[(1, 'x')])];
                let requests = [append(0, 'a')];
                let flaw = Flaw::ProposesBeforeEstablished;
                case(begun(flaw, SUCCESSION, &[], disks, &requests, timeouts(0)))
            },
        ),
        entry(
            "zab-mutant-appends-again",
            "A follower appends once more what it has",
            "ZooKeeper, zookeeper-specifications/protocol-spec/issues.md, 2",
            &[LOG_MATCHING],
            |_| {
                let requests = [append(0, 'a'), append(0, 'b')];
                let environment = timeouts(0).duplicating(Limit::Budget(1));
                case(begun(Flaw::AppendsAgain, SUCCESSION, &[], vec![], &requests, environment))
            },
        ),
        entry(
            "zab-mutant-accepts-old-epochs",
            "A node that has promised a later epoch goes on to take what an earlier leader proposes",
            "ZOOKEEPER-4712",
            &[LEADER_COMPLETENESS],
            |_| {
                let requests = [append(0, 'a')];
                let oracles: &[&[u16]] = &[&[0], &[0, 2], &[0, 2]];
                case(begun(Flaw::AcceptsOldEpochs, oracles, &[1, 2], vec![], &requests, timeouts(2)))
            },
        ),
        entry(
            "zab-mutant-acks-before-durable",
            "A follower acknowledges a proposal before it is on its disk, and loses it in a crash",
            paper!("phase 3, broadcast"),
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(1).crash_recovery(1).crash_only(&[node(1)]).delayed_disk();
                let requests = [append(0, 'a')];
                case(begun(Flaw::AcksBeforeDurable, SUCCESSION, &[1], vec![], &requests, environment))
            },
        ),
        entry(
            "zab-mutant-commits-alone",
            "A leader commits what no follower has",
            paper!("phase 3, broadcast"),
            &[AGREEMENT],
            |_| {
                let requests = [append(0, 'a'), append(1, 'b')];
                let nodes = nodes(Flaw::CommitsAlone, SUCCESSION, &[1]);
                case(observed(nodes, &requests, LogMonitor::new(), timeouts(1)))
            },
        ),
        two(
            &["gap", "give up", "inform", "ping", "read", "restore", "snap", "snapshot", "trunc", "vote"],
            entry(
                "zab-mutant-never-pings",
                "A leader does not repeat itself: what was lost on its way never arrives",
                "ZooKeeper, Leader.lead",
                &[TERMINATION, CATCHING_UP],
                |size| case(terminating(size, |node| node.flawed(Flaw::NeverPings))),
            ),
        ),
        two(
            &[
                "append", "commit", "gap", "give up", "inform", "propose", "read", "restore", "snap",
                "snapshot", "trunc",
            ],
            entry(
                "zab-mutant-never-retries",
                "What needs an answer is sent once, and waited for for ever",
                "ZooKeeper, FastLeaderElection.lookForLeader",
                &[LEADER_POSSIBLE],
                |size| case(voting(size, |node| node.flawed(Flaw::NeverRetries))),
            ),
        ),
        entry(
            "zab-mutant-labels-snapshot-too-high",
            "A snapshot is labelled with all that is committed, though the state is an earlier one",
            "etcd, raft storage",
            &[VALIDITY],
            |_| case(lagging(|node| node.flawed(Flaw::LabelsSnapshotTooHigh), timeouts(0))),
        ),
        entry(
            "zab-mutant-restores-old-snapshots",
            "A follower that is synchronized again tells of its snapshot, and goes back behind what it has told",
            "ZooKeeper, Learner.syncWithLeader",
            &[INTEGRITY],
            |_| {
                let oracles: &[&[u16]] = &[&[0], &[0], &[0]];
                let requests = [append(0, 'a'), (1, Request::Snapshot(1, 's'))];
                case(begun(Flaw::RestoresOldSnapshots, oracles, &[1], vec![], &requests, timeouts(1)))
            },
        ),
        entry(
            "zab-mutant-trusts-itself",
            "A leader answers reads without asking whether it still leads",
            "ZooKeeper, sync",
            &[FRESH_READS],
            |_| {
                let requests = [append(1, 'a'), (0, Request::Barrier(1))];
                case(begun(Flaw::TrustsItself, SUCCESSION, &[1], vec![], &requests, timeouts(1)))
            },
        ),
        entry(
            "zab-mutant-reuses-round",
            "A read is confirmed by answers to what was asked before the read was",
            "etcd-io/raft issue 397",
            &[FRESH_READS],
            |_| {
                let requests = [(0, Request::Barrier(1)), (0, Request::Barrier(2)), append(1, 'a')];
                case(begun(Flaw::ReusesRound, SUCCESSION, &[1], vec![], &requests, timeouts(1)))
            },
        ),
    ]
}
