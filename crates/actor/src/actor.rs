//! The interface: what a protocol is, what can happen to it, and what it can do.

use std::{fmt::Debug, hash::Hash, ops::Range, time::Duration};

use crate::{Cx, NodeId};

/// Plain data: comparable, hashable, printable. States, messages and records are made of it.
///
/// `Eq`, `Ord` and `Hash` must agree, as the standard library asks: hosts identify states by them. Every type with
/// these traits is a `Value`; there is nothing to implement.
pub trait Value: Clone + Ord + Hash + Debug + Send + Sync + 'static {}
impl<T: Clone + Ord + Hash + Debug + Send + Sync + 'static> Value for T {}

/// The type without values: `type Timer = Never` states that a protocol sets no timers, `type Record = Never` that
/// it writes nothing to disk and so knows only crash-stop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Never {}

/// A service between two layers: requests go down, indications come up.
///
/// This is the module interface of Cachin, Guerraoui and Rodrigues, *Introduction to Reliable and Secure
/// Distributed Programming* (2011), §1.4. A layer depends on a port, never on an algorithm behind it.
///
/// Across a crash **indications are at least once**: a node that crashed after it indicated may indicate the same
/// again. A port whose users cannot live with that says how to recognise a repetition (an identity, a position).
pub trait Port: Value {
    /// What the layer above may ask.
    type Request: Value;
    /// What the layer above is told.
    type Indication: Value;
}

/// No service: what a protocol uses that stands on the bare network, or provides when nothing is above it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Nothing {}
impl Port for Nothing {
    type Request = Never;
    type Indication = Never;
}

/// A deterministic protocol, as it runs at one node.
///
/// The value is the whole state of the node. It holds no clock, no random generator, no socket and no file:
/// everything comes in as an [`Event`], everything goes out as an [`Effect`]. See the [crate documentation](crate)
/// for a protocol written from scratch.
///
/// # Laws
///
/// Hosts rely on these, and the checker can audit the first three:
///
/// - **Deterministic.** The same state, event and choices (what [`Cx::choose`] and [`Cx::now`] answered) give the
///   same state and the same effects.
/// - **Recoverable.** The durable part of the state is the initial state with every record replayed, in order. A
///   restart is exactly that, followed by [`Event::Start`].
/// - **Total.** Every event is handled in every state, without panicking: messages arrive late, twice, out of order,
///   and after a restart that has forgotten why they were asked for.
/// - **Plain.** `Eq`, `Ord` and `Hash` of the state agree and leave nothing out that a handler reads.
pub trait Actor: Value {
    /// The service offered to the layer above, or to the client.
    type Provides: Port;
    /// The service required of the layer below; [`Nothing`] for the bare network.
    type Uses: Port;
    /// What this protocol says to its peers, over fair-loss links.
    type Msg: Value;
    /// The names of its timers. Setting a timer again replaces it.
    type Timer: Value;
    /// One write to stable storage.
    type Record: Value;

    /// Handles one event. Runs to completion, cannot fail, cannot block.
    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>);

    /// Redoes one durable write: the only code that may change the durable part of the state, live and in recovery.
    fn replay(&mut self, record: Self::Record);

    /// Every step name that [`Cx::mark`] may be called with. Hosts report the ones that a run never reached.
    fn marks() -> Vec<&'static str> {
        Vec::new()
    }

    /// Writes `record`: applies it to the state now, and holds every *later* effect until it is durable.
    fn persist(&mut self, record: Self::Record, cx: &mut Cx<'_, Self>) {
        self.replay(record.clone());
        cx.issue(Effect::Persist(record));
    }
}

/// What can happen to a protocol.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event<A: Actor> {
    /// First boot, or reboot after every durable record was replayed into the initial state.
    Start,
    /// The layer above asks.
    Request(<A::Provides as Port>::Request),
    /// The layer below answers.
    Indication(<A::Uses as Port>::Indication),
    /// A peer's message arrives: perhaps late, twice, or out of order. Or one of our own (see [`Cx::send`]).
    Receive(NodeId, A::Msg),
    /// A timer fires. It is no longer set.
    Timeout(A::Timer),
}

/// What a protocol can do.
///
/// Effects take place in the order in which they were issued, over all events of a node, and a crash keeps a prefix
/// of them. [`Persist`](Effect::Persist) is a **barrier**: nothing issued after it, by this event or a later one,
/// happens before the record is durable. What was issued before it may already be visible when a crash loses the
/// record. So the safe way is the short way:
///
/// ```text
/// persist(r); send(m)      m leaves only once r is durable
/// send(m); persist(r)      m may leave although r is lost: the sender must not mind
/// persist(r); send(me, d)  d is how a protocol learns that its own write is durable
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Effect<A: Actor> {
    /// Append to stable storage. Applied to the state already, by [`Actor::persist`].
    Persist(A::Record),
    /// Send to a peer over a fair-loss link; or to oneself, which is a local event (see [`Cx::send`]).
    Send(NodeId, A::Msg),
    /// Set (or set again) a timer, to fire after a duration within the range.
    Set(A::Timer, Range<Duration>),
    /// Cancel a timer; nothing happens if it is not set.
    Cancel(A::Timer),
    /// Ask the layer below.
    Request(<A::Uses as Port>::Request),
    /// Tell the layer above.
    Indicate(<A::Provides as Port>::Indication),
    /// Names the step, after the paper's line: shown in traces, counted as coverage. Not a part of any state.
    Mark(&'static str),
}
