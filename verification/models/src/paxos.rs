//! Single-decree Paxos, as it should be.

use std::collections::BTreeSet;

use synod_actor::NodeId;
use synod_checker::{Environment, Limit, NodeView, System};
use synod_consensus::{Paxos, paxos::Learners};
use synod_properties::{
    ConsensusMonitor,
    consensus::{AGREEMENT, TERMINATION},
};

use crate::registry::{Entry, Expectation, HOLDS, Scale, Size, case, quick, staged};

/// The nodes propose different values, each its own letter.
pub(crate) type Value = char;
/// A group that runs Paxos.
pub type Model = System<Paxos<Value>, ConsensusMonitor<Value>>;

pub(crate) fn node(index: u16) -> NodeId {
    NodeId(index)
}

/// Nodes that all run `paxos`, of which `proposers` are asked to propose `'a'`, `'b'`, ... in this order.
pub(crate) fn model(
    nodes: usize,
    paxos: Paxos<Value>,
    proposers: &[usize],
    monitor: ConsensusMonitor<Value>,
    environment: Environment,
) -> Model {
    let group = NodeId::group(nodes);
    let system = System::new(vec![paxos; nodes], monitor).environment(environment);
    // Ballots are ordered by who proposes them. Who never does is like all others who never do.
    let others: Vec<NodeId> =
        (0..nodes).filter(|node| !proposers.contains(node)).map(|node| group[node]).collect();
    let system = if others.len() > 1 { system.symmetric(&others) } else { system };
    proposers
        .iter()
        .zip('a'..)
        .fold(system, |system, (&proposer, value)| system.request(group[proposer], value))
}

/// Two proposers, as far apart as the group allows.
fn two(nodes: usize) -> [usize; 2] {
    [0, nodes - 1]
}

/// `paxos-agreement`.
pub fn agreement(size: Size) -> Model {
    let timeouts = match size.scale {
        Scale::Quick => Limit::Never,
        Scale::Full => Limit::Budget(1),
    };
    let links = Environment::default().lossy(Limit::Unbounded).duplicating(Limit::Unbounded);
    correct(size, ConsensusMonitor::new(), links.timeouts(timeouts))
}

/// `paxos-crash-recovery`.
pub fn crash_recovery(size: Size) -> Model {
    let crashes = match size.scale {
        Scale::Quick => 1,
        Scale::Full => 2,
    };
    // In order, for reordered links are a hundred times as many states; `paxos-acceptor-recovery` has them. What was sent
    // before a crash arrives after it all the same.
    let environment = Environment::default().fifo().crash_recovery(crashes).delayed_disk();
    correct(size, ConsensusMonitor::new(), environment)
}

/// `paxos-everyone-learns`.
pub fn everyone_learns(size: Size) -> Model {
    let proposers: Vec<usize> = match size.scale {
        Scale::Quick => vec![0, size.nodes - 1],
        Scale::Full => (0..size.nodes).collect(),
    };
    let paxos = Paxos::with_learners(Learners::Everyone);
    model(size.nodes, paxos, &proposers, ConsensusMonitor::new(), Environment::default())
}

/// `paxos-survivor`.
pub fn survivor(size: Size) -> Model {
    let monitor = ConsensusMonitor::new().everyone_terminates(&NodeId::group(size.nodes));
    let environment = Environment::default().synchronous().crash_stop(1);
    correct(size, monitor, environment).terminates().deadlock_free()
}

fn correct(size: Size, monitor: ConsensusMonitor<Value>, environment: Environment) -> Model {
    model(size.nodes, Paxos::new(), &two(size.nodes), monitor, environment)
}

