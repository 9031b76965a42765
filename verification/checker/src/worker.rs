//! The steps of a global state: lookups in what this thread remembers of the local transitions. This is the hot path.

use rustc_hash::{FxHashMap, FxHashSet};
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    components::{Components, Watch},
    memo::{Deed, Menu, Name},
    moves::{BUSY, FAULTS, FAULTY, Moves, OUTSIDE, WHEN_QUIET},
    recent::Recent,
    store::{Tables, pair, unpair},
    table::Full,
    translate::FIRST,
};

/// Memos may always hold so many bytes.
pub(crate) const LEAST: usize = 1 << 18;

/// So many are kept at hand. Four times as many would hardly be asked for more often.
const RECENT: usize = 1 << 10;
const RECENT_WORLDS: usize = 1 << 9;

/// Cuts menus down to the moves that are enough: of one node, or of all if it must not matter which is which.
#[cold]
fn leave_alone(menus: &mut [Menu], all: bool) {
    let mut found = false;
    for menu in menus {
        menu.moves = if found && !all { 0 } else { menu.alone.into() };
        found |= menu.alone != 0;
    }
}

/// Where the steps of a state go.
pub(crate) trait Sink {
    /// A step leads to the state of this row, of which the parts of the bits `changed` are up to date.
    fn step(&mut self, by: &Deed, row: &[u32], changed: u32, after: After);

