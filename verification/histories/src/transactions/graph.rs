//! Directed graphs of a fixed size, in the order of their edges' sources: cycles, orders, shortest cycles.

use std::collections::BinaryHeap;

/// Why one node must come before another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Why {
    /// The other overwrites its version.
    Ww,
    /// The other reads its version.
    Wr,
    /// It reads a version that the other overwrites.
    Rw,
    /// The other follows it in its session.
    Session,
    /// It ended before the other began.
    RealTime,
    /// A transaction's snapshot comes before its commit.
    Within,
    /// The initial state comes before everything.
    Initial,
    /// The level's axiom puts it there.
    Inferred,
}

/// An edge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Edge {
    pub from: u32,
    pub to: u32,
    pub why: Why,
}

/// A graph whose edges are sorted by their sources.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    offsets: Vec<u32>,
    targets: Vec<(u32, Why)>,
}

impl Graph {
    pub fn new(nodes: usize, edges: &[Edge]) -> Self {
        let mut offsets = vec![0_u32; nodes + 1];
        for edge in edges {
            offsets[edge.from as usize + 1] += 1;
        }
        for node in 0..nodes {
            offsets[node + 1] += offsets[node];
        }
        let mut next = offsets.clone();
        let mut targets = vec![(0, Why::Ww); edges.len()];
        for edge in edges {
            let at = &mut next[edge.from as usize];
            targets[*at as usize] = (edge.to, edge.why);
            *at += 1;
        }
        Graph { offsets, targets }
    }

    pub fn nodes(&self) -> usize {
        self.offsets.len() - 1
    }

    pub fn successors(&self, node: u32) -> &[(u32, Why)] {
        let node = node as usize;
        &self.targets[self.offsets[node] as usize..self.offsets[node + 1] as usize]
    }

    /// The nodes in an order that every edge respects; among those that could come next, first the one of the least
    /// `rank`. `None` if there is a cycle.
    pub fn order(&self, rank: impl Fn(u32) -> u64) -> Option<Vec<u32>> {
        let mut open = vec![0_u32; self.nodes()];
        for (to, _) in &self.targets {
            open[*to as usize] += 1;
        }
        let entry = |node: u32| std::cmp::Reverse((rank(node), node));
        let mut ready: BinaryHeap<_> =
            (0..self.nodes() as u32).filter(|node| open[*node as usize] == 0).map(entry).collect();
        let mut order = Vec::with_capacity(self.nodes());
        while let Some(std::cmp::Reverse((_, node))) = ready.pop() {
            order.push(node);
            for &(to, _) in self.successors(node) {
                open[to as usize] -= 1;
                if open[to as usize] == 0 {
                    ready.push(entry(to));
                }
            }
        }
        (order.len() == self.nodes()).then_some(order)
    }

    /// The strongly connected component of each node along the edges allowed (Tarjan 1972, without recursion), and the
    /// number of components.
    pub fn components(&self, allowed: impl Fn(Why) -> bool) -> (Vec<u32>, u32) {
        const NEW: u32 = u32::MAX;
        let nodes = self.nodes();
        let (mut low, mut component) = (vec![NEW; nodes], vec![NEW; nodes]);
        let (mut stack, mut path): (Vec<u32>, Vec<(u32, u32, u32)>) = (Vec::new(), Vec::new());
        let (mut time, mut count) = (0, 0);
        for root in 0..nodes as u32 {
            if low[root as usize] != NEW {
                continue;
            }
            let mut enter = Some(root);
            loop {
                if let Some(node) = enter.take() {
                    low[node as usize] = time;
                    path.push((node, self.offsets[node as usize], time));
                    stack.push(node);
                    time += 1;
                }
                let Some((node, next, index)) = path.last_mut() else { break };
                let node = *node;
                if *next < self.offsets[node as usize + 1] {
                    let (to, why) = self.targets[*next as usize];
                    *next += 1;
                    if !allowed(why) {
                        continue;
                    }
                    if low[to as usize] == NEW {
                        enter = Some(to);
                    } else if component[to as usize] == NEW {
                        low[node as usize] = low[node as usize].min(low[to as usize]);
                    }
                    continue;
                }
                let is_root = low[node as usize] == *index;
                path.pop();
                if is_root {
                    while let Some(member) = stack.pop() {
                        component[member as usize] = count;
                        if member == node {
                            break;
                        }
                    }
                    count += 1;
                }
                if let Some((parent, ..)) = path.last() {
                    let parent = *parent as usize;
                    low[parent] = low[parent].min(low[node as usize]);
                }
            }
        }
        (component, count)
    }

    /// A shortest path along the edges allowed, as its edges; edges to nodes that are free of `cost` do not count.
    pub fn path(
        &self,
        from: u32,
        to: u32,
        allowed: impl Fn(u32, u32, Why) -> bool,
        cost: impl Fn(u32) -> bool,
        scratch: &mut Scratch,
    ) -> Option<Vec<Edge>> {
        scratch.start(self.nodes());
        scratch.reach(from, None);
        // One queue for each of two distances: 0-1 breadth-first search.
        let (mut now, mut later) = (vec![from], Vec::new());
        while !now.is_empty() {
            while let Some(node) = now.pop() {
                if scratch.is_done(node) {
                    continue;
                }
                scratch.finish(node);
                for &(next, why) in self.successors(node) {
                    scratch.work += 1;
                    if !allowed(node, next, why) {
                        continue;
                    }
                    let edge = Edge { from: node, to: next, why };
                    if next == to {
                        return Some(scratch.back(from, edge));
                    }
                    let free = !cost(next);
                    if scratch.is_done(next) || (scratch.is_reached(next) && !free) {
                        continue;
                    }
                    scratch.reach(next, Some(edge));
                    if free { now.push(next) } else { later.push(next) }
                }
            }
            std::mem::swap(&mut now, &mut later);
        }
        None
    }

