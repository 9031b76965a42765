//! Mutual exclusion, as it should be, with what becomes of it where its assumptions do not hold.

use std::iter::repeat_n;

use synod_actor::{Actor, Cx, Event, Ground, Never, NodeId, Port, Stack};
use synod_checker::{Environment, Limit, System};
use synod_links::{Fifo, FifoLinks, Network};
use synod_mutex::{Indication, Lamport, MutualExclusion, Request, lamport::Msg};
use synod_properties::{
    GrantOrderMonitor, Monitor, MutexMonitor, Witness,
    mutex::{EXCLUSION, NO_STARVATION},
};

use crate::registry::{Entry, Expectation, HOLDS, Scale, Size, case, quick};

/// A client that leaves by itself: some time after it was granted the resource it releases it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Visitor;

/// It has been there long enough. A message to itself, so that it comes at last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Leave;

impl Actor for Visitor {
    type Provides = MutualExclusion;
    type Uses = MutualExclusion;
    type Msg = Leave;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(request) => cx.request(request),
            Event::Indication(indication) => {
                cx.indicate(indication);
                if indication == Indication::Granted {
                    cx.send(cx.me(), Leave);
                }
            }
            Event::Receive(_, Leave) => cx.request(Request::Release),
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }
}

/// A visitor, over the algorithm, over links that are as good as the environment's.
pub(crate) type Node = Stack<Visitor, Stack<Lamport, Network<FifoLinks<Msg>>>>;

pub(crate) fn node(lamport: Lamport) -> Node {
    Stack { upper: Visitor, lower: Stack { upper: lamport, lower: Network::new() } }
}

/// Nodes that all run `actor`, the first so many of which ask for the resource, so many times each.
pub(crate) fn model<A, M>(
    nodes: usize,
    actor: A,
    (askers, visits): (usize, usize),
    monitor: M,
    environment: Environment,
) -> System<A, M>
where
    A: Actor<Uses: Ground>,
    A::Provides: Port<Request = Request>,
    M: Monitor<A::Provides>,
{
    let system = System::new(vec![actor; nodes], monitor).environment(environment);
    let all = NodeId::group(askers).into_iter().flat_map(|node| repeat_n(node, visits));
    all.fold(system, |system, node| system.request(node, Request::Acquire))
}

/// Watched for everything but the order of grants.
pub(crate) fn watched(
    size: Size,
    lamport: Lamport,
    asking: (usize, usize),
    environment: Environment,
) -> System<Node, MutexMonitor> {
    model(size.nodes, node(lamport), asking, MutexMonitor::new().nobody_starves(), environment).terminates()
}

/// Watched for the order of grants.
pub(crate) fn witnessed(
    size: Size,
    lamport: Lamport,
    asking: (usize, usize),
) -> System<Witness<Node>, GrantOrderMonitor> {
    let environment = Environment::default().fifo();
    model(size.nodes, Witness::of(node(lamport)), asking, GrantOrderMonitor::new(), environment)
}

/// All but the last node ask, which has a say all the same; or all.
fn asking(size: Size) -> (usize, usize) {
    match size.scale {
        Scale::Quick => (size.nodes.saturating_sub(1).max(1), 1),
        Scale::Full => (size.nodes, 1),
    }
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "mutex-exclusion",
            about: "Lamport's mutual exclusion lets in one at a time, and everyone who asks",
            nodes: 1..=4,
            default_nodes: 3,
            build: |size| {
                let system = watched(size, Lamport::new(), asking(size), Environment::default().fifo());
                case(system.deadlock_free())
            },
            expect: HOLDS,
            golden: const { &[quick(3, 2180, 3884, 16)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "mutex-again",
            about: "Two nodes that ask for the resource again and again get it each time",
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| {
                let visits = match size.scale {
                    Scale::Quick => 2,
                    Scale::Full => 4,
                };
                case(
                    watched(size, Lamport::new(), (2, visits), Environment::default().fifo()).deadlock_free(),
                )
            },
            expect: HOLDS,
            golden: const { &[quick(2, 2141, 3535, 20)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "mutex-order",
            about: "If one request happened before another, it is granted first",
            nodes: 2..=4,
            default_nodes: 3,
            build: |size| case(witnessed(size, Lamport::new(), asking(size))),
            expect: HOLDS,
            golden: const { &[quick(3, 2180, 3884, 16)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "mutex-reordered",
            about: "Over links that reorder, a late request is overtaken by an acknowledgement: two are let in",
            nodes: 2..=3,
            default_nodes: 2,
            build: |size| case(watched(size, Lamport::new(), (2, 2), Environment::default())),
            expect: Expectation { violated: &[EXCLUSION], ..HOLDS },
            golden: &[],
            mutant: None,
            tour: false,
        },
        Entry {
            name: "mutex-blocking",
            about: "If one node dies, nobody is let in any more: everyone takes part in every grant",
            nodes: 2..=4,
            default_nodes: 3,
            build: |size| {
                let environment = Environment::default().fifo().crash_stop(1);
                case(watched(size, Lamport::new(), (1, 1), environment))
            },
            expect: Expectation { violated: &[NO_STARVATION], ..HOLDS },
            golden: const { &[quick(3, 48, 92, 9)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "mutex-over-links",
            about: "Over a network that loses and reorders, with links that mend that, all is as it should be",
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| {
                let lower = Fifo::over_stubborn();
                let actor = Stack { upper: Visitor, lower: Stack { upper: Lamport::new(), lower } };
                let askers = match size.scale {
                    Scale::Quick => 1,
                    Scale::Full => 2,
                };
                let environment =
                    Environment::default().lossy(Limit::Budget(1)).copies(1).timeouts(Limit::Unbounded);
                let monitor = MutexMonitor::new().nobody_starves();
                case(model(size.nodes, actor, (askers, 1), monitor, environment).terminates())
            },
            // With one asker the links have little to put in order.
            expect: Expectation { unreached: &["hold back"], ..HOLDS },
            golden: const { &[quick(2, 586, 2834, 15)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "mutex-duplicated",
            about: "A link that repeats a message, before it goes on to the next, does no harm",
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| {
                let environment = Environment::default().fifo().duplicating(Limit::Budget(1));
                case(watched(size, Lamport::new(), (2, 2), environment))
            },
            expect: HOLDS,
            golden: const { &[quick(2, 24_890, 46_299, 22)] },
            mutant: None,
            tour: false,
        },
    ]
}
