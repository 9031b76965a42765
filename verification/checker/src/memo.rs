//! What nodes can do next, remembered by all threads together: a menu of moves for each node with its inbox.
//!
//! A thread that misses a menu makes it (`moves.rs`) and publishes it here. Two threads may make the same: they make it alike,
//! so either will do. A menu's word is written last; whoever reads it sees the moves that were written before. Nothing is
//! ever changed, but all menus are forgotten when they take more than the [allowance](Memo::allow). Like the tables of
//! the store, it grows when it is locked.

use crossbeam::utils::CachePadded;
use rustc_hash::FxHashMap;

use crate::{
    adds::Adds,
    segments::{Few, Segments},
    store::{pair, unpair},
    sync::{AtomicU32, Ordering, RwLock},
    table::Full,
};

/// What a step of a node is to all others, whatever node it is and what becomes of it: few steps differ in that, so these are near the
/// processor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Deed {
    /// What it does to the world.
    pub(crate) delta: u32,
    /// Where the messages that it sent stand: see [`Memo::sent`].
    pub(crate) first_send: u32,
    /// How many these are.
    pub(crate) sends: u16,
    /// See `moves.rs`.
    pub(crate) traits: u8,
    /// The number of the set of its marks.
    pub(crate) marks: u8,
}

/// A message that is sent: receiver and envelope.
pub(crate) type Sent = (u16, u32);

/// What happens to a node, in numbers: see `moves.rs`.
pub(crate) type Event = (u32, u32);

/// What may come of an event, whatever the node's inbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    /// The state of the node afterwards.
    pub(crate) state: u32,
    /// The number of the deed.
    pub(crate) deed: u32,
}

/// The sign, beside a deed, of the last outcome of an event.
const LAST: u32 = 1 << 31;

/// A step at one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    /// The node and its inbox afterwards, before the messages it sent are added to the inboxes of others.
    pub(crate) node: u32,
    /// The number of what it is.
    pub(crate) deed: u32,
}

/// What a step is called: its label, and which of the outcomes of that label it is.
pub(crate) type Name = (u32, u32);

/// What a step is called where names are not wanted.
pub(crate) const NAMELESS: Name = (u32::MAX, 0);

/// What a node with its inbox can do next, in a word: where its moves stand, how many these are, and what else is to be known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Menu(u64);

/// The sign of a menu that is there.
const THERE: u64 = 1 << 63;
/// At most so many moves of a menu are enough.
pub(crate) const ALONE: u8 = 0x7F;
/// So many of a menu's moves, the last ones, may be known to have a price.
const PRICED: usize = 0xF;

impl Menu {
    fn new(first: u32, moves: &Made<'_>) -> Self {
        let Made { moves, alone, priced, traits } = *moves;
        let count = u16::try_from(moves.len()).expect("fewer than 65536 steps of a node");
        let priced = priced.min(PRICED) as u64;
        let more = u64::from(alone) << 56 | priced << 52 | u64::from(traits) << 48;
        Menu(THERE | more | u64::from(count) << 32 | u64::from(first))
    }

    /// Whether it was made.
    #[inline]
    pub(crate) fn is_there(self) -> bool {
        self.0 & THERE != 0
    }

    /// Where its moves stand.
    #[inline]
    pub(crate) fn first(self) -> u32 {
        self.0 as u32
    }

    /// How many these are.
    #[inline]
    pub(crate) fn moves(self) -> u32 {
        (self.0 >> 32) as u32 & u32::from(u16::MAX)
    }

    /// See `moves.rs`.
    #[inline]
    pub(crate) fn traits(self) -> u8 {
        (self.0 >> 48) as u8 & TRAITS
    }

    /// So many of its moves, the last ones, have a price.
    #[inline]
    pub(crate) fn priced(self) -> u32 {
        (self.0 >> 52) as u32 & PRICED as u32
    }

    /// So many of its moves, the first ones, are enough, whatever else can happen; if there are any. See `order.rs`.
    #[inline]
    pub(crate) fn alone(self) -> u8 {
        (self.0 >> 56) as u8 & ALONE
    }
}

/// What is to be known of some menus together.
#[derive(Clone, Copy, Default)]
pub(crate) struct Signs(u64);

impl Signs {
    /// One more menu.
    #[inline]
    pub(crate) fn add(&mut self, menu: Menu) {
        self.0 |= menu.0;
    }

