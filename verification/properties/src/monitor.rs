//! What a property is: a small deterministic state machine over what is asked, indicated, and suffered.

use std::fmt;

use synod_actor::{NodeId, Port, Value};

/// What a monitor is told, always with the node at which it happened and in the order in which it happened there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Observation<P: Port> {
    /// A client asked.
    Request(P::Request),
    /// The node told its client. At least once across a crash: see [`Port`].
    Indication(P::Indication),
    /// The node crashed: what was not durable is lost. Nothing happens at it until it restarts, if it ever does.
    Crash,
    /// The node came back with what was durable.
    Restart,
    /// A timer of the node fired.
    Timeout,
    /// A message to the node was lost.
    Loss,
}

/// A property is violated: which one, and why.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Violation {
    /// The property, by one of the names that [`Monitor::safety`] lists.
    pub property: &'static str,
    /// What contradicts what, in a sentence with the nodes and values.
    pub because: String,
}

impl Violation {
    /// A violation of `property`, and why.
    pub fn new(property: &'static str, because: impl Into<String>) -> Self {
        Violation { property, because: because.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.property, self.because)
    }
}

/// Properties of everything that provides the port `P`, as a state machine that watches a run.
///
/// The same monitor serves every host: in the checker its state is a part of the global state, in the simulator and
/// in the network host's tests it watches one run. It should remember no more than it needs, since two global states
/// that differ only in what a monitor remembers are two.
pub trait Monitor<P: Port>: Value {
    /// The safety properties it watches: what [`observe`](Monitor::observe) can find violated.
    fn safety(&self) -> Vec<&'static str>;

    /// The liveness properties it watches: what [`owes`](Monitor::owes) knows.
    fn liveness(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Takes note of what happened at `node`.
    ///
    /// # Errors
    /// A safety property is violated by this, and was not before.
    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation>;

    /// Whether the liveness property of this name still waits for something. It is violated by a fair run in which
    /// something is owed for ever.
    fn owes(&self, _liveness: &str) -> bool {
        false
    }
}

/// Two monitors at once.
impl<P: Port, A: Monitor<P>, B: Monitor<P>> Monitor<P> for (A, B) {
    fn safety(&self) -> Vec<&'static str> {
        [self.0.safety(), self.1.safety()].concat()
    }

    fn liveness(&self) -> Vec<&'static str> {
        [self.0.liveness(), self.1.liveness()].concat()
    }

    fn observe(&mut self, node: NodeId, what: &Observation<P>) -> Result<(), Violation> {
        self.0.observe(node, what)?;
        self.1.observe(node, what)
    }

    fn owes(&self, liveness: &str) -> bool {
        self.0.owes(liveness) || self.1.owes(liveness)
    }
}

/// Watches nothing.
impl<P: Port> Monitor<P> for () {
    fn safety(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn observe(&mut self, _: NodeId, _: &Observation<P>) -> Result<(), Violation> {
        Ok(())
    }
}
