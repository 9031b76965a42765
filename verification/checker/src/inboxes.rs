//! Inboxes in numbers: what may arrive next, what becomes of an inbox when a message is put there, and its epochs.

use std::sync::Arc;

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    components::{Components, Envelope, Inbox, REQUEST},
    environment::{Limit, Order},
    store::{Tables, pair, unpair},
    table::Full,
    translate::Shift,
};

impl<A, M> Components<'_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// Whether a message stays in flight when it is delivered, always: then an inbox is a set.
    pub(crate) fn stays(&self) -> bool {
        self.system.environment.links.duplicates == Limit::Unbounded
    }

    /// The positions of what may arrive next, each distinct message once.
    pub(crate) fn deliverable(&self, inbox: &[u32]) -> Vec<usize> {
        let messages = inbox.partition_point(|item| item & REQUEST == 0);
        let senders = self.senders.read();
        (0..messages)
            .filter(|&at| match self.system.environment.links.order {
                Order::Unordered => at == 0 || inbox[at - 1] != inbox[at],
                Order::Fifo => at == 0 || senders[inbox[at - 1] as usize] != senders[inbox[at] as usize],
            })
            .collect()
    }

    /// An inbox after a message was put there.
    pub(crate) fn add(&self, number: u32, envelope: u32) -> u32 {
        let inbox: Arc<Inbox> = self.inboxes.get(number);
        let links = self.system.environment.links;
        let at = match links.order {
            Order::Unordered => {
                let at = inbox.partition_point(|&item| item < envelope);
                let copies = inbox[at..].iter().take_while(|&&item| item == envelope).count();
                let room = if self.stays() { 1 } else { links.copies.map_or(usize::MAX, usize::from) };
                if copies >= room {
                    return number;
                }
                at
            }
            Order::Fifo => {
                let senders = self.senders.read();
                let from = senders[envelope as usize];
                inbox.partition_point(|&item| item & REQUEST == 0 && senders[item as usize] <= from)
            }
        };
        self.inboxes.intern_slice(&[&inbox[..at], &[envelope], &inbox[at..]].concat())
    }

    /// The lowest epoch in an inbox.
    pub(crate) fn lowest_of_inbox(&self, inbox: &[u32]) -> u64 {
        let Some(translation) = &self.system.translation else { return u64::MAX };
        let messages = inbox.iter().filter(|&item| item & REQUEST == 0);
        messages
            .map(|&item| translation.lowest_of_msg(&self.envelopes.get(item).msg))
            .fold(u64::MAX, u64::min)
    }

    /// A node with its inbox, all epochs lowered by `by`.
    pub(crate) fn lowered(&self, tables: &Tables, number: u32, by: u64) -> Result<u32, Full> {
        let translation = self.system.translation.as_ref().expect("only states with epochs are lowered");
        let mut shift = Shift(-i64::try_from(by).expect("epochs are small"));
        let (node, inbox) = unpair(tables.nodes.get(number));
        let (me, state) = &*self.nodes.get(node);
        let node = self.nodes.intern((*me, translation.node(state.clone(), &mut shift)));
        let mut items: Vec<u32> = self.inboxes.get(inbox).to_vec();
        for item in items.iter_mut().filter(|item| **item & REQUEST == 0) {
            let Envelope { from, to, msg } = &*self.envelopes.get(*item);
            let msg = translation.msg(msg.clone(), &mut shift);
            *item = self.envelope(Envelope { from: *from, to: *to, msg });
        }
        if self.system.environment.links.order == Order::Unordered {
            items.sort_unstable();
        }
        let inbox = self.inboxes.intern_slice(&items);
        Ok(tables.nodes.insert(pair(node, inbox))?.0)
    }
}
