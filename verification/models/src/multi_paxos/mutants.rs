//! Multi-Paxos with one fault at a time. Bounds are just wide enough to show the fault.

use synod_checker::{Environment, Limit, TOTAL};
use synod_consensus::{log::Request, multi_paxos::Flaw};
use synod_properties::{
    LogMonitor,
    log::{
        AGREEMENT, CATCHING_UP, FRESH_READS, INTEGRITY, ONE_LEADER, TERMINATION, VALIDITY,
        state::{self, COMMITTED_AGREE, LEADER_COMPLETENESS},
    },
};

use super::{
    Asked, CHOSEN_STAYS, Disk, Model, ONE_DECREE, QUIET, VOTES_PROMISE, accepted, append, command, majority,
    model, node,
    normal::{LEADER_POSSIBLE, a_gap, batches, like, terminating, two_votes},
    observed, promised,
    recovery::lagging,
    with_promises,
};
use crate::{
    patience::{impatient, with},
    registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant},
};

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

fn timeouts(so_many: u8) -> Environment {
    Environment::default().timeouts(Limit::Budget(so_many))
}

/// Three nodes with the fault and this on their disks, that lose patience as listed.
fn three(flaw: Flaw, only: &[u16], disks: Vec<Disk>) -> Vec<super::Patient> {
    impatient(only, with(like(|node| node.flawed(flaw), majority(3)), disks))
}

/// Three empty logs, with everything watched.
fn fresh(flaw: Flaw, only: &[u16], requests: &[Asked], environment: Environment) -> Model {
    model(three(flaw, only, vec![]), requests, LogMonitor::new(), environment)
}

/// Three empty logs, as their clients see them.
fn fresh_observed(flaw: Flaw, only: &[u16], requests: &[Asked], environment: Environment) -> Model {
    observed(three(flaw, only, vec![]), requests, LogMonitor::new(), environment)
}

