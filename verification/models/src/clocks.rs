//! Which numbers are an order of events, and what such an order can decide.

use std::{num::NonZero, time::Duration};

use synod_actor::{Actor, Ground, NodeId, Value};
use synod_checker::{Environment, Limit, System};
use synod_clocks::actors::{
    Blocks, Claim, Claims, Generator, Hybrid, Lamport, Numbering, OddEven, Rule, Stamping, WallClock,
};
use synod_properties::{
    Monitor, StampingMonitor, UniquenessMonitor,
    stamping::CAUSALITY,
    uniqueness::{ANSWERED, UNIQUE},
};

use crate::registry::{Entry, Expectation, HOLDS, Scale, Size, case, quick};

/// Events, each its own letter.
pub(crate) type Happens = char;

/// Nodes that all run `actor`, where `'a'`, `'b'`, ... happen at these, in any order.
pub(crate) fn events<A, M, T>(
    nodes: usize,
    actor: A,
    happen_at: impl Iterator<Item = usize>,
    monitor: M,
    environment: Environment,
) -> System<A, M>
where
    A: Actor<Provides = Stamping<Happens, T>, Uses: Ground>,
    M: Monitor<A::Provides>,
    T: Value,
{
    let group = NodeId::group(nodes);
    let system = System::new(vec![actor; nodes], monitor).environment(environment);
    happen_at.zip('a'..).fold(system, |system, (node, event)| system.request(group[node], event))
}

/// One event at each node, numbered by `generator`.
pub(crate) fn one_each<G: Generator>(
    size: Size,
    actor: Numbering<Happens, G>,
    environment: Environment,
) -> System<Numbering<Happens, G>, StampingMonitor<Happens, G::Stamp>> {
    events(size.nodes, actor, 0..size.nodes, StampingMonitor::new(), environment)
}

/// Nodes that number from blocks of one number.
pub(crate) fn blocks(
    size: Size,
    actor: Blocks<Happens>,
    happen_at: impl Iterator<Item = usize>,
) -> System<Blocks<Happens>, StampingMonitor<Happens, u64>> {
    let monitor = StampingMonitor::new().in_any_order().everything_is_numbered();
    events(size.nodes, actor, happen_at, monitor, Environment::default()).terminates().deadlock_free()
}

/// Nodes of which the first so many claim the name.
pub(crate) fn claims(
    size: Size,
    actor: Claims,
    claimants: usize,
    environment: Environment,
) -> System<Claims, UniquenessMonitor> {
    let monitor = UniquenessMonitor::new().every_claim_is_answered();
    let system = System::new(vec![actor; size.nodes], monitor).environment(environment);
    NodeId::group(claimants).into_iter().fold(system, |system, node| system.request(node, Claim))
}

pub(crate) const fn seconds<const N: usize>(readings: [u64; N]) -> [Duration; N] {
    let mut clock = [Duration::ZERO; N];
    let mut at = 0;
    while at < N {
        clock[at] = Duration::from_secs(readings[at]);
        at += 1;
    }
    clock
}

pub(crate) fn entries() -> Vec<Entry> {
    [numbers(), names()].into_iter().flatten().collect()
}

/// How many events more there are than the least that shows anything.
const fn more(scale: Scale) -> usize {
    match scale {
        Scale::Quick => 1,
        Scale::Full => 2,
    }
}

