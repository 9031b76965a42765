//! FIFO broadcast, and total order by a sequencer, by negotiation, by clocks and by consensus.

use synod_actor::{Actor, Beside, Many, NodeId, Nothing, Stack};
use synod_broadcast::{
    ExcludeOnTimeout, Fifo, ReliableBroadcast,
    reliable::Eager,
    total_order::{AllAck, OverConsensus, Packet, Sequence, Sequencer, Skeen},
};
use synod_checker::{Environment, Limit};
use synod_consensus::Paxos;
use synod_links::{FifoLinks, ReliableLinks};
use synod_properties::{
    BroadcastMonitor,
    broadcast::{FifoOrder, PAIRWISE_ORDER, PairwiseOrder, TotalOrder, UNIFORM_AGREEMENT, VALIDITY},
};

use super::{
    agreement::{eager, watches_first},
    entry, first_crashes, model, one_each,
    outbox::Outbox,
};
use crate::registry::{Entry, Expectation, HOLDS, Scale, Size, case, quick};

/// Watches for everything that total order promises. Pairwise order is the weaker one, and goes without saying.
pub(super) fn total(size: Size) -> (BroadcastMonitor<char>, TotalOrder<char>) {
    (BroadcastMonitor::uniform(&NodeId::group(size.nodes)), TotalOrder::new())
}

/// Watches for what total order promises to those who do not crash.
pub(super) fn survivors(size: Size) -> (BroadcastMonitor<char>, TotalOrder<char>) {
    (BroadcastMonitor::reliable(&NodeId::group(size.nodes)), TotalOrder::new().among_survivors())
}

/// Watches for pairwise order, of all nodes.
pub(super) fn pairwise(size: Size) -> (BroadcastMonitor<char>, PairwiseOrder<char>) {
    (BroadcastMonitor::reliable(&NodeId::group(size.nodes)), PairwiseOrder::new())
}

/// Skeen's algorithm, with a failure detector for these.
pub(super) fn skeen(
    upper: Skeen<char>,
    crashes: bool,
    watched: &[NodeId],
) -> impl Actor<Provides = synod_broadcast::TotalOrderBroadcast<char>, Uses = (Nothing, Nothing)> {
    let detector = ExcludeOnTimeout::of(watched.iter().copied());
    Stack { upper, lower: Beside(Outbox::<ReliableLinks<_>>::new(crashes), detector) }
}

/// Lamport's algorithm. The environment has to be FIFO.
pub(super) fn all_ack(
    upper: AllAck<char>,
    crashes: bool,
) -> impl Actor<Provides = synod_broadcast::TotalOrderBroadcast<char>, Uses = Nothing> {
    Stack { upper, lower: Outbox::<FifoLinks<_>>::new(crashes) }
}

/// What replaces a sequencer: a failure detector, and Paxos for each epoch.
type Replacement = Beside<ExcludeOnTimeout, Many<u64, Paxos<Sequence<char>>>>;
type Replaceable = Stack<Sequencer<char>, Beside<Outbox<FifoLinks<Packet<char>>>, Replacement>>;

/// A sequencer that is watched by a failure detector and replaced by Paxos. The environment has to be FIFO.
pub(super) fn sequencer(upper: Sequencer<char>, crashes: bool) -> Replaceable {
    let replacement = Beside(watches_first(), Many::of(Paxos::new()));
    Stack { upper, lower: Beside(Outbox::new(crashes), replacement) }
}

/// One failure detector loses patience once, whether anyone has crashed or not.
pub(super) fn suspicious() -> Environment {
    Environment::default().fifo().timeouts(Limit::Budget(1))
}

/// Total order over Paxos and eager reliable broadcast.
pub(super) fn over_paxos(
    upper: OverConsensus<ReliableBroadcast<char>>,
    crashes: bool,
) -> impl Actor<
    Provides = synod_broadcast::TotalOrderBroadcast<char>,
    Uses = (Nothing, synod_actor::Keyed<u64, Nothing>),