    /// A shortest cycle along the edges allowed, if there is one: as its edges. Nodes free of `cost` do not count.
    ///
    /// Gives up looking for a shorter one after `work` steps over edges.
    pub fn shortest_cycle(
        &self,
        allowed: impl Fn(Why) -> bool,
        cost: impl Fn(u32) -> bool,
        work: u64,
    ) -> Option<Vec<Edge>> {
        let (component, count) = self.components(&allowed);
        let mut size = vec![0_u32; count as usize];
        for &member in &component {
            size[member as usize] += 1;
        }
        let mut scratch = Scratch::default();
        let mut best: Option<(usize, Vec<Edge>)> = None;
        // Small components first: short cycles are there.
        let mut nodes: Vec<u32> = (0..self.nodes() as u32).collect();
        nodes.sort_by_key(|node| (size[component[*node as usize] as usize], *node));
        for node in nodes {
            let mine = component[node as usize];
            let has_loop = || self.successors(node).iter().any(|&(to, why)| to == node && allowed(why));
            if !cost(node) || (size[mine as usize] == 1 && !has_loop()) {
                continue;
            }
            let inside = |_, to: u32, why| component[to as usize] == mine && allowed(why);
            if let Some(cycle) = self.path(node, node, inside, &cost, &mut scratch) {
                let length = cycle.iter().filter(|edge| cost(edge.to)).count();
                if best.as_ref().is_none_or(|(least, _)| length < *least) {
                    best = Some((length, cycle));
                }
            }
            let least = best.as_ref().map_or(usize::MAX, |(least, _)| *least);
            if least <= 2 || scratch.work > work && best.is_some() {
                break;
            }
        }
        best.map(|(_, cycle)| cycle)
    }
}

/// What searches remember, used again and again.
#[derive(Default)]
pub(super) struct Scratch {
    stamp: u32,
    reached: Vec<(u32, u32, Option<Edge>)>,
    /// Steps over edges so far.
    pub work: u64,
}

impl Scratch {
    fn start(&mut self, nodes: usize) {
        self.reached.resize(nodes, (0, 0, None));
        self.stamp += 1;
    }

    fn reach(&mut self, node: u32, by: Option<Edge>) {
        let entry = &mut self.reached[node as usize];
        (entry.0, entry.2) = (self.stamp, by);
    }

    fn is_reached(&self, node: u32) -> bool {
        self.reached[node as usize].0 == self.stamp
    }

    fn finish(&mut self, node: u32) {
        self.reached[node as usize].1 = self.stamp;
    }

    fn is_done(&self, node: u32) -> bool {
        self.reached[node as usize].1 == self.stamp
    }

    fn back(&self, from: u32, last: Edge) -> Vec<Edge> {
        let mut path = vec![last];
        let mut node = last.from;
        while node != from {
            let Some(edge) = self.reached[node as usize].2 else { break };
            path.push(edge);
            node = edge.from;
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: usize, edges: &[(u32, u32)]) -> Graph {
        let edges: Vec<_> = edges.iter().map(|&(from, to)| Edge { from, to, why: Why::Ww }).collect();
        Graph::new(nodes, &edges)
    }

    #[test]
    fn orders_respect_edges_and_rank() {
        let order = graph(4, &[(3, 0), (0, 2)]).order(u64::from).expect("no cycle");
        assert_eq!(order, [1, 3, 0, 2]);
        assert_eq!(graph(2, &[(0, 1), (1, 0)]).order(u64::from), None);
    }

    #[test]
    fn components_are_found() {
        let graph = graph(6, &[(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3)]);
        let (component, count) = graph.components(|_| true);
        assert_eq!(count, 3);
        assert!(component[0] == component[1] && component[1] == component[2]);
        assert!(component[3] == component[4] && component[3] != component[0] && component[5] != component[3]);
    }

    #[test]
    fn the_shortest_cycle_is_found_and_free_nodes_do_not_count() {
        let graph = graph(7, &[(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 6), (6, 3)]);
        let all = graph.shortest_cycle(|_| true, |_| true, u64::MAX).expect("there is one");
        assert_eq!(all.len(), 3);
        let some = graph.shortest_cycle(|_| true, |node| node <= 3, u64::MAX).expect("is");
        assert_eq!(some.len(), 4);
        assert_eq!(graph.shortest_cycle(|_| false, |_| true, u64::MAX), None);
    }

    #[test]
    fn a_loop_is_a_cycle() {
        let cycle = graph(2, &[(1, 1)]).shortest_cycle(|_| true, |_| true, u64::MAX).expect("there is one");
        assert_eq!(cycle, [Edge { from: 1, to: 1, why: Why::Ww }]);
    }
}
