//! The steps of a global state: lookups in what this thread remembers of the local transitions. This is the hot path.

use rustc_hash::FxHashMap;
use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use crate::{
    components::{Components, Watch},
    moves::{BUSY, FAULTS, FAULTY, Menu, Move, Moves, OUTSIDE, WHEN_QUIET},
    store::{PARTS, Tables, Unfolded, pair},
    table::Full,
    translate::FIRST,
};

/// Memos are dropped when they hold so many entries: they can be filled again.
const MEMO: usize = 1 << 20;

/// Where the steps of a state go.
pub(crate) trait Sink {
    /// A step leads to the state with this pair at the root of its tree. `violates`: the monitor found a violation, or the
    /// actor is at fault. `lowered`: by how much epochs were lowered afterwards.
    fn step(&mut self, by: &Move, root: u64, violates: bool, lowered: u64);

    /// A step would be possible, but its budget is used up.
    fn unpaid(&mut self, _by: &Move) {}
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

/// One thread's memory of local transitions.
pub(crate) struct Worker<'c, 's, A: Actor, M> {
    pub(crate) components: &'c Components<'s, A, M>,
    nodes: usize,
    moves: Moves,
    /// By node with its inbox, and envelope.
    adds: FxHashMap<u64, u32>,
    /// By world and delta: the world after it and whether it is in violation; `None` if the budget does not allow it.
    worlds: FxHashMap<u64, Option<(u32, bool)>>,
    /// By world.
    violated: FxHashMap<u32, bool>,
    /// By node with its inbox, and by how much epochs are lowered.
    lowered: FxHashMap<(u32, u64), u32>,
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
            adds: FxHashMap::default(),
            worlds: FxHashMap::default(),
            violated: FxHashMap::default(),
            lowered: FxHashMap::default(),
        }
    }

    /// The bytes that its memos hold.
    pub(crate) fn bytes(&self) -> u64 {
        let maps = self.adds.capacity() * 17 + self.worlds.capacity() * 25 + self.lowered.capacity() * 25;
        (self.moves.bytes() + maps + self.violated.capacity() * 9) as u64
    }

    /// Drops memos that grew too large. The numbers that they gave stay valid.
    fn tidy(&mut self) {
        if self.moves.moves.len() > MEMO || self.moves.sends.len() > MEMO {
            self.moves.clear();
        }
        if self.adds.len() > MEMO {
            self.adds = FxHashMap::default();
        }
        if self.lowered.len() > MEMO {
            self.lowered = FxHashMap::default();
        }
        if self.worlds.len() > MEMO {
            self.worlds = FxHashMap::default();
        }
    }

    fn menu(&mut self, tables: &Tables, number: u32) -> Result<Menu, Full> {
        match self.moves.get(number) {
            Some(menu) => Ok(menu),
            None => self.moves.fill(number, self.components, tables),
        }
    }

    #[inline]
    fn add(&mut self, tables: &Tables, number: u32, envelope: u32) -> Result<u32, Full> {
        let key = pair(number, envelope);
        if let Some(&after) = self.adds.get(&key) {
            return Ok(after);
        }
        let after = self.components.add(tables, number, envelope)?;
        self.adds.insert(key, after);
        Ok(after)
    }

    #[inline]
    fn after(&mut self, world: u32, delta: u32) -> Option<(u32, bool)> {
        let components = self.components;
        *self.worlds.entry(pair(world, delta)).or_insert_with(|| components.after(world, delta))
    }

    /// Whether the monitor is in violation in this world.
    pub(crate) fn violated(&mut self, world: u32) -> bool {
        let components = self.components;
        let watch = |world| matches!(components.worlds.get(world).watch, Watch::Violated(_));
        *self.violated.entry(world).or_insert_with(|| watch(world))
    }

    /// Gives every step of `state` to `sink`.
    ///
    /// # Errors
    /// A table is full. Some steps may have been given already.
    pub(crate) fn expand(
        &mut self,
        tables: &Tables,
        state: u32,
        sink: &mut impl Sink,
    ) -> Result<Standing, Full> {
        self.tidy();
        let mut before = Unfolded::default();
        tables.unfold(state, &mut before);
        let (nodes, world) = (self.nodes, before.parts[self.nodes]);
        if self.violated(world) {
            return Ok(Standing::Violating);
        }
        let mut menus = [Menu { moves: (0, 0), traits: 0, lowest: 0 }; PARTS];
        let mut traits = 0;
        for (menu, &number) in menus[..nodes].iter_mut().zip(&before.parts) {
            *menu = self.menu(tables, number)?;
            traits |= menu.traits;
        }
        if traits & FAULTY != 0 {
            return Ok(Standing::Violating);
        }
        if traits & OUTSIDE != 0 {
            return Ok(Standing::Outside);
        }
        let unwanted = if traits & BUSY != 0 { WHEN_QUIET } else { 0 };
        let translates = self.components.system.translation.is_some();
        let here = tables.root().get(state);
        for (node, menu) in menus[..nodes].iter().enumerate() {
            for at in menu.moves.0..menu.moves.1 {
                let by = self.moves.moves[at as usize];
                if by.traits & unwanted != 0 {
                    continue;
                }
                let mut after = before;
                let mut changed = 0;
                let mut violates = by.traits & FAULTS != 0;
                if by.delta != 0 {
                    let Some((next, violated)) = self.after(world, by.delta) else {
                        sink.unpaid(&by);
                        continue;
                    };
                    violates |= violated;
                    after.parts[nodes] = next;
                    changed |= u32::from(next != world) << nodes;
                }
                after.parts[node] = by.node;
                changed |= u32::from(by.node != before.parts[node]) << node;
                for at in by.sends.0..by.sends.1 {
                    let (to, envelope) = self.moves.sends[at as usize];
                    let part = after.parts[usize::from(to)];
                    let more = self.add(tables, part, envelope)?;
                    after.parts[usize::from(to)] = more;
                    changed |= u32::from(more != part) << to;
                }
                let lowered = if translates { self.lower(tables, &mut after, &mut changed)? } else { 0 };
                let root = if changed == 0 { here } else { tables.fold(&mut after, changed)? };
                sink.step(&by, root, violates, lowered);
            }
        }
        Ok(Standing::Explored)
    }

    /// Lowers all epochs until the lowest is the first, and returns by how much.
    pub(crate) fn lower(
        &mut self,
        tables: &Tables,
        state: &mut Unfolded,
        changed: &mut u32,
    ) -> Result<u64, Full> {
        let mut lowest = u64::MAX;
        for node in 0..self.nodes {
            lowest = lowest.min(self.menu(tables, state.parts[node])?.lowest);
        }
        if lowest == u64::MAX || lowest <= FIRST {
            return Ok(0);
        }
        let by = lowest - FIRST;
        for node in 0..self.nodes {
            let number = state.parts[node];
            let lowered = match self.lowered.get(&(number, by)) {
                Some(&lowered) => lowered,
                None => {
                    let lowered = self.components.lowered(tables, number, by)?;
                    self.lowered.insert((number, by), lowered);
                    lowered
                }
            };
            state.parts[node] = lowered;
            *changed |= u32::from(lowered != number) << node;
        }
        Ok(by)
    }
}
