//! Registers that several nodes hold together, as they should be.

use synod_actor::{Actor, Beside, Ground, Many, NodeId, Stack};
use synod_broadcast::{
    BestEffort, ReliableBroadcast,
    reliable::Eager,
    total_order::{AllAck, OverConsensus},
};
use synod_checker::{Environment, System};
use synod_consensus::Paxos;
use synod_links::{FifoLinks, Network, ReliableLinks};
use synod_properties::{RegisterMonitor, registers::Initially};
use synod_registers::{Operation, OverTotalOrder, Register, RequestId, total_order::Command};

use crate::registry::{Entry, Expectation, HOLDS, Scale, case, quick};

/// What the register holds at first.
pub(crate) const INITIAL: char = 'o';

/// What is asked: of which node, and what.
pub(crate) type Asked = (u16, Operation<char>);

pub(crate) const fn write(value: char) -> Operation<char> {
    Operation::Write(value)
}

pub(crate) const fn set(expected: char, new: char) -> Operation<char> {
    Operation::CompareAndSet { expected, new }
}

/// A register over Lamport's total order. The environment has to be FIFO.
pub(crate) fn by_clocks(
    register: OverTotalOrder<char>,
) -> impl Actor<Provides = Register<char>, Uses: Ground> {
    Stack {
        upper: register,
        lower: Stack { upper: AllAck::<Command<char>>::new(), lower: Network::<FifoLinks<_>>::new() },
    }
}

/// A register over total order from Paxos, which goes on where a minority has crashed.
fn by_paxos(register: OverTotalOrder<char>) -> impl Actor<Provides = Register<char>, Uses: Ground> {
    let links = Network::<ReliableLinks<_>>::new();
    let reliable = Stack { upper: Eager::new(), lower: Stack { upper: BestEffort::new(), lower: links } };
    let order = OverConsensus::<ReliableBroadcast<Command<char>>>::new();
    Stack { upper: register, lower: Stack { upper: order, lower: Beside(reliable, Many::of(Paxos::new())) } }
}

/// Nodes that all run `actor` and are asked this, at any time and in any order.
pub(crate) fn model<A>(
    nodes: usize,
    actor: A,
    asked: &[Asked],
    environment: Environment,
) -> System<A, RegisterMonitor<char>>
where
    A: Actor<Provides = Register<char>, Uses: Ground>,
{
    watched(vec![actor; nodes], asked, environment)
}

/// The same, of nodes that differ.
pub(crate) fn watched<A>(
    nodes: Vec<A>,
    asked: &[Asked],
    environment: Environment,
) -> System<A, RegisterMonitor<char>>
where
    A: Actor<Provides = Register<char>, Uses: Ground>,
{
    let monitor = RegisterMonitor::new(Initially(INITIAL));
    let system = System::new(nodes, monitor).environment(environment);
    asked.iter().zip(1..).fold(system, |system, ((node, operation), id): (_, RequestId)| {
        system.request(NodeId(*node), (id, operation.clone()))
    })
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "registers-total-order",
            about: "Reads, writes and compare-and-set that take their place in a total order are linearizable",
            nodes: 2..=3,
            default_nodes: 2,
            build: |size| {
                let asked: &[Asked] = match size.scale {
                    Scale::Quick => {
                        &[(0, write('a')), (0, set('o', 'c')), (1, set('a', 'b')), (1, Operation::Read)]
                    }
                    Scale::Full => &[
                        (0, write('a')),
                        (0, Operation::Read),
                        (0, set('o', 'c')),
                        (1, set('a', 'b')),
                        (1, Operation::Read),
                    ],
                };
                let register = OverTotalOrder::new(INITIAL);
                let system = model(size.nodes, by_clocks(register), asked, Environment::default().fifo());
                case(system.terminates().deadlock_free())
            },
            expect: HOLDS,
            golden: const { &[quick(2, 2_744, 4_270, 12).reduced(2_744, 4_270, 12)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "registers-over-paxos",
            about: "A register over consensus stays linearizable although a node crashes",
            nodes: 3..=3,
            default_nodes: 3,
            build: |size| {
                let asked: &[Asked] = match size.scale {
                    Scale::Quick => &[(0, write('a')), (1, Operation::Read)],
                    Scale::Full => &[(0, write('a')), (1, Operation::Read), (1, set('o', 'b'))],
                };
                let environment = Environment::default().fifo().crash_stop(1).crash_only(&[NodeId(0)]);
                case(model(size.nodes, by_paxos(OverTotalOrder::new(INITIAL)), asked, environment))
            },
            // Two requests are too few to be compared or delivered twice.
            expect: Expectation { unreached: &["deliver again", "mismatch", "set"], ..HOLDS },
            golden: const { &[quick(3, 23_149_265, 102_683_490, 60).reduced(259_118, 934_615, 37)] },
            mutant: None,
            tour: false,
        },
    ]
}
