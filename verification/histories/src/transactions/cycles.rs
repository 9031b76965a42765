//! Which cycle shows best what is wrong: the worst kind first, short, every edge justified.

use crate::answer::{Budget, Shortage};

use super::{
    anomaly::{Anomaly, Dependency, Evidence, Kind, Reason},
    dependencies::{Dependencies, INITIAL},
    graph::{Edge, Graph, Scratch, Why},
    history::{History, Op},
    layout::Layout,
    level::{Axiom, Level, Respect},
    strong::Demand,
    weak::{self, Inference},
};

/// How many steps over edges are spent on a shorter cycle, or on one of a worse kind.
const WORK: u64 = 20_000_000;

/// What is needed to say why an edge is there.
pub(super) struct Telling<'a> {
    pub history: &'a History,
    pub dependencies: &'a Dependencies,
    pub layout: &'a Layout,
    pub inferences: &'a [Inference],
}

/// The edges that count for a kind of cycle.
fn allowed(why: Why, most: Why, respect: Respect) -> bool {
    match why {
        Why::Ww | Why::Wr | Why::Rw => why <= most,
        Why::Session => respect >= Respect::Sessions,
        Why::RealTime => respect == Respect::RealTime,
        Why::Within => true,
        Why::Initial | Why::Inferred => most == Why::Inferred,
    }
}

const RESPECTS: [Respect; 3] = [Respect::Nothing, Respect::Sessions, Respect::RealTime];

/// The cycle that breaks a weak level.
///
/// # Errors
/// The budget is exhausted.
pub(super) fn weak(
    history: &History,
    dependencies: &Dependencies,
    level: Level,
    budget: &Budget,
) -> Result<Anomaly, Shortage> {
    let weak = weak::edges(dependencies, level.axiom(), level.respects(), budget)?;
    let graph = Graph::new(weak.layout.nodes as usize, &weak.layout.edges);
    let telling = Telling { history, dependencies, layout: &weak.layout, inferences: &weak.inferences };
    for most in [Why::Ww, Why::Wr, Why::Inferred] {
        for respect in RESPECTS {
            budget.check(0)?;
            if let Some(cycle) = telling.shortest(&graph, |why| allowed(why, most, respect)) {
                let mut anomaly = telling.anomaly(&cycle);
                if cycle.iter().any(|edge| edge.why == Why::Inferred) {
                    anomaly.respect = Respect::Nothing;
                    anomaly.kind = match level.axiom() {
                        Axiom::ReadUncommitted | Axiom::ReadCommitted => Kind::NonMonotonicRead,
                        Axiom::ReadAtomic => Kind::FracturedRead,
                        _ => Kind::CausalityViolation,
                    };
                }
                return Ok(anomaly);
            }
        }
    }
    Err(Shortage::Undecided("the cycle that was found could not be found again".into()))
}

/// The cycle that breaks a strong level.
///
/// # Errors
/// The budget is exhausted.
pub(super) fn strong(
    history: &History,
    dependencies: &Dependencies,
    level: Level,
    budget: &Budget,
) -> Result<Anomaly, Shortage> {
    let demand = Demand::new(dependencies, level, budget)?;
    let (layout, graph) = (&demand.layout, demand.graph());
    let telling = Telling { history, dependencies, layout, inferences: &[] };
    // What breaks snapshot isolation, too, is worse than what does not.
    let split = match level.axiom() {
        Axiom::Serializability => {
            let level = match level.respects() {
                Respect::Nothing => Level::SnapshotIsolation,
                Respect::Sessions => Level::StrongSessionSnapshotIsolation,
                Respect::RealTime => Level::StrongSnapshotIsolation,
            };
            let demand = Demand::new(dependencies, level, budget)?;
            let graph = demand.graph();
            Some((demand, graph))
        }
        _ => None,
    };
    for respect in RESPECTS.into_iter().filter(|respect| *respect <= level.respects()) {
        for most in [Why::Ww, Why::Wr] {
            budget.check(0)?;
            if let Some(cycle) = telling.shortest(&graph, |why| allowed(why, most, respect)) {
                return Ok(telling.anomaly(&cycle));
            }
        }
        if let Some(cycle) = telling.single(&graph, respect) {
            return Ok(telling.anomaly(&cycle));
        }
        if let Some((demand, graph)) = &split {
            let telling = Telling { layout: &demand.layout, ..telling };
            if let Some(cycle) = telling.shortest(graph, |why| allowed(why, Why::Rw, respect)) {
                return Ok(telling.anomaly(&cycle));
            }
        }
        budget.check(0)?;
        if let Some(cycle) = telling.shortest(&graph, |why| allowed(why, Why::Rw, respect)) {
            return Ok(telling.anomaly(&cycle));
        }
    }
    Err(Shortage::Undecided("the cycle that was found could not be found again".into()))
}

