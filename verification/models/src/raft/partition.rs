//! A partition: two of five nodes hear nothing of the other three.

use synod_actor::NodeId;
use synod_checker::{Environment, System};
use synod_consensus::{
    Epoch, Log,
    log::{Indication, Replica, Request, Snapshot},
    raft::{Record, Settings},
};
use synod_properties::{Monitor, Observation, Violation};

use super::{
    Node, Patient, append, entry, group, node,
    normal::{LEADER_POSSIBLE, someone_leads},
    term, unreached,
};
use crate::{
    patience::{impatient, with},
    registry::{Entry, Scale, Size, case, quick},
};

/// What a node is told that hears of a minority only is what was committed before: of no leader on its side, no further entry, and
/// no barrier that is passed. What it holds can be read, and may be stale.
pub(super) const MINORITY: &str = "a minority decides nothing";

/// Watches the nodes of a minority for [`MINORITY`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct MinorityMonitor(Vec<NodeId>);

impl Monitor<Log<char, char>> for MinorityMonitor {
    fn safety(&self) -> Vec<&'static str> {
        vec![MINORITY]
    }

    fn observe(&mut self, node: NodeId, what: &Observation<Log<char, char>>) -> Result<(), Violation> {
        let Observation::Indication(told) = what else { return Ok(()) };
        let is_decision = match told {
            Indication::Committed(..) | Indication::Passed(_) => self.0.contains(&node),
            Indication::Leader(_, Some(leader)) => self.0.contains(leader),
            // What it has from before; and that nothing comes of what it is asked.
            Indication::Restore(_) | Indication::Leader(_, None) | Indication::Refused(_) => false,
        };
        if is_decision {
            return Err(Violation::new(MINORITY, format!("{node} is told {told:?}")));
        }
        Ok(())
    }
}

/// Nodes that are cut into the first two and the others. All have committed the same before. One of each side loses patience; that of the
/// minority is asked to append and for a barrier, at full scale the other one too.
pub(super) fn cut(size: Size, flawed: impl Fn(Node) -> Node) -> System<Patient, MinorityMonitor> {
    // Pre-vote, so that an election without an end changes nothing.
    let settings = Settings { check_quorum: false, ..Settings::default() };
    let mut nodes = impatient(&[0, 2], group(size, settings));
    let members = nodes[0].node.members().clone();
    let before = Snapshot { position: 1, epoch: Epoch(1), members, state: 's' };
    nodes = with(nodes, vec![vec![term(1), Record::Snapshot(before)]; size.nodes]);
    let minority = NodeId::group(2);
    let majority: Vec<NodeId> = NodeId::group(size.nodes).split_off(2);
    for (me, patient) in (0..).map(node).zip(&mut nodes) {
        patient.node = flawed(patient.node.clone());
        patient.beyond = if minority.contains(&me) { majority.clone() } else { minority.clone() };
    }
    let requests = [append(0, 'a'), (0, Request::Barrier(1)), append(2, 'b'), (2, Request::Barrier(1))];
    let of_the_minority = 2;
    let asked = match size.scale {
        Scale::Quick => of_the_minority,
        Scale::Full => requests.len(),
    };
    let system =
        System::new(nodes, MinorityMonitor(minority)).environment(Environment::default().synchronous());
    requests.into_iter().take(asked).fold(system, |system, (at, request)| system.request(node(at), request))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![Entry {
        name: "raft-minority",
        about: "Two of five nodes neither elect nor commit nor pass a barrier: what they hold can be read, and is stale",
        nodes: 5..=5,
        default_nodes: 5,
        build: |size| {
            // The others can go on all the same.
            case(cut(size, |raft| raft).always_possible(LEADER_POSSIBLE, |nodes, _| {
                let (minority, majority) = nodes.split_at(2);
                let has_stood_still = minority.iter().all(|node| node.live.node.committed() == 1);
                has_stood_still && someone_leads(majority)
            }))
        },
        expect: unreached(&[
            "batch", "catch up", "change", "give up", "go back", "handover", "install", "leave", "read",
            "refuse", "reject", "resign", "snapshot", "truncate",
        ]),
        golden: const { &[quick(5, 8_420, 41_700, 35).reduced(360, 928, 23)] },
        ..entry()
    }]
}
