//! What a thread remembers of local transitions, and asks others for if it does not.

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    components::{Components, Watch},
    interner::known,
    moves::Moves,
    order::behind::Behind,
    recent::Recent,
    store::{Tables, pair, unpair},
    table::Full,
    translate::FIRST,
};

use expand::Agenda;
pub(crate) use expand::{After, By, Sink, Standing, Target};
use menus::Missing;

mod expand;
mod menus;
mod runs;

/// Memos may always hold so many bytes.
pub(crate) const LEAST: usize = 1 << 18;

/// So many answers are kept at hand.
const RECENT_WORLDS: usize = 1 << 8;

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
    /// What can be seen behind states.
    pub(crate) behind: Behind,
    /// By renaming, and node with its inbox: what comes of it.
    pub(crate) renamed: FxHashMap<(u32, u64), u32>,
    /// By renaming and world.
    pub(crate) renamed_worlds: FxHashMap<(u32, u32), u32>,
    /// States and their steps, as they come to be.
    agenda: Agenda,
    /// Menus that are to be made.
    missing: Missing,
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
            behind: Behind::default(),
            renamed: FxHashMap::default(),
            renamed_worlds: FxHashMap::default(),
            agenda: Agenda::default(),
            missing: Missing::none(components.group.len()),
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
        (self.moves.bytes()
            + self.agenda.bytes()
            + self.missing.bytes()
            + maps
            + self.world_is.capacity()
            + self.sound_bytes()
            + self.behind.bytes()) as u64
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
