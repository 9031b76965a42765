//! Where timestamps come from, if a node needs nobody else to make one.

use core::time::Duration;

use synod_actor::{Actor, Cx, NodeId, Value};

use crate::{HybridClock, HybridTime, LamportClock, Timestamp};

/// Makes timestamps at one node.
pub trait Generator: Value {
    /// The timestamps. Their order is the order of events that is claimed.
    type Stamp: Value;

    /// An event happens at this node. `None` if there is no timestamp for it.
    fn next<A: Actor>(&mut self, cx: &mut Cx<'_, A>) -> Option<Self::Stamp>;

    /// This node hears of an event that has this timestamp. `None` if the timestamp is refused.
    fn hear<A: Actor>(&mut self, stamp: &Self::Stamp, cx: &mut Cx<'_, A>) -> Option<()>;
}

/// A Lamport clock, with the node's name: what it hears moves it on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Lamport {
    clock: LamportClock,
}

impl Lamport {
    /// A clock before the first event.
    pub const fn new() -> Self {
        Lamport { clock: LamportClock::new() }
    }
}

impl Generator for Lamport {
    type Stamp = Timestamp<NodeId>;

    fn next<A: Actor>(&mut self, cx: &mut Cx<'_, A>) -> Option<Self::Stamp> {
        Some(Timestamp { time: self.clock.tick().ok()?, node: cx.me() })
    }

    fn hear<A: Actor>(&mut self, stamp: &Self::Stamp, _: &mut Cx<'_, A>) -> Option<()> {
        self.clock.receive(stamp.time).ok().map(drop)
    }
}

/// A hybrid logical clock, with the node's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Hybrid {
    clock: HybridClock,
}

impl Hybrid {
    /// A clock that refuses what is ahead of the node's physical clock by more than this.
    pub const fn new(max_drift: Duration) -> Self {
        Hybrid { clock: HybridClock::new(max_drift) }
    }
}

impl Generator for Hybrid {
    type Stamp = Timestamp<NodeId, HybridTime>;

    fn next<A: Actor>(&mut self, cx: &mut Cx<'_, A>) -> Option<Self::Stamp> {
        Some(Timestamp { time: self.clock.tick(cx.now()).ok()?, node: cx.me() })
    }

    fn hear<A: Actor>(&mut self, stamp: &Self::Stamp, cx: &mut Cx<'_, A>) -> Option<()> {
        self.clock.receive(stamp.time, cx.now()).ok().map(drop)
    }
}

/// Each node counts for itself, and the numbers are dealt out so that no two nodes have the same: of two nodes the first
/// gives 1, 3, 5, ... and the second 2, 4, 6, ... A node at which little happens falls behind the others, and its new events
/// look older than their causes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct OddEven {
    given: u64,
}

impl OddEven {
    /// A sequence of which nothing was given.
    pub const fn new() -> Self {
        OddEven { given: 0 }
    }
}

impl Generator for OddEven {
    type Stamp = u64;

    fn next<A: Actor>(&mut self, cx: &mut Cx<'_, A>) -> Option<u64> {
        let round = self.given.checked_mul(cx.group().len() as u64)?;
        let number = round.checked_add(u64::from(cx.me().0) + 1)?;
        self.given += 1;
        Some(number)
    }

    fn hear<A: Actor>(&mut self, _: &u64, _: &mut Cx<'_, A>) -> Option<()> {
        Some(())
    }
}

/// The physical clock of the node, with its name. It never goes back, and it is never read twice at the same time: that much
/// a careful implementation does. But the clocks of two nodes differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct WallClock {
    last: Option<Duration>,
}

impl WallClock {
    /// A clock that was not read yet.
    pub const fn new() -> Self {
        WallClock { last: None }
    }
}

impl Generator for WallClock {
    type Stamp = Timestamp<NodeId, Duration>;

    fn next<A: Actor>(&mut self, cx: &mut Cx<'_, A>) -> Option<Self::Stamp> {
        let soonest = match self.last {
            Some(last) => last.checked_add(Duration::from_nanos(1))?,
            None => Duration::ZERO,
        };
        let time = cx.now().max(soonest);
        self.last = Some(time);
        Some(Timestamp { time, node: cx.me() })
    }

    fn hear<A: Actor>(&mut self, _: &Self::Stamp, _: &mut Cx<'_, A>) -> Option<()> {
        Some(())
    }
}