/// Two leaders; the node between them crashes once, and its disk is late.
fn restarting() -> Environment {
    timeouts(2).fifo().crash_recovery(1).crash_only(&[node(1)]).delayed_disk()
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        // Proposers.
        entry(
            "multi-paxos-mutant-ballots-not-unique",
            "Ballots do not tell who proposes: two proposers come up with the same one, and both lead it",
            "Lamport, Paxos Made Simple (2001), section 2.5",
            &[ONE_LEADER, state::ONE_LEADER],
            |_| case(fresh(Flaw::BallotsNotUnique, &[0, 1], &[], timeouts(2))),
        ),
        entry(
            "multi-paxos-mutant-ballot-not-durable",
            "A ballot is not on the disk before others hear of it, and is used again after a restart",
            "phxpaxos issue 145",
            &[ONE_DECREE],
            |_| {
                let environment = timeouts(2).crash_recovery(1).crash_only(&[node(0)]).delayed_disk();
                let requests = [append(0, 'a'), append(0, 'b')];
                case(fresh(Flaw::BallotNotDurable, &[0], &requests, environment))
            },
        ),
        entry(
            "multi-paxos-mutant-counts-other-promises",
            "A promise of an earlier ballot is counted for the present one",
            "MyPaxos issue 18",
            &[LEADER_COMPLETENESS],
            |_| case(fresh(Flaw::CountsOtherPromises, &[0, 1], &[append(1, 'a')], timeouts(3))),
        ),
        entry(
            "multi-paxos-mutant-ignores-votes",
            "A new leader does not take over what its promises report, and proposes its own over it",
            "Lamport, Paxos Made Simple (2001), section 2.2",
            &[AGREEMENT],
            |_| {
                let requests = [append(0, 'a'), append(1, 'b')];
                case(fresh_observed(Flaw::IgnoresVotes, &[0, 1], &requests, timeouts(2).fifo()))
            },
        ),
        entry(
            "multi-paxos-mutant-adopts-lowest-ballot",
            "Of the votes that are reported for a position, that of the lowest ballot is taken over",
            "Lamport, Paxos Made Simple (2001), section 2.2",
            &[CHOSEN_STAYS, LEADER_COMPLETENESS],
            |_| {
                let nodes = three(Flaw::AdoptsLowestBallot, &[1, 2], two_votes());
                case(model(nodes, &[], LogMonitor::new().asked(['a', 'b']), timeouts(2).fifo()))
            },
        ),
        entry(
            "multi-paxos-mutant-restamps-decrees",
            "A decree that is proposed again gets the ballot of now as its epoch: nodes are told different ones",
            "the port: an entry carries the epoch in which a leader appended it first",
            &[CHOSEN_STAYS],
            |_| case(fresh(Flaw::RestampsDecrees, &[0, 1], &[append(0, 'a')], timeouts(2).fifo())),
        ),
        Entry {
            expect: Expectation {
                violated: &[TERMINATION],
                unreached: &[
                    "batch",
                    "fill gap",
                    "install",
                    "nack",
                    "preempted",
                    "read",
                    "snapshot",
                    "take over",
                ],
            },
            ..entry(
                "multi-paxos-mutant-leaves-gaps",
                "A new leader does not fill the gap before what is reported: nothing behind it is ever told",
                "Lamport, Paxos Made Simple (2001), section 3",
                &[TERMINATION],
                |_| {
                    let nodes = three(Flaw::LeavesGaps, &[0], a_gap());
                    let monitor = LogMonitor::new().asked(['b']).appends_terminate();
                    let environment = Environment::default().synchronous();
                    case(model(nodes, &[append(0, 'a')], monitor, environment).terminates())
                },
            )
        },
        Entry {
            expect: Expectation { violated: &[LEADER_POSSIBLE], unreached: QUIET },
            nodes: 2..=2,
            default_nodes: 2,
            ..entry(
                "multi-paxos-mutant-never-retries",
                "A proposer whose ballot has no outcome waits for ever",
                "Lamport, Paxos Made Simple (2001), section 2.4",
                &[LEADER_POSSIBLE],
                |size| case(terminating(size, |node| node.flawed(Flaw::NeverRetries))),
            )
        },
        entry(
            "multi-paxos-mutant-counts-what-follows",
            "An acknowledgement counts for what was proposed since it was sent, too",
            "van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), section 4.1",
            &[LEADER_COMPLETENESS],
            |_| case(batches(&[0, 1], &['a', 'b'], |node| node.flawed(Flaw::CountsWhatFollows))),
        ),
        // Acceptors.
        entry(
            "multi-paxos-mutant-reports-last-vote-only",
            "A promise reports the last vote only: phase 1 forgets the other positions, and fills them with blanks",
            "van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), section 4.2",
            &[AGREEMENT],
            |_| {
                let requests = [append(0, 'a'), append(0, 'b')];
                case(fresh_observed(Flaw::ReportsLastVoteOnly, &[0, 1], &requests, timeouts(2).fifo()))
            },
        ),
        entry(
            "multi-paxos-mutant-promises-before-durable",
            "A promise is sent before it is on the disk, and broken after a crash",
            "Lamport, Paxos Made Simple (2001), section 2.5",
            &[CHOSEN_STAYS],
            |_| {
                case(fresh(
                    Flaw::PromisesBeforeDurable,
                    &[0, 2],
                    &[append(0, 'a'), append(2, 'b')],
                    restarting(),
                ))
            },
        ),
        entry(
            "multi-paxos-mutant-accepts-before-durable",
            "A vote is sent before it is on the disk, and lost in a crash",
            "Lamport, Paxos Made Simple (2001), section 2.5",
            &[LEADER_COMPLETENESS],
            |_| case(fresh(Flaw::AcceptsBeforeDurable, &[0, 2], &[append(0, 'a')], restarting())),
        ),
        entry(
            "multi-paxos-mutant-promise-not-raised-on-accept",
            "A vote does not raise the promise: an earlier ballot overwrites what this one has chosen",
            "the bug in Paxos Made Simple (2021)",
            &[VOTES_PROMISE],
            |_| {
                case(with_promises(fresh(
                    Flaw::PromiseNotRaisedOnAccept,
                    &[0, 1],
                    &[append(0, 'a'), append(1, 'b')],
                    timeouts(2),
                )))
            },
        ),
        entry(
            "multi-paxos-mutant-accepts-below-promise",
            "A proposal is accepted although a higher ballot was promised",
            "Lamport, Paxos Made Simple (2001), section 2.2",
            &[LEADER_COMPLETENESS],
            |_| case(fresh(Flaw::AcceptsBelowPromise, &[0, 1], &[append(0, 'a')], timeouts(2).fifo())),
        ),
        entry(
            "multi-paxos-mutant-forgets-on-restart",
            "A node comes back with an empty disk, and goes on as an acceptor",
            "Chandra, Griesemer and Redstone, Paxos Made Live (2007), section 5.1",
            &[LEADER_COMPLETENESS],
            |_| {
                let environment = timeouts(2).fifo().crash_recovery(1).crash_only(&[node(1)]);
                case(fresh(Flaw::ForgetsOnRestart, &[0, 2], &[append(0, 'a')], environment))
            },
        ),
        // Learners.
        entry(
            "multi-paxos-mutant-chooses-alone",
            "A leader takes a position for chosen when it alone has accepted something for it",
            "Lamport, Paxos Made Simple (2001), section 2.1",
            &[AGREEMENT],
            |_| {
                case(fresh_observed(
                    Flaw::ChoosesAlone,
                    &[0, 1],
                    &[append(0, 'a'), append(1, 'b')],
                    timeouts(2).fifo(),
                ))
            },
        ),
        entry(
            "multi-paxos-mutant-commits-out-of-order",
            "A leader tells of a position that is chosen before those that come before it",
            "Lamport, Paxos Made Simple (2001), section 3",
            &[INTEGRITY],
            |_| case(fresh(Flaw::CommitsOutOfOrder, &[0], &[append(0, 'a'), append(0, 'b')], timeouts(1))),
        ),
        entry(
            "multi-paxos-mutant-learns-from-any-vote",
            "A node takes what it has accepted in any ballot for what the leader knows to be chosen",
            "Ongaro and Ousterhout (2014), section 5.4.2, the same in the terms of Paxos",
            &[AGREEMENT, COMMITTED_AGREE],
            |_| {
                let disks = vec![vec![accepted(3, 1, &[command('x')])], vec![promised(3)], vec![promised(3)]];
                let nodes = three(Flaw::LearnsFromAnyVote, &[1], disks);
                let monitor = LogMonitor::new().asked(['x']);
                let environment = timeouts(1).fifo().lossy(Limit::Budget(1));
                case(model(nodes, &[append(1, 'a')], monitor, environment))
            },
        ),
        Entry {
            expect: Expectation { violated: &[TERMINATION, CATCHING_UP], unreached: QUIET },
            nodes: 2..=2,
            default_nodes: 2,
            ..entry(
                "multi-paxos-mutant-sends-no-heartbeats",
                "A leader does not repeat itself: a proposal that was lost on its way never arrives",
                "van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), section 4.1; omnipaxos issues 67 and 118",
                &[TERMINATION, CATCHING_UP],
                |size| case(terminating(size, |node| node.flawed(Flaw::SendsNoHeartbeats))),
            )
        },
        Entry {
            expect: Expectation { violated: &[CATCHING_UP], unreached: QUIET },
            ..entry(
                "multi-paxos-mutant-ignores-missing",
                "A leader does not help nodes that have missed what was chosen",
                "van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), section 4.4",
                &[CATCHING_UP],
                |size| case(terminating(size, |node| node.flawed(Flaw::IgnoresMissing))),
            )
        },
        // Snapshots.
        entry(
            "multi-paxos-mutant-labels-snapshot-too-high",
            "A snapshot is labelled with all that is chosen, though its state is older",
            "van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), section 4.4",
            &[VALIDITY],
            |_| {
                let environment = timeouts(1).fifo().crash_recovery(1).crash_only(&[node(0)]);
                let requests = [append(0, 'a'), append(0, 'b'), (0, Request::Snapshot(1, 's'))];
                case(fresh(Flaw::LabelsSnapshotTooHigh, &[0], &requests, environment))
            },
        ),
        entry(
            "multi-paxos-mutant-installs-old-snapshots",
            "A node takes a snapshot that is older than what it has, and goes back",
            "van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), section 4.4",
            &[INTEGRITY],
            |size| {
                let environment = timeouts(1).duplicating(Limit::Budget(1));
                case(lagging(size, |node| node.flawed(Flaw::InstallsOldSnapshots), &[0, 2], environment))
            },
        ),
        entry(
            "multi-paxos-mutant-prunes-promise",
            "The promise goes with the votes when a snapshot takes their place",
            "scylla issue 6154",
            &[LEADER_COMPLETENESS],
            |_| {
                let requests = [append(0, 'a'), append(1, 'b'), (2, Request::Snapshot(1, 's'))];
                case(fresh(Flaw::PrunesPromise, &[0, 1], &requests, timeouts(2)))
            },
        ),
        entry(
            "multi-paxos-mutant-panics-on-compacted",
            "A proposal for what a snapshot has replaced is taken for an impossible one",
            "van Renesse and Altinbuken, Paxos Made Moderately Complex (2015), section 4.4",
            &[TOTAL],
            |_| {
                let environment = timeouts(1).duplicating(Limit::Budget(1));
                let requests = [append(0, 'a'), (1, Request::Snapshot(1, 's'))];
                case(fresh(Flaw::PanicsOnCompacted, &[0], &requests, environment))
            },
        ),
        // Barriers.
        entry(
            "multi-paxos-mutant-reads-unconfirmed",
            "A leader answers a read without asking whether it is still followed",
            "Chandra, Griesemer and Redstone, Paxos Made Live (2007), section 5.2",
            &[FRESH_READS],
            |_| {
                let requests = [(0, Request::Barrier(1)), append(1, 'a')];
                case(fresh(Flaw::ReadsUnconfirmed, &[0, 1], &requests, timeouts(2).fifo()))
            },
        ),
        entry(
            "multi-paxos-mutant-reads-before-inherited",
            "A new leader answers reads with what it knew to be chosen, before phase 1 told it of more",
            "etcd issue 7331; tikv issue 6340",
            &[FRESH_READS],
            |_| {
                let requests = [append(0, 'a'), (1, Request::Barrier(1))];
                case(fresh(Flaw::ReadsBeforeInherited, &[0, 1], &requests, timeouts(2)))
            },
        ),
        entry(
            "multi-paxos-mutant-reuses-round",
            "A read is confirmed by answers to a round that was begun before it was asked",
            "etcd-io/raft issue 397",
            &[FRESH_READS],
            |_| {
                let requests = [(0, Request::Barrier(1)), (0, Request::Barrier(2)), append(1, 'a')];
                case(fresh(Flaw::ReusesRound, &[0, 1], &requests, timeouts(2).fifo()))
            },
        ),
    ]
}
