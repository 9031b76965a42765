//! Changes of members.

use synod_checker::{Environment, Limit, System};
use synod_consensus::{
    Membership, Raft,
    log::{Entry as LogEntry, Replica, Request},
    raft::Settings,
};
use synod_properties::LogMonitor;

use super::{
    Asked, Node, Patient, append, change, entries as on_disk, entry, model, node,
    normal::{LEADER_POSSIBLE, someone_leads},
    observed, of, plain, term, unreached, voters,
};
use crate::{
    patience::{impatient, with},
    registry::{Entry, Scale, case, quick},
};

/// Some members, and behind them nodes that know of none yet.
fn members_and_others(members: &[u16], others: usize) -> Vec<Patient> {
    let mut nodes = vec![of(members, plain()); members.len()];
    nodes.extend(vec![of(&[], plain()); others]);
    nodes
}

/// A second leader may come, or a heartbeat; and something is lost.
fn two_leaders() -> Environment {
    Environment::default().fifo().lossy(Limit::Budget(1)).timeouts(Limit::Budget(2))
}

/// That a joint membership is left at last.
pub(super) const CHANGE_ENDS: &str = "a change can end";

/// The second node is to take the place of the first, by joint consensus that is not committed yet. Timeouts tell who is silent.
pub(super) fn joint_pending(
    second_knows: bool,
    flawed: impl Fn(Node) -> Node,
) -> System<Patient, LogMonitor<char, char>> {
    let joint = voters(&[1]).with_outgoing([node(0)]);
    let disk = || vec![term(1), on_disk(0, &[(1, LogEntry::Members(joint.clone()))])];
    let settings = Settings { check_quorum: false, ..Settings::default() };
    let disks = vec![disk(), if second_knows { disk() } else { Vec::new() }];
    let mut nodes = with(vec![of(&[0], settings.clone()), of(&[], settings)], disks);
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    let monitor = LogMonitor::new().aimed_at([voters(&[1])]);
    observed(nodes, &[], monitor, Environment::default().synchronous())
        .always_possible(CHANGE_ENDS, |nodes, _| {
            nodes.iter().any(|node| node.live.node.leads() && !node.live.node.members().is_joint())
        })
}

/// A node that was a learner has missed that it is a voter now, and one of those who made it so is gone.
pub(super) fn promoted_unawares(flawed: impl Fn(Node) -> Node) -> System<Patient, LogMonitor<char, char>> {
    let settings = Settings { check_quorum: false, ..Settings::default() };
    let learns = voters(&[0, 1]).with_learners([node(2)]);
    let promoted = || vec![term(1), on_disk(0, &[(1, LogEntry::Members(voters(&[0, 1, 2])))])];
    let nodes = vec![Patient::new(flawed(Raft::new(learns, settings))); 3];
    let mut nodes = with(impatient(&[1], nodes), vec![promoted(), promoted()]);
    nodes[1].beyond = vec![node(0)];
    nodes[2].beyond = vec![node(0)];
    let monitor = LogMonitor::new().aimed_at([voters(&[0, 1, 2])]);
    observed(nodes, &[], monitor, Environment::default().synchronous())
        .always_possible(LEADER_POSSIBLE, |nodes, _| someone_leads(nodes))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "raft-add-voter",
            about: "A voter is added, in one step, while leaders come and go",
            build: |size| {
                let nodes = impatient(&[0, 1], members_and_others(&[0, 1], 1));
                let requests: &[Asked] = &[change(0, &[0, 1, 2]), append(0, 'a')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => requests,
                };
                case(model(nodes, requests, LogMonitor::new(), two_leaders()))
            },
            expect: unreached(&["handover", "install", "leave", "pre-vote", "read", "snapshot", "truncate"]),
            golden: const { &[quick(3, 14_201, 44_967, 28).reduced(12_896, 40_362, 27)] },
            ..entry()
        },
        Entry {
            name: "raft-remove-leader",
            about: "A leader that removes itself leads until that is committed, without counting itself",
            build: |_| {
                let nodes = impatient(&[0, 1], members_and_others(&[0, 1, 2], 0));
                case(model(nodes, &[change(0, &[1, 2])], LogMonitor::new(), two_leaders()))
            },
            expect: unreached(&["handover", "install", "leave", "pre-vote", "read", "snapshot"]),
            golden: const { &[quick(3, 122_146, 473_981, 30).reduced(100_453, 382_073, 30)] },
            ..entry()
        },
        Entry {
            name: "raft-joint",
            about: "A voter is replaced by another one through joint consensus, while leaders come and go",
            build: |_| {
                let nodes = impatient(&[0, 1], members_and_others(&[0, 1], 1));
                case(model(nodes, &[change(0, &[0, 2])], LogMonitor::new(), two_leaders()))
            },
            expect: unreached(&["handover", "install", "pre-vote", "read", "snapshot", "truncate"]),
            golden: const { &[quick(3, 5_411, 15_642, 35).reduced(5_045, 14_389, 35)] },
            ..entry()
        },
        Entry {
            name: "raft-learner",
            about: "A node learns first, without a vote, and is made a voter then",
            build: |_| {
                let learns = Membership::of([node(0), node(1)]).with_learners([node(2)]);
                let requests = [(0, Request::Change(learns)), (0, Request::Change(voters(&[0, 1, 2])))];
                let nodes = impatient(&[0], members_and_others(&[0, 1], 1));
                case(model(nodes, &requests, LogMonitor::new(), two_leaders()))
            },
            expect: unreached(&[
                "handover", "install", "leave", "pre-vote", "read", "refuse", "resign", "snapshot",
                "truncate",
            ]),
            golden: const { &[quick(3, 24_866, 77_763, 31).reduced(24_613, 76_969, 29)] },
            ..entry()
        },
        Entry {
            name: "raft-joint-ends",
            about: "Whoever leads leaves a joint membership, although another one began the change",
            nodes: 2..=2,
            default_nodes: 2,
            build: |_| case(joint_pending(true, |raft| raft)),
            expect: unreached(&[
                "change", "go back", "handover", "install", "read", "refuse", "reject", "snapshot",
                "truncate",
            ]),
            golden: const { &[quick(2, 37, 51, 14).reduced(28, 37, 12)] },
            ..entry()
        },
        Entry {
            name: "raft-promoted-unawares",
            about: "A voter that takes itself for a learner votes when it is asked, for it may not be up to date",
            build: |_| case(promoted_unawares(|raft| raft)),
            expect: unreached(&[
                "change", "handover", "install", "leave", "read", "resign", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 428, 1_120, 26).reduced(115, 227, 19)] },
            ..entry()
        },
    ]
}
