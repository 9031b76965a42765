//! The state of a whole system.

use std::sync::Arc;

use synod_actor::{Actor, NodeId};
use synod_checker::{Environment, Limit, Timers};
use synod_properties::{Monitor, Observation, Violation};

use crate::{inbox::Inbox, node::Node};

/// The state of a whole system. Its parts are shared between the states that have them in common.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct World<A: Actor, M> {
    /// The nodes, in order.
    pub(crate) nodes: Vec<Arc<Node<A>>>,
    /// What is in flight to each.
    pub(crate) mail: Vec<Arc<Mail<A::Msg>>>,
    /// Of each distinct planned request: how many clients have yet to make it.
    pub(crate) pending: Arc<Vec<usize>>,
    /// What may still go wrong.
    pub(crate) left: Left,
    /// The monitor.
    pub(crate) watch: Watch<M>,
    /// The properties that are false here, as bits. A function of all the rest.
    pub(crate) broken: u32,
}

/// What is in flight to a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Mail<Msg> {
    /// The messages.
    pub(crate) inbox: Inbox<Msg>,
    /// The least epoch in them, if there is any and it is asked for. A function of the messages.
    pub(crate) least: Option<u64>,
}

/// The budgets that are left. What has no budget stays at 0 here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Left {
    /// Messages that may be lost.
    pub(crate) losses: u8,
    /// Deliveries that may leave the message in flight.
    pub(crate) duplicates: u8,
    /// Crashes for good.
    pub(crate) stops: u8,
    /// Crashes with a restart.
    pub(crate) recoveries: u8,
    /// Timers that may fire.
    pub(crate) timeouts: u8,
}

impl Left {
    /// All that the environment allows.
    pub(crate) fn all(environment: &Environment) -> Self {
        let budget = |limit| match limit {
            Limit::Budget(budget) => budget,
            Limit::Never | Limit::Unbounded => 0,
        };
        Left {
            losses: budget(environment.links.loss),
            duplicates: budget(environment.links.duplicates),
            stops: environment.crashes.stop,
            recoveries: environment.crashes.recover,
            timeouts: match environment.timers {
                Timers::Asynchronous(limit) => budget(limit),
                Timers::Synchronous => 0,
            },
        }
    }
}

/// If `limit` still allows it, with so much `left` of a budget: what is left afterwards.
pub(crate) fn spend(limit: Limit, left: u8) -> Option<u8> {
    match limit {
        Limit::Never => None,
        Limit::Budget(_) => left.checked_sub(1),
        Limit::Unbounded => Some(left),
    }
}

/// The monitor's state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Watch<M> {
    /// Nothing is violated.
    Watching(Arc<M>),
    /// Something is. The monitor is told nothing any more.
    Violated(Arc<Violation>),
}

impl<M> Watch<M> {
    /// Tells the monitor.
    pub(crate) fn observe<A>(&mut self, node: NodeId, what: &Observation<A::Provides>)
    where
        A: Actor,
        M: Monitor<A::Provides>,
    {
        if let Watch::Watching(monitor) = self {
            match Arc::make_mut(monitor).observe(node, what) {
                Ok(()) => {}
                Err(violation) => *self = Watch::Violated(Arc::new(violation)),
            }
        }
    }
}
