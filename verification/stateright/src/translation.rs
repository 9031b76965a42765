//! Epochs: the least one of a state, and states with smaller ones.

use std::sync::Arc;

use synod_actor::{Actor, Ground, Visitor};
use synod_checker::Names;

use crate::{
    inbox::Inbox,
    node::{Held, Node},
};

/// Finds the least epoch.
#[derive(Default)]
struct Least(Option<u64>);

impl Visitor for Least {
    fn epoch(&mut self, epoch: &mut u64) {
        self.0 = Some(self.0.map_or(*epoch, |least| least.min(*epoch)));
    }
}

/// Subtracts from every epoch.
struct Subtract(u64);

impl Visitor for Subtract {
    fn epoch(&mut self, epoch: &mut u64) {
        *epoch -= self.0;
    }
}

/// The least epoch in a node.
pub(crate) fn least_of_node<A: Actor<Uses: Ground>>(translation: &Names<A>, node: &Node<A>) -> Option<u64> {
    let mut least = Least::default();
    visit_node(translation, &mut node.clone(), &mut least);
    least.0
}

/// The least epoch in flight to a node.
pub(crate) fn least_of_inbox<A: Actor>(translation: &Names<A>, inbox: &Inbox<A::Msg>) -> Option<u64> {
    let mut least = Least::default();
    inbox.clone().rewrite(|msg| (translation.msg)(msg, &mut least));
    least.0
}

/// Subtracts from every epoch of a node.
pub(crate) fn lower_node<A: Actor<Uses: Ground>>(translation: &Names<A>, node: &mut Node<A>, by: u64) {
    visit_node(translation, node, &mut Subtract(by));
    node.least = node.least.map(|least| least - by);
}

/// Subtracts from every epoch in flight to a node.
pub(crate) fn lower_inbox<A: Actor>(translation: &Names<A>, inbox: &mut Inbox<A::Msg>, by: u64) {
    inbox.rewrite(|msg| (translation.msg)(msg, &mut Subtract(by)));
}

fn visit_node<A: Actor<Uses: Ground>>(translation: &Names<A>, node: &mut Node<A>, visitor: &mut dyn Visitor) {
    (translation.state)(Arc::make_mut(&mut node.live), visitor);
    (translation.state)(Arc::make_mut(&mut node.durable), visitor);
    let timers = std::mem::take(&mut node.timers).into_iter().map(|mut timer| {
        (translation.timer)(&mut timer, visitor);
        timer
    });
    node.timers = timers.collect();
    for held in &mut node.disk {
        match held {
            Held::Persist(record) => (translation.record)(record, visitor),
            Held::Send(_, msg) => (translation.msg)(msg, visitor),
            Held::Set(timer) | Held::Cancel(timer) => (translation.timer)(timer, visitor),
            Held::Indicate(indication) => (translation.indication)(indication, visitor),
        }
    }
    for msg in &mut node.own {
        (translation.msg)(msg, visitor);
    }
}