    /// The traits that any of them has.
    #[inline]
    pub(crate) fn traits(self) -> u8 {
        Menu(self.0).traits()
    }

    /// Whether some moves of any of them are enough.
    #[inline]
    pub(crate) fn are_some_alone(self) -> bool {
        Menu(self.0).alone() != 0
    }
}

/// Traits of a menu have so many bits.
pub(crate) const TRAITS: u8 = 0xF;

/// A menu that is being made.
#[derive(Clone, Copy)]
pub(crate) struct Made<'m> {
    /// Those that are enough first, if there are any; those that have a price last.
    pub(crate) moves: &'m [(Move, Name)],
    /// How many of the first are enough: at most [`ALONE`].
    pub(crate) alone: u8,
    /// How many have a price.
    pub(crate) priced: usize,
    /// See `moves.rs`.
    pub(crate) traits: u8,
}

/// The menus of a node, by the number that it has with its inbox.
#[derive(Clone, Copy)]
pub(crate) struct Menus<'m>(&'m Segments);

impl Menus<'_> {
    /// The menu of this number, which need not be there.
    #[inline]
    pub(crate) fn get(self, number: u32) -> Menu {
        self.0.find(number).map_or(Menu::default(), |menu| Menu(menu.load(Ordering::Acquire)))
    }
}

/// The memory.
#[derive(Default)]
pub(crate) struct Memo {
    /// For each node, by the number that it has with its inbox; 0 where there is none.
    menus: Vec<Segments>,
    /// A word for each move.
    moves: Segments,
    moves_len: CachePadded<AtomicU32>,
    /// What has a number already.
    known: CachePadded<RwLock<Known>>,
    /// Whether there are several threads: each then looks at what others know of events that it has not met yet itself.
    is_shared: bool,
    /// A word for each outcome.
    outcomes: Segments,
    outcomes_len: CachePadded<AtomicU32>,
    deeds: Few<2>,
    deeds_len: CachePadded<AtomicU32>,
    /// The name of each move, if they are wanted.
    names: Option<Segments>,
    /// For each node, by the same number, its lowest epoch; of no node where epochs are not lowered.
    lowest: Vec<Segments>,
    /// What becomes of nodes with their inboxes.
    pub(crate) adds: Adds,
    /// Receiver and envelope.
    sends: Few<1>,
    sends_len: CachePadded<AtomicU32>,
    /// More moves, outcomes, deeds, or messages, than there was room for. Room is made for so many.
    missing_moves: AtomicU32,
    missing_outcomes: AtomicU32,
    missing_deeds: AtomicU32,
    missing_sends: AtomicU32,
    /// Menus and moves may hold so many bytes before they are forgotten.
    allowance: usize,
}

/// What has a number already.
#[derive(Default)]
struct Known {
    /// By events: the first of the outcomes of each.
    events: FxHashMap<Event, u32>,
    deeds: FxHashMap<Deed, u32>,
    /// Messages that are sent together: where they stand.
    sends: FxHashMap<Box<[Sent]>, u32>,
    /// The bytes of these.
    sends_bytes: usize,
}

impl Memo {
    /// Nothing is remembered yet, of so many nodes, by so many threads; epochs will be, if they are lowered.
    pub(crate) fn new(nodes: usize, epochs: bool, threads: usize) -> Self {
        let of_each = |nodes: usize| (0..nodes).map(|_| Segments::default()).collect();
        Memo {
            is_shared: threads > 1,
            menus: of_each(nodes),
            lowest: of_each(if epochs { nodes } else { 0 }),
            allowance: usize::MAX,
            ..Memo::default()
        }
    }

    /// The menu of a node with this number, which need not be there.
    pub(crate) fn menu(&self, node: usize, number: u32) -> Menu {
        Menus(&self.menus[node]).get(number)
    }

