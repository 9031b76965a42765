//! Menus that no thread has made yet.

use synod_actor::{Actor, Ground};
use synod_properties::Monitor;

use super::{Worker, WorldIs};
use crate::{interner::fill_up, memo::Menu, rows::Rows, store::Tables, table::Full};

/// So many menus are made at once: enough for the cache misses of their moves to overlap.
const TOGETHER: usize = 8;

/// Menus that are missing.
pub(super) struct Missing {
    /// Where, among those of some states.
    places: Vec<u32>,
    /// By node: the numbers that it has there with its inbox.
    numbers: Vec<Vec<u32>>,
}

impl Missing {
    /// Of so many nodes none is missing.
    pub(super) fn none(nodes: usize) -> Self {
        Missing { places: Vec::new(), numbers: vec![Vec::new(); nodes] }
    }

    /// The bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        (self.places.capacity() + self.numbers.iter().map(Vec::capacity).sum::<usize>()) * 4
    }

    /// Looks for those that are, and forgets what there was before.
    fn find(&mut self, menus: &[Menu]) {
        self.numbers.iter_mut().for_each(Vec::clear);
        fill_up(&mut self.places, menus.len());
        let (places, mut count) = (&mut self.places[..menus.len()], 0);
        for (place, menu) in (0..).zip(menus) {
            // It is written down, and kept if it is so.
            places[count] = place;
            count += usize::from(!menu.is_there());
        }
        self.places.truncate(count);
    }

    /// Adds the number of a node with its inbox, unless it is there.
    fn add(&mut self, node: usize, number: u32) {
        let numbers = &mut self.numbers[node];
        // All of them are looked at: where among them it stands cannot be foretold.
        if !numbers.iter().fold(false, |is_there, &other| is_there | (other == number)) {
            numbers.push(number);
        }
    }
}

impl<A, M> Worker<'_, '_, A, M>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    /// What a node with its inbox can do.
    #[inline(never)]
    pub(crate) fn menu(&mut self, tables: &Tables, at: usize, number: u32) -> Result<Menu, Full> {
        let known = tables.memo.menu(at, number);
        if known.is_there() {
            return Ok(known);
        }
        self.moves.fill((at, &[number]), self.components, tables)?;
        Ok(tables.memo.menu(at, number))
    }

    /// Makes the menus of these states that are not there yet, as far as there is room for them: all at once, which is faster than when
    /// each is needed. Not of states that are not explored, for the monitor is in violation there.
    pub(crate) fn make_menus(&mut self, tables: &Tables, rows: &mut Rows) {
        let (nodes, words_each) = (self.nodes, rows.words_each);
        let Rows { menus, words, .. } = rows;
        self.missing.find(menus);
        let node_in = |place: u32| {
            let (row, node) = (place as usize / nodes, place as usize % nodes);
            (node, &words[row * words_each..][..words_each])
        };
        for at in 0..self.missing.places.len() {
            let (node, words) = node_in(self.missing.places[at]);
            if self.look_at(tables.fields[nodes].get(words)) != WorldIs::Violated {
                self.missing.add(node, tables.fields[node].get(words));
            }
        }
        let numbers = self.missing.numbers.iter().enumerate();
        let mut some = numbers.flat_map(|(node, all)| all.chunks(TOGETHER).map(move |some| (node, some)));
        // If a table is full, whoever needs what is still missing says so.
        _ = some.try_for_each(|some| self.moves.fill(some, self.components, tables));
        for &place in &self.missing.places {
            let (node, words) = node_in(place);
            menus[place as usize] = tables.memo.menu(node, tables.fields[node].get(words));
        }
    }
}
