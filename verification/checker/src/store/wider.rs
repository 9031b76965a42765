//! Room for numbers that no longer fit.

use super::{PARTS, Tables};
use crate::{
    entries::{Lost, unless_lost},
    layout::{Inner, Tree},
    sync::Ordering,
    table::Table,
};

/// Parts, and the inner nodes of their tree.
const ALL: usize = 2 * PARTS - 1;

impl Tables {
    /// Makes room for numbers that do not fit: groups of parts are packed otherwise, or split. What stands above them stays, and states keep
    /// their numbers.
    ///
    /// # Errors
    /// States are lost: all others are there as they were.
    pub(super) fn lay_out(&mut self) -> Result<(), Lost> {
        let (layout, fields, shape, mut made) = unless_lost(|| {
            self.world.fetch_max(self.largest_world(), Ordering::Relaxed);
            let layout = self.layout.outgrown(&self.largest());
            let Tree { fields, shape } = layout.tree();
            let mut made: Vec<Option<Table>> = shape.iter().map(|_| None).collect();
            for (inner, table) in self.shape.iter().zip(&self.tables) {
                if !shape.iter().any(|new| new.is_as(inner)) {
                    self.fold_anew(inner, table, &shape, &mut made);
                }
            }
            (layout, fields, shape, made)
        })?;
        for (inner, table) in self.shape.iter().zip(self.tables.drain(..)) {
            if let Some(at) = shape.iter().position(|new| new.is_as(inner)) {
                made[at] = Some(table);
            }
        }
        self.tables =
            made.into_iter().map(|table| table.expect("a later tree has the same halves")).collect();
        (self.layout, self.fields, self.shape) = (layout, fields, shape);
        Ok(())
    }

    /// Makes tables for a group of parts and what is below it in another tree: what it held keeps its numbers.
    fn fold_anew(&self, group: &Inner, held: &Table, shape: &[Inner], made: &mut [Option<Table>]) {
        const BLOCK: u32 = 1 << 12;
        let (parts, stride) = (self.parts, self.parts + shape.len());
        let mut within: Vec<(usize, Table)> = Vec::new();
        for (at, _) in shape.iter().enumerate().filter(|(_, inner)| inner.below & !group.below == 0) {
            let is_top = shape[at].below == group.below;
            let capacity = if is_top { held.len().max(1) as usize } else { self.capacity };
            within.push((at, Table::new(capacity, self.threads)));
        }
        let (mut rows, mut words) = (vec![0; BLOCK as usize * stride], Vec::new());
        for first in (0..held.len()).step_by(BLOCK as usize) {
            let numbers = first..held.len().min(first + BLOCK);
            let rows = &mut rows[..numbers.len() * stride];
            for (row, number) in rows.chunks_exact_mut(stride).zip(numbers) {
                group.unfold(held.get(number), row);
            }
            for (at, table) in &mut within {
                words.clear();
                words.extend(rows.chunks_exact(stride).map(|row| shape[*at].word(row).expect("it fits")));
                while table
                    .insert_all(&words, |which, number, _| rows[which * stride + parts + *at] = number)
                    .is_err()
                {
                    table.grow();
                }
            }
        }
        within.into_iter().for_each(|(at, table)| made[at] = Some(table));
    }

    /// The largest world of a state.
    fn largest_world(&self) -> u32 {
        let world = self.parts - 1;
        let mut above = self.shape.iter().zip(&self.tables);
        let (inner, table) = above.find(|(inner, _)| inner.below >> world != 0).expect("it is in a tree");
        let mut row = [0; ALL];
        let worlds = (0..table.len()).map(|number| {
            inner.unfold(table.get(number), &mut row);
            row[world]
        });
        worlds.max().unwrap_or(0)
    }
}
