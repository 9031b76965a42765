//! Choices between sets of edges such that a graph stays acyclic: a SAT solver chooses, and an order of the nodes that is
//! maintained as edges come and go says which choices close a cycle.
//!
//! The order is maintained as by Pearce and Kelly, "A dynamic topological sort algorithm for directed acyclic graphs" (JEA
//! 2006). That SAT solving modulo acyclicity decides isolation levels is due to Tan et al., "Cobra" (OSDI 2020), and Huang et
//! al., "PolySI" (VLDB 2023).

use std::cell::Cell;

use batsat::{
    Callbacks, ClauseKind, Lit, Solver, SolverInterface, SolverOpts, Theory, TheoryArg, Var, lbool,
};

use crate::answer::{Budget, Shortage};

use super::graph::{Edge, Graph};

/// One of two sets of edges must be chosen.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub first: Vec<Edge>,
    pub second: Vec<Edge>,
    /// What to try first.
    pub prefer_first: bool,
}

/// Chooses such that the graph, whose nodes are given in an order that its edges respect, stays acyclic: the order of the
/// nodes then, or nothing if it cannot be done.
///
/// # Errors
/// The budget is exhausted.
pub(super) fn choose(
    graph: &Graph,
    order: &[u32],
    choices: &[Choice],
    budget: &Budget,
) -> Result<Option<Vec<u32>>, Shortage> {
    let options = SolverOpts { min_learnts_lim: 5000, ..SolverOpts::default() };
    let watch = Watch { budget: budget.clone(), asked: Cell::new(0), literals: 0 };
    let mut solver = Solver::new(options, watch);
    for choice in choices {
        solver.new_var(lbool::from(choice.prefer_first), true);
    }
    let mut theory = Acyclic::new(graph, order, choices);
    // A choice that cannot be had on its own is settled at once.
    let result = solver.solve_limited_preserving_trail_th(&mut theory, &[]);
    let found = (result == lbool::TRUE).then(|| theory.nodes_in_order());
    solver.pop_model(&mut theory);
    if found.is_none() && result != lbool::FALSE {
        budget.check(solver.cb().bytes())?;
        return Err(Shortage::Stopped);
    }
    Ok(found)
}

/// Stops the solver when the budget is exhausted.
struct Watch {
    budget: Budget,
    asked: Cell<u32>,
    literals: u64,
}

impl Watch {
    fn bytes(&self) -> u64 {
        self.literals * 4
    }
}

impl Callbacks for Watch {
    fn on_new_clause(&mut self, clause: &[Lit], _: ClauseKind) {
        self.literals += clause.len() as u64 + 4;
    }

    fn on_delete_clause(&mut self, clause: &[Lit]) {
        self.literals = self.literals.saturating_sub(clause.len() as u64 + 4);
    }

    fn stop(&self) -> bool {
        self.asked.set(self.asked.get().wrapping_add(1));
        self.asked.get().is_multiple_of(64) && self.budget.check(self.bytes()).is_err()
    }
}

/// The literal of an edge that was always there.
const ALWAYS: u32 = u32::MAX;

/// The theory of graphs without cycles.
struct Acyclic<'a> {
    graph: &'a Graph,
    choices: &'a [Choice],
    /// The predecessors of each node in the graph without choices.
    before: Graph,
    /// Edges of choices: the other node, and which choice (twice its number, and one for the second set).
    out: Vec<Vec<(u32, u32)>>,
    into: Vec<Vec<(u32, u32)>>,
    /// The edges added, latest last.
    added: Vec<(u32, u32)>,
    /// How many literals were seen, and how many edges added, when each level began.
    levels: Vec<(usize, usize)>,
    seen: usize,
    /// The place of each node in the order.
    place: Vec<u32>,
    /// By which edge a search came to a node, and in which search.
    came: Vec<(u32, u32, u32)>,
    search: u32,
    forward: Vec<u32>,
    backward: Vec<u32>,
    conflict: Vec<Lit>,
}

