//! Handing over the leadership: to a node that does not answer, and to one that does.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit, NodeView};
use synod_consensus::{
    log::{Replica, Request},
    raft::{Flaw, Settings, Timer},
};
use synod_properties::LogMonitor;

use super::{
    Asked, Model, Monitor, Node, Patient, append, entry, group, model, mutants, node, plain, unreached,
};
use crate::{
    patience::impatient,
    registry::{Case, Entry, Expectation, Size, case, quick, staged},
};

/// That there is a leader who goes on, and does not wait for another one.
const TRANSFER_ENDS: &str = "a transfer can end";
/// That the one leads whom the leader wants to.
const TARGET_LEADS: &str = "a transfer can succeed";

/// Whom the leader wants to lead.
const TARGET: NodeId = NodeId(1);
const TO_TARGET: Asked = (0, Request::Transfer(TARGET));

/// The leader is to hand over to a node that hears nothing.
fn to_the_deaf(size: Size, flawed: impl Fn(Node) -> Node) -> Model {
    let mut nodes = impatient(&[0], group(size, plain()));
    nodes.iter_mut().for_each(|node| node.node = flawed(node.node.clone()));
    nodes[TARGET.index()].beyond = vec![node(0), node(2)];
    let requests = [TO_TARGET, append(0, 'a')];
    model(nodes, &requests, LogMonitor::new(), Environment::default().synchronous())
        .always_possible(TRANSFER_ENDS, |nodes, _| {
            nodes.iter().any(|node| node.live.node.leads() && node.live.node.successor().is_none())
        })
}

/// The leader hands over to a node that hears everything, as the others do: also of their leader, whom they stick to.
fn to_the_living(size: Size, flawed: impl Fn(Node) -> Node) -> Box<dyn Case> {
    let mut nodes = impatient(&[0], group(size, Settings::default()));
    for patient in &mut nodes {
        patient.node = flawed(patient.node.clone());
        patient.silent = &[Timer::Heartbeat, Timer::Contact, Timer::Quorum];
    }
    let begins = Environment::default().fifo().timeouts(Limit::Budget(1));
    let system = model(nodes, &[TO_TARGET], LogMonitor::new(), begins)
        .always_possible(TARGET_LEADS, |nodes, _| nodes[TARGET.index()].live.node.leads());
    let begun = |nodes: &[NodeView<'_, Patient>], _: &Monitor| nodes[0].live.node.successor() == Some(TARGET);
    staged(system, begun, Environment::default().fifo().synchronous())
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "raft-transfer-in-vain",
            about: "A leader whose successor does not answer goes on to lead",
            build: |size| case(to_the_deaf(size, |raft| raft)),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "go back", "handover", "install", "leave",
                "pre-vote", "read", "refuse", "reject", "resign", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 353, 882, 16).reduced(81, 146, 12)] },
            ..entry()
        },
        Entry {
            name: "raft-transfer-succeeds",
            about: "Who is to lead is voted for by those, too, who stick to their leader",
            build: |size| to_the_living(size, |raft| raft),
            expect: unreached(&[
                "batch", "catch up", "change", "give up", "install", "leave", "read", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 1_548, 4_662, 25).reduced(301, 717, 19)] },
            ..entry()
        },
        Entry {
            expect: Expectation {
                violated: &[TRANSFER_ENDS],
                unreached: &[
                    "batch", "catch up", "change", "give up", "go back", "handover", "install", "leave",
                    "pre-vote", "read", "refuse", "reject", "resign", "snapshot", "truncate",
                ],
            },
            ..mutants::entry(
                "raft-mutant-never-ends-transfers",
                "A leader whose successor does not answer waits for it, and appends nothing, for ever",
                "openraft issues 1747 and 1748",
                &[TRANSFER_ENDS],
                |size| case(to_the_deaf(size, |raft| raft.flawed(Flaw::NeverEndsTransfers))),
            )
        },
        Entry {
            expect: Expectation {
                violated: &[TARGET_LEADS],
                unreached: &[
                    "batch", "catch up", "change", "give up", "install", "leave", "read", "snapshot",
                    "truncate",
                ],
            },
            ..mutants::entry(
                "raft-mutant-sticks-in-transfers",
                "Voters that hear of their leader do not vote for the one whom it wants to lead",
                "braft issue 262",
                &[TARGET_LEADS],
                |size| to_the_living(size, |raft| raft.flawed(Flaw::SticksInTransfers)),
            )
        },
    ]
}
