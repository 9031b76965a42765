//! Numbers from blocks that are allocated in advance.

use alloc::{collections::VecDeque, vec, vec::Vec};
use core::num::NonZero;

use synod_actor::{Actor, Cx, Event, Never, NodeId, Nothing, Value};

use super::{Indication, Stamped, Stamping};

/// Numbers events from a block of numbers that is the node's alone. Each node has one from the beginning. When it is used up
/// the node asks the first node of the group for another, and keeps events waiting until it comes.
///
/// - **Assumes** links that lose nothing, and nodes that do not crash.
/// - **Guarantees** that every event is numbered at last, and no number used twice. It **does not respect causality**: a node
///   whose block lies below gives a small number to an event whose cause has a large one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Blocks<E> {
    size: NonZero<u64>,
    /// The node's block: `None` for the one that it has from the beginning, which has the number of the node.
    block: Option<u64>,
    /// How many numbers of the block are used.
    used: u64,
    /// What happened and is not numbered yet. If there is anything, the node has asked for a block.
    waiting: VecDeque<E>,
    /// At the first node: how many blocks it has given.
    given: u64,
    #[cfg(feature = "mutants")]
    flaw: Option<super::Flaw>,
}

/// What the nodes say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg<E> {
    /// To the first node: my block is used up.
    Want,
    /// The block of this number is yours.
    Block(u64),
    /// This happened here.
    Happened(Stamped<E, u64>),
}

impl<E: Value> Actor for Blocks<E> {
    type Provides = Stamping<E, u64>;
    type Uses = Nothing;
    type Msg = Msg<E>;
    type Timer = Never;
    type Record = Never;

    fn on(&mut self, event: Event<Self>, cx: &mut Cx<'_, Self>) {
        match event {
            Event::Start => {}
            Event::Request(event) => {
                self.waiting.push_back(event);
                if self.waiting.len() == 1 {
                    self.number_waiting(cx);
                } // else a block is asked for already
            }
            Event::Receive(from, Msg::Want) => {
                cx.mark("allocate");
                let block = (cx.group().len() as u64).saturating_add(self.given);
                if !flaw!(self, GivesABlockTwice) {
                    self.given = self.given.saturating_add(1);
                }
                cx.send(from, Msg::Block(block));
            }
            // Blocks come in ascending order: one that does not is a duplicate, and used up already.
            Event::Receive(_, Msg::Block(block)) if !self.waiting.is_empty() && self.block < Some(block) => {
                self.block = Some(block);
                self.used = 0;
                self.number_waiting(cx);
            }
            // Nobody waits: it was asked for twice. Its numbers are never used.
            Event::Receive(_, Msg::Block(_)) => {}
            Event::Receive(_, Msg::Happened(stamped)) => {
                cx.mark("hear");
                cx.indicate(Indication::Heard(stamped));
            }
            Event::Indication(never) => match never {},
            Event::Timeout(never) => match never {},
        }
    }

    fn replay(&mut self, record: Never) {
        match record {}
    }

    fn marks() -> Vec<&'static str> {
        vec!["number", "hear", "want", "allocate"]
    }
}

impl<E: Value> Blocks<E> {
    /// A node with blocks of this size.
    pub fn new(size: NonZero<u64>) -> Self {
        Blocks {
            size,
            block: None,
            used: 0,
            waiting: VecDeque::new(),
            given: 0,
            #[cfg(feature = "mutants")]
            flaw: None,
        }
    }

    /// A node with a known fault.
    #[cfg(feature = "mutants")]
    pub fn flawed(size: NonZero<u64>, flaw: super::Flaw) -> Self {
        Blocks { flaw: Some(flaw), ..Blocks::new(size) }
    }

    /// Numbers what waits, as far as the block reaches, and asks for another for the rest.
    fn number_waiting(&mut self, cx: &mut Cx<'_, Self>) {
        while let Some(event) = self.waiting.pop_front() {
            let Some(stamp) = self.next(cx.me()) else {
                self.waiting.push_front(event);
                if self.block.is_some() && flaw!(self, AsksForOneBlockOnly) {
                    return;
                }
                cx.mark("want");
                cx.send(cx.group()[0], Msg::Want);
                return;
            };
            cx.mark("number");
            let stamped = Stamped { event, stamp };
            cx.indicate(Indication::Numbered(stamped.clone()));
            cx.send_others(Msg::Happened(stamped));
        }
    }

    /// The next number of the block, unless it is used up.
    fn next(&mut self, me: NodeId) -> Option<u64> {
        let block = self.block.unwrap_or(u64::from(me.0));
        let number = block.checked_mul(self.size.get())?.checked_add(self.used)?;
        (self.used < self.size.get()).then(|| {
            self.used += 1;
            number
        })
    }
}
