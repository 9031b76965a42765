//! Inboxes in numbers: what may arrive next, what becomes of an inbox when a message is put there, and its epochs.

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    components::{Components, Cost, Envelope, NAMELESS, Origin, REQUEST},
    environment::{Limit, Order},
    node::Status,
    store::Tables,
    table::Full,
    translate::Shift,
};

/// Who sent an item that is a message.
fn sender(senders: &[u16], item: u32) -> u16 {
    if item < NAMELESS { senders[item as usize] } else { (item - NAMELESS) as u16 }
}

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Whether a message stays in flight when it is delivered, always: then an inbox is a set.
    pub(crate) fn stays(&self) -> bool {
        self.system.environment.links.duplicates == Limit::Unbounded
    }

    /// How many copies of a message are in flight at most.
    pub(crate) fn room(&self) -> usize {
        let copies = self.system.environment.links.copies;
        if self.stays() { 1 } else { copies.map_or(usize::MAX, usize::from) }
    }

    /// Who sent an item that is a message; 0 if that is not kept.
    pub(crate) fn sender(&self, item: u32) -> u16 {
        sender(&self.senders.read(), item)
    }

    /// The positions of what may arrive next, each distinct message once.
    pub(crate) fn deliverable(&self, inbox: &[u32]) -> Vec<usize> {
        let messages = 0..inbox.partition_point(|item| item & REQUEST == 0);
        match self.system.environment.links.order {
            Order::Unordered => messages.filter(|&at| at == 0 || inbox[at - 1] != inbox[at]).collect(),
            Order::Fifo => {
                let senders = self.senders.read();
                let from = |at: usize| sender(&senders, inbox[at]);
                messages.filter(|&at| at == 0 || from(at - 1) != from(at)).collect()
            }
        }
    }

    /// The positions of what the node's client may ask next, each distinct request once.
    pub(crate) fn askable(&self, inbox: &[u32]) -> Vec<usize> {
        let requests = inbox.partition_point(|item| item & REQUEST == 0)..inbox.len();
        requests.filter(|&at| at == 0 || inbox[at - 1] != inbox[at]).collect()
    }

    /// What it costs to lose a message; `None` if that is no step.
    pub(crate) fn loss(&self) -> Option<Cost> {
        let loss = self.system.environment.links.loss;
        let is_silent = loss == Limit::Unbounded && !self.explicit_loss;
        Self::cost(loss, Cost::Loss).filter(|_| !is_silent)
    }

    /// What stands for a dead message in an inbox; `None` if nothing does.
    fn nameless(&self, envelope: u32) -> Option<u32> {
        let from = match self.system.environment.links.order {
            Order::Unordered => 0,
            Order::Fifo => self.senders.read()[envelope as usize],
        };
        self.keeps_nameless().then_some(NAMELESS + u32::from(from))
    }

    /// An inbox without the messages that are dead at a node.
    pub(crate) fn settle(&self, node: u32, number: u32) -> u32 {
        if self.dead.is_none() {
            return number;
        }
        let inbox = self.inboxes.get(number);
        let is_dead = |item| item < NAMELESS && self.is_dead(node, item);
        if !inbox.iter().any(|&item| is_dead(item)) {
            return number;
        }
        let kept =
            inbox.iter().filter_map(|&item| if is_dead(item) { self.nameless(item) } else { Some(item) });
        let mut kept: Vec<u32> = kept.collect();
        if self.system.environment.links.order == Order::Unordered {
            kept.sort_unstable();
        }
        self.inboxes.intern(&kept)
    }

    /// Whether every message becomes an item in the inbox of its receiver, whatever the state of that.
    #[inline]
    pub(crate) fn keeps_all_messages(&self) -> bool {
        self.dead.is_none() && !self.may_be_stopped()
    }

    /// Whether a node may have stopped: here, or before the state that it begins from.
    fn may_be_stopped(&self) -> bool {
        self.system.environment.crashes.stop > 0 || self.system.start.is_some()
    }

    /// The item that a message becomes in the inbox of a node that it is sent to; `None` if nothing does.
    pub(crate) fn item_sent(&self, node: u32, envelope: u32) -> Option<u32> {
        // Nothing that is sent to a node that stopped can matter any more.
        if self.may_be_stopped() && self.nodes.status(node) == Status::Stopped {
            return None;
        }
        self.item(node, envelope)
    }

    /// The item that a message becomes in the inbox of a node; `None` if it is dead there and nothing stands for it.
    pub(crate) fn item(&self, node: u32, envelope: u32) -> Option<u32> {
        if self.is_dead(node, envelope) { self.nameless(envelope) } else { Some(envelope) }
    }

    /// An inbox after an item was put there.
    pub(crate) fn add(&self, number: u32, item: u32) -> u32 {
        let inbox = self.inboxes.get(number);
        let at = match self.system.environment.links.order {
            Order::Unordered => {
                let at = inbox.partition_point(|&other| other < item);
                let copies = inbox[at..].iter().take_while(|&&other| other == item).count();
                if copies >= self.room() {
                    return number;
                }
                at
            }
            Order::Fifo => {
                let senders = self.senders.read();
                let from = sender(&senders, item);
                inbox.partition_point(|&other| other & REQUEST == 0 && sender(&senders, other) <= from)
            }
        };
        self.inboxes.intern(&[&inbox[..at], &[item], &inbox[at..]].concat())
    }

    /// The lowest epoch in an inbox.
    pub(crate) fn lowest_of_inbox(&self, number: u32) -> u64 {
        let Some(translation) = &self.system.translation else { return u64::MAX };
        let inbox = self.inboxes.get(number);
        let messages = inbox.iter().filter(|&item| item & REQUEST == 0);
        messages
            .map(|&item| translation.lowest_of_msg(&self.envelopes.get(item).msg))
            .fold(u64::MAX, u64::min)
    }

    /// A node with its inbox, all epochs lowered by `by`.
    pub(crate) fn lowered(&self, tables: &Tables, (at, number): (usize, u32), by: u64) -> Result<u32, Full> {
        let translation = self.system.translation.as_ref().expect("only states with epochs are lowered");
        let mut shift = Shift(-i64::try_from(by).expect("epochs are small"));
        let (node, inbox) = tables.node(at, number);
        let (me, state) = &self.nodes.get(node);
        let lower = translation.node(state.clone(), &mut shift);
        let node = self.node_from((*me, lower), Origin::Lowered(by, node));
        let mut items: Vec<u32> = self.inboxes.get(inbox).to_vec();
        for item in items.iter_mut().filter(|item| **item & REQUEST == 0) {
            let Envelope { from, to, msg } = &*self.envelopes.get(*item);
            let msg = translation.msg(msg.clone(), &mut shift);
            let lower = Envelope { from: *from, to: *to, msg };
            *item = self.envelope_from(lower, Some(Origin::Lowered(by, *item)));
        }
        if self.system.environment.links.order == Order::Unordered {
            items.sort_unstable();
        }
        let inbox = self.inboxes.intern(&items);
        tables.number_node(at, node, inbox)
    }
}