impl<'a> Acyclic<'a> {
    fn new(graph: &'a Graph, order: &[u32], choices: &'a [Choice]) -> Self {
        let nodes = graph.nodes();
        let mut place = vec![0; nodes];
        for (at, &node) in order.iter().enumerate() {
            place[node as usize] = at as u32;
        }
        let reversed: Vec<_> = (0..nodes as u32)
            .flat_map(|from| {
                graph.successors(from).iter().map(move |&(to, why)| Edge { from: to, to: from, why })
            })
            .collect();
        Acyclic {
            graph,
            choices,
            before: Graph::new(nodes, &reversed),
            out: vec![Vec::new(); nodes],
            into: vec![Vec::new(); nodes],
            added: Vec::new(),
            levels: Vec::new(),
            seen: 0,
            place,
            came: vec![(0, 0, 0); nodes],
            search: 0,
            forward: Vec::new(),
            backward: Vec::new(),
            conflict: Vec::new(),
        }
    }

    fn nodes_in_order(&self) -> Vec<u32> {
        let mut nodes: Vec<u32> = (0..self.place.len() as u32).collect();
        nodes.sort_unstable_by_key(|node| self.place[*node as usize]);
        nodes
    }

    /// Takes the literals that are new. False if they close a cycle; the clause that they contradict is `conflict` then.
    fn catch_up(&mut self, model: &[Lit]) -> bool {
        let choices = self.choices;
        while self.seen < model.len() {
            let lit = model[self.seen];
            self.seen += 1;
            let number = lit.var().idx();
            let Some(choice) = choices.get(number as usize) else { continue };
            let (edges, tag) =
                if lit.sign() { (&choice.first, 2 * number) } else { (&choice.second, 2 * number + 1) };
            for edge in edges {
                if !self.add(edge.from, edge.to, tag) {
                    return false;
                }
            }
        }
        true
    }

    fn add(&mut self, from: u32, to: u32, tag: u32) -> bool {
        if self.place[from as usize] >= self.place[to as usize] && !self.reorder(from, to, tag) {
            return false;
        }
        self.out[from as usize].push((to, tag));
        self.into[to as usize].push((from, tag));
        self.added.push((from, to));
        true
    }

    /// Puts `from` before `to`, unless a path leads from `to` to `from`.
    fn reorder(&mut self, from: u32, to: u32, tag: u32) -> bool {
        let (low, high) = (self.place[to as usize], self.place[from as usize]);
        self.search += 1;
        self.forward.clear();
        self.forward.push(to);
        self.came[to as usize] = (self.search, to, ALWAYS);
        let mut next = 0;
        while let Some(&node) = self.forward.get(next) {
            next += 1;
            if node == from {
                self.explain(from, to, tag);
                return false;
            }
            let always = self.graph.successors(node).iter().map(|(to, _)| (*to, ALWAYS));
            for (other, by) in always.chain(self.out[node as usize].iter().copied()) {
                if self.came[other as usize].0 != self.search && self.place[other as usize] <= high {
                    self.came[other as usize] = (self.search, node, by);
                    self.forward.push(other);
                }
            }
        }
        self.search += 1;
        self.backward.clear();
        self.backward.push(from);
        self.came[from as usize].0 = self.search;
        let mut next = 0;
        while let Some(&node) = self.backward.get(next) {
            next += 1;
            let always = self.before.successors(node).iter().map(|(to, _)| *to);
            for other in always.chain(self.into[node as usize].iter().map(|(other, _)| *other)) {
                if self.came[other as usize].0 != self.search && self.place[other as usize] >= low {
                    self.came[other as usize].0 = self.search;
                    self.backward.push(other);
                }
            }
        }
        let place = &mut self.place;
        self.forward.sort_unstable_by_key(|node| place[*node as usize]);
        self.backward.sort_unstable_by_key(|node| place[*node as usize]);
        let moved = self.backward.iter().chain(&self.forward);
        let mut places: Vec<u32> = moved.clone().map(|node| place[*node as usize]).collect();
        places.sort_unstable();
        for (node, at) in moved.zip(places) {
            place[*node as usize] = at;
        }
        true
    }

