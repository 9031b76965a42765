//! One problem solved by means of another: total order broadcast, consensus, and registers, each as a layer over the other.
//!
//! Total order over consensus is `broadcast-total-consensus`, and a register over total order with reads by appending
//! `registers-total-order`. The logs below have models of their own, so each is explored here with one leader that may come and no
//! more, where that is enough to have something lost, refused or committed twice.

mod mutants;

use synod_actor::{Actor, Beside, Ground, Never, NodeId, Nothing, Port, Stack, Value};
use synod_broadcast::{
    FirstDelivered, Id,
    reliable::Eager,
    total_order::{AllAck, OverCounter, OverLog, Ticketed},
};
use synod_checker::{Environment, Limit, System};
use synod_consensus::{
    CasPaxos, Changes, Consensus, Epoch, Log, Membership, MultiPaxos, Quorums, Raft, Viewstamped, Zab,
    changes::Increment, multi_paxos, raft, viewstamped, zab,
};
use synod_links::FifoLinks;
use synod_properties::{
    BroadcastMonitor, ConsensusMonitor, Monitor, RegisterMonitor,
    broadcast::{TotalOrder, UNIFORM_AGREEMENT, VALIDITY},
};
use synod_registers::{
    Operation::Read, OverLog as RegisterOverLog, OverTotalOrder, Register, SingleCopy, SynchronousReplica,
    over_log, total_order::Command,
};

use crate::{
    broadcast::{Basic, basic, outbox::Outbox},
    patience::{Impatient, Patience, Patient, impatient},
    registers::{Asked, INITIAL, set, watched, write},
    registry::{Entry, Expectation, HOLDS, Scale, Size, case, quick, three as entry, unreached},
};

/// What a log of messages holds.
type Message = (Id, char);

/// What is not reached of Raft and of total order over it where a message is appended by a leader that stays.
const ONE_MESSAGE: &[&str] = &[
    "batch",
    "catch up",
    "change",
    "give up",
    "go back",
    "handover",
    "install",
    "leave",
    "pre-vote",
    "read",
    "refuse",
    "reject",
    "repetition",
    "resign",
    "snapshot",
    "truncate",
];

/// What is not reached of Raft and of a register over it where that is written and read.
const WRITTEN_AND_READ: &[&str] = &[
    "batch",
    "catch up",
    "change",
    "give up",
    "go back",
    "handover",
    "install",
    "leave",
    "mismatch",
    "pre-vote",
    "refuse",
    "reject",
    "repetition",
    "resign",
    "set",
    "snapshot",
    "truncate",
];

fn node(index: u16) -> NodeId {
    NodeId(index)
}

fn last(size: Size) -> NodeId {
    NodeId::group(size.nodes)[size.nodes - 1]
}

fn members(size: Size) -> Membership {
    Membership::of(NodeId::group(size.nodes))
}

/// Nodes of Raft, of which these call elections.
fn over_raft<C: Value>(size: Size, only: &[u16]) -> Vec<Patient<Raft<C, Never>>> {
    let settings = raft::Settings { pre_vote: false, check_quorum: false, ..raft::Settings::default() };
    impatient(only, vec![Patient::new(Raft::new(members(size), settings)); size.nodes])
}

/// Nodes of Multi-Paxos, of which these begin ballots.
fn over_multi_paxos<C: Value>(size: Size, only: &[u16]) -> Vec<Patient<MultiPaxos<C, Never>>> {
    let quorums = Quorums::majority(&NodeId::group(size.nodes).into_iter().collect());
    let node = MultiPaxos::new(quorums, multi_paxos::Settings::default());
    impatient(only, vec![Patient::new(node); size.nodes])
}

/// Nodes of Viewstamped Replication, of which these begin view changes.
fn over_viewstamped<C: Value>(size: Size, only: &[u16]) -> Vec<Patient<Viewstamped<C, Never>>> {
    let mut node = Patient::new(Viewstamped::new(members(size), viewstamped::Settings::default()));
    node.silent = &[viewstamped::Timer::Resend, viewstamped::Timer::Idle];
    impatient(only, vec![node; size.nodes])
}

