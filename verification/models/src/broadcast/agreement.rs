//! Best-effort, reliable and uniform reliable broadcast: what a crash in the middle of a broadcast leaves behind.

use synod_actor::{Beside, NodeId, Stack, Value};
use synod_broadcast::{
    BestEffort, ExcludeOnTimeout, Id,
    reliable::{Eager, Lazy},
    uniform::{LoggedMajorityAck, MajorityAck},
};
use synod_checker::{Environment, Limit};
use synod_links::Reliable;
use synod_properties::{
    BroadcastMonitor,
    broadcast::{AGREEMENT, UNIFORM_AGREEMENT, VALIDITY},
};

use super::{Basic, basic, entry, first_crashes, model};
use crate::{
    links::fair_loss,
    registry::{Entry, Expectation, HOLDS, Scale, Size, case, quick},
};

/// Eager reliable broadcast.
pub(super) fn eager<M: Value>(upper: Eager<M>, crashes: bool) -> Stack<Eager<M>, Basic<(Id, M)>> {
    Stack { upper, lower: basic(crashes) }
}

/// A failure detector for the first node, which is the one that crashes. Watching the others too would be more states to no end;
/// and as long as any timer is answered, nothing but strong fairness would say that another fires as well.
pub(super) fn watches_first() -> ExcludeOnTimeout {
    ExcludeOnTimeout::of([NodeId(0)])
}

/// What lazy reliable broadcast stands on.
type Watched = Beside<Basic<(Id, char)>, ExcludeOnTimeout>;

/// Lazy reliable broadcast, with a failure detector.
pub(super) fn lazy(upper: Lazy<char>, crashes: bool) -> Stack<Lazy<char>, Watched> {
    Stack { upper, lower: Beside(basic(crashes), watches_first()) }
}

/// Uniform reliable broadcast.
pub(super) fn uniform<M: Value>(
    upper: MajorityAck<M>,
    crashes: bool,
) -> Stack<MajorityAck<M>, Basic<(Id, M)>> {
    Stack { upper, lower: basic(crashes) }
}

/// One message more at full scale.
fn messages(scale: Scale) -> &'static [(u16, char)] {
    match scale {
        Scale::Quick => &[(0, 'a'), (1, 'b')],
        Scale::Full => &[(0, 'a'), (1, 'b'), (0, 'c')],
    }
}

