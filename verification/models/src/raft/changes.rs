//! Changes of members.

use synod_checker::{Environment, Limit};
use synod_consensus::{Membership, log::Request};
use synod_properties::LogMonitor;

use super::{Asked, Patient, append, change, entry, model, node, of, plain, unreached, voters};
use crate::{
    patience::impatient,
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
    ]
}