/// Nodes of Zab that are all told to follow the first one, which gives up leading if it is one of these that lose patience.
fn over_zab<C: Value>(size: Size, only: &[u16]) -> Vec<Patient<Zab<C, Never>>> {
    let settings =
        zab::Settings { election: zab::Election::Oracle(vec![node(0)]), ..zab::Settings::default() };
    let mut node = Patient::new(Zab::new(members(size), settings));
    node.silent = &[zab::Timer::Resend, zab::Timer::Tick];
    impatient(only, vec![node; size.nodes])
}

/// The same layer over each of these.
fn under<U: Clone, D>(upper: &U, lower: Vec<D>) -> Vec<Stack<U, D>> {
    lower.into_iter().map(|lower| Stack { upper: upper.clone(), lower }).collect()
}

/// Watches for everything that total order promises.
type TotalOrderMonitor = (BroadcastMonitor<char>, TotalOrder<char>);

fn total(nodes: usize) -> TotalOrderMonitor {
    (BroadcastMonitor::uniform(&NodeId::group(nodes)), TotalOrder::new())
}

/// Nodes that are asked for this, with a monitor.
fn model<A, M>(nodes: Vec<A>, asked: &[(u16, char)], monitor: M, environment: Environment) -> System<A, M>
where
    A: Actor<Uses: Ground>,
    A::Provides: Port<Request = char>,
    M: Monitor<A::Provides>,
{
    let system = System::new(nodes, monitor).environment(environment);
    asked.iter().fold(system, |system, &(at, what)| system.request(node(at), what))
}

/// Total order over Raft.
type OverRaft = Stack<OverLog<char>, Patient<Raft<Message, Never>>>;

/// A message of each of the first two nodes, over a log; at full scale one more.
fn broadcast<A>(
    size: Size,
    upper: &OverLog<char>,
    logs: Vec<Patient<A>>,
    environment: Environment,
) -> System<Stack<OverLog<char>, Patient<A>>, TotalOrderMonitor>
where
    A: Impatient<Provides = Log<Message>>,
{
    let messages = [(0, 'a'), (1, 'b'), (1, 'c')];
    let messages = match size.scale {
        Scale::Quick => &messages[..2],
        Scale::Full => &messages,
    };
    model(under(upper, logs), messages, total(size.nodes), environment)
}

fn elections(so_many: u8) -> Environment {
    Environment::default().fifo().timeouts(Limit::Budget(so_many))
}

/// One node writes and another one reads; at full scale that one sets, too.
fn written_and_read(size: Size) -> Vec<Asked> {
    match size.scale {
        Scale::Quick => vec![(0, write('a')), (1, Read)],
        Scale::Full => vec![(0, write('a')), (1, Read), (1, set('o', 'b'))],
    }
}

/// One message, and time for it to be appended twice.
fn appended_twice(size: Size, upper: &OverLog<char>) -> System<OverRaft, TotalOrderMonitor> {
    model(under(upper, over_raft(size, &[0])), &[(0, 'a')], total(size.nodes), elections(2))
}

/// Nodes of Raft of which the first will lead, and nothing is lost: so it need not repeat itself. (As long as its heartbeats are
/// answered, nothing but strong fairness would say that another timer fires as well.)
fn reliably_led<C: Value>(size: Size) -> Vec<Patient<Raft<C, Never>>> {
    let mut nodes = over_raft(size, &[0]);
    nodes[0].patience = Patience::EndlessFrom(Epoch(1));
    nodes[0].silent = &[raft::Timer::Heartbeat];
    nodes
}

/// A node that does not lead broadcasts, perhaps before anyone leads, and is refused then. Everyone delivers at last.
fn early_broadcast(size: Size, upper: &OverLog<char>) -> System<OverRaft, TotalOrderMonitor> {
    let logs = reliably_led(size);
    model(under(upper, logs), &[(1, 'a')], total(size.nodes), Environment::default().fifo().synchronous())
        .terminates()
}