/// What respects causality, and what does not.
fn numbers() -> Vec<Entry> {
    vec![
        Entry {
            name: "clocks-lamport",
            about: "Lamport timestamps are a total order that respects causality, whatever is lost or duplicated",
            nodes: 2..=4,
            default_nodes: 3,
            build: |size| {
                // Each arrival is an event, so there is no end to it without a budget of duplicates.
                let environment =
                    Environment::default().lossy(Limit::Unbounded).duplicating(Limit::Budget(1));
                let actor = Numbering::new(Lamport::new());
                let happen_at = (0..size.nodes).chain(0..more(size.scale));
                case(events(size.nodes, actor, happen_at, StampingMonitor::new(), environment))
            },
            expect: Expectation { unreached: &["refuse"], ..HOLDS },
            golden: const { &[quick(3, 206_709, 658_924, 13)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "clocks-hybrid",
            about: "Hybrid logical clocks respect causality although the physical clocks jump back and forth",
            nodes: 2..=3,
            default_nodes: 3,
            build: |size| {
                // The last reading is so far ahead that its timestamps are refused elsewhere.
                let environment = Environment::default().clocks(&seconds([1, 2, 9]));
                let actor = Numbering::new(Hybrid::new(Duration::from_secs(1)));
                let happen_at = (0..size.nodes).chain(0..more(size.scale) - 1);
                case(events(size.nodes, actor, happen_at, StampingMonitor::new(), environment))
            },
            expect: HOLDS,
            golden: const { &[quick(3, 68_085, 360_846, 9)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "clocks-odd-even",
            about: "One node gives odd numbers, the other even ones: an effect is numbered below its cause",
            nodes: 2..=4,
            default_nodes: 2,
            build: |size| case(one_each(size, Numbering::new(OddEven::new()), Environment::default())),
            expect: Expectation { violated: &[CAUSALITY], ..HOLDS },
            golden: &[],
            mutant: None,
            tour: true,
        },
        Entry {
            name: "clocks-wall-clock",
            about: "Wall clocks that differ by a second: an effect is dated before its cause",
            nodes: 2..=4,
            default_nodes: 2,
            build: |size| {
                let environment = Environment::default().clocks(&seconds([1, 2]));
                case(one_each(size, Numbering::new(WallClock::new()), environment))
            },
            expect: Expectation { violated: &[CAUSALITY], ..HOLDS },
            golden: &[],
            mutant: None,
            tour: false,
        },
        Entry {
            name: "clocks-blocks",
            about: "Blocks of numbers allocated in advance: an effect is numbered below its cause",
            nodes: 2..=4,
            default_nodes: 2,
            build: |size| {
                let actor = Blocks::new(NonZero::new(1000).expect("is not 0"));
                let monitor = StampingMonitor::new();
                case(events(size.nodes, actor, 0..size.nodes, monitor, Environment::default()))
            },
            expect: Expectation { violated: &[CAUSALITY], ..HOLDS },
            golden: &[],
            mutant: None,
            tour: false,
        },
        Entry {
            name: "clocks-blocks-unique",
            about: "Numbers from blocks are no order, but unique, and nodes that run out of them get more",
            nodes: 2..=3,
            default_nodes: 3,
            build: |size| {
                let each = 1 + more(size.scale);
                let happen_at = (1..size.nodes).flat_map(move |node| std::iter::repeat_n(node, each));
                case(blocks(size, Blocks::new(NonZero::<u64>::MIN), happen_at))
            },
            expect: HOLDS,
            golden: const { &[quick(3, 4657, 19_008, 16)] },
            mutant: None,
            tour: false,
        },
    ]
}

/// Who gets a user name.
fn names() -> Vec<Entry> {
    vec![
        Entry {
            name: "clocks-username",
            about: "Of all who claim a user name one gets it, if every node waits for the answers of all",
            nodes: 2..=4,
            default_nodes: 3,
            build: |size| {
                case(
                    claims(size, Claims::new(Rule::WhenAllAnswered), size.nodes, Environment::default())
                        .terminates()
                        .deadlock_free(),
                )
            },
            expect: HOLDS,
            golden: const { &[quick(3, 16_642, 59_790, 15)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "clocks-username-at-once",
            about: "Lamport order cannot tell at once who gets a user name: two nodes give it away",
            nodes: 2..=4,
            default_nodes: 2,
            build: |size| case(claims(size, Claims::new(Rule::AtOnce), 2, Environment::default())),
            expect: Expectation { violated: &[UNIQUE], ..HOLDS },
            golden: &[],
            mutant: None,
            tour: true,
        },
        Entry {
            name: "clocks-username-blocking",
            about: "To decide by Lamport order every node must be heard: one that dies stops all claims",
            nodes: 2..=3,
            default_nodes: 3,
            build: |size| {
                let environment = Environment::default().crash_stop(1);
                case(claims(size, Claims::new(Rule::WhenAllAnswered), 1, environment).terminates())
            },
            // Nobody else claims it.
            expect: Expectation { violated: &[ANSWERED], unreached: &["refuse"] },
            golden: const { &[quick(3, 36, 67, 6)] },
            mutant: None,
            tour: false,
        },
    ]
}