    /// A step would be possible, but its budget is used up.
    fn unpaid(&mut self, _by: &Deed, _name: Name) {}
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
    /// By node with its inbox, and envelope: the answers given last, few enough to stay near the processor.
    recent_adds: Recent<u32>,
    /// By world and delta.
    worlds: FxHashMap<u64, WorldAfter>,
    /// The answers given last.
    recent_worlds: Recent<WorldAfter>,
    /// The world that was last found to be in no violation.
    fine: u32,
    /// By world.
    violated: FxHashMap<u32, bool>,
    /// By node with its inbox, and by how much epochs are lowered.
    lowered: FxHashMap<(u32, u64), u32>,
    /// Node states together, for each node one, in which all invariants hold.
    pub(crate) sound: FxHashSet<Box<[u32]>>,
    /// By renaming, and node with its inbox: what comes of it.
    pub(crate) renamed: FxHashMap<(u32, u32), u32>,
    /// By renaming and world.
    pub(crate) renamed_worlds: FxHashMap<(u32, u32), u32>,
    /// Whether steps lead to the very states that they lead to, and not to their representatives.
    pub(crate) plain: bool,
    /// The bytes that memos may hold before they are dropped.
    allowance: usize,
    /// What [`Worker::expand`] works with: a row, and the menu of each of its nodes.
    scratch: (Vec<u32>, Vec<Menu>),
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
            recent_adds: Recent::new(RECENT, 0),
            worlds: FxHashMap::default(),
            recent_worlds: Recent::new(RECENT_WORLDS, None),
            fine: u32::MAX,
            violated: FxHashMap::default(),
            lowered: FxHashMap::default(),
            sound: FxHashSet::default(),
            renamed: FxHashMap::default(),
            renamed_worlds: FxHashMap::default(),
            plain: false,
            allowance: LEAST,
            scratch: Default::default(),
        }
    }

    /// Sets how many bytes memos may hold before they are dropped.
    pub(crate) fn allow(&mut self, bytes: u64) {
        self.allowance = (bytes as usize).max(LEAST);
    }

    /// The bytes that its memos hold.
    pub(crate) fn bytes(&self) -> u64 {
        let maps = (self.adds.capacity() + self.items.capacity()) * 17
            + self.recent_adds.bytes()
            + self.recent_worlds.bytes()
            + self.worlds.capacity() * 25
            + (self.lowered.capacity() + self.renamed.capacity()) * 25
            + self.renamed_worlds.capacity() * 25;
        (self.moves.bytes() + maps + self.violated.capacity() * 9 + self.sound_bytes()) as u64
    }

    fn sound_bytes(&self) -> usize {
        self.sound.capacity() * 17 + self.sound.len() * (self.nodes * 4).next_multiple_of(16)
    }

    /// Drops memos that grew too large, between states. The numbers that they gave stay valid.
    #[inline]
    pub(crate) fn tidy(&mut self) {
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

    fn menu(&mut self, tables: &Tables, number: u32) -> Result<Menu, Full> {
        match tables.memo.menu(number) {
            Some(menu) => Ok(menu),
            None => self.moves.fill(number, self.components, tables),
        }
    }

    /// The node with this inbox, after this message was put there.
    #[inline(always)]
    fn add(&mut self, tables: &Tables, number: u32, envelope: u32) -> Result<u32, Full> {
        match self.recent_adds.get(pair(number, envelope)) {
            Some(after) => Ok(after),
            None => self.look_up_add(tables, number, envelope),
        }
    }

    #[inline(never)]
    fn look_up_add(&mut self, tables: &Tables, number: u32, envelope: u32) -> Result<u32, Full> {
        let (node, inbox) = unpair(tables.nodes.get(number));
        let components = self.components;
        let item = if components.keeps_all_messages() {
            Some(envelope)
        } else {
            *self.items.entry((node, envelope)).or_insert_with(|| components.item_sent(node, envelope))
        };
        let more = item.map_or(inbox, |item| {
            *self.adds.entry((inbox, item)).or_insert_with(|| components.add(inbox, item))
        });
        let after = if more == inbox { number } else { tables.nodes.insert(pair(node, more))?.0 };
        self.recent_adds.put(pair(number, envelope), after);
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

    /// Whether the monitor is in violation in this world.
    pub(crate) fn violated(&mut self, world: u32) -> bool {
        if world == self.fine {
            return false;
        }
        let components = self.components;
        let watch = |world| matches!(components.worlds.get(world).watch, Watch::Violated(_));
        let violated = *self.violated.entry(world).or_insert_with(|| watch(world));
        if !violated {
            self.fine = world;
        }
        violated
    }

    /// Gives every step of a state, of which this is the row, to `sink`.
    ///
    /// # Errors
    /// A table is full. Some steps may have been given already.
    pub(crate) fn expand(
        &mut self,
        tables: &Tables,
        before: &[u32],
        sink: &mut impl Sink,
    ) -> Result<Standing, Full> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let standing = self.expand_row(tables, before, sink, &mut scratch);
        self.scratch = scratch;
        standing
    }

    #[inline]
    fn expand_row(
        &mut self,
        tables: &Tables,
        before: &[u32],
        sink: &mut impl Sink,
        (row, menus): &mut (Vec<u32>, Vec<Menu>),
    ) -> Result<Standing, Full> {
        let (nodes, world, memo) = (self.nodes, before[self.nodes], &tables.memo);
        if self.violated(world) {
            return Ok(Standing::Violating);
        }
        menus.clear();
        let (mut traits, mut alone) = (0, 0);
        for &number in &before[..nodes] {
            let menu = self.menu(tables, number)?;
            menus.push(menu);
            traits |= menu.traits;
            alone |= menu.alone;
        }
        if traits & FAULTY != 0 {
            return Ok(Standing::Violating);
        }
        if traits & OUTSIDE != 0 {
            return Ok(Standing::Outside);
        }
        let unwanted = if traits & BUSY != 0 { WHEN_QUIET } else { 0 };
        let translates = self.components.system.translation.is_some();
        let renames = self.components.renamings.is_some() && !self.plain;
        if alone != 0 && !self.plain {
            leave_alone(menus, renames);
        }
        row.clear();
        row.extend_from_slice(before);
        let row = &mut row[..];
        for (node, menu) in menus.iter().enumerate() {
            for at in menu.first..menu.first + u32::from(menu.moves) {
                let moved = memo.moved(at);
                let by = memo.deed(moved.deed);
                if by.traits & unwanted != 0 {
                    continue;
                }
                let mut changed = 0;
                let mut after =
                    After { violates: by.traits & FAULTS != 0, orbit: 1, lowered: 0, name: memo.name(at) };
                if by.delta != 0 {
                    let Some((next, violated)) = self.after(world, by.delta) else {
                        sink.unpaid(&by, after.name);
                        continue;
                    };
                    after.violates |= violated;
                    row[nodes] = next;
                    changed |= u32::from(next != world) << nodes;
                }
                row[node] = moved.node;
                changed |= u32::from(moved.node != before[node]) << node;
                for at in by.first_send..by.first_send + u32::from(by.sends) {
                    let (to, envelope) = memo.send(at);
                    let part = row[usize::from(to)];
                    let more = self.add(tables, part, envelope)?;
                    row[usize::from(to)] = more;
                    changed |= u32::from(more != part) << to;
                }
                if translates {
                    after.lowered = self.lower(tables, row, &mut changed)?;
                }
                if renames {
                    after.orbit = self.represent(tables, row)?;
                    let differs =
                        |(place, (one, other)): (usize, (&u32, &u32))| u32::from(one != other) << place;
                    changed = row[..=nodes].iter().zip(before).enumerate().map(differs).sum();
                }
                sink.step(&by, row, changed, after);
                // Undo: nothing above the parts was touched.
                row[..=nodes].copy_from_slice(&before[..=nodes]);
            }
        }
        Ok(Standing::Explored)
    }

    /// Lowers all epochs until the lowest is the first, and returns by how much.
    pub(crate) fn lower(&mut self, tables: &Tables, row: &mut [u32], changed: &mut u32) -> Result<u64, Full> {
        let mut lowest = u64::MAX;
        for &number in &row[..self.nodes] {
            self.menu(tables, number)?;
            lowest = lowest.min(tables.memo.lowest(number));
        }
        if lowest == u64::MAX || lowest <= FIRST {
            return Ok(0);
        }
        let by = lowest - FIRST;
        for (node, number) in row[..self.nodes].iter_mut().enumerate() {
            let lowered = match self.lowered.get(&(*number, by)) {
                Some(&lowered) => lowered,
                None => {
                    let lowered = self.components.lowered(tables, *number, by)?;
                    self.lowered.insert((*number, by), lowered);
                    lowered
                }
            };
            *changed |= u32::from(lowered != *number) << node;
            *number = lowered;
        }
        Ok(by)
    }
}
