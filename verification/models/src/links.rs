//! Links, each over a network as bad as it is said to stand.

use synod_actor::{Actor, Ground, NodeId, Port};
use synod_checker::{Environment, Limit, System};
use synod_links::{Fifo, Links, Reliable, Stubborn, StubbornLinks, StubbornRequest, logged};
use synod_properties::LinksMonitor;

use crate::registry::{Entry, Expectation, HOLDS, Scale, case, quick};

/// Nodes that run `links`; the first sends `'a'`, `'b'`, ..., so many, to the second.
pub(crate) fn model<A>(
    nodes: usize,
    links: A,
    messages: usize,
    monitor: LinksMonitor<char>,
    environment: Environment,
) -> System<A, LinksMonitor<char>>
where
    A: Actor<Uses: Ground>,
    A::Provides: Links<Payload = char> + Port<Request = (NodeId, char)>,
{
    let system = System::new(vec![links; nodes], monitor).environment(environment);
    let sent = ('a'..).take(messages);
    sent.fold(system, |system, msg| system.request(NodeId(0), (NodeId(1), msg))).terminates()
}

/// Nodes that run stubborn links; the first is asked these.
pub(crate) fn stubborn<A>(
    nodes: usize,
    links: A,
    requests: Vec<StubbornRequest<char>>,
    monitor: LinksMonitor<char>,
    environment: Environment,
) -> System<A, LinksMonitor<char>>
where
    A: Actor<Uses: Ground, Provides = StubbornLinks<char>>,
{
    let system = System::new(vec![links; nodes], monitor).environment(environment);
    requests.into_iter().fold(system, |system, request| system.request(NodeId(0), request)).terminates()
}

/// Over links that lose and duplicate some of what they carry. Timers fire as they like; of what is sent again and again one
/// copy is in flight at a time, since any number of them would be a system without end.
pub(crate) fn fair_loss(losses: u8, duplicates: u8) -> Environment {
    let limit = |budget| if budget == 0 { Limit::Never } else { Limit::Budget(budget) };
    Environment::default()
        .lossy(limit(losses))
        .duplicating(limit(duplicates))
        .copies(1)
        .timeouts(Limit::Unbounded)
}

/// `'a'` and `'b'` to the second node.
fn two_letters() -> Vec<StubbornRequest<char>> {
    [(1, 'a'), (2, 'b')].map(|(number, msg)| StubbornRequest::Send(NodeId(1), number, msg)).into()
}

/// Budgets for loss and duplication.
fn budget(scale: Scale) -> Environment {
    match scale {
        Scale::Quick => fair_loss(1, 1),
        Scale::Full => fair_loss(2, 2),
    }
}

pub(crate) fn entries() -> Vec<Entry> {
    let entry = Entry {
        name: "",
        about: "",
        nodes: 2..=3,
        default_nodes: 2,
        build: |_| unreachable!("each entry has its own"),
        expect: HOLDS,
        golden: &[],
        mutant: None,
        tour: false,
    };
    let entry = || Entry { nodes: entry.nodes.clone(), ..entry };
    vec![
        Entry {
            name: "links-stubborn",
            about: "What stubborn links send arrives at last over links that lose, and nothing else does",
            build: |size| {
                let requests = two_letters();
                let monitor = LinksMonitor::stubborn();
                case(stubborn(size.nodes, Stubborn::new(), requests, monitor, budget(size.scale)))
            },
            golden: const { &[quick(2, 111, 360, 7)] },
            ..entry()
        },
        Entry {
            name: "links-reliable",
            about: "Reliable links deliver once what is lost and duplicated on its way",
            build: |size| {
                case(
                    model(
                        size.nodes,
                        Reliable::over_stubborn(),
                        2,
                        LinksMonitor::reliable(),
                        budget(size.scale),
                    )
                    .deadlock_free(),
                )
            },
            tour: true,
            golden: const { &[quick(2, 543, 2254, 11)] },
            ..entry()
        },
        Entry {
            name: "links-fifo",
            about: "FIFO links deliver in order what arrives in any",
            build: |size| {
                let messages = match size.scale {
                    Scale::Quick => 2,
                    Scale::Full => 3,
                };
                case(
                    model(
                        size.nodes,
                        Fifo::over_stubborn(),
                        messages,
                        LinksMonitor::fifo(),
                        budget(size.scale),
                    )
                    .deadlock_free(),
                )
            },
            golden: const { &[quick(2, 543, 2254, 11)] },
            ..entry()
        },
        Entry {
            name: "links-logged-stubborn",
            about: "A sender that crashes and restarts takes up what it was sending",
            build: |size| {
                let monitor = LinksMonitor::stubborn().senders_remember();
                let environment = budget(size.scale).crash_recovery(1);
                case(stubborn(size.nodes, logged::Stubborn::new(), two_letters(), monitor, environment))
            },
            golden: const { &[quick(2, 428, 1520, 8)] },
            ..entry()
        },
        Entry {
            name: "links-logged-sender",
            about: "A sender that crashes and restarts sends what it has not been told to have arrived, once",
            build: |size| {
                let monitor = LinksMonitor::reliable().senders_remember();
                let environment = budget(size.scale).crash_recovery(1).crash_only(&[NodeId(0)]);
                case(
                    model(size.nodes, logged::Reliable::over_stubborn(), 2, monitor, environment)
                        .deadlock_free(),
                )
            },
            // Who says again what was delivered is a receiver that restarts.
            expect: Expectation { unreached: &["deliver again"], ..HOLDS },
            golden: const { &[quick(2, 1629, 6706, 12)] },
            ..entry()
        },
        Entry {
            name: "links-logged-receiver",
            about: "A receiver that crashes before its disk has written is sent again what it lost, and says the rest again",
            build: |size| {
                // While a write is under way any number of acknowledgements could queue up behind it, so timers wait for it.
                let environment = budget(size.scale)
                    .crash_recovery(1)
                    .crash_only(&[NodeId(1)])
                    .delayed_disk()
                    .synchronous();
                case(
                    model(
                        size.nodes,
                        logged::Reliable::over_stubborn(),
                        2,
                        LinksMonitor::reliable(),
                        environment,
                    )
                    .deadlock_free(),
                )
            },
            // Who takes up what was not acknowledged is a sender that restarts.
            expect: Expectation { unreached: &["take up"], ..HOLDS },
            golden: const { &[quick(2, 2733, 7438, 16)] },
            ..entry()
        },
        Entry {
            name: "links-logged-fifo",
            about: "FIFO links keep the order through crashes of either end, without a disk of their own",
            build: |size| {
                let monitor = LinksMonitor::fifo().senders_remember();
                let losses = match size.scale {
                    Scale::Quick => fair_loss(1, 0),
                    Scale::Full => fair_loss(1, 1),
                };
                let environment = losses.crash_recovery(1);
                case(
                    model(size.nodes, logged::Fifo::over_stubborn(), 2, monitor, environment).deadlock_free(),
                )
            },
            golden: const { &[quick(2, 988, 3532, 12)] },
            ..entry()
        },
    ]
}