    /// The choices along the path that the search found, none of which may be had together.
    fn explain(&mut self, from: u32, to: u32, tag: u32) {
        self.conflict.clear();
        let mut literals = vec![tag];
        let mut node = from;
        while node != to {
            let (_, before, by) = self.came[node as usize];
            if by != ALWAYS {
                literals.push(by);
            }
            node = before;
        }
        literals.sort_unstable();
        literals.dedup();
        self.conflict.extend(literals.iter().map(|tag| !literal(*tag)));
    }
}

/// That a set of edges is chosen.
fn literal(tag: u32) -> Lit {
    Lit::new(Var::unsafe_from_idx(tag / 2), tag.is_multiple_of(2))
}

impl Theory for Acyclic<'_> {
    fn final_check(&mut self, acts: &mut TheoryArg) {
        self.partial_check(acts);
    }

    fn partial_check(&mut self, acts: &mut TheoryArg) {
        if !self.catch_up(acts.model()) {
            acts.raise_conflict(&self.conflict, false);
        }
    }

    fn create_level(&mut self) {
        self.levels.push((self.seen, self.added.len()));
    }

    fn pop_levels(&mut self, n: usize) {
        let Some(&(seen, added)) = self.levels.get(self.levels.len() - n).filter(|_| n > 0) else { return };
        self.levels.truncate(self.levels.len() - n);
        self.seen = seen;
        while self.added.len() > added
            && let Some((from, to)) = self.added.pop()
        {
            self.out[from as usize].pop();
            self.into[to as usize].pop();
        }
    }

    fn n_levels(&self) -> usize {
        self.levels.len()
    }

    fn explain_propagation(&mut self, _: Lit) -> &[Lit] {
        // It propagates nothing.
        &[]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::transactions::graph::Why;

    fn edge(from: u32, to: u32) -> Edge {
        Edge { from, to, why: Why::Ww }
    }

    fn brute(nodes: usize, base: &[Edge], choices: &[Choice]) -> bool {
        (0..1_u32 << choices.len()).any(|mask| {
            let mut edges = base.to_vec();
            for (index, choice) in choices.iter().enumerate() {
                edges.extend(if mask >> index & 1 == 0 { &choice.first } else { &choice.second });
            }
            Graph::new(nodes, &edges).order(u64::from).is_some()
        })
    }

    const NODES: u32 = 7;

    fn edges(most: usize) -> impl Strategy<Value = Vec<Edge>> {
        let one = (0..NODES, 0..NODES).prop_filter("no loops", |(a, b)| a != b).prop_map(|(a, b)| edge(a, b));
        proptest::collection::vec(one, 0..most)
    }

    proptest! {
        #[test]
        fn it_decides_what_trying_everything_decides(
            base in edges(4),
            choices in proptest::collection::vec((edges(3), edges(3), any::<bool>()), 0..9),
        ) {
            let graph = Graph::new(NODES as usize, &base);
            let Some(order) = graph.order(u64::from) else { return Ok(()) };
            let choices: Vec<_> = choices
                .into_iter()
                .map(|(first, second, prefer_first)| Choice { first, second, prefer_first })
                .collect();
            let found = choose(&graph, &order, &choices, &Budget::unlimited()).expect("no limit");
            prop_assert_eq!(found.is_some(), brute(NODES as usize, &base, &choices));
            if let Some(order) = found {
                let place = |node: u32| order.iter().position(|other| *other == node);
                let respected = |edges: &[Edge]| edges.iter().all(|edge| place(edge.from) < place(edge.to));
                prop_assert!(respected(&base));
                prop_assert!(choices.iter().all(|choice| respected(&choice.first) || respected(&choice.second)));
            }
        }
    }
}
