//! Quorums that are no majorities (Howard, Malkhi and Spiegelman 2016), and such as miss each other.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::NodeId;
use synod_checker::{Environment, Limit};
use synod_consensus::{Quorum, Quorums};
use synod_properties::{LogMonitor, log::AGREEMENT};

use super::{Model, accepted, append, command, entry, group, model, node, observed, promised, unreached};
use crate::{
    patience::{impatient, with},
    registry::{Entry, Scale, Size, breaks, case, quick},
};

fn all(nodes: usize) -> BTreeSet<NodeId> {
    NodeId::group(nodes).into_iter().collect()
}

/// The first node has had `a` chosen by these, just enough, and nobody knows. Then these two lead, one after the other or at
/// once.
fn chosen_by(holders: &[u16], leaders: &[u16], nodes: usize, quorums: &Quorums, timeouts: u8) -> Model {
    let first = nodes as u64;
    let vote = |of| if holders.contains(&of) { accepted(first, 1, &[command('a')]) } else { promised(first) };
    let disks = (0..4).take(nodes).map(|of| vec![vote(of)]).collect();
    let nodes = impatient(leaders, with(group(nodes, quorums), disks));
    let environment = Environment::default().fifo().timeouts(Limit::Budget(timeouts));
    model(nodes, &[], LogMonitor::new().asked(['a']), environment)
}

/// Four nodes are many: at quick scale only one of the two leads.
fn rivals(size: Size) -> u8 {
    match size.scale {
        Scale::Quick => 1,
        Scale::Full => 2,
    }
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "multi-paxos-flexible",
            about: "Two of four nodes are enough to choose, if it takes three to lead",
            nodes: 4..=4,
            default_nodes: 4,
            build: |size| {
                let quorums = Quorums::flexible(&all(size.nodes), 3, 2);
                case(chosen_by(&[0, 1], &[2, 3], 4, &quorums, rivals(size)))
            },
            expect: unreached(&[
                "batch",
                "catch up",
                "fill gap",
                "install",
                "nack",
                "preempted",
                "read",
                "snapshot",
                "take over",
            ]),
            golden: const { &[quick(4, 709, 2_120, 16).reduced(181, 428, 13)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-flexible-disjoint",
            about: "Two of four nodes to choose and two to lead miss each other, and two logs are chosen",
            nodes: 4..=4,
            default_nodes: 4,
            build: |size| {
                let nodes = impatient(&[0, 3], group(4, &Quorums::flexible(&all(size.nodes), 2, 2)));
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                let requests = [append(0, 'a'), append(3, 'b')];
                case(observed(nodes, &requests, LogMonitor::new(), environment))
            },
            expect: breaks(&[AGREEMENT]),
            ..entry()
        },
        Entry {
            name: "multi-paxos-grid",
            about: "A row of a grid chooses, and a node of every row makes a leader",
            nodes: 4..=4,
            default_nodes: 4,
            build: |size| {
                let rows = [[0, 1], [2, 3]].map(|row| row.map(node).into_iter().collect());
                case(chosen_by(&[0, 1], &[2, 3], 4, &Quorums::rows(rows.to_vec()), rivals(size)))
            },
            expect: unreached(&[
                "batch",
                "catch up",
                "fill gap",
                "install",
                "nack",
                "preempted",
                "read",
                "snapshot",
                "take over",
            ]),
            golden: const { &[quick(4, 601, 1_724, 16).reduced(185, 432, 12)] },
            ..entry()
        },
        Entry {
            name: "multi-paxos-weighted",
            about: "A node that weighs two chooses alone, as do the two that weigh one",
            build: |_| {
                let weights = BTreeMap::from([(node(0), 1), (node(1), 1), (node(2), 2)]);
                let quorum = |least| Quorum::Weighted { weights: weights.clone(), least };
                let quorums = Quorums { election: quorum(3), replication: quorum(2) };
                case(chosen_by(&[2], &[0, 1], 3, &quorums, 2))
            },
            expect: unreached(&["batch", "fill gap", "install", "read", "snapshot", "take over"]),
            golden: const { &[quick(3, 10_982, 31_414, 24).reduced(4_066, 10_945, 20)] },
            ..entry()
        },
    ]
}
