//! What is in flight to one node.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use synod_actor::NodeId;
use synod_checker::{Limit, Links, Order};

/// A message with its sender.
pub(crate) type Letter<Msg> = (NodeId, Msg);

/// What is in flight to one node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Inbox<Msg> {
    /// Unordered, where a message that was sent can be delivered any number of times.
    Set(BTreeSet<Letter<Msg>>),
    /// Unordered: how many of each.
    Bag(BTreeMap<Letter<Msg>, u32>),
    /// In the order sent, from each sender. No queue is empty.
    Queues(BTreeMap<NodeId, VecDeque<Msg>>),
}

impl<Msg: Ord + Clone> Inbox<Msg> {
    /// Nothing in flight, over links of this sort.
    pub(crate) fn empty(links: &Links) -> Self {
        match (links.order, links.duplicates) {
            (Order::Unordered, Limit::Unbounded) => Inbox::Set(BTreeSet::new()),
            (Order::Unordered, _) => Inbox::Bag(BTreeMap::new()),
            (Order::Fifo, _) => Inbox::Queues(BTreeMap::new()),
        }
    }

    /// Whether nothing is in flight.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Inbox::Set(set) => set.is_empty(),
            Inbox::Bag(bag) => bag.is_empty(),
            Inbox::Queues(queues) => queues.is_empty(),
        }
    }

    /// Whether as many copies of the letter are in flight as there may be at most.
    pub(crate) fn is_full(&self, letter: &Letter<Msg>, copies: Option<u8>) -> bool {
        match (self, copies) {
            (_, None) | (Inbox::Queues(_), _) => false,
            (Inbox::Set(set), Some(copies)) => u32::from(set.contains(letter)) >= u32::from(copies),
            (Inbox::Bag(bag), Some(copies)) => bag.get(letter).copied().unwrap_or(0) >= u32::from(copies),
        }
    }

    /// One more.
    pub(crate) fn add(&mut self, (from, msg): Letter<Msg>) {
        match self {
            Inbox::Set(set) => {
                set.insert((from, msg));
            }
            Inbox::Bag(bag) => *bag.entry((from, msg)).or_default() += 1,
            Inbox::Queues(queues) => queues.entry(from).or_default().push_back(msg),
        }
    }

    /// One less: of a letter that is [`deliverable`](Inbox::deliverable).
    pub(crate) fn remove(&mut self, letter: &Letter<Msg>) {
        match self {
            Inbox::Set(set) => {
                set.remove(letter);
            }
            Inbox::Bag(bag) => match bag.get_mut(letter) {
                Some(1) => drop(bag.remove(letter)),
                Some(count) => *count -= 1,
                None => unreachable!("only a letter in flight is removed"),
            },
            Inbox::Queues(queues) => {
                let queue = queues.get_mut(&letter.0).expect("only a letter in flight is removed");
                queue.pop_front();
                if queue.is_empty() {
                    queues.remove(&letter.0);
                }
            }
        }
    }

    /// The distinct letters that may arrive next, in order.
    pub(crate) fn deliverable(&self) -> Box<dyn Iterator<Item = Letter<Msg>> + '_> {
        match self {
            Inbox::Set(set) => Box::new(set.iter().cloned()),
            Inbox::Bag(bag) => Box::new(bag.keys().cloned()),
            Inbox::Queues(queues) => Box::new(
                queues.iter().map(|(&from, queue)| (from, queue.front().expect("not empty").clone())),
            ),
        }
    }

    /// Rewrites every message.
    pub(crate) fn rewrite(&mut self, mut change: impl FnMut(&mut Msg)) {
        let mut changed = |(from, mut msg): Letter<Msg>| {
            change(&mut msg);
            (from, msg)
        };
        match self {
            Inbox::Set(set) => *set = std::mem::take(set).into_iter().map(changed).collect(),
            Inbox::Bag(bag) => {
                *bag =
                    std::mem::take(bag).into_iter().map(|(letter, count)| (changed(letter), count)).collect();
            }
            Inbox::Queues(queues) => queues.values_mut().flatten().for_each(change),
        }
    }
}
