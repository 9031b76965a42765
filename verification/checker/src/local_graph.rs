//! The graph of the states of single nodes: which can follow on which.

use std::convert::Infallible;

use crate::scc::{self, Graph};

/// States of nodes by number, and for each those that can follow.
pub(crate) struct LocalGraph {
    /// Where the successors of each state begin in `after`; and the end of the last.
    first: Vec<u32>,
    after: Vec<u32>,
}

impl LocalGraph {
    /// A graph of so many states, with these edges.
    pub(crate) fn new(states: usize, mut edges: Vec<(u32, u32)>) -> Self {
        edges.sort_unstable();
        edges.dedup();
        let mut first = vec![0; states + 1];
        for &(from, _) in &edges {
            first[from as usize + 1] += 1;
        }
        for at in 0..states {
            first[at + 1] += first[at];
        }
        LocalGraph { first, after: edges.into_iter().map(|(_, to)| to).collect() }
    }

    /// What can follow on a state.
    pub(crate) fn after(&self, state: u32) -> &[u32] {
        &self.after[self.first[state as usize] as usize..self.first[state as usize + 1] as usize]
    }

    /// Calls `visit` with each strongly connected component, after those that it leads to.
    pub(crate) fn components(&self, visit: impl FnMut(&[u32])) {
        let states = self.first.len() - 1;
        let Ok(()) = scc::components(states as u32, &mut Walk { graph: self, visit });
    }
}

struct Walk<'g, V> {
    graph: &'g LocalGraph,
    visit: V,
}

impl<V: FnMut(&[u32])> Graph for Walk<'_, V> {
    type Stop = Infallible;

    fn inside(&mut self, _: u32) -> bool {
        true
    }

    fn successors(&mut self, state: u32, into: &mut Vec<u32>) {
        into.extend_from_slice(self.graph.after(state));
    }

    fn component(&mut self, members: &[u32], _: u64) -> Result<(), Infallible> {
        (self.visit)(members);
        Ok(())
    }
}
