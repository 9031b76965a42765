//! Raft with one fault at a time. Bounds are just wide enough to show the fault.

use synod_checker::{Environment, Limit, TOTAL};
use synod_consensus::{
    log::{Entry as LogEntry, Request},
    raft::{Flaw, Settings},
};
use synod_properties::{
    LogMonitor,
    log::{
        AGREEMENT, CATCHING_UP, FRESH_READS, INTEGRITY, ONE_LEADER, TERMINATION, VALIDITY,
        state::{self, COMMITTED_AGREE, LEADER_COMPLETENESS, LOG_MATCHING},
    },
};

use super::{
    Asked, MEMBERS, Model, Patient, append, command, entries as on_disk, group, model, node,
    normal::{LEADER_POSSIBLE, batches, figure_8, mixed_terms, terminating},
    observed,
    partition::{MINORITY, cut},
    plain,
    recovery::lagging,
    term,
};
use crate::{
    patience::{impatient, with},
    registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant},
};

/// An entry for a fault that shows among three nodes.
pub(super) fn entry(
    name: &'static str,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, 3, Mutant { of: "consensus", fault, source }, breaks(violated), build)
}

/// The nodes, with the fault.
pub(super) fn flawed(flaw: Flaw, mut nodes: Vec<Patient>) -> Vec<Patient> {
    nodes.iter_mut().for_each(|node| node.node = node.node.clone().flawed(flaw));
    nodes
}

/// Three voters with the fault.
fn three(flaw: Flaw) -> Vec<Patient> {
    flawed(flaw, group(Size { nodes: 3, scale: crate::registry::Scale::Quick }, plain()))
}

fn timeouts(so_many: u8) -> Environment {
    Environment::default().timeouts(Limit::Budget(so_many))
}

