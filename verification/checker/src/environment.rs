//! The environment: what links, disks, timers and crashes may do to a system, within budgets.
//!
//! Everything here is nondeterminism that the checker resolves in every possible way. A budget is a total over the
//! whole run, not a limit on what is simultaneous.

use std::{fmt, time::Duration};

use synod_actor::NodeId;

/// How often something may happen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Limit {
    /// Never.
    #[default]
    Never,
    /// At most so often in a run.
    Budget(u8),
    /// Any number of times.
    Unbounded,
}

/// In which order a link delivers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Order {
    /// Any pending message may arrive next.
    #[default]
    Unordered,
    /// From each sender to each receiver, in the order sent.
    Fifo,
}

/// The network between each pair of nodes. A message sent before a crash of either end stays in flight after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Links {
    /// In which order messages arrive.
    pub order: Order,
    /// How many messages may be lost. Where it is unbounded nothing is owed to a message: it may stay in flight for
    /// ever, which is how it is lost. The loss is a step of its own only where that makes a difference: within a
    /// budget, and for properties that ask what is *still possible* afterwards.
    pub loss: Limit,
    /// How many deliveries may leave the message in flight, to be delivered again. If unbounded, what is in flight
    /// is a set that only grows.
    pub duplicates: Limit,
    /// If given: of identical messages from one node to another at most so many are in flight; a further one is lost
    /// when sent. It makes systems that retransmit finite. Unordered links only.
    pub copies: Option<u8>,
    /// Whether a node's messages to itself travel like all others, with everything that may happen on the way. If not, they
    /// stay in the node: they arrive in the order sent, whatever the links, and are gone if it crashes.
    pub loopback: bool,
}

/// What a crash takes with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Disk {
    /// A record is durable at once: a handler with its writes is atomic.
    #[default]
    Synchronous,
    /// Records become durable later, in order, each as a step of its own that also releases the effects behind it, up
    /// to the next record. A crash loses the records not yet durable together with the effects that wait for them;
    /// effects issued before such a record may have been visible already.
    Delayed,
}

/// When an armed timer fires.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timers {
    /// At any time, so often in all. Says nothing of how fast anything else is.
    Asynchronous(Limit),
    /// Only when nothing else is under way: no running node has a message to receive (from the network or itself) or
    /// a write to wait for. Whoever waits for an answer then has waited long enough to know that none will come, which is
    /// perfect failure detection. Requests of clients are not waited for, nor are restarts.
    Synchronous,
}

impl Default for Timers {
    fn default() -> Self {
        Timers::Asynchronous(Limit::Never)
    }
}

/// Crashes, by total budgets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Crashes {
    /// How many nodes may crash and never come back.
    pub stop: u8,
    /// How many times a node may crash and later restart from what is durable. It always does restart, in a fair run.
    pub recover: u8,
    /// Which nodes can crash at all; every node if not given.
    pub only: Option<Vec<NodeId>>,
}

/// All of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Environment {
    /// The network.
    pub links: Links,
    /// The disks.
    pub disk: Disk,
    /// The timers.
    pub timers: Timers,
    /// The crashes.
    pub crashes: Crashes,
    /// What a clock may show: each call of `now` answers any of these. Not empty.
    pub clock: Vec<Duration>,
}

impl Default for Environment {
    /// Reliable, unordered links; no crashes; no timeouts; synchronous disks; a clock that stands still.
    fn default() -> Self {
        Environment {
            links: Links::default(),
            disk: Disk::default(),
            timers: Timers::default(),
            crashes: Crashes::default(),
            clock: vec![Duration::ZERO],
        }
    }
}

impl Environment {
    /// Links that deliver from each sender in the order sent.
    pub fn fifo(mut self) -> Self {
        self.links.order = Order::Fifo;
        self
    }

    /// Links that lose messages.
    pub fn lossy(mut self, loss: Limit) -> Self {
        self.links.loss = loss;
        self
    }

    /// Links that deliver a message more than once.
    pub fn duplicating(mut self, duplicates: Limit) -> Self {
        self.links.duplicates = duplicates;
        self
    }

    /// Links with at most so many identical messages in flight (see [`Links::copies`]).
    pub fn copies(mut self, copies: u8) -> Self {
        self.links.copies = Some(copies);
        self
    }

    /// Links that a node's messages to itself take as well (see [`Links::loopback`]).
    pub fn loopback(mut self) -> Self {
        self.links.loopback = true;
        self
    }

    /// Nodes that crash for good, so many in all.
    pub fn crash_stop(mut self, budget: u8) -> Self {
        self.crashes.stop = budget;
        self
    }

    /// Nodes that crash and restart, so many times in all.
    pub fn crash_recovery(mut self, budget: u8) -> Self {
        self.crashes.recover = budget;
        self
    }

    /// Only these nodes crash.
    pub fn crash_only(mut self, nodes: &[NodeId]) -> Self {
        self.crashes.only = Some(nodes.to_vec());
        self
    }

    /// Disks whose writes become durable later.
    pub fn delayed_disk(mut self) -> Self {
        self.disk = Disk::Delayed;
        self
    }

    /// Timers that may fire whenever they are armed, so often in all.
    pub fn timeouts(mut self, limit: Limit) -> Self {
        self.timers = Timers::Asynchronous(limit);
        self
    }

    /// Clocks that show any of these, each time anew: they differ from node to node, jump, and go back.
    ///
    /// # Panics
    /// If there is none.
    pub fn clocks(mut self, readings: &[Duration]) -> Self {
        assert!(!readings.is_empty(), "a clock shows something");
        self.clock = readings.to_vec();
        self
    }

    /// Timers that fire only when nothing else is under way.
    pub fn synchronous(mut self) -> Self {
        self.timers = Timers::Synchronous;
        self
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Never => write!(f, "no"),
            Limit::Budget(n) => write!(f, "{n}"),
            Limit::Unbounded => write!(f, "any"),
        }
    }
}

/// In a few words, for tables: `unordered, 1 lost, any duplicates, 2 crash-recover, delayed disk, 2 timeouts`.
impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.links.order {
            Order::Unordered => "unordered",
            Order::Fifo => "FIFO",
        })?;
        match self.links.loss {
            Limit::Never => {}
            loss => write!(f, ", {loss} lost")?,
        }
        match self.links.duplicates {
            Limit::Never => {}
            duplicates => write!(f, ", {duplicates} duplicated")?,
        }
        if self.links.loopback {
            f.write_str(", loopback")?;
        }
        if self.crashes.stop > 0 {
            write!(f, ", {} crash-stop", self.crashes.stop)?;
        }
        if self.crashes.recover > 0 {
            write!(f, ", {} crash-recovery", self.crashes.recover)?;
        }
        if self.disk == Disk::Delayed {
            f.write_str(", delayed disk")?;
        }
        if let (Some(least), Some(most)) = (self.clock.iter().min(), self.clock.iter().max())
            && least < most
        {
            write!(f, ", clocks within {:?}", *most - *least)?;
        }
        match self.timers {
            Timers::Asynchronous(Limit::Never) => Ok(()),
            Timers::Asynchronous(Limit::Budget(1)) => f.write_str(", 1 timeout"),
            Timers::Asynchronous(limit) => write!(f, ", {limit} timeouts"),
            Timers::Synchronous => f.write_str(", synchronous timeouts"),
        }
    }
}