> {
    Stack { upper, lower: Beside(eager(Eager::new(), crashes), Many::of(Paxos::new())) }
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "broadcast-fifo",
            about: "Messages of one origin are delivered in its order, though they overtake each other on their way",
            build: |size| {
                let monitor = (BroadcastMonitor::reliable(&NodeId::group(size.nodes)), FifoOrder::new());
                let node = |crashes| Stack {
                    upper: Fifo::<ReliableBroadcast<char>>::new(),
                    lower: eager(Eager::new(), crashes),
                };
                let messages: &[_] = match size.scale {
                    Scale::Quick => &[(0, 'a'), (0, 'b')],
                    Scale::Full => &[(0, 'a'), (0, 'b'), (1, 'c')],
                };
                case(model(size, node, messages, monitor, first_crashes()).terminates().deadlock_free())
            },
            golden: const { &[quick(3, 11_474, 63_127, 18)] },
            ..entry()
        },
        Entry {
            name: "broadcast-total-skeen",
            about: "Everyone proposes a timestamp and the highest is final: all deliver in the same order",
            build: |size| {
                let node = |crashes| skeen(Skeen::new(), crashes, &[]);
                let system = model(size, node, one_each(size.scale), total(size), Environment::default());
                case(system.terminates().deadlock_free())
            },
            nodes: 3..=4,
            expect: Expectation { unreached: &["detect", "settle", "view change"], ..HOLDS },
            golden: const { &[quick(3, 832, 1996, 14)] },
            ..entry()
        },
        Entry {
            name: "broadcast-total-skeen-blocks",
            about: "One node that crashes unnoticed holds up everything in Skeen's algorithm",
            build: |size| {
                let node = |crashes| skeen(Skeen::new(), crashes, &[]);
                case(model(size, node, &[(0, 'a'), (1, 'b')], total(size), first_crashes()).terminates())
            },
            nodes: 3..=3,
            expect: Expectation {
                violated: &[VALIDITY, UNIFORM_AGREEMENT],
                unreached: &["detect", "settle", "view change"],
            },
            golden: const { &[quick(3, 1931, 5506, 19)] },
            ..entry()
        },
        Entry {
            name: "broadcast-total-skeen-failover",
            about: "The survivors of a crash settle what the node has left, and all of them deliver the same sequence",
            build: |size| {
                let node = |crashes| skeen(Skeen::new(), crashes, &[NodeId(0)]);
                let environment = first_crashes().synchronous();
                let system = model(size, node, one_each(size.scale), survivors(size), environment);
                case(system.terminates().deadlock_free())
            },
            nodes: 3..=3,
            golden: const { &[quick(3, 17_283, 68_381, 23)] },
            ..entry()
        },
        Entry {
            name: "broadcast-total-skeen-not-uniform",
            about: "A node delivers two messages, crashes, and the survivors settle them in the opposite order",
            build: |size| {
                let node = |crashes| skeen(Skeen::new(), crashes, &[NodeId(2)]);
                let environment = Environment::default().crash_stop(1).crash_only(&[NodeId(2)]).synchronous();
                case(model(size, node, one_each(Scale::Full), pairwise(size), environment))
            },
            nodes: 3..=3,
            expect: Expectation { violated: &[PAIRWISE_ORDER], ..HOLDS },
            ..entry()
        },
        Entry {
            name: "broadcast-total-lamport",
            about: "Who has heard a later time from everyone delivers by timestamp: all deliver in the same order",
            build: |size| {
                let node = |crashes| all_ack(AllAck::new(), crashes);
                let environment = Environment::default().fifo();
                let system = model(size, node, one_each(size.scale), total(size), environment);
                case(system.terminates().deadlock_free())
            },
            nodes: 2..=3,
            golden: const { &[quick(3, 5177, 12_038, 14)] },
            ..entry()
        },
        Entry {
            name: "broadcast-total-lamport-blocks",
            about: "One node that crashes holds up everything in Lamport's algorithm too",
            build: |size| {
                let node = |crashes| all_ack(AllAck::new(), crashes);
                case(model(size, node, &[(1, 'a')], total(size), first_crashes().fifo()).terminates())
            },
            nodes: 3..=3,
            expect: Expectation { violated: &[VALIDITY, UNIFORM_AGREEMENT], ..HOLDS },
            golden: const { &[quick(3, 118, 255, 10)] },
            ..entry()
        },
        Entry {
            name: "broadcast-total-sequencer",
            about: "The sequencer crashes in the middle of its work, and what anyone has delivered keeps its place",
            build: |size| {
                let node = |crashes| sequencer(Sequencer::new(), crashes);
                let environment = first_crashes().fifo().synchronous();
                let system = model(size, node, one_each(size.scale), total(size), environment);
                case(system.terminates().deadlock_free())
            },
            nodes: 3..=3,
            // One proposes at a time, as long as the failure detector is right.
            expect: Expectation { unreached: &["2a adopts", "nack"], ..HOLDS },
            golden: const { &[quick(3, 4540, 16_280, 28)] },
            ..entry()
        },
        Entry {
            name: "broadcast-total-sequencer-suspected",
            about: "A sequencer is replaced that is alive after all, and still all deliver the same sequence",
            build: |size| {
                let node = |crashes| sequencer(Sequencer::new(), crashes);
                case(model(size, node, one_each(size.scale), total(size), suspicious()))
            },
            nodes: 3..=3,
            expect: Expectation { unreached: &["2a adopts", "nack"], ..HOLDS },
            golden: const { &[quick(3, 555_460, 2_218_527, 38)] },
            ..entry()
        },
        Entry {
            name: "broadcast-total-consensus",
            about: "Batch after batch by Paxos: all deliver the same sequence, though the one who broadcast may crash",
            build: |size| {
                let node = |crashes| over_paxos(OverConsensus::new(), crashes);
                let environment = first_crashes().fifo().synchronous();
                let messages: &[_] = match size.scale {
                    Scale::Quick => &[(0, 'a')],
                    Scale::Full => &[(0, 'a'), (1, 'b')],
                };
                case(model(size, node, messages, total(size), environment).terminates().deadlock_free())
            },
            nodes: 3..=3,
            // Nobody restarts.
            expect: Expectation { unreached: &["deliver again"], ..HOLDS },
            golden: const { &[quick(3, 231_865, 1_056_019, 35)] },
            ..entry()
        },
    ]
}
