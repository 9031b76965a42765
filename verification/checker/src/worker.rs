//! The steps of a global state: lookups in what this thread remembers of the local transitions. This is the hot path.

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    components::{Components, Watch},
    interner::known,
    memo::{Deed, Menu, NAMELESS, Name, Signs},
    moves::{BUSY, FAULTS, FAULTY, Moves, OUTSIDE, WHEN_QUIET, WOULD_GO_ON},
    recent::Recent,
    rows::Row,
    store::{PARTS, Tables, pair, unpair},
    table::Full,
    translate::FIRST,
};

/// Memos may always hold so many bytes.
pub(crate) const LEAST: usize = 1 << 18;

/// So many answers are kept at hand.
const RECENT_WORLDS: usize = 1 << 9;

/// Where the steps of a state go.
pub(crate) trait Sink {
    /// Whether it wants to know what steps are called, and to hear of each that is not [paid](Sink::unpaid) for.
    const WANTS_ALL: bool = true;

    /// A step leads there.
    fn step<const W: usize>(&mut self, by: &Deed, to: Target<'_, W>, after: After);

    /// A step would be possible, but its budget is used up.
    fn unpaid(&mut self, _by: &Deed, _name: Name) {}

    /// If it does not want to hear of each: some of these would be the system's own.
    fn would_go_on(&mut self) {}
}

/// A state that a step leads to, beside the one that it comes from.
pub(crate) struct Target<'t, const W: usize> {
    /// The words of the state, and some more that do not matter.
    pub(crate) words: &'t [u64; W],
    /// The words that differ, a bit each.
    pub(crate) changed: u32,
    /// What stands above the words of the other.
    pub(crate) inner: &'t [u32],
}

/// What else there is to know of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct After {
    /// The monitor found a violation, or the actor is at fault.
    pub(crate) violates: bool,
    /// How many states it stands for.
    pub(crate) orbit: u32,
    /// By how much epochs were lowered afterwards.
    pub(crate) lowered: u64,
    /// What the step is called, if names were asked for.
    pub(crate) name: Name,
}

/// What a state is, besides its steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// Its steps were given to the sink.
    Explored,
    /// It violates a property, and is not explored.
    Violating,
    /// It is outside of a bound, and is not explored.
    Outside,
}

/// The world after a step, and whether it is in violation; `None` if the budget does not allow the step.
type WorldAfter = Option<(u32, bool)>;

/// What is to be known of a world before steps are taken in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum WorldIs {
    /// The monitor is in violation.
    Violated,
    /// Nothing that has a price can happen any more.
    Poor,
    /// Something that has a price may happen.
    Rich,
}

/// One thread's memory of local transitions. On cache lines of its own: it is written with each state.
#[repr(align(128))]
pub(crate) struct Worker<'c, 's, A: Actor, M> {
    pub(crate) components: &'c Components<'s, A, M>,
    nodes: usize,
    moves: Moves,
    /// By state of a node and envelope: the item that it becomes there, if any; where that is not always the envelope.
    items: FxHashMap<(u32, u32), Option<u32>>,
    /// By inbox and item: the inbox with it.
    adds: FxHashMap<(u32, u32), u32>,
    /// By world and delta.
    worlds: FxHashMap<u64, WorldAfter>,
    /// The answers given last.
    recent_worlds: Recent<WorldAfter>,
    /// By world.
    world_is: Vec<Option<WorldIs>>,
    /// By node with its inbox, and by how much epochs are lowered.
    lowered: FxHashMap<(u64, u64), u32>,
    /// Node states together, for each node one, in which all invariants hold.
    pub(crate) sound: FxHashSet<Box<[u32]>>,
    /// By renaming, and node with its inbox: what comes of it.
    pub(crate) renamed: FxHashMap<(u32, u64), u32>,
    /// By renaming and world.
    pub(crate) renamed_worlds: FxHashMap<(u32, u32), u32>,
    /// Whether steps lead to the very states that they lead to, and not to their representatives.
    pub(crate) plain: bool,
    /// The bytes that memos may hold before they are dropped.
    allowance: usize,
}

