//! Changes of members with one fault at a time.

use synod_checker::{Environment, Limit};
use synod_consensus::{log::Entry as LogEntry, raft::Flaw};
use synod_properties::{LogMonitor, log::state::LEADER_COMPLETENESS};

use super::{
    change,
    changes::{
        CAUGHT_UP, CHANGE_ENDS, DEPOSES_NOBODY, adding, joint_pending, promoted_unawares, removed, replaced,
    },
    entries as on_disk, group, model,
    mutants::{entry, flawed},
    normal::LEADER_POSSIBLE,
    of, plain, term, voters,
};
use crate::{
    patience::{impatient, with},
    registry::{Entry, Expectation, breaks, case},
};

fn two_leaders() -> Environment {
    Environment::default().fifo().timeouts(Limit::Budget(2))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            nodes: 5..=5,
            default_nodes: 5,
            ..entry(
                "raft-mutant-changes-before-own-commit",
                "Two leaders change the members before anything of their terms is committed, by quorums that miss each other",
                "raft-dev, 10 July 2015",
                &[LEADER_COMPLETENESS],
                |_| {
                    // The first leader has added the fifth node, and only these two know. The second removes the first leader.
                    let members = &[0, 1, 2, 3];
                    let mut nodes = vec![of(members, plain()); 4];
                    nodes.push(of(&[], plain()));
                    let added =
                        vec![term(2), on_disk(0, &[(1, LogEntry::Members(voters(&[0, 1, 2, 3, 4])))])];
                    let nodes =
                        with(nodes, vec![added.clone(), vec![term(1)], vec![term(1)], vec![term(1)], added]);
                    let nodes = impatient(&[0, 1], flawed(Flaw::ChangesBeforeOwnCommit, nodes));
                    let requests = [change(1, &[1, 2, 3])];
                    let monitor = LogMonitor::new().aimed_at([voters(&[0, 1, 2, 3, 4])]);
                    case(model(nodes, &requests, monitor, two_leaders()))
                },
            )
        },
        entry(
            "raft-mutant-promotes-at-once",
            "A voter is added before it has caught up, and until it has its vote is needed and cannot be had",
            "Ongaro, Consensus: Bridging Theory and Practice (2014), section 4.2.1",
            &[CAUGHT_UP],
            |size| case(adding(size, |raft| raft.flawed(Flaw::PromotesAtOnce))),
        ),
        Entry {
            nodes: 4..=4,
            default_nodes: 4,
            ..entry(
                "raft-mutant-never-sticks",
                "Voters that hear of their leader vote for others all the same: a node that was removed deposes it",
                "hashicorp/raft issue 524",
                &[DEPOSES_NOBODY],
                |_| removed(|raft| raft.flawed(Flaw::NeverSticks)),
            )
        },
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            expect: Expectation {
                violated: &[CHANGE_ENDS],
                unreached: &[
                    "append", "batch", "campaign", "catch up", "change", "commit", "give up", "go back",
                    "handover", "install", "leader", "leave", "read", "refuse", "reject", "resign",
                    "snapshot", "truncate", "vote",
                ],
            },
            ..entry(
                "raft-mutant-removed-stay-quiet",
                "Who is replaced crashes when it alone has that on its disk, and does not campaign: nobody can ever lead",
                "redpanda pull requests 3055 and 6798",
                &[CHANGE_ENDS],
                |_| case(replaced(|raft| raft.flawed(Flaw::RemovedStayQuiet))),
            )
        },
        entry(
            "raft-mutant-changes-before-commit",
            "A leader changes the members again before the change before is committed",
            "Ongaro, Consensus: Bridging Theory and Practice (2014), section 4.1",
            &[LEADER_COMPLETENESS],
            |size| {
                let nodes = impatient(&[0, 1], flawed(Flaw::ChangesBeforeCommit, group(size, plain())));
                let requests = [change(0, &[0, 2]), change(0, &[0])];
                case(model(nodes, &requests, LogMonitor::new(), two_leaders()))
            },
        ),
        entry(
            "raft-mutant-changes-at-once",
            "Two voters are removed in one step: the one that is left and those that went are quorums each",
            "Ongaro, Consensus: Bridging Theory and Practice (2014), section 4.3",
            &[LEADER_COMPLETENESS],
            |size| {
                let nodes = impatient(&[0, 1], flawed(Flaw::ChangesAtOnce, group(size, plain())));
                case(model(nodes, &[change(0, &[0])], LogMonitor::new(), two_leaders()))
            },
        ),
        entry(
            "raft-mutant-leaves-joint-early",
            "A new leader finds a joint membership that is not committed, and leaves it at once",
            "camunda issue 60086",
            &[LEADER_COMPLETENESS],
            |size| {
                let joint = voters(&[0]).with_outgoing(voters(&[0, 1, 2]).everyone());
                let disks = vec![
                    vec![term(1), on_disk(0, &[(1, LogEntry::Members(joint))])],
                    vec![term(1)],
                    vec![term(1)],
                ];
                let nodes = with(group(size, plain()), disks);
                let nodes = impatient(&[0, 1], flawed(Flaw::LeavesJointEarly, nodes));
                let monitor = LogMonitor::new().aimed_at([voters(&[0])]);
                case(model(nodes, &[], monitor, two_leaders()))
            },
        ),
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            expect: Expectation {
                unreached: &[
                    "batch", "catch up", "change", "give up", "go back", "handover", "install", "leave",
                    "read", "refuse", "reject", "resign", "snapshot", "truncate",
                ],
                ..breaks(&[CHANGE_ENDS])
            },
            ..entry(
                "raft-mutant-leaves-own-joints-only",
                "A new leader does not leave the joint membership that its predecessor left behind",
                "etcd issues 12136 and 12137",
                &[CHANGE_ENDS],
                |_| case(joint_pending(true, |raft| raft.flawed(Flaw::LeavesOwnJointsOnly))),
            )
        },
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            expect: Expectation {
                unreached: &[
                    "append", "batch", "campaign", "catch up", "change", "commit", "give up", "go back",
                    "handover", "install", "leader", "leave", "read", "refuse", "reject", "resign",
                    "snapshot", "truncate", "vote",
                ],
                ..breaks(&[CHANGE_ENDS])
            },
            ..entry(
                "raft-mutant-misses-own-old-vote",
                "A candidate that the new members lack does not count its vote among the old ones: nobody can lead",
                "scylla issue 10618",
                &[CHANGE_ENDS],
                |_| case(joint_pending(false, |raft| raft.flawed(Flaw::MissesOwnOldVote))),
            )
        },
        Entry {
            expect: Expectation {
                unreached: &[
                    "append", "batch", "campaign", "catch up", "change", "commit", "give up", "go back",
                    "handover", "install", "leader", "leave", "read", "refuse", "reject", "resign",
                    "snapshot", "truncate", "vote",
                ],
                ..breaks(&[LEADER_POSSIBLE])
            },
            ..entry(
                "raft-mutant-learners-refuse",
                "A voter that takes itself for a learner does not answer who asks for its vote",
                "raft-rs issue 57",
                &[LEADER_POSSIBLE],
                |_| case(promoted_unawares(|raft| raft.flawed(Flaw::LearnersRefuse))),
            )
        },
    ]
}
