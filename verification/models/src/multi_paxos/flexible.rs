//! Quorums that are no majorities (Howard, Malkhi and Spiegelman 2016), and such as miss each other.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::NodeId;
use synod_checker::{Environment, Limit};
use synod_consensus::{Quorum, Quorums};
use synod_properties::{LogMonitor, log::AGREEMENT};

use super::{Model, append, entry, group, model, node, observed, unreached};
use crate::{
    patience::impatient,
    registry::{Entry, breaks, case},
};

fn all(nodes: usize) -> BTreeSet<NodeId> {
    NodeId::group(nodes).into_iter().collect()
}

/// The first and the last node lead, one after the other, and each may have something chosen.
fn two_leaders(nodes: usize, quorums: &Quorums) -> Model {
    let last = u16::try_from(nodes - 1).expect("few");
    let nodes = impatient(&[0, last], group(nodes, quorums));
    let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
    model(nodes, &[append(0, 'a')], LogMonitor::new(), environment)
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
                case(two_leaders(size.nodes, &quorums))
            },
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
                case(two_leaders(size.nodes, &Quorums::rows(rows.to_vec())))
            },
            ..entry()
        },
        Entry {
            name: "multi-paxos-weighted",
            about: "A node that weighs two, or the two that weigh one, with one more that only learns",
            nodes: 4..=4,
            default_nodes: 4,
            build: |size| {
                let weights = BTreeMap::from([(node(0), 1), (node(1), 1), (node(2), 2)]);
                let quorum = |least| Quorum::Weighted { weights: weights.clone(), least };
                let quorums = Quorums { election: quorum(3), replication: quorum(2) };
                let nodes = impatient(&[0, 2], group(size.nodes, &quorums));
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                case(model(nodes, &[append(0, 'a')], LogMonitor::new(), environment))
            },
            ..entry()
        },
    ]
}
