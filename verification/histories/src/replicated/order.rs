//! Orders of accesses: topological, and by vectors of how much of each process came before.

/// A directed graph of so many nodes.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    /// For each node the nodes that come after it.
    pub after: Vec<Vec<usize>>,
}

impl Graph {
    pub(super) fn new(nodes: usize) -> Self {
        Graph { after: vec![Vec::new(); nodes] }
    }

    pub(super) fn edge(&mut self, from: usize, to: usize) {
        self.after[from].push(to);
    }

    /// The nodes in an order that all edges respect, or a cycle.
    pub(super) fn order(&self) -> Result<Vec<usize>, Vec<usize>> {
        let mut before = vec![0_usize; self.after.len()];
        for &to in self.after.iter().flatten() {
            before[to] += 1;
        }
        let mut order: Vec<usize> = (0..before.len()).filter(|&node| before[node] == 0).collect();
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            next += 1;
            for &to in &self.after[node] {
                before[to] -= 1;
                if before[to] == 0 {
                    order.push(to);
                }
            }
        }
        if order.len() == before.len() { Ok(order) } else { Err(self.cycle(&before)) }
    }

    /// A shortest cycle through one of the nodes that could not be ordered.
    fn cycle(&self, before: &[usize]) -> Vec<usize> {
        let left: Vec<usize> = (0..before.len()).filter(|&node| before[node] > 0).collect();
        let mut shortest: Vec<usize> = Vec::new();
        // Not from everywhere if there are many: any cycle will do, a short one is nicer.
        for &start in left.iter().take(200) {
            let mut parent = vec![usize::MAX; self.after.len()];
            let mut queue = std::collections::VecDeque::from([start]);
            'search: while let Some(node) = queue.pop_front() {
                for &to in self.after[node].iter().filter(|&&to| before[to] > 0) {
                    if to == start {
                        let mut cycle = vec![node];
                        while *cycle.last().expect("is not empty") != start {
                            cycle.push(parent[*cycle.last().expect("is not empty")]);
                        }
                        cycle.reverse();
                        if shortest.is_empty() || cycle.len() < shortest.len() {
                            shortest = cycle;
                        }
                        break 'search;
                    }
                    if parent[to] == usize::MAX && to != start {
                        parent[to] = node;
                        queue.push_back(to);
                    }
                }
            }
        }
        if shortest.is_empty() { left } else { shortest }
    }
}