    /// The menus of each node.
    #[inline]
    pub(crate) fn menus(&self) -> impl Iterator<Item = Menus<'_>> {
        self.menus.iter().map(Menus)
    }

    /// A move of a menu.
    #[inline]
    pub(crate) fn moved(&self, at: u32) -> Move {
        let (node, deed) = unpair(self.moves.get(at));
        Move { node, deed }
    }

    /// What a move is.
    #[inline]
    pub(crate) fn deed(&self, number: u32) -> Deed {
        let [word, delta] = self.deeds.at(number).each_ref().map(|word| word.load(Ordering::Relaxed));
        Deed {
            delta: delta as u32,
            first_send: (word >> 32) as u32,
            sends: (word >> 16) as u16,
            traits: word as u8,
            marks: (word >> 8) as u8,
        }
    }

    /// A message that is sent, where it [stands](Deed::first_send).
    #[inline]
    pub(crate) fn sent(&self, at: u32) -> Sent {
        let word = self.sends.get(at);
        ((word >> 32) as u16, word as u32)
    }

    /// The name of a move.
    #[inline]
    pub(crate) fn name(&self, at: u32) -> Name {
        self.names.as_ref().map_or(NAMELESS, |names| {
            let word = names.get(at);
            ((word >> 32) as u32, word as u32)
        })
    }

    /// Whether moves have names.
    pub(crate) fn has_names(&self) -> bool {
        self.names.is_some()
    }

    /// The lowest epoch of a node with this number, whose menu is there.
    pub(crate) fn lowest(&self, node: usize, number: u32) -> u64 {
        self.lowest.get(node).map_or(u64::MAX, |lowest| lowest.get(number))
    }

    /// Remembers a menu.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn publish(
        &self,
        (node, number): (usize, u32),
        made: &Made<'_>,
        lowest: u64,
    ) -> Result<Menu, Full> {
        if number as usize >= self.menus[node].capacity() {
            return Err(Full);
        }
        let moves = made.moves;
        let first = reserve(&self.moves_len, moves.len(), self.moves.capacity(), &self.missing_moves)?;
        for (at, &(by, name)) in (first..).zip(moves) {
            self.moves.set(at, pair(by.node, by.deed));
            if let Some(names) = &self.names {
                names.set(at, u64::from(name.0) << 32 | u64::from(name.1));
            }
        }
        if let Some(by_number) = self.lowest.get(node) {
            by_number.set(number, lowest);
        }
        let menu = Menu::new(first, made);
        self.menus[node].at(number).store(menu.0, Ordering::Release);
        Ok(menu)
    }

    /// Where the outcomes of an event begin, if another thread has met it.
    pub(crate) fn outcomes_of(&self, event: Event) -> Option<u32> {
        if self.is_shared { self.known.read().events.get(&event).copied() } else { None }
    }

    /// An outcome, and whether it is the last one of its event; if not, the next one has the next number.
    pub(crate) fn outcome(&self, at: u32) -> (Outcome, bool) {
        let (state, deed) = unpair(self.outcomes.get(at));
        (Outcome { state, deed: deed & !LAST }, deed & LAST != 0)
    }

    /// Remembers the outcomes of an event, at least one, unless another thread was faster; and returns where they begin.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn publish_outcomes_of(&self, event: Event, outcomes: &[Outcome]) -> Result<u32, Full> {
        let mut known = self.known.write();
        if let Some(&known) = known.events.get(&event) {
            return Ok(known);
        }
        let room = self.outcomes.capacity();
        let first = reserve(&self.outcomes_len, outcomes.len(), room, &self.missing_outcomes)?;
        let last = first + outcomes.len() as u32 - 1;
        for (at, outcome) in (first..).zip(outcomes) {
            let sign = if at == last { LAST } else { 0 };
            self.outcomes.set(at, pair(outcome.state, outcome.deed | sign));
        }
        if self.is_shared {
            known.events.insert(event, first);
        }
        Ok(first)
    }

    /// The number of a deed that sends these messages, which it need not know.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn deed_number(&self, deed: Deed, sends: &[Sent]) -> Result<u32, Full> {
        let mut known = self.known.write();
        let first_send = match known.sends.get(sends) {
            Some(&first) => first,
            None => {
                let first = self.publish_sends(sends)?;
                known.sends.insert(sends.into(), first);
                known.sends_bytes += size_of_val(sends);
                first
            }
        };
        let sends = u16::try_from(sends.len()).expect("a handler sends fewer than 65536 messages");
        let deed = Deed { first_send, sends, ..deed };
        if let Some(&number) = known.deeds.get(&deed) {
            return Ok(number);
        }
        let number = reserve(&self.deeds_len, 1, self.deeds.capacity(), &self.missing_deeds)?;
        assert!(number < LAST, "fewer than 2^31 deeds are remembered");
        let small = u64::from(deed.sends) << 16 | u64::from(deed.marks) << 8 | u64::from(deed.traits);
        self.deeds.set(number, [u64::from(deed.first_send) << 32 | small, deed.delta.into()]);
        known.deeds.insert(deed, number);
        Ok(number)
    }

    /// Remembers messages that are sent together, and returns where they stand.
    fn publish_sends(&self, sends: &[Sent]) -> Result<u32, Full> {
        let first = reserve(&self.sends_len, sends.len(), self.sends.capacity(), &self.missing_sends)?;
        for (at, &(to, envelope)) in (first..).zip(sends) {
            self.sends.set(at, [u64::from(to) << 32 | u64::from(envelope)]);
        }
        Ok(first)
    }

    /// Makes room for what was missing, and for the menus of so many numbers of each node; forgets menus if they hold too much.
    pub(crate) fn grow(&mut self, numbers: impl Iterator<Item = usize> + Clone) {
        // Room for menus is made again at once, so it is moves that have to be worth it: else those of a few states would be forgotten
        // again and again before these are done.
        if self.menu_bytes() > self.allowance && self.move_bytes() > self.allowance / 2 {
            self.forget();
        }
        for all in [&mut self.menus, &mut self.lowest] {
            all.iter_mut().zip(numbers.clone()).for_each(|(of_node, numbers)| of_node.reserve(numbers));
        }
        let wanted = |missing: &AtomicU32, len: &AtomicU32, room: usize| {
            let (missing, len) = (missing.swap(0, Ordering::Relaxed), len.load(Ordering::Relaxed) as usize);
            let is_full = missing > 0 || len + len / 32 >= room;
            if is_full { len.max(missing as usize) * 17 / 16 } else { 0 }
        };
        let moves = wanted(&self.missing_moves, &self.moves_len, self.moves.capacity());
        self.moves.reserve(moves);
        self.names.iter_mut().for_each(|names| names.reserve(moves));
        self.outcomes.reserve(wanted(&self.missing_outcomes, &self.outcomes_len, self.outcomes.capacity()));
        self.deeds.reserve(wanted(&self.missing_deeds, &self.deeds_len, self.deeds.capacity()));
        self.sends.reserve(wanted(&self.missing_sends, &self.sends_len, self.sends.capacity()));
    }

    /// From now on moves have names.
    pub(crate) fn with_names(&mut self) {
        self.names = Some(Segments::default());
        self.forget();
    }

    /// Sets how many bytes menus may hold before they are forgotten.
    pub(crate) fn allow(&mut self, bytes: usize) {
        self.allowance = bytes;
    }

    /// Forgets all menus. They can be made again.
    fn forget(&mut self) {
        self.menus.iter_mut().chain(&mut self.lowest).for_each(|of_node| *of_node = Segments::default());
        self.moves = Segments::default();
        self.moves_len.store(0, Ordering::Relaxed);
        self.missing_moves.store(1, Ordering::Relaxed);
        self.names = self.names.as_ref().map(|_| Segments::default());
    }

    /// The bytes that forgetting frees for good.
    fn move_bytes(&self) -> usize {
        self.names.iter().chain([&self.moves]).map(Segments::bytes).sum()
    }

    fn menu_bytes(&self) -> usize {
        self.menus.iter().chain(&self.lowest).map(Segments::bytes).sum::<usize>() + self.move_bytes()
    }

    /// The bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        let known = self.known.read();
        let maps = known.events.capacity() * 15
            + known.deeds.capacity() * 23
            + known.sends.capacity() * 29
            + known.sends_bytes;
        let segments = self.outcomes.bytes() + self.deeds.bytes() + self.sends.bytes() + self.adds.bytes();
        (self.menu_bytes() + maps + segments) as u64
    }
}

/// Takes the next `wanted` numbers, if there is room for them.
fn reserve(len: &AtomicU32, wanted: usize, room: usize, missing: &AtomicU32) -> Result<u32, Full> {
    let wanted = u32::try_from(wanted).expect("a step or a menu of fewer than 2^32");
    let mut first = len.load(Ordering::Relaxed);
    loop {
        let end = first.checked_add(wanted).expect("fewer than 2^32 moves are remembered");
        if end as usize > room {
            missing.fetch_max(end, Ordering::Relaxed);
            return Err(Full);
        }
        match len.compare_exchange(first, end, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return Ok(first),
            Err(other) => first = other,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