fn group(size: Size) -> Vec<NodeId> {
    NodeId::group(size.nodes)
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "broadcast-best-effort",
            about: "What a node broadcasts that stays up reaches everyone, whoever else crashes",
            build: |size| {
                let monitor = BroadcastMonitor::best_effort(&group(size));
                let system = model(size, basic, messages(size.scale), monitor, first_crashes());
                case(system.terminates().deadlock_free())
            },
            golden: const { &[quick(3, 64, 156, 8)] },
            ..entry()
        },
        Entry {
            name: "broadcast-best-effort-disagrees",
            about: "If the origin crashes in the middle of a best-effort broadcast, some deliver and others never do",
            build: |size| {
                let monitor = BroadcastMonitor::reliable(&group(size));
                let system = model(size, basic, &[(0, 'a')], monitor, first_crashes());
                case(system.terminates())
            },
            nodes: 3..=4,
            expect: Expectation { violated: &[AGREEMENT], ..HOLDS },
            golden: const { &[quick(3, 16, 22, 6)] },
            ..entry()
        },
        Entry {
            name: "broadcast-reliable-eager",
            about: "Everyone relays, so what one node that stays up delivers all of them deliver",
            build: |size| {
                let monitor = BroadcastMonitor::reliable(&group(size));
                let node = |crashes| eager(Eager::new(), crashes);
                let system = model(size, node, messages(size.scale), monitor, first_crashes());
                case(system.terminates().deadlock_free())
            },
            golden: const { &[quick(3, 9822, 54_067, 18)] },
            ..entry()
        },
        Entry {
            name: "broadcast-reliable-lazy",
            about: "Whoever is told that the origin has crashed relays what it had broadcast",
            build: |size| {
                let monitor = BroadcastMonitor::reliable(&group(size));
                let node = |crashes| lazy(Lazy::new(), crashes);
                let system = model(size, node, messages(size.scale), monitor, first_crashes().synchronous());
                case(system.terminates().deadlock_free())
            },
            nodes: 3..=4,
            golden: const { &[quick(3, 660, 2213, 12)] },
            ..entry()
        },
        Entry {
            name: "broadcast-reliable-not-uniform",
            about: "Reliable is not uniform: a node delivers, crashes, and the others never hear of the message",
            build: |size| {
                let monitor = BroadcastMonitor::uniform(&group(size));
                let node = |crashes| eager(Eager::new(), crashes);
                case(model(size, node, &[(0, 'a')], monitor, first_crashes()).terminates())
            },
            expect: Expectation { violated: &[UNIFORM_AGREEMENT], ..HOLDS },
            tour: true,
            golden: const { &[quick(3, 65, 181, 9)] },
            ..entry()
        },
        Entry {
            name: "broadcast-uniform",
            about: "Who waits until a majority has relayed delivers only what everyone who stays up delivers too",
            build: |size| {
                let monitor = BroadcastMonitor::uniform(&group(size));
                let node = |crashes| uniform(MajorityAck::new(), crashes);
                let system = model(size, node, messages(size.scale), monitor, first_crashes());
                case(system.terminates().deadlock_free())
            },
            nodes: 3..=4,
            tour: true,
            golden: const { &[quick(3, 9898, 54_241, 18)] },
            ..entry()
        },
        Entry {
            name: "broadcast-uniform-blocks",
            about: "If a majority crashes, uniform broadcast cannot deliver any more what its origin waits for",
            build: |size| {
                let monitor = BroadcastMonitor::uniform(&group(size));
                let node = |crashes| uniform(MajorityAck::new(), crashes);
                let environment = Environment::default().crash_stop(2).crash_only(&[NodeId(0), NodeId(1)]);
                case(model(size, node, &[(2, 'a')], monitor, environment).terminates())
            },
            nodes: 3..=3,
            expect: Expectation { violated: &[VALIDITY, UNIFORM_AGREEMENT], ..HOLDS },
            golden: const { &[quick(3, 188, 682, 11)] },
            ..entry()
        },
        Entry {
            name: "broadcast-uniform-logged",
            about: "Nodes that crash, lose what their disks had not written, and come back deliver what the others do",
            build: |size| {
                let monitor = BroadcastMonitor::uniform(&group(size));
                let environment =
                    Environment::default().copies(1).crash_recovery(1).delayed_disk().synchronous();
                // A second message makes it more than a matter of minutes.
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[NodeId(1)]),
                    Scale::Full => environment.crash_recovery(2),
                };
                let node = |_| LoggedMajorityAck::new();
                case(model(size, node, &[(0, 'a')], monitor, environment).terminates().deadlock_free())
            },
            nodes: 3..=3,
            golden: const { &[quick(3, 23_785, 93_781, 22)] },
            ..entry()
        },
        Entry {
            name: "broadcast-uniform-logged-lossy",
            about: "What is lost on its way to a node that crashes and comes back is sent again",
            build: |size| {
                let monitor = BroadcastMonitor::uniform(&group(size));
                let environment = Environment::default()
                    .lossy(Limit::Budget(1))
                    .copies(1)
                    .crash_recovery(1)
                    .timeouts(Limit::Unbounded);
                let environment = match size.scale {
                    Scale::Quick => environment.crash_only(&[NodeId(1)]),
                    Scale::Full => environment,
                };
                let node = |_| LoggedMajorityAck::new();
                case(model(size, node, &[(0, 'a')], monitor, environment).terminates().deadlock_free())
            },
            nodes: 3..=3,
            golden: const { &[quick(3, 101_645, 885_399, 19)] },
            ..entry()
        },
        Entry {
            name: "broadcast-lossy-links",
            about: "The whole stack, down to links that lose and duplicate: reliable broadcast is as reliable there",
            build: |size| {
                let monitor = BroadcastMonitor::reliable(&group(size));
                let node = |_| Stack {
                    upper: Eager::new(),
                    lower: Stack { upper: BestEffort::new(), lower: Reliable::over_stubborn() },
                };
                let environment = match size.scale {
                    Scale::Quick => fair_loss(1, 1),
                    Scale::Full => fair_loss(2, 1),
                };
                case(model(size, node, &[(0, 'a')], monitor, environment).terminates().deadlock_free())
            },
            default_nodes: 2,
            nodes: 2..=3,
            golden: const { &[quick(2, 205, 915, 11)] },
            ..entry()
        },
    ]
}