impl Telling<'_> {
    /// Whether a node adds to the length of a cycle: each transaction once.
    fn counts(&self, node: u32) -> bool {
        self.layout.transaction(node).is_some_and(|transaction| self.layout.commit(transaction) == node)
    }

    pub fn shortest(&self, graph: &Graph, allowed: impl Fn(Why) -> bool) -> Option<Vec<Edge>> {
        graph.shortest_cycle(allowed, |node| self.counts(node), WORK)
    }

    /// A cycle with one anti-dependency, as short as can be found with reasonable work.
    fn single(&self, graph: &Graph, respect: Respect) -> Option<Vec<Edge>> {
        let (component, _) = graph.components(|why| allowed(why, Why::Rw, respect));
        let mut scratch = Scratch::default();
        let mut best: Option<(usize, Vec<Edge>)> = None;
        let anti = self.layout.edges.iter().filter(|edge| {
            edge.why == Why::Rw
                && component[edge.from as usize] == component[edge.to as usize]
                && self.layout.transaction(edge.to).is_some()
        });
        for edge in anti {
            let inside = |_, to: u32, why: Why| {
                // The readers before a helper are anti-dependencies of the same kind: one of them leads to it.
                let enters = why == Why::Rw && to == edge.from && self.layout.transaction(to).is_none();
                component[to as usize] == component[edge.from as usize]
                    && (enters || allowed(why, Why::Wr, respect))
            };
            if let Some(mut cycle) =
                graph.path(edge.to, edge.from, inside, |node| self.counts(node), &mut scratch)
            {
                cycle.push(*edge);
                let length = cycle.iter().filter(|edge| self.counts(edge.to)).count();
                if best.as_ref().is_none_or(|(least, _)| length < *least) {
                    best = Some((length, cycle));
                }
            }
            let least = best.as_ref().map_or(usize::MAX, |(least, _)| *least);
            if least <= 2 || scratch.work > WORK {
                break;
            }
        }
        best.map(|(_, cycle)| cycle)
    }

    /// The anomaly that a cycle is.
    pub fn anomaly(&self, cycle: &[Edge]) -> Anomaly {
        let dependencies = self.dependencies_of(cycle);
        let respect = dependencies.iter().map(|dependency| match dependency.reason {
            Reason::Session => Respect::Sessions,
            Reason::RealTime => Respect::RealTime,
            _ => Respect::Nothing,
        });
        let respect = respect.max().unwrap_or(Respect::Nothing);
        let members = dependencies.iter().filter_map(|dependency| dependency.from);
        let witnesses = dependencies.iter().filter_map(|dependency| dependency.witness);
        let mut transactions: Vec<u32> = members.chain(witnesses).collect();
        let mut seen = std::collections::BTreeSet::new();
        transactions.retain(|transaction| seen.insert(*transaction));
        let kind = self.kind(&dependencies);
        Anomaly { kind, respect, transactions, evidence: Evidence::Cycle(dependencies) }
    }

    /// The name of a cycle.
    fn kind(&self, cycle: &[Dependency]) -> Kind {
        let anti = cycle.iter().filter(|dependency| dependency.reason == Reason::Rw).count();
        let is_anti = |at: usize| cycle[at % cycle.len()].reason == Reason::Rw;
        let adjacent = anti > 1 && (0..cycle.len()).any(|at| is_anti(at) && is_anti(at + 1));
        let is = |reason| move |dependency: &Dependency| dependency.reason == reason;
        match anti {
            0 if cycle.iter().any(is(Reason::Wr)) => Kind::G1c,
            0 => Kind::G0,
            1 if cycle.len() == 2 && cycle.iter().any(is(Reason::Ww)) && self.same_version(cycle) => {
                Kind::LostUpdate
            }
            1 if cycle.len() == 2 && cycle.iter().any(is(Reason::Wr)) => Kind::ReadSkew,
            1 => Kind::GSingle,
            2 if cycle.len() == 2 && self.same_version(cycle) => Kind::LostUpdate,
            2 if cycle.len() == 2 => Kind::WriteSkew,
            2 if cycle.len() == 4
                && !adjacent
                && cycle.iter().filter(|one| one.reason == Reason::Wr).count() == 2 =>
            {
                Kind::LongFork
            }
            _ if adjacent => Kind::G2Item,
            _ => Kind::GNonadjacent,
        }
    }

    /// Whether the two transactions of a cycle have read the same version of a key that both write.
    fn same_version(&self, cycle: &[Dependency]) -> bool {
        let number = |original: Option<u32>| {
            original.and_then(|original| self.dependencies.original.binary_search(&original).ok())
        };
        let (Some(one), Some(other)) = (number(cycle[0].from), number(cycle[0].to)) else { return false };
        let (one, other) = (one as u32, other as u32);
        self.dependencies.reads.row(one).iter().any(|read| {
            self.dependencies.reads.row(other).contains(read)
                && self.dependencies.written(one, read.key).is_some()
                && self.dependencies.written(other, read.key).is_some()
        })
    }

    /// A cycle of nodes as one of transactions.
    fn dependencies_of(&self, cycle: &[Edge]) -> Vec<Dependency> {
        // Begin where an edge leaves a transaction.
        let layout = self.layout;
        let is_place = |node: u32| layout.transaction(node).is_some() || self.is_initial(node);
        let begin = cycle.iter().position(|edge| is_place(edge.from)).unwrap_or(0);
        let mut found = Vec::new();
        let mut from = cycle[begin].from;
        let mut first = None;
        for edge in cycle.iter().cycle().skip(begin).take(cycle.len()) {
            if edge.why != Why::Within {
                first.get_or_insert(edge.why);
            }
            if !is_place(edge.to) {
                continue;
            }
            if let Some(why) = first.take() {
                found.push(self.dependency(from, edge.to, why));
            }
            from = edge.to;
        }
        found
    }

    /// The initial state's node is the only helper with edges of its own kind.
    fn is_initial(&self, node: u32) -> bool {
        !self.inferences.is_empty() && node + 1 == self.layout.nodes
    }

    fn dependency(&self, from: u32, to: u32, why: Why) -> Dependency {
        let original = |node| {
            self.layout.transaction(node).map(|transaction| self.dependencies.original[transaction as usize])
        };
        let (reason, sentence) = match (self.layout.transaction(from), self.layout.transaction(to)) {
            (Some(from), Some(to)) => self.sentence(from, to, why),
            (Some(from), None) => (Reason::Axiom, self.inferred(from, INITIAL)),
            (None, _) => (Reason::Initial, "the initial state comes before everything".to_owned()),
        };
        let witness = match reason {
            Reason::Axiom => {
                let later = self.layout.transaction(to).unwrap_or(INITIAL);
                let earlier = self.layout.transaction(from);
                earlier.and_then(|earlier| self.inference(earlier, later)).map(|one| one.reader)
            }
            _ => None,
        };
        let witness = witness.map(|reader| self.dependencies.original[reader as usize]);
        Dependency { from: original(from), to: original(to), reason, witness, sentence }
    }

    fn sentence(&self, from: u32, to: u32, why: Why) -> (Reason, String) {
        let (a, b) = (self.name(from), self.name(to));
        match why {
            Why::Ww => (Reason::Ww, self.overwrites(from, to)),
            Why::Wr => (Reason::Wr, self.is_read(from, to)),
            Why::Rw => (Reason::Rw, self.is_overwritten(from, to)),
            Why::Session => (Reason::Session, format!("{b} follows {a} in the same session")),
            Why::RealTime => (Reason::RealTime, format!("{a} ended before {b} began")),
            Why::Within | Why::Initial => {
                (Reason::Initial, "the initial state comes before everything".into())
            }
            Why::Inferred => (Reason::Axiom, self.inferred(from, to)),
        }
    }

    fn name(&self, transaction: u32) -> String {
        self.history.name(self.dependencies.original[transaction as usize]).to_string()
    }

    pub fn key(&self, key: u32) -> String {
        self.history.keys[key as usize].name.to_string()
    }

    /// What a transaction did with a key, as it stands in the history.
    fn ops(&self, transaction: u32, key: u32, writes: bool) -> String {
        let name = &self.history.keys[key as usize].name;
        let recorded = self.history.recorded(self.dependencies.original[transaction as usize]);
        let mut ops = recorded.ops.iter().filter(|op| match op {
            Op::Write(key, _) | Op::Append(key, _) => writes && key == name,
            Op::Read(key, _) | Op::ReadList(key, _) => !writes && key == name,
        });
        ops.next_back().map_or(String::new(), Op::to_string)
    }

    /// The slots of two writers of a key.
    fn common_writes(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        let written = self.dependencies.writes.row(from).iter();
        written.filter_map(move |write| {
            self.dependencies.written(to, write.key).map(|slot| (write.key, write.slot, slot))
        })
    }

    fn overwrites(&self, from: u32, to: u32) -> String {
        let (a, b) = (self.name(from), self.name(to));
        let known = self.common_writes(from, to).find(|&(key, one, other)| {
            self.dependencies.in_chain(key, one) && (one < other || self.comes_again(to, key, one))
        });
        match known {
            Some((key, ..)) => format!(
                "{b} appended to {} behind {a}: {} after {}",
                self.key(key),
                self.ops(to, key, true),
                self.ops(from, key, true)
            ),
            None => match self.common_writes(from, to).next() {
                Some((key, ..)) => format!("in this case {a} writes {} before {b}", self.key(key)),
                None => format!("{b} writes after {a}"),
            },
        }
    }

    /// Whether a transaction stands in a chain behind this slot, although it stands before it, too.
    fn comes_again(&self, transaction: u32, key: u32, behind: u32) -> bool {
        let slots = self.dependencies.keys[key as usize];
        (behind + 1..slots.rest().end).any(|slot| self.dependencies.writer[slot as usize] == transaction)
    }

    fn is_read(&self, from: u32, to: u32) -> String {
        let read = self
            .dependencies
            .reads
            .row(to)
            .iter()
            .find(|read| self.dependencies.seen(**read).contains(&from));
        let (a, b) = (self.name(from), self.name(to));
        match read {
            Some(read) => format!("{b} saw what {a} wrote: {}", self.ops_seen(to, read.key, from)),
            None => format!("{b} saw what {a} wrote"),
        }
    }

    /// The read that showed a write: with several reads of a key, the first that did.
    fn ops_seen(&self, reader: u32, key: u32, writer: u32) -> String {
        let write = self.ops(writer, key, true);
        let name = &self.history.keys[key as usize].name;
        let written: Vec<_> = self
            .history
            .recorded(self.dependencies.original[writer as usize])
            .ops
            .into_iter()
            .filter_map(|op| match op {
                Op::Write(key, value) | Op::Append(key, value) if key == *name => Some(value),
                _ => None,
            })
            .collect();
        let recorded = self.history.recorded(self.dependencies.original[reader as usize]);
        let read = recorded.ops.iter().find(|op| match op {
            Op::Read(key, Some(value)) => key == name && written.contains(value),
            Op::ReadList(key, list) => key == name && written.iter().any(|value| list.contains(value)),
            _ => false,
        });
        format!("{} after {write}", read.map_or_else(|| self.ops(reader, key, false), Op::to_string))
    }

    fn is_overwritten(&self, from: u32, to: u32) -> String {
        let (a, b) = (self.name(from), self.name(to));
        // A read whose version the other certainly overwrites, or else one that it overwrites in this case.
        let candidates = || {
            self.dependencies.reads.row(from).iter().filter_map(|read| {
                let slot = self.dependencies.written(to, read.key)?;
                (slot != read.slot).then_some((read, slot))
            })
        };
        let certain = candidates().find(|(read, slot)| {
            self.dependencies.in_chain(read.key, read.slot)
                && (*slot > read.slot || self.comes_again(to, read.key, read.slot))
        });
        match certain.or_else(|| candidates().next()) {
            Some((read, _)) => format!(
                "{a} did not see what {b} wrote: {} before {}",
                self.ops(from, read.key, false),
                self.ops(to, read.key, true)
            ),
            None => format!("{a} did not see what {b} wrote"),
        }
    }

    /// Why the axiom says that one writer comes before another.
    fn inference(&self, earlier: u32, later: u32) -> Option<&Inference> {
        let at = self.inferences.partition_point(|one| (one.earlier, one.later) < (earlier, later));
        self.inferences.get(at).filter(|one| (one.earlier, one.later) == (earlier, later))
    }

    fn inferred(&self, earlier: u32, later: u32) -> String {
        let Some(one) = self.inference(earlier, later) else { return "the level demands it".into() };
        let (reader, earlier) = (self.name(one.reader), self.name(one.earlier));
        let key = self.key(one.key);
        let read = if later == INITIAL {
            format!("{reader} read the initial state of {key}")
        } else {
            format!("{reader} read {key} from {}", self.name(later))
        };
        format!(
            "{read} and must have seen {earlier}, which writes {key}, too ({}): so {earlier} comes first",
            self.ops(one.earlier, one.key, true)
        )
    }
}
