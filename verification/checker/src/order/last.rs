//! Steps that can as well come last: they are not taken at all, one only looks at what could be seen of them.
//!
//! # What is left out
//! Some messages do nothing but tell their receiver something: that somebody voted, that something was written. Sooner or later the
//! receiver may say that it has heard enough, but it sends nothing and does nothing else because of that. When such a message is handled
//! matters to nobody else. Its delivery **comes last**: it stays in the inbox, and the search goes on without it.
//!
//! Write P for the messages in the inbox of a node in state t whose deliveries come last, and E for all else that can happen
//! to the node there. For every state u that the node can come to from t by deliveries of P, and every a of P that is still
//! there at u:
//!
//! 1. a has one outcome, sends nothing, and is no fault; it changes the running actor, and neither timers, writes, messages to itself, nor
//!    what is durable;
//! 2. it goes with every e of E: e has the same outcomes at u and behind a (messages, marks, and what is seen), and a comes to the
//!    same, with the same marks and the same to be seen, whether it is before e or behind it;
//! 3. in the monitor, what can be seen of deliveries of P at any of the nodes goes with what is seen of any step that the search
//!    takes: both orders lead to the same state of it. (Nothing goes with a step that is seen and ends in a fault of the actor.)
//!
//! This is looked at wherever the search comes to, once for each node with its inbox. Nothing is guessed from other states, so
//! all that could come of a delivery is what the messages that are there can do.
//!
//! # Why that is sound
//! For safety, which is what it is offered for ([`suits`]). *Let σ be a run of the system from a state x of the search. Then the search has
//! a run from x, to a state y, and deliveries that come last at y, one behind the other, lead to where σ ends, the monitor
//! included.* By induction on the length of σ. Let e be the first step of σ that is no delivery of P at x, if there is one. By 1 none of
//! the deliveries before it enables it, so it is possible at x, and the search takes it. By 2 and 3 the run that begins with e and goes on
//! like σ without e ends where σ does; by 1 and 2 what is in P at x comes last behind e, too. So go on behind e. If
//! there is no such step then y is x.
//!
//! What can be seen at the nodes by deliveries that come last at y is looked at in [`behind`](super::behind), in all orders: each
//! state of the monitor that they lead to counts as reached, and a violation among them is one. All local steps of σ are in the
//! local graph, for all that 1 and 2 speak of is taken. (Dead messages and steps that are taken alone are computed from that.)
//!
//! A step that is taken alone (`order.rs`) may stand for e as well: it goes with all that can happen at its node before it.
//!
//! This is a persistent set (Godefroid 1996, chapter 4), of all steps but some, whose rest needs no search, since what nodes
//! do in it depends on none but themselves.
//!
//! Liveness, deadlock and timeouts that wait for quiet see what is on its way, and with FIFO links it is in the way of others: there it
//! is not offered. Nor where the node may crash, for what it has heard is lost then.
//!
//! # How such messages are found
//! A delivery comes last until it turns out that 1, 2 or 3 fails. Then none with its label does, in the next search. What is refused does
//! not depend on which thread was faster, for each search looks at all that it comes to; but what was refused on one level is not
//! looked at any more on those below.

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground, NodeId};
use synod_properties::Monitor;

use super::Order;
use crate::{
    components::{Components, What},
    environment::{Environment, Limit, Order as InOrder, Timers},
    node::Happening,
    store::{pair, unpair},
    sync::RwLock,
    system::System,
};

/// After so many searches in which something was refused, all is.
const TIMES: usize = 12;

/// What is known of deliveries that come last.
#[derive(Default)]
pub(crate) struct Last {
    /// Labels that do not, nor under other names.
    refused: FxHashSet<u32>,
    /// In so many searches something was refused. If it was too often, all is.
    times: usize,
    /// Whether the search before this one was among them.
    is_new: bool,
    /// By node state and label: whether it does, as far as that can be told from the step alone.
    looks: RwLock<FxHashMap<u64, bool>>,
    /// What was refused in this search: each with a state of the node where it can happen.
    refusing: RwLock<FxHashSet<u64>>,
}

impl Last {
    /// With these labels refused, after so many searches.
    pub(super) fn restored(refused: &[u32], times: usize, refusing: &[u64]) -> Self {
        Last {
            refused: refused.iter().copied().collect(),
            times,
            refusing: RwLock::new(refusing.iter().copied().collect()),
            ..Last::default()
        }
    }

