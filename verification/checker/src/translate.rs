//! Names in components: shown to a visitor that shifts epochs, looks for the lowest, or renames nodes.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use synod_actor::{Actor, Visitor};

use crate::{
    node::{Happening, Held, Node},
    system::Names,
};

/// Finds the lowest epoch.
struct Lowest(Option<u64>);

impl Visitor for Lowest {
    fn epoch(&mut self, epoch: &mut u64) {
        self.0 = Some(self.0.map_or(*epoch, |lowest| lowest.min(*epoch)));
    }
}

/// Adds to every epoch.
pub(crate) struct Shift(pub(crate) i64);

impl Visitor for Shift {
    fn epoch(&mut self, epoch: &mut u64) {
        *epoch = epoch.strict_add_signed(self.0);
    }
}

/// Epochs are numbered from here on: a state whose lowest epoch is higher is shifted down to it. A lower one, which is
/// how protocols say "none yet", keeps a state where it is.
pub(crate) const FIRST: u64 = 1;

impl<A: Actor> Names<A> {
    /// Shows every name in a node to `visitor`, and returns the node with what that made of them.
    pub(crate) fn node(&self, mut node: Node<A>, visitor: &mut dyn Visitor) -> Node<A> {
        (self.state)(Arc::make_mut(&mut node.live), visitor);
        (self.state)(Arc::make_mut(&mut node.durable), visitor);
        node.timers = self.timers(node.timers, visitor);
        node.disk = node.disk.into_iter().map(|held| self.held(held, visitor)).collect::<VecDeque<_>>();
        node.own.iter_mut().for_each(|msg| (self.msg)(msg, visitor));
        node
    }

    fn timers(&self, timers: BTreeSet<A::Timer>, visitor: &mut dyn Visitor) -> BTreeSet<A::Timer> {
        timers
            .into_iter()
            .map(|mut timer| {
                (self.timer)(&mut timer, visitor);
                timer
            })
            .collect()
    }

    fn held(&self, mut held: Held<A>, visitor: &mut dyn Visitor) -> Held<A> {
        match &mut held {
            Held::Persist(record) => (self.record)(record, visitor),
            Held::Send(to, msg) => {
                visitor.node(to);
                (self.msg)(msg, visitor);
            }
            Held::Set(timer) | Held::Cancel(timer) => (self.timer)(timer, visitor),
            Held::Indicate(indication) => (self.indication)(indication, visitor),
        }
        held
    }

    /// What happens, after a visit.
    pub(crate) fn happening(&self, mut happening: Happening<A>, visitor: &mut dyn Visitor) -> Happening<A> {
        match &mut happening {
            Happening::Receive(from, msg) => {
                visitor.node(from);
                (self.msg)(msg, visitor);
            }
            Happening::Timeout(timer) => (self.timer)(timer, visitor),
            Happening::Request(_) // as the client said it, at any time
            | Happening::Start
            | Happening::Own
            | Happening::Flush
            | Happening::Crash
            | Happening::Stop
            | Happening::Restart => {}
        }
        happening
    }

    /// A message after a visit.
    pub(crate) fn msg(&self, mut msg: A::Msg, visitor: &mut dyn Visitor) -> A::Msg {
        (self.msg)(&mut msg, visitor);
        msg
    }

    /// The lowest epoch of a node.
    pub(crate) fn lowest_of_node(&self, node: &Node<A>) -> u64 {
        let mut lowest = Lowest(None);
        self.node(node.clone(), &mut lowest);
        lowest.0.unwrap_or(u64::MAX)
    }

    /// The lowest epoch of a message.
    pub(crate) fn lowest_of_msg(&self, msg: &A::Msg) -> u64 {
        let mut lowest = Lowest(None);
        self.msg(msg.clone(), &mut lowest);
        lowest.0.unwrap_or(u64::MAX)
    }
}
