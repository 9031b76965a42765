//! Causal broadcast, and epidemic broadcast over a tree that mends itself.

use synod_actor::{NodeId, Stack};
use synod_broadcast::{
    Fifo, ReliableBroadcast,
    causal::{NoWaiting, Past, Waiting},
    epidemic::{FixedView, Plumtree},
    reliable::Eager,
};
use synod_checker::{Environment, System};
use synod_clocks::VectorClock;
use synod_properties::{
    BroadcastMonitor,
    broadcast::{CAUSAL_ORDER, CausalOrder, FifoOrder},
};

use super::{Basic, agreement::eager, entry, first_crashes, model, one_each};
use crate::registry::{Entry, Expectation, HOLDS, Scale, Size, case, quick};

type EagerStack<M> = Stack<Eager<M>, Basic<(synod_broadcast::Id, M)>>;
type Clocked = (VectorClock<NodeId>, char);

/// Causal broadcast that carries the past.
pub(super) fn no_waiting(
    upper: NoWaiting<char>,
    crashes: bool,
) -> Stack<NoWaiting<char>, EagerStack<(Past<char>, char)>> {
    Stack { upper, lower: eager(Eager::new(), crashes) }
}

/// Causal broadcast that waits for the past.
pub(super) fn waiting(
    upper: Waiting<char, ReliableBroadcast<Clocked>>,
    crashes: bool,
) -> Stack<Waiting<char, ReliableBroadcast<Clocked>>, EagerStack<Clocked>> {
    Stack { upper, lower: eager(Eager::new(), crashes) }
}

/// Watches for everything that causal broadcast promises.
pub(super) fn causal(size: Size) -> (BroadcastMonitor<char>, CausalOrder<char>) {
    (BroadcastMonitor::reliable(&NodeId::group(size.nodes)), CausalOrder::new())
}

/// Plumtree in a ring.
pub(super) fn ring(plumtree: Plumtree<char>, nodes: usize) -> Vec<Stack<Plumtree<char>, FixedView>> {
    let group = NodeId::group(nodes);
    let neighbours = |at: usize| [group[(at + 1) % nodes], group[(at + nodes - 1) % nodes]];
    (0..nodes).map(|at| Stack { upper: plumtree.clone(), lower: FixedView::of(neighbours(at)) }).collect()
}

/// What Plumtree is for: at last messages go over a tree.
pub(super) const TREE: &str = "a tree is possible";

/// Plumtree in a ring, where these are broadcast.
pub(super) fn plumtree(
    plumtree: Plumtree<char>,
    size: Size,
    messages: &[(u16, char)],
    environment: Environment,
) -> System<Stack<Plumtree<char>, FixedView>, BroadcastMonitor<char>> {
    let monitor = BroadcastMonitor::best_effort(&NodeId::group(size.nodes));
    let system = System::new(ring(plumtree, size.nodes), monitor).environment(environment);
    messages.iter().fold(system, |system, &(node, msg)| system.request(NodeId(node), msg)).terminates()
}

/// Watches that the links over which messages go can always become a tree: as many as a tree of all nodes has, each known at both
/// ends.
pub(super) fn towards_a_tree(
    system: System<Stack<Plumtree<char>, FixedView>, BroadcastMonitor<char>>,
) -> System<Stack<Plumtree<char>, FixedView>, BroadcastMonitor<char>> {
    let ends = 2 * (system.nodes.len() - 1);
    system.always_possible(TREE, move |nodes, _| {
        nodes.iter().map(|node| node.live.upper.eager().len()).sum::<usize>() == ends
    })
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "broadcast-causal-no-waiting",
            about: "Every message brings its causal past along, and nobody delivers an answer before its question",
            build: |size| {
                let node = |crashes| no_waiting(NoWaiting::new(), crashes);
                let system = model(size, node, one_each(size.scale), causal(size), first_crashes());
                case(system.terminates().deadlock_free())
            },
            nodes: 3..=3,
            golden: const { &[quick(3, 10_914, 58_742, 18)] },
            ..entry()
        },
        Entry {
            name: "broadcast-causal-waiting",
            about: "Every message says by a vector clock what it is to be delivered after, and is held back until then",
            build: |size| {
                let node = |crashes| waiting(Waiting::new(), crashes);
                let system = model(size, node, one_each(size.scale), causal(size), first_crashes());
                case(system.terminates().deadlock_free())
            },
            nodes: 3..=3,
            tour: true,
            golden: const { &[quick(3, 10_720, 58_005, 18)] },
            ..entry()
        },
        Entry {
            name: "broadcast-fifo-not-causal",
            about: "FIFO order is not causal order: a node delivers an answer of another before the question",
            build: |size| {
                let monitor = (
                    BroadcastMonitor::reliable(&NodeId::group(size.nodes)),
                    (FifoOrder::new(), CausalOrder::new()),
                );
                let node = |crashes| Stack {
                    upper: Fifo::<ReliableBroadcast<char>>::new(),
                    lower: eager(Eager::new(), crashes),
                };
                case(model(size, node, &[(0, 'a'), (1, 'b')], monitor, Environment::default()))
            },
            nodes: 3..=3,
            expect: Expectation { violated: &[CAUSAL_ORDER], ..HOLDS },
            golden: const { &[quick(3, 71, 100, 4)] },
            ..entry()
        },
        Entry {
            name: "broadcast-plumtree",
            about: "In a ring a message goes both ways, and where it meets itself the link is taken out of the tree",
            build: |size| {
                let environment = Environment::default().synchronous();
                let system = plumtree(Plumtree::new(), size, &[(0, 'a')], environment);
                case(towards_a_tree(system).deadlock_free())
            },
            nodes: 3..=4,
            // Nothing is missing where nothing fails.
            expect: Expectation { unreached: &["graft", "grafted"], ..HOLDS },
            golden: const { &[quick(3, 31, 43, 7)] },
            ..entry()
        },
        Entry {
            name: "broadcast-plumtree-overlapping",
            about: "Two messages at once may prune both links of a node: it is left to the announcements of the next",
            build: |size| {
                let environment = Environment::default().synchronous();
                let system = plumtree(Plumtree::new(), size, &[(0, 'a'), (0, 'b')], environment);
                case(towards_a_tree(system).deadlock_free())
            },
            nodes: 3..=4,
            // Announcements keep the system from being quiet until the payload is there: no timer gets to fire.
            expect: Expectation { violated: &[TREE], unreached: &["graft", "grafted"] },
            golden: const { &[quick(3, 3703, 9966, 14)] },
            ..entry()
        },
        Entry {
            name: "broadcast-plumtree-mends",
            about: "A node in the tree crashes, and those behind it graft the link over which they hear of the message",
            build: |size| {
                let environment = Environment::default().crash_stop(1).crash_only(&[NodeId(1)]).synchronous();
                let messages: &[_] = match size.scale {
                    Scale::Quick => &[(0, 'a'), (0, 'b')],
                    Scale::Full => &[(0, 'a'), (0, 'b'), (2, 'c')],
                };
                case(plumtree(Plumtree::new(), size, messages, environment).deadlock_free())
            },
            nodes: 4..=4,
            default_nodes: 4,
            golden: const { &[quick(4, 11_166, 36_783, 17)] },
            ..entry()
        },
    ]
}
