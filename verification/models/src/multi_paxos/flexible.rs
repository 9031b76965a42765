//! Quorums that are no majorities (Howard, Malkhi and Spiegelman 2016), and such as miss each other.

use std::collections::{BTreeMap, BTreeSet};

use synod_actor::NodeId;
use synod_checker::{Environment, Limit};
use synod_consensus::{Quorum, Quorums};
use synod_properties::{LogMonitor, log::AGREEMENT};

use super::{Model, accepted, append, command, entry, group, model, node, observed, promised, unreached};
use crate::{
    patience::{impatient, with},
    registry::{Entry, breaks, case},
};

fn all(nodes: usize) -> BTreeSet<NodeId> {
    NodeId::group(nodes).into_iter().collect()
}

/// The first node has had `a` chosen by these, just enough of four nodes, and nobody knows. Then these two lead, one after the
/// other or at once.
fn chosen_by(holders: &[u16], leaders: &[u16], quorums: &Quorums) -> Model {
    let vote = |of| if holders.contains(&of) { accepted(4, 1, &[command('a')]) } else { promised(4) };
    let nodes = with(group(4, quorums), (0..4).map(|of| vec![vote(of)]).collect());
    let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
    model(impatient(leaders, nodes), &[], LogMonitor::new().asked(['a']), environment)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "multi-paxos-flexible",
            about: "Two of four nodes are enough to choose, if it takes three to lead",
            nodes: 4..=4,
            default_nodes: 4,
            build: |size| case(chosen_by(&[0, 1], &[2, 3], &Quorums::flexible(&all(size.nodes), 3, 2))),
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
            build: |_| {
                let rows = [[0, 1], [2, 3]].map(|row| row.map(node).into_iter().collect());
                case(chosen_by(&[0, 1], &[2, 3], &Quorums::rows(rows.to_vec())))
            },
            ..entry()
        },
        Entry {
            name: "multi-paxos-weighted",
            about: "A node that weighs two chooses alone, as do the two that weigh one; another one only learns",
            nodes: 4..=4,
            default_nodes: 4,
            build: |_| {
                let weights = BTreeMap::from([(node(0), 1), (node(1), 1), (node(2), 2)]);
                let quorum = |least| Quorum::Weighted { weights: weights.clone(), least };
                let quorums = Quorums { election: quorum(3), replication: quorum(2) };
                case(chosen_by(&[2], &[0, 1], &quorums))
            },
            ..entry()
        },
    ]
}