impl<'c, 's, A, M> Worker<'c, 's, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    pub(crate) fn new(components: &'c Components<'s, A, M>) -> Self {
        Worker {
            components,
            nodes: components.group.len(),
            moves: Moves::default(),
            items: FxHashMap::default(),
            adds: FxHashMap::default(),
            worlds: FxHashMap::default(),
            recent_worlds: Recent::new(RECENT_WORLDS, None),
            world_is: Vec::new(),
            lowered: FxHashMap::default(),
            sound: FxHashSet::default(),
            renamed: FxHashMap::default(),
            renamed_worlds: FxHashMap::default(),
            plain: false,
            allowance: LEAST,
        }
    }

    /// Sets how many bytes memos may hold before they are dropped.
    pub(crate) fn allow(&mut self, bytes: u64) {
        self.allowance = (bytes as usize).max(LEAST);
    }

    /// The bytes that its memos hold.
    pub(crate) fn bytes(&self) -> u64 {
        let maps = (self.adds.capacity() + self.items.capacity()) * 17
            + self.recent_worlds.bytes()
            + self.worlds.capacity() * 25
            + (self.lowered.capacity() + self.renamed.capacity()) * 25
            + self.renamed_worlds.capacity() * 25;
        (self.moves.bytes() + maps + self.world_is.capacity() + self.sound_bytes()) as u64
    }

    fn sound_bytes(&self) -> usize {
        self.sound.capacity() * 17 + self.sound.len() * (self.nodes * 4).next_multiple_of(16)
    }

    /// Drops memos that grew too large, between states. The numbers that they gave stay valid.
    #[inline]
    pub(crate) fn tidy(&mut self) {
        self.moves.tidy(self.allowance);
        if self.adds.capacity() * 17 > self.allowance {
            self.adds = FxHashMap::default();
        }
        if self.items.capacity() * 17 > self.allowance {
            self.items = FxHashMap::default();
        }
        if self.lowered.capacity() * 25 > self.allowance {
            self.lowered = FxHashMap::default();
        }
        if self.sound_bytes() > self.allowance {
            self.sound = FxHashSet::default();
        }
        if self.renamed.capacity() * 25 > self.allowance {
            self.renamed = FxHashMap::default();
        }
        if self.worlds.capacity() * 25 > self.allowance {
            self.worlds = FxHashMap::default();
        }
    }

    /// What a node with its inbox can do.
    fn menu(&mut self, tables: &Tables, at: usize, number: u32) -> Result<Menu, Full> {
        let known = tables.memo.menu(at, number);
        if known.is_there() { Ok(known) } else { self.moves.fill((at, number), self.components, tables) }
    }

    /// The node with this inbox, after this message to it was put there.
    #[inline(always)]
    fn add(&mut self, tables: &Tables, (at, number): (usize, u32), envelope: u32) -> Result<u32, Full> {
        match tables.memo.adds.get(number, envelope) {
            Some(after) => Ok(after),
            None => self.look_up_add(tables, (at, number), envelope),
        }
    }

    #[inline(never)]
    fn look_up_add(
        &mut self,
        tables: &Tables,
        (at, number): (usize, u32),
        envelope: u32,
    ) -> Result<u32, Full> {
        let (node, inbox) = tables.node(at, number);
        let components = self.components;
        let item = if components.keeps_all_messages() {
            Some(envelope)
        } else {
            *self.items.entry((node, envelope)).or_insert_with(|| components.item_sent(node, envelope))
        };
        let more = item.map_or(inbox, |item| {
            *self.adds.entry((inbox, item)).or_insert_with(|| components.add(inbox, item))
        });
        let after = if more == inbox { number } else { tables.number_node(at, node, more)? };
        tables.memo.adds.put(number, envelope, after);
        Ok(after)
    }

    /// The world after a step that does this to it.
    #[inline(always)]
    fn after(&mut self, world: u32, delta: u32) -> WorldAfter {
        let key = pair(world, delta);
        self.recent_worlds.get(key).unwrap_or_else(|| self.look_up_after(key))
    }

    #[inline(never)]
    fn look_up_after(&mut self, key: u64) -> WorldAfter {
        let ((world, delta), components) = (unpair(key), self.components);
        let after = *self.worlds.entry(key).or_insert_with(|| components.after(world, delta));
        self.recent_worlds.put(key, after);
        after
    }

    /// What is to be known of a world.
    #[inline]
    fn look_at(&mut self, world: u32) -> WorldIs {
        match self.world_is.get(world as usize) {
            Some(&Some(is)) => is,
            _ => self.look_at_new(world),
        }
    }

    #[cold]
    fn look_at_new(&mut self, number: u32) -> WorldIs {
        let world = self.components.worlds.get(number);
        let is = match (&world.watch, world.budgets.are_empty()) {
            (Watch::Violated(_), _) => WorldIs::Violated,
            (Watch::Fine(_), true) => WorldIs::Poor,
            (Watch::Fine(_), false) => WorldIs::Rich,
        };
        *known(&mut self.world_is, number) = Some(is);
        is
    }

    /// Gives every step of a state to `sink`. There is a menu for each node, as [`Tables::ask`] gives them: those that are not there are put
    /// there.
    ///
    /// # Errors
    /// A table is full. Some steps may have been given already.
    #[inline]
    pub(crate) fn expand(
        &mut self,
        tables: &Tables,
        before: Row<'_>,
        menus: &mut [Menu],
        sink: &mut impl Sink,
    ) -> Result<Standing, Full> {
        match before.words.len() {
            1 => self.expand_words::<1, _>(tables, before, menus, sink),
            2 => self.expand_words::<2, _>(tables, before, menus, sink),
            3..=4 => self.expand_words::<4, _>(tables, before, menus, sink),
            _ => self.expand_words::<PARTS, _>(tables, before, menus, sink),
        }
    }

    fn expand_words<const W: usize, S: Sink>(
        &mut self,
        tables: &Tables,
        Row { words, inner }: Row<'_>,
        menus: &mut [Menu],
        sink: &mut S,
    ) -> Result<Standing, Full> {
        let (nodes, memo, fields) = (self.nodes, &tables.memo, &tables.fields[..]);
        let before = words.first_chunk::<W>().copied().unwrap_or_else(|| {
            let mut before = [0; W];
            before[..words.len()].copy_from_slice(words);
            before
        });
        let world = fields[nodes].get(&before);
        let world_is = self.look_at(world);
        if world_is == WorldIs::Violated {
            return Ok(Standing::Violating);
        }
        let mut all = Signs::default();
        for (at, (field, menu)) in fields.iter().zip(&mut *menus).enumerate() {
            if !menu.is_there() {
                *menu = self.menu(tables, at, field.get(&before))?;
            }
            all.add(*menu);
        }
        let traits = all.traits();
        if traits & FAULTY != 0 {
            return Ok(Standing::Violating);
        }
        if traits & OUTSIDE != 0 {
            return Ok(Standing::Outside);
        }
        let unwanted = if traits & BUSY != 0 { WHEN_QUIET } else { 0 };
        let renames = self.components.renamings.is_some() && !self.plain;
        let is_rewritten = renames || self.components.system.translation.is_some();
        let only_alone = all.are_some_alone() && !self.plain;
        let one_node_is_enough = only_alone && !renames; // or all nodes are, if it must not matter which is which
        let skips_priced = world_is == WorldIs::Poor && !S::WANTS_ALL;
        if skips_priced && traits & WOULD_GO_ON != 0 {
            sink.would_go_on();
        }
        for (&field, menu) in fields.iter().zip(&*menus) {
            let count = match (only_alone, skips_priced) {
                (true, _) => u32::from(menu.alone()),
                (false, true) => menu.moves() - menu.priced(),
                (false, false) => menu.moves(),
            };
            let (here, first) = (field.get(&before), menu.first());
            for at in first..first + count {
                let moved = memo.moved(at);
                let by = memo.deed(moved.deed);
                if by.traits & unwanted != 0 {
                    continue;
                }
                let name = if S::WANTS_ALL { memo.name(at) } else { NAMELESS };
                let mut violates = by.traits & FAULTS != 0;
                let mut to = before;
                if by.delta != 0 {
                    let Some((next, violated)) = self.after(world, by.delta) else {
                        sink.unpaid(&by, name);
                        continue;
                    };
                    violates |= violated;
                    fields[nodes].replace(&mut to, world, next).map_err(|_| tables.outgrown(next))?;
                }
                field.replace(&mut to, here, moved.node)?;
                // Most send nothing.
                if by.sends > 0 {
                    for (receiver, envelope) in memo.sends(&by) {
                        let receiver = usize::from(receiver);
                        let inbox = fields[receiver];
                        let number = inbox.get(&to);
                        inbox.replace(&mut to, number, self.add(tables, (receiver, number), envelope)?)?;
                    }
                }
                let (lowered, orbit) =
                    if is_rewritten { self.rewrite(tables, &mut to, renames)? } else { (0, 1) };
                let differs = |word: usize| u32::from(to[word] != before[word]) << word;
                let changed = (0..W).map(differs).sum();
                let after = After { violates, orbit, lowered, name };
                sink.step(&by, Target { words: &to, changed, inner }, after);
            }
            if one_node_is_enough && count > 0 {
                break;
            }
        }
        Ok(Standing::Explored)
    }

    /// Lowers epochs, and puts the representative in the place of a state, as far as that is to be done; returns by how much epochs were
    /// lowered, and how many states it stands for.
    fn rewrite(&mut self, tables: &Tables, words: &mut [u64], renames: bool) -> Result<(u64, u32), Full> {
        let mut parts = [0; PARTS];
        parts.iter_mut().zip(tables.parts_of(words)).for_each(|(place, part)| *place = part);
        let is_lowered = self.components.system.translation.is_some();
        let lowered = if is_lowered { self.lower(tables, &mut parts)? } else { 0 };
        let orbit = if renames { self.represent(tables, &mut parts)? } else { 1 };
        words.fill(0);
        tables.put(&parts, words)?;
        Ok((lowered, orbit))
    }

    /// Lowers all epochs until the lowest is the first, and returns by how much.
    pub(crate) fn lower(&mut self, tables: &Tables, parts: &mut [u32]) -> Result<u64, Full> {
        let mut lowest = u64::MAX;
        for (at, &number) in parts[..self.nodes].iter().enumerate() {
            self.menu(tables, at, number)?;
            lowest = lowest.min(tables.memo.lowest(at, number));
        }
        if lowest == u64::MAX || lowest <= FIRST {
            return Ok(0);
        }
        let by = lowest - FIRST;
        for (at, number) in parts[..self.nodes].iter_mut().enumerate() {
            let key = (pair(at as u32, *number), by);
            *number = match self.lowered.get(&key) {
                Some(&lowered) => lowered,
                None => {
                    let lowered = self.components.lowered(tables, (at, *number), by)?;
                    self.lowered.insert(key, lowered);
                    lowered
                }
            };
        }
        Ok(by)
    }
}