/// Consensus over total order by Lamport's clocks. The environment has to be FIFO.
fn consensus(
    size: Size,
    upper: FirstDelivered<char>,
) -> System<impl Actor<Provides = Consensus<char>, Uses: Ground>, ConsensusMonitor<char>> {
    let lower = Stack { upper: AllAck::<char>::new(), lower: Outbox::<FifoLinks<_>>::new(false) };
    let proposers = match size.scale {
        Scale::Quick => 2,
        Scale::Full => size.nodes,
    };
    let proposers: Vec<(u16, char)> = (0..).zip('a'..).take(proposers).collect();
    let monitor = ConsensusMonitor::new().everyone_terminates(&NodeId::group(size.nodes));
    let nodes = vec![Stack { upper, lower }; size.nodes];
    model(nodes, &proposers, monitor, Environment::default().fifo()).terminates()
}

/// A register over Raft, with reads by position.
type ByPosition = Stack<RegisterOverLog<char>, Patient<Raft<over_log::Command<char>, Never>>>;

fn by_position(
    size: Size,
    upper: &RegisterOverLog<char>,
    asked: &[Asked],
    environment: Environment,
) -> System<ByPosition, RegisterMonitor<char>> {
    watched(under(upper, over_raft(size, &[0])), asked, environment)
}

/// The first client's change is undone by the second's, and may be appended twice.
fn done_twice(size: Size, upper: &RegisterOverLog<char>) -> System<ByPosition, RegisterMonitor<char>> {
    let asked = [(0, set('o', 'a')), (1, set('a', 'o')), (0, Read)];
    by_position(size, upper, &asked, elections(2))
}

/// The same where a node that does not lead is asked, perhaps before anyone leads; it answers at last.
fn early_by_position(size: Size, upper: &RegisterOverLog<char>) -> System<ByPosition, RegisterMonitor<char>> {
    watched(
        under(upper, reliably_led(size)),
        &[(1, set('o', 'a'))],
        Environment::default().fifo().synchronous(),
    )
    .terminates()
}

/// A register that is read at the last node. The environment has to be FIFO.
fn replica(size: Size) -> SynchronousReplica<char> {
    SynchronousReplica::new(last(size), INITIAL)
}

/// Such a register over Lamport's total order.
fn synchronous_replica(
    size: Size,
    upper: SynchronousReplica<char>,
    asked: &[Asked],
) -> System<impl Actor<Provides = Register<char>, Uses: Ground> + use<>, RegisterMonitor<char>> {
    let lower = Stack { upper: AllAck::<Command<char>>::new(), lower: Outbox::<FifoLinks<_>>::new(false) };
    watched(vec![Stack { upper, lower }; size.nodes], asked, Environment::default().fifo()).terminates()
}

/// Total order over a counter and eager reliable broadcast.
type OverCounterAnd<C> = Stack<OverCounter<char>, Beside<Reliable, C>>;
type Reliable = Stack<Eager<Ticketed<char>>, Basic<(Id, Ticketed<char>)>>;

fn over_counter<C>(
    size: Size,
    upper: &OverCounter<char>,
    counter: &C,
    environment: Environment,
) -> System<OverCounterAnd<C>, TotalOrderMonitor>
where
    C: Actor<Provides = Changes<Increment>, Uses = Nothing>,
{
    let crashes = |me: usize| environment.crashes.stop > 0 && me == 0;
    let of = |me| {
        let reliable = Stack { upper: Eager::new(), lower: basic(crashes(me)) };
        Stack { upper: upper.clone(), lower: Beside(reliable, counter.clone()) }
    };
    let messages = [(0, 'a'), (1, 'b'), (0, 'c')];
    let messages = match size.scale {
        Scale::Quick => &messages[..2],
        Scale::Full => &messages,
    };
    model((0..size.nodes).map(of).collect(), messages, total(size.nodes), environment)
}