/// Nodes that lose patience as listed, in order of what they send, with two timeouts.
fn two_elections(flaw: Flaw, only: &[u16], requests: &[Asked], environment: Environment) -> Model {
    model(impatient(only, three(flaw)), requests, LogMonitor::new(), environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            ..entry(
                "raft-mutant-quorum-of-half",
                "Half of the voters elect a leader, and the other half another one",
                "Ongaro and Ousterhout (2014), section 5.2",
                &[ONE_LEADER, state::ONE_LEADER],
                |size| {
                    let nodes = flawed(Flaw::QuorumOfHalf, group(size, plain()));
                    case(model(nodes, &[], LogMonitor::new(), timeouts(2)))
                },
            )
        },
        Entry {
            nodes: 4..=4,
            default_nodes: 4,
            ..entry(
                "raft-mutant-half-goes-on",
                "Half of the voters, cut off from the other half, elect a leader of their own",
                "Ongaro and Ousterhout (2014), section 5.2",
                &[MINORITY],
                |size| case(cut(size, |raft| raft.flawed(Flaw::QuorumOfHalf))),
            )
        },
        entry(
            "raft-mutant-does-not-vote-for-itself",
            "A candidate does not record its vote for itself, and gives it to another one",
            "nebula pull request 3415",
            &[ONE_LEADER, state::ONE_LEADER],
            |_| case(two_elections(Flaw::DoesNotVoteForItself, &[0, 1], &[], timeouts(2))),
        ),
        entry(
            "raft-mutant-forgets-vote-on-step-down",
            "A node that follows again in the same term forgets its vote, and votes a second time",
            "CCF issue 8091; hazelcast pull request 16643; camunda issue 5356",
            &[ONE_LEADER],
            |size| {
                let settings = Settings { check_quorum: false, ..Settings::default() };
                let disks =
                    vec![vec![term(1), on_disk(0, &[(1, command('a'))])], vec![term(1)], vec![term(1)]];
                let nodes = flawed(Flaw::ForgetsVoteOnStepDown, with(group(size, settings), disks));
                case(observed(nodes, &[], LogMonitor::new().asked(['a']), timeouts(3).fifo()))
            },
        ),
        entry(
            "raft-mutant-votes-before-durable",
            "A node sends its vote before it is on the disk, crashes, and votes again in the same term",
            "d-engine issue 446; cornerstone issue 65",
            &[ONE_LEADER, state::ONE_LEADER],
            |_| {
                let environment = timeouts(2).crash_recovery(1).crash_only(&[node(1)]).delayed_disk();
                case(two_elections(Flaw::VotesBeforeDurable, &[0, 2], &[], environment))
            },
        ),
        entry(
            "raft-mutant-votes-for-any-log",
            "A node votes for a candidate whose log lacks what is committed",
            "Ongaro and Ousterhout (2014), section 5.4.1",
            &[LEADER_COMPLETENESS],
            |_| case(two_elections(Flaw::VotesForAnyLog, &[0, 2], &[], timeouts(2))),
        ),
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            expect: Expectation {
                violated: &[LEADER_POSSIBLE],
                unreached: &[
                    "append", "batch", "campaign", "catch up", "change", "commit", "give up", "go back",
                    "handover", "install", "leader", "leave", "read", "refuse", "reject", "resign",
                    "snapshot", "truncate", "vote",
                ],
            },
            ..entry(
                "raft-mutant-refuses-in-silence",
                "Pre-votes are refused without the term that the other one lacks: nobody can ever lead",
                "etcd issue 8501; redpanda pull request 2071",
                &[LEADER_POSSIBLE],
                |_| case(mixed_terms(|raft| raft.flawed(Flaw::RefusesInSilence))),
            )
        },
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            expect: Expectation {
                violated: &[LEADER_POSSIBLE],
                unreached: &[
                    "catch up", "change", "give up", "handover", "install", "leave", "pre-vote", "read",
                    "refuse", "resign", "snapshot", "truncate",
                ],
            },
            ..entry(
                "raft-mutant-never-retries",
                "A candidate whose election has no outcome waits for ever",
                "Ongaro and Ousterhout (2014), section 5.2",
                &[LEADER_POSSIBLE],
                |size| case(terminating(size, |raft| raft.flawed(Flaw::NeverRetries))),
            )
        },
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            expect: Expectation {
                violated: &[TERMINATION, CATCHING_UP],
                unreached: &[
                    "batch", "catch up", "change", "give up", "go back", "handover", "install", "leave",
                    "pre-vote", "read", "refuse", "reject", "resign", "snapshot", "truncate",
                ],
            },
            ..entry(
                "raft-mutant-sends-no-heartbeats",
                "A leader does not repeat itself: an entry that was lost on its way never arrives",
                "Ongaro and Ousterhout (2014), section 5.2",
                &[TERMINATION],
                |size| case(terminating(size, |raft| raft.flawed(Flaw::SendsNoHeartbeats))),
            )
        },
        entry(
            "raft-figure-8",
            "A leader commits an entry of an earlier term once a majority has it, and a later leader overwrites it",
            "Ongaro and Ousterhout (2014), figure 8; logcabin issue 44",
            &[AGREEMENT],
            |size| {
                let (nodes, monitor, environment) =
                    figure_8(size, |raft| raft.flawed(Flaw::CountsReplicasOfOldTerms));
                case(observed(nodes, &[], monitor, environment))
            },
        ),
        entry(
            "raft-mutant-counts-replicas-of-old-terms",
            "The same fault, seen before it does harm: a leader without what is committed",
            "Ongaro and Ousterhout (2014), section 5.4.2",
            &[LEADER_COMPLETENESS],
            |size| {
                let (nodes, monitor, environment) =
                    figure_8(size, |raft| raft.flawed(Flaw::CountsReplicasOfOldTerms));
                case(model(nodes, &[], monitor, environment))
            },
        ),
        entry(
            "raft-mutant-skips-consistency-check",
            "A follower appends what it is sent, whatever comes before it in its log",
            "Ongaro and Ousterhout (2014), figure 2, AppendEntries, 2",
            &[LOG_MATCHING],
            |_| {
                case(two_elections(
                    Flaw::SkipsConsistencyCheck,
                    &[0],
                    &[append(0, 'a'), append(0, 'b')],
                    timeouts(1).fifo().lossy(Limit::Budget(1)),
                ))
            },
        ),
        Entry {
            expect: Expectation {
                violated: &[CATCHING_UP],
                unreached: &[
                    "catch up", "change", "give up", "go back", "handover", "install", "leave", "pre-vote",
                    "read", "resign", "snapshot", "truncate",
                ],
            },
            ..entry(
                "raft-mutant-ignores-rejections",
                "A leader does not step back when a follower rejects what it sends",
                "Ongaro and Ousterhout (2014), section 5.3",
                &[CATCHING_UP],
                |size| case(terminating(size, |raft| raft.flawed(Flaw::IgnoresRejections))),
            )
        },
        entry(
            "raft-mutant-commits-beyond-match",
            "A follower commits what its log holds beyond what the leader has compared",
            "scylla issue 9965; copycat issue 265",
            &[AGREEMENT, COMMITTED_AGREE],
            |size| {
                let disks =
                    vec![vec![term(1)], vec![term(1)], vec![term(1), on_disk(0, &[(1, command('x'))])]];
                let nodes = with(group(size, plain()), disks);
                let nodes = impatient(&[0], flawed(Flaw::CommitsBeyondMatch, nodes));
                let environment = timeouts(2).fifo().lossy(Limit::Budget(1));
                case(model(nodes, &[], LogMonitor::new().asked(['x']), environment))
            },
        ),
        entry(
            "raft-mutant-trusts-notices",
            "A follower that is told that an entry is committed commits what it has in the same place",
            "Ongaro and Ousterhout (2014), section 5.3: the log matching property",
            &[AGREEMENT, COMMITTED_AGREE],
            |size| {
                let disks =
                    vec![vec![term(1)], vec![term(1)], vec![term(1), on_disk(0, &[(1, command('x'))])]];
                let nodes = with(group(size, plain()), disks);
                let nodes = impatient(&[0], flawed(Flaw::TrustsNotices, nodes));
                case(model(nodes, &[], LogMonitor::new().asked(['x']), timeouts(2)))
            },
        ),
        entry(
            "raft-mutant-truncates-on-shorter-append",
            "A follower cuts its log where a late, shorter message ends, though it has acknowledged more",
            "akka-raft issue 66; lerna issue 152",
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(2).duplicating(Limit::Budget(1));
                case(two_elections(Flaw::TruncatesOnShorterAppend, &[0, 2], &[append(0, 'a')], environment))
            },
        ),
        entry(
            "raft-mutant-acks-before-durable",
            "A follower acknowledges entries before they are on its disk, and loses them in a crash",
            "etcd issue 12589; cubefs pull request 4070",
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(2).fifo().crash_recovery(1).crash_only(&[node(1)]).delayed_disk();
                case(two_elections(Flaw::AcksBeforeDurable, &[0, 2], &[], environment))
            },
        ),
        entry(
            "raft-mutant-truncates-on-restart",
            "A node that restarts cuts its log to what it knows to be committed, though it has acknowledged more",
            "Kafka improvement proposal 101, scenario 1",
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(2).fifo().crash_recovery(1).crash_only(&[node(1)]);
                case(two_elections(Flaw::TruncatesOnRestart, &[0, 2], &[], environment))
            },
        ),
        entry(
            "raft-mutant-counts-what-waits",
            "An acknowledgement counts for what still waits to be sent, too",
            "Ongaro, Consensus: Bridging Theory and Practice (2014), section 10.2.2",
            &[LEADER_COMPLETENESS],
            |size| case(batches(size, &[0, 1], |raft| raft.flawed(Flaw::CountsWhatWaits))),
        ),
        entry(
            "raft-mutant-labels-snapshot-too-high",
            "A snapshot is labelled with all that is committed, though its state is older",
            "Ongaro and Ousterhout (2014), section 7",
            &[VALIDITY],
            |_| {
                let environment = timeouts(1).fifo().crash_recovery(1).crash_only(&[node(0)]);
                let requests = [append(0, 'a'), (0, Request::Snapshot(1, 's'))];
                case(two_elections(Flaw::LabelsSnapshotTooHigh, &[0], &requests, environment))
            },
        ),
        entry(
            "raft-mutant-installs-old-snapshots",
            "A follower takes a snapshot that is older than what it has, and goes back",
            "Ongaro and Ousterhout (2014), figure 13",
            &[INTEGRITY],
            |size| {
                let environment = timeouts(1).duplicating(Limit::Budget(1));
                case(lagging(size, |raft| raft.flawed(Flaw::InstallsOldSnapshots), environment))
            },
        ),
        entry(
            "raft-mutant-keeps-members-of-discarded",
            "A node that installs a snapshot goes on with the members of an entry that the snapshot discards",
            "openraft issue 1808",
            &[MEMBERS],
            |size| {
                let log = vec![term(2), on_disk(0, &[(2, LogEntry::Blank), (2, command('a'))])];
                let change = LogEntry::Members(super::voters(&[0, 2]));
                let stale =
                    vec![term(2), on_disk(0, &[(1, LogEntry::Blank), (1, LogEntry::Blank), (1, change)])];
                let nodes = with(group(size, plain()), vec![log.clone(), log, stale]);
                let nodes = impatient(&[0], flawed(Flaw::KeepsMembersOfDiscarded, nodes));
                let monitor = LogMonitor::new().asked(['a']);
                let requests = [(0, Request::Snapshot(2, 's'))];
                case(model(nodes, &requests, monitor, timeouts(1).fifo()))
            },
        ),
        entry(
            "raft-mutant-panics-on-compacted",
            "A message about entries that a snapshot has replaced is taken for an impossible one",
            "Ongaro, Consensus: Bridging Theory and Practice (2014), section 5.1",
            &[TOTAL],
            |_| {
                let environment = timeouts(1).duplicating(Limit::Budget(1));
                let requests = [append(0, 'a'), (1, Request::Snapshot(1, 's'))];
                case(two_elections(Flaw::PanicsOnCompacted, &[0], &requests, environment))
            },
        ),
        entry(
            "raft-mutant-reads-before-own-commit",
            "A new leader answers reads with what it knew to be committed as a follower",
            "etcd issue 7331; tikv issue 6340",
            &[FRESH_READS],
            |_| {
                let requests = [(1, Request::Barrier(1))];
                case(two_elections(Flaw::ReadsBeforeOwnCommit, &[0, 1], &requests, timeouts(2).fifo()))
            },
        ),
        entry(
            "raft-mutant-reuses-round",
            "A read is confirmed by acknowledgements of heartbeats that were sent before it was asked",
            "etcd-io/raft issue 397",
            &[FRESH_READS],
            |_| {
                let requests = [(0, Request::Barrier(1)), (0, Request::Barrier(2))];
                case(two_elections(Flaw::ReusesRound, &[0, 1], &requests, timeouts(2).fifo()))
            },
        ),
        entry(
            "raft-mutant-follows-old-leaders",
            "A node that has voted in a later term goes on with an earlier leader, who counts it",
            "mongo SERVER-22136",
            &[LEADER_COMPLETENESS],
            |_| case(two_elections(Flaw::FollowsOldLeaders, &[0, 2], &[], timeouts(2).fifo())),
        ),
        entry(
            "raft-mutant-stamps-with-the-next-term",
            "A leader that has heard of a higher term appends what it was asked for before, as if it led that term",
            "camunda issue 5360",
            &[LOG_MATCHING],
            |_| case(two_elections(Flaw::StampsWithTheNextTerm, &[0, 1], &[], timeouts(2).fifo())),
        ),
        Entry {
            nodes: 1..=1,
            default_nodes: 1,
            ..entry(
                "raft-mutant-commits-before-durable",
                "A single voter commits what is not on its disk, and loses it in a crash",
                "etcd issues 14370 and 10508",
                &[AGREEMENT],
                |size| {
                    let nodes = flawed(Flaw::CommitsBeforeDurable, group(size, plain()));
                    let environment = timeouts(2).crash_recovery(1).delayed_disk();
                    case(model(nodes, &[], LogMonitor::new(), environment))
                },
            )
        },
    ]
}