/// Whether two acceptors have accepted different values, and nobody knows of a decision.
fn is_split(nodes: &[NodeView<'_, Paxos<Value>>], monitor: &ConsensusMonitor<Value>) -> bool {
    let accepted = nodes.iter().filter_map(|node| node.durable.accepted().map(|(_, value)| value));
    monitor.decision().is_none() && accepted.collect::<BTreeSet<_>>().len() > 1
}

/// That a decision can still be reached, whatever has happened.
pub(crate) const DECISION_POSSIBLE: &str = "a decision is possible";

pub(crate) fn decidable(model: Model) -> Model {
    model.always_possible(DECISION_POSSIBLE, |_, monitor| monitor.decision().is_some())
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "paxos-agreement",
            about: "Two proposers over links that lose, duplicate and reorder as they like never disagree",
            nodes: 2..=4,
            default_nodes: 3,
            build: |size| case(agreement(size)),
            expect: HOLDS,
            golden: const { &[quick(3, 11_185, 168_764, 17).reduced(1_034, 7_647, 13)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "paxos-acceptor-recovery",
            about: "An acceptor that crashes and restarts keeps its word, however its answers are reordered",
            nodes: 3..=3,
            default_nodes: 3,
            build: |size| {
                let environment =
                    Environment::default().crash_recovery(1).crash_only(&[node(1)]).delayed_disk();
                case(correct(size, ConsensusMonitor::new(), environment))
            },
            expect: HOLDS,
            golden: const { &[quick(3, 809_478, 3_871_587, 34).reduced(97_186, 355_144, 27)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "paxos-crash-recovery",
            about: "Nodes that crash, lose what their disks had not written, and come back never disagree",
            nodes: 2..=3,
            default_nodes: 3,
            build: |size| case(crash_recovery(size)),
            expect: HOLDS,
            golden: const { &[quick(3, 1_127_566, 4_141_159, 51).reduced(199_394, 623_789, 43)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "paxos-retry",
            about: "Proposers that lose patience and try a higher ballot never disagree",
            nodes: 2..=4,
            default_nodes: 3,
            build: |size| {
                let links = match size.scale {
                    Scale::Quick => Environment::default().fifo(),
                    Scale::Full => Environment::default(),
                };
                case(correct(size, ConsensusMonitor::new(), links.timeouts(Limit::Budget(1))))
            },
            expect: HOLDS,
            golden: const { &[quick(3, 197_226, 655_824, 30).reduced(20_539, 60_318, 20)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "paxos-everyone-learns",
            about: "Acceptors tell everyone how they voted, and each node finds out for itself what is chosen",
            nodes: 3..=3,
            default_nodes: 3,
            build: |size| case(everyone_learns(size)),
            expect: HOLDS,
            golden: const { &[quick(3, 1_235_950, 9_116_276, 24).reduced(19_799, 125_961, 15)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "paxos-five",
            about: "Five nodes, three of which must agree, with every node deciding at last",
            nodes: 5..=5,
            default_nodes: 5,
            build: |size| {
                let (proposers, timeouts): (&[usize], _) = match size.scale {
                    Scale::Quick => (&[0], Limit::Budget(1)),
                    Scale::Full => (&[0, 4], Limit::Never),
                };
                let monitor = ConsensusMonitor::new().everyone_terminates(&NodeId::group(size.nodes));
                let environment = Environment::default().fifo().timeouts(timeouts);
                case(model(size.nodes, Paxos::new(), proposers, monitor, environment).deadlock_free())
            },
            expect: Expectation { unreached: &["nack"], ..HOLDS },
            golden: const { &[quick(5, 33_918, 146_185, 36).reduced(3_040, 10_081, 26).symmetric(305, 1_034, 26)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "paxos-survivor",
            about: "Once timeouts tell who is silent, every node that stays up decides although another falls silent",
            nodes: 3..=4,
            default_nodes: 3,
            build: |size| case(survivor(size)),
            expect: HOLDS,
            golden: const { &[quick(3, 151_115, 928_518, 20).reduced(11_380, 49_806, 18)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "paxos-duel",
            about: "Two proposers that lose patience at the wrong moments duel for ever: termination cannot be had",
            nodes: 2..=3,
            default_nodes: 2,
            build: |size| {
                let window = match size.scale {
                    Scale::Quick => 2,
                    Scale::Full => 3,
                };
                let environment = Environment::default().copies(1).timeouts(Limit::Unbounded);
                case(
                    correct(size, ConsensusMonitor::new().proposers_terminate(), environment)
                        .translate_epochs()
                        .bound("rounds", move |_, paxos| paxos.promised().round <= window)
                        .terminates(),
                )
            },
            expect: Expectation { violated: &[TERMINATION], ..HOLDS },
            golden: const { &[quick(2, 10_014, 21_381, 23)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "paxos-split",
            about: "With two acceptors that have accepted different values, whatever happens then, at most one is chosen",
            nodes: 3..=3,
            default_nodes: 3,
            build: |size| {
                let before = Environment::default().fifo().timeouts(Limit::Budget(1));
                let after = Environment::default().fifo().crash_recovery(1).delayed_disk();
                let after = match size.scale {
                    Scale::Quick => after,
                    Scale::Full => after.timeouts(Limit::Budget(1)),
                };
                staged(correct(size, ConsensusMonitor::new(), before), is_split, after)
            },
            expect: HOLDS,
            golden: const { &[quick(3, 62_642, 221_898, 34).reduced(10_692, 34_134, 25)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "paxos-possible",
            about: "Whatever was lost and whoever crashed, a decision stays possible",
            nodes: 2..=3,
            default_nodes: 3,
            build: |size| {
                let environment =
                    Environment::default().fifo().synchronous().lossy(Limit::Budget(1)).crash_recovery(1);
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[node(0)]),
                    Scale::Full => environment,
                };
                let monitor = ConsensusMonitor::new().proposers_terminate();
                case(decidable(correct(size, monitor, environment)).deadlock_free())
            },
            expect: HOLDS,
            golden: const { &[quick(3, 959_106, 3_717_018, 42).reduced(681_364, 2_589_824, 41)] },
            mutant: None,
            tour: false,
        },
    ]
}

/// What a model of a mutant that breaks agreement is expected to show.
pub(crate) const DISAGREES: Expectation = Expectation { violated: &[AGREEMENT], ..HOLDS };
