//! What is to be known of single nodes, whatever their inboxes, and of single inboxes, whoever's they are.

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use super::{FAIR, FAULTY, OUTSIDE, PROGRESS, WHEN_QUIET};
use crate::{
    components::{Components, Cost, Label, NAMELESS, What},
    environment::Timers,
    interner::make_room,
    node::{Happening, Status},
};

/// An event that can happen to a node whatever its inbox.
#[derive(Clone, Copy)]
pub(super) struct LocalEvent {
    pub(super) label: u32,
    pub(super) cost: Cost,
    pub(super) traits: u8,
    /// Whether it leaves the inbox empty.
    pub(super) empties: bool,
    /// Whether it is of a kind that may be taken alone.
    pub(super) may_be_alone: bool,
}

/// What is remembered of a node.
#[derive(Clone, Copy)]
pub(super) struct LocalNode {
    pub(super) up: bool,
    pub(super) down: bool,
    pub(super) traits: u8,
    /// Whether it has a message to itself or a write to wait for.
    pub(super) busy: bool,
    pub(super) lowest: u64,
    /// Where what can happen to it stands in [`super::Moves::events`], and how much that is.
    pub(super) first_event: u32,
    pub(super) events: u32,
}

/// What is remembered of an inbox, whoever's it is: where what may be taken from it stands in [`super::Moves::taken`]; first the messages that may arrive
/// next, then what the node's client may ask.
#[derive(Clone, Copy)]
pub(super) struct LocalInbox {
    pub(super) first: u32,
    pub(super) messages: u16,
    pub(super) requests: u16,
}

/// An item that may be taken from an inbox, and what is left without it.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) item: u32,
    pub(super) rest: u32,
}

/// What is to be known of an inbox, whoever's it is.
pub(super) fn local_inbox<A, M>(
    number: u32,
    components: &Components<'_, A, M>,
    taken: &mut Vec<Taken>,
) -> LocalInbox
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let inbox = components.inboxes.get(number);
    let first = taken.len() as u32; // no more than there are items in all inboxes
    let (messages, requests) = (components.deliverable(&inbox), components.askable(&inbox));
    let is_ever_taken = |item: u32| item >= NAMELESS || !components.stays() || components.loss().is_some();
    make_room(taken, messages.len() + requests.len());
    taken.extend(messages.iter().chain(&requests).map(|&at| {
        let without = || components.inboxes.intern(&[&inbox[..at], &inbox[at + 1..]].concat());
        Taken { item: inbox[at], rest: if is_ever_taken(inbox[at]) { without() } else { number } }
    }));
    let count = |places: Vec<usize>| u16::try_from(places.len()).expect("fewer than 65536 items of an inbox");
    LocalInbox { first, messages: count(messages), requests: count(requests) }
}

/// What is to be known of a node, whatever its inbox.
pub(super) fn local_node<A, M>(
    number: u32,
    components: &Components<'_, A, M>,
    events: &mut Vec<LocalEvent>,
) -> LocalNode
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let (me, node) = &components.nodes.get(number);
    let environment = &components.system.environment;
    let outside = components.system.bounds.iter().any(|bound| !(bound.inside)(*me, &node.live));
    let mut local = LocalNode {
        up: node.status == Status::Up,
        down: node.status == Status::Down,
        traits: if outside { OUTSIDE } else { 0 },
        busy: !(node.own.is_empty() && node.disk.is_empty()),
        lowest: components.system.translation.as_ref().map_or(u64::MAX, |by| by.lowest_of_node(node)),
        first_event: events.len() as u32,
        events: 0,
    };
    let mut add = |happening, cost, traits| {
        let empties = happening == Happening::Stop;
        let may_be_alone = matches!(happening, Happening::Own | Happening::Flush);
        let label = components.labels.intern(Label { node: *me, what: What::Happens(happening) });
        make_room(events, 1);
        events.push(LocalEvent { label, cost, traits, empties, may_be_alone });
        local.events += 1;
    };
    match &node.status {
        Status::Up => {
            if !node.own.is_empty() {
                add(Happening::Own, Cost::Free, FAIR | PROGRESS);
            }
            if !node.disk.is_empty() {
                add(Happening::Flush, Cost::Free, FAIR | PROGRESS);
            }
            let timeouts = match environment.timers {
                Timers::Synchronous => Some((Cost::Free, FAIR | PROGRESS | WHEN_QUIET)),
                Timers::Asynchronous(limit) => {
                    Components::<A, M>::cost(limit, Cost::Timeout).map(|cost| (cost, FAIR | PROGRESS))
                }
            };
            if let Some((cost, traits)) = timeouts {
                for timer in &node.timers {
                    add(Happening::Timeout(timer.clone()), cost, traits);
                }
            }
            let crashes = &environment.crashes;
            if crashes.only.as_ref().is_none_or(|only| only.contains(me)) {
                if crashes.recover > 0 {
                    add(Happening::Crash, Cost::Recover, 0);
                }
                if crashes.stop > 0 {
                    add(Happening::Stop, Cost::Stop, 0);
                }
            }
        }
        Status::Down => add(Happening::Restart, Cost::Free, FAIR | PROGRESS),
        Status::Stopped => {}
        Status::Faulty(_) => local.traits |= FAULTY,
    }
    local
}

/// The labels of what can happen to a node whatever its inbox.
pub(crate) fn local_labels<A, M>(number: u32, components: &Components<'_, A, M>) -> Vec<u32>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let mut events = Vec::new();
    local_node(number, components, &mut events);
    events.iter().map(|event| event.label).collect()
}