    /// The labels that were refused before, and in how many searches.
    pub(super) fn saved(&self) -> (Vec<u32>, usize) {
        let mut refused: Vec<u32> = self.refused.iter().copied().collect();
        refused.sort_unstable();
        (refused, self.times)
    }

    /// What was refused in this search.
    pub(super) fn refusing_events(&self) -> Vec<u64> {
        let mut refusing: Vec<u64> = self.refusing.read().iter().copied().collect();
        refusing.sort_unstable();
        refusing
    }

    /// Why no delivery comes last from the next search on, if it was found in the last one.
    pub(super) fn gives_up(&self) -> Option<String> {
        (self.times == TIMES && self.is_new).then(|| {
            format!("no delivery is left until last: {TIMES} searches have each shown some that cannot be")
        })
    }

    /// Whether nothing was refused in this search.
    pub(super) fn stands(&self) -> bool {
        self.refusing.read().is_empty()
    }
}

/// Whether deliveries may come last in this system.
fn suits<A: Actor, M>(system: &System<A, M>) -> bool {
    let Environment { links, timers, .. } = &system.environment;
    !system.deadlock_free
        && *timers != Timers::Synchronous
        && links.order == InOrder::Unordered
        && links.duplicates == Limit::Never
        && links.copies.is_none()
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Whether deliveries at a node may come last.
    pub(crate) fn some_come_last(&self, node: NodeId) -> bool {
        // What it has heard is lost then: nothing would stand, which is seen at once.
        let crashes = &self.system.environment.crashes;
        let may_crash = (crashes.stop > 0 || crashes.recover > 0)
            && crashes.only.as_ref().is_none_or(|only| only.contains(&node));
        let gives_up = |order: &Order| order.last.times >= TIMES;
        self.order.as_ref().is_some_and(|order| !gives_up(order)) && suits(self.system) && !may_crash
    }

    /// Whether this delivery at a state of its node comes last.
    pub(crate) fn comes_last(&self, node: u32, label: u32) -> bool {
        let Some(order) = &self.order else { return false };
        let owner = self.nodes.owner(node);
        self.some_come_last(owner) && !order.last.refused.contains(&label) && self.tells_only(node, label)
    }

    /// Whether a delivery changes the running actor and nothing else: see 1 above.
    pub(super) fn tells_only(&self, node: u32, label: u32) -> bool {
        let Some(Order { last, .. }) = &self.order else { return false };
        let key = pair(node, label);
        if let Some(&known) = last.looks.read().get(&key) {
            return known;
        }
        let is_delivery = matches!(self.labels.get(label).what, What::Happens(Happening::Receive(..)));
        let tells_only = is_delivery && self.is_possible(node, label) && {
            let outcomes = self.step(node, label);
            let is_one = outcomes.len() == 1;
            let step = self.steps.read().steps[outcomes.start];
            is_one && !step.faults && step.sends == 0 && self.differ_in_actor(node, step.node)
        };
        last.looks.write().insert(key, tells_only);
        tells_only
    }

    /// Whether two states of a node differ in the running actor only.
    fn differ_in_actor(&self, one: u32, other: u32) -> bool {
        if one == other {
            return true;
        }
        let (one, other) = (&self.nodes.get(one).1, &self.nodes.get(other).1);
        one.status == other.status
            && one.durable == other.durable
            && one.timers == other.timers
            && one.disk == other.disk
            && one.own == other.own
    }

    /// From the next search on a delivery does not come last, which can happen at this state of its node.
    pub(super) fn refuse_last(&self, node: u32, label: u32) {
        if let Some(order) = &self.order {
            order.last.refusing.write().insert(pair(node, label));
        }
    }

    /// The labels that were refused in this search, under all names.
    pub(super) fn refusing_last(&self) -> FxHashSet<u32> {
        let Some(order) = &self.order else { return FxHashSet::default() };
        let events = order.last.refusing_events().into_iter();
        let all = events.flat_map(|event| self.renamed_events(event).into_iter().chain([event]));
        all.map(|event| unpair(event).1).collect()
    }

    /// What is known after this search.
    pub(super) fn learn_last(&self, last: &Last) -> Last {
        let mut refused = self.refusing_last();
        let is_new = !refused.is_empty();
        let times = last.times + usize::from(is_new);
        refused.extend(&last.refused);
        let looks = last.looks.read().clone();
        Last { times, is_new, refused, looks: RwLock::new(looks), ..Last::default() }
    }
}
