//! Broadcast: who delivers what, and in which order.
//!
//! Each algorithm stands on links that the environment makes as reliable as it assumes, so that what is explored is the
//! algorithm; `links-*` are the models of links, and `broadcast-lossy-links` is of a whole stack.

mod agreement;
mod causal;
pub mod cost;
mod mutants;
mod order;
mod order_mutants;
pub(crate) mod outbox;

use synod_actor::{Actor, Ground, NodeId, Port, Stack, Value};
use synod_broadcast::{BestEffort, Broadcast};
use synod_checker::{Environment, System};
use synod_links::{Numbered, ReliableLinks};
use synod_properties::Monitor;

use crate::registry::{Entry, Scale, Size, three};

use outbox::Outbox;

/// Best-effort broadcast over links with an outbox.
pub(crate) type Basic<M> = Stack<BestEffort<M>, Outbox<ReliableLinks<Numbered<M>>>>;

/// A node of it that may crash, or may not.
pub(crate) fn basic<M: Value>(crashes: bool) -> Basic<M> {
    Stack { upper: BestEffort::new(), lower: Outbox::new(crashes) }
}

/// A system of nodes, each made knowing whether it may crash: those listed may. These messages are broadcast, each by the node of
/// this place.
fn model<A, M>(
    size: Size,
    node: impl Fn(bool) -> A,
    messages: &[(u16, char)],
    monitor: M,
    environment: Environment,
) -> System<A, M>
where
    A: Actor<Uses: Ground>,
    A::Provides: Broadcast<Payload = char> + Port<Request = char>,
    M: Monitor<A::Provides>,
{
    let crashes = &environment.crashes;
    let may_crash = |node: &NodeId| {
        crashes.stop + crashes.recover > 0 && crashes.only.as_ref().is_none_or(|only| only.contains(node))
    };
    let nodes = NodeId::group(size.nodes).iter().map(|id| node(may_crash(id))).collect();
    let system = System::new(nodes, monitor).environment(environment);
    messages.iter().fold(system, |system, &(node, msg)| system.request(NodeId(node), msg))
}

/// A message of each of the first two nodes; at full scale of the third too. Each may be an answer to the one before.
fn one_each(scale: Scale) -> &'static [(u16, char)] {
    match scale {
        Scale::Quick => &[(0, 'a'), (1, 'b')],
        Scale::Full => &[(0, 'a'), (1, 'b'), (2, 'c')],
    }
}

/// The first node crashes for good.
fn first_crashes() -> Environment {
    Environment::default().crash_stop(1).crash_only(&[NodeId(0)])
}

/// What most entries have in common.
fn entry() -> Entry {
    Entry { nodes: 2..=4, ..three() }
}

pub(crate) fn entries() -> Vec<Entry> {
    let families = [
        agreement::entries(),
        causal::entries(),
        order::entries(),
        mutants::entries(),
        order_mutants::entries(),
    ];
    families.into_iter().flatten().collect()
}
