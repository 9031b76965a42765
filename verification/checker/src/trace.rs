//! A counterexample as data: who did what, what was sent, written, held back, and what changed.
//!
//! [`Trace`] is independent of the actor's types: values appear as their `Debug` texts. `diagram.rs` draws it.

use synod_actor::NodeId;

/// A run: from an initial state, step by step; for liveness the last steps repeat for ever.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Trace {
    /// The number of nodes; 0 for a run of a [transition system](crate::transition).
    pub nodes: usize,
    /// What is violated.
    pub property: &'static str,
    /// Why: a sentence.
    pub because: String,
    /// What each node did when it started, in order of the nodes; nodes that did nothing are not listed.
    pub starts: Vec<TraceStep>,
    /// The steps.
    pub steps: Vec<TraceStep>,
    /// If given, the run repeats for ever from the step of this index. If it is the number of steps, nothing more
    /// happens.
    pub repeats_from: Option<usize>,
}

/// One step, at one node; of a transition system, which has no nodes, at `n0`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TraceStep {
    /// Where.
    pub node: NodeId,
    /// What happens to the node.
    pub cause: Cause,
    /// The answers to `choose`, in order, where the handler asked for any.
    pub choices: Vec<u64>,
    /// The steps of the paper that the handler named.
    pub marks: Vec<&'static str>,
    /// What the handler issued, in order; of a write that became durable, what it released; of a crash, what it takes
    /// with it: the writes that were not yet durable, what was held behind them, and messages to itself.
    pub effects: Vec<TraceEffect>,
    /// What changed in the state of the running actor.
    pub changes: Vec<Change>,
}

/// What happens to a node. Values are in their `Debug` form.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// The state that a [transition system](crate::transition) begins with.
    Begin(String),
    /// A step of a transition system, by its name.
    Action(String),
    /// First boot.
    Start,
    /// Its client asks.
    Request(String),
    /// A message of another node arrives.
    Receive {
        /// The sender.
        from: NodeId,
        /// The message.
        msg: String,
        /// Whether it stays in flight as well.
        duplicated: bool,
    },
    /// A message to itself is handled.
    Own(String),
    /// A timer fires.
    Timeout(String),
    /// The oldest write becomes durable.
    Durable(String),
    /// A message to it is lost.
    Lose {
        /// The sender.
        from: NodeId,
        /// The message.
        msg: String,
    },
    /// It crashes, to restart later.
    Crash,
    /// It crashes for good.
    Stop,
    /// It restarts.
    Restart,
}

/// Something that a node did.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TraceEffect {
    /// What.
    pub what: TraceWhat,
    /// Whether it still waits for a write to become durable: an earlier one or, if it is a write, itself.
    pub held: bool,
}

/// Something that a node did. Values are in their `Debug` form.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TraceWhat {
    /// Wrote a record.
    Write(String),
    /// Sent a message.
    Send(NodeId, String),
    /// Told its client.
    Indicate(String),
    /// Set a timer.
    Set(String),
    /// Cancelled a timer.
    Cancel(String),
    /// Panicked, or did what no actor may do.
    Fault(String),
}

/// A field of the actor's state that a step changed; `None` where it is not there.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Change {
    /// Its name.
    pub field: String,
    /// Its value before.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
}