/// A counter at the last node.
fn at_the_last(size: Size) -> SingleCopy<Increment> {
    SingleCopy::new(last(size), 0)
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "reductions-broadcast-over-raft",
            about: "Total order broadcast from Raft: what is committed is delivered, once",
            build: |size| case(broadcast(size, &OverLog::new(), over_raft(size, &[0]), elections(1))),
            expect: unreached(&[
                "catch up",
                "change",
                "give up",
                "go back",
                "handover",
                "install",
                "leave",
                "pre-vote",
                "read",
                "refuse",
                "reject",
                "repetition",
                "resign",
                "snapshot",
                "truncate",
            ]),
            golden: const { &[quick(3, 1_374, 3_256, 23).reduced(1_132, 2_558, 22)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-over-multi-paxos",
            about: "Total order broadcast from Multi-Paxos",
            build: |size| case(broadcast(size, &OverLog::new(), over_multi_paxos(size, &[0]), elections(1))),
            expect: unreached(&[
                "adopt",
                "batch",
                "catch up",
                "fill gap",
                "install",
                "nack",
                "preempted",
                "read",
                "repetition",
                "snapshot",
                "take over",
            ]),
            golden: const { &[quick(3, 1_232, 3_175, 24).reduced(649, 1_545, 21)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-over-viewstamped",
            about: "Total order broadcast from Viewstamped Replication",
            build: |size| case(broadcast(size, &OverLog::new(), over_viewstamped(size, &[1]), elections(1))),
            expect: unreached(&[
                "ask",
                "batch",
                "catch up",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
            ]),
            golden: const { &[quick(3, 99_161, 357_872, 28).reduced(14_915, 43_559, 24)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-over-zab",
            about: "Total order broadcast from Zab",
            build: |size| case(broadcast(size, &OverLog::new(), over_zab(size, &[0]), elections(1))),
            expect: unreached(&[
                "gap", "give up", "inform", "ping", "read", "restore", "snap", "snapshot", "trunc", "vote",
            ]),
            golden: const { &[quick(3, 32_868, 89_893, 32).reduced(29_821, 81_437, 32)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-recovery",
            about: "A node that broadcasts, crashes and comes back gives no two messages one number",
            build: |size| {
                let environment = elections(1).crash_recovery(1).crash_only(&[node(0)]).delayed_disk();
                let nodes = under(&OverLog::new(), over_raft(size, &[1]));
                let messages = [(0, 'a'), (0, 'b')];
                case(model(nodes, &messages, total(size.nodes), environment))
            },
            expect: unreached(&[
                "catch up",
                "change",
                "give up",
                "handover",
                "install",
                "leave",
                "pre-vote",
                "read",
                "refuse",
                "repetition",
                "resign",
                "snapshot",
                "truncate",
            ]),
            golden: const { &[quick(3, 44_837, 131_892, 41).reduced(36_779, 103_328, 40)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-termination",
            about: "What the log refuses for nobody leads is appended again, and everyone delivers it",
            build: |size| case(early_broadcast(size, &OverLog::new())),
            expect: unreached(ONE_MESSAGE),
            golden: const { &[quick(3, 177, 377, 17).reduced(125, 242, 16)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-once",
            about: "What a log commits a second time is not delivered a second time",
            build: |size| case(appended_twice(size, &OverLog::new())),
            expect: unreached(&[
                "catch up", "change", "give up", "go back", "handover", "install", "leave", "pre-vote",
                "read", "refuse", "reject", "resign", "snapshot", "truncate",
            ]),
            golden: const { &[quick(3, 2_581, 6_464, 20).reduced(1_417, 3_155, 19)] },
            ..entry()
        },
        Entry {
            name: "reductions-consensus",
            about: "Consensus from total order broadcast: what comes first is decided",
            nodes: 2..=3,
            build: |size| case(consensus(size, FirstDelivered::new())),
            expect: HOLDS,
            tour: true,
            golden: const { &[quick(3, 4_281, 10_334, 14).reduced(4_281, 10_334, 14)] },
            ..entry()
        },
        Entry {
            name: "reductions-register-appended",
            about: "A register from total order broadcast over Raft, with reads that take their place in the order",
            build: |size| {
                let asked = &written_and_read(size);
                let order = under(&OverLog::new(), over_raft(size, &[0]));
                let nodes = under(&OverTotalOrder::new(INITIAL), order);
                case(watched(nodes, asked, elections(1)))
            },
            expect: unreached(&[
                "catch up",
                "change",
                "give up",
                "go back",
                "handover",
                "install",
                "leave",
                "mismatch",
                "pre-vote",
                "refuse",
                "reject",
                "repetition",
                "resign",
                "set",
                "snapshot",
                "truncate",
            ]),
            golden: const { &[quick(3, 1_551, 3_637, 23).reduced(1_291, 2_896, 22)] },
            ..entry()
        },
        Entry {
            name: "reductions-register-by-position",
            about: "A register from a log, with reads that ask how far it is, and wait until they are as far",
            build: |size| {
                let asked = &written_and_read(size);
                case(by_position(size, &RegisterOverLog::new(INITIAL), asked, elections(1)))
            },
            expect: unreached(WRITTEN_AND_READ),
            golden: const { &[quick(3, 1_655, 3_951, 23).reduced(1_348, 3_068, 22)] },
            ..entry()
        },
        Entry {
            name: "reductions-register-once",
            about: "What a log commits a second time is not done a second time",
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| case(done_twice(size, &RegisterOverLog::new(INITIAL))),
            expect: unreached(&[
                "catch up", "change", "give up", "go back", "handover", "install", "leave", "pre-vote",
                "refuse", "reject", "resign", "snapshot", "truncate", "write",
            ]),
            golden: const { &[quick(2, 11_339, 20_565, 25).reduced(10_318, 18_522, 25)] },
            ..entry()
        },
        Entry {
            name: "reductions-register-termination",
            about: "A register over a log answers at last, though nobody led when it was asked",
            build: |size| case(early_by_position(size, &RegisterOverLog::new(INITIAL))),
            expect: unreached(&[
                "batch",
                "catch up",
                "change",
                "give up",
                "go back",
                "handover",
                "install",
                "leave",
                "mismatch",
                "pre-vote",
                "read",
                "read refused",
                "refuse",
                "reject",
                "repetition",
                "resign",
                "snapshot",
                "truncate",
                "write",
            ]),
            golden: const { &[quick(3, 177, 377, 17).reduced(125, 242, 16)] },
            ..entry()
        },
        Entry {
            name: "reductions-register-synchronous-replica",
            about: "A register from total order broadcast, with reads from one replica that all writes wait for",
            nodes: 2..=3,
            build: |size| case(synchronous_replica(size, replica(size), &written_and_read(size))),
            expect: unreached(&["mismatch", "set"]),
            golden: const { &[quick(3, 339, 728, 11).reduced(339, 728, 11)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-over-counter",
            about: "Total order broadcast from an increment-and-get register: messages are delivered by number",
            nodes: 2..=3,
            build: |size| {
                let environment = Environment::default();
                case(over_counter(size, &OverCounter::new(), &at_the_last(size), environment).terminates())
            },
            expect: HOLDS,
            golden: const { &[quick(3, 12_092, 55_952, 18).reduced(112, 300, 10)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-over-cas-paxos",
            about: "Total order broadcast from an increment-and-get register that is CASPaxos",
            nodes: 2..=3,
            default_nodes: 2,
            build: |size| {
                let counter = CasPaxos::<Increment>::new(0);
                case(over_counter(size, &OverCounter::new(), &counter, Environment::default().fifo()))
            },
            expect: unreached(&["2a again", "2a at once"]),
            golden: const { &[quick(2, 74, 92, 14).reduced(53, 64, 12)] },
            ..entry()
        },
        Entry {
            name: "reductions-broadcast-over-counter-blocks",
            about: "A node takes a number and crashes: nobody delivers what comes after, for a counter is no consensus",
            build: |size| {
                let environment = Environment::default().crash_stop(1).crash_only(&[node(0)]);
                case(over_counter(size, &OverCounter::new(), &at_the_last(size), environment).terminates())
            },
            expect: Expectation { violated: &[VALIDITY, UNIFORM_AGREEMENT], ..HOLDS },
            golden: const { &[quick(3, 19_950, 109_262, 22).reduced(403, 1_264, 14)] },
            ..entry()
        },
    ]
}

pub(crate) fn entries_of_reductions() -> Vec<Entry> {
    [entries(), mutants::entries()].into_iter().flatten().collect()
}
