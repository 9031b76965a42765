//! Why no order of versions is left: a small part of the history, and a cycle in each case.

use crate::answer::Budget;

use super::{
    anomaly::{Anomaly, Cases, Evidence, Kind},
    cycles::Telling,
    dependencies::Dependencies,
    graph::{Edge, Graph},
    history::History,
    level::{Level, Respect},
    strong::{Demand, Found, Pair},
};

/// How many searches are spent on making the part smaller.
const SEARCHES: usize = 600;
/// The largest part of which all cases are written down.
const LARGEST: usize = 14;
/// How many cycles are looked for to write them down: cases within cases may be more than anybody could read.
const CYCLES: usize = 10_000;

/// What shows that a history does not keep a level although what is certain has no cycle.
pub(super) fn explain(
    history: &History,
    dependencies: &Dependencies,
    level: Level,
    budget: &Budget,
) -> Anomaly {
    let part = smallest(dependencies, level, budget);
    let original = |transaction: &u32| part.original[*transaction as usize];
    let transactions: Vec<u32> = (0..part.len() as u32).map(|transaction| original(&transaction)).collect();
    let mut anomaly = Anomaly {
        kind: Kind::NoVersionOrder,
        respect: level.respects(),
        transactions,
        evidence: Evidence::Sentence(
            "every order of the versions leads to a cycle among these transactions; the cases are too many to be written down"
                .into(),
        ),
    };
    if part.len() > LARGEST {
        return anomaly;
    }
    let Ok(demand) = Demand::new(&part, level, budget) else { return anomaly };
    let mut prover = Prover {
        history,
        part: &part,
        demand: &demand,
        edges: demand.layout.edges.clone(),
        kinds: Vec::new(),
        left: CYCLES,
    };
    let open: Vec<&Pair> = demand.pairs.iter().collect();
    if let Some(evidence) = prover.prove(&open) {
        anomaly.evidence = evidence;
        // Where every case shows the same kind of cycle, that is its name.
        let kinds = prover.kinds;
        anomaly.respect = kinds.iter().map(|(_, respect)| *respect).max().unwrap_or(Respect::Nothing);
        if let Some((kind, _)) = kinds.first()
            && kinds.iter().all(|(other, _)| other == kind)
        {
            anomaly.kind = *kind;
        }
    }
    anomaly
}

struct Prover<'a> {
    history: &'a History,
    part: &'a Dependencies,
    demand: &'a Demand,
    /// What is certain, and what was assumed.
    edges: Vec<Edge>,
    kinds: Vec<(Kind, Respect)>,
    /// How many more cycles may be looked for.
    left: usize,
}

impl Prover<'_> {
    fn cycle(&mut self, pair: &Pair, in_order: bool) -> Option<Anomaly> {
        let more = self.demand.edges_of(pair, in_order);
        let certain = self.edges.len();
        self.edges.extend(more);
        let graph = Graph::new(self.demand.layout.nodes as usize, &self.edges);
        self.edges.truncate(certain);
        let telling = Telling {
            history: self.history,
            dependencies: self.part,
            layout: &self.demand.layout,
            inferences: &[],
        };
        telling.shortest(&graph, |_| true).map(|cycle| telling.anomaly(&cycle))
    }

    /// A cycle in each case; nothing if there is none after all, or if there are too many cases.
    fn prove(&mut self, open: &[&Pair]) -> Option<Evidence> {
        // A pair of which one order is impossible at once leaves one case; best is one that leaves none.
        let mut best: Option<(usize, [Option<Anomaly>; 2])> = None;
        for (at, pair) in open.iter().enumerate() {
            self.left = self.left.checked_sub(2)?;
            let cycles = [true, false].map(|in_order| self.cycle(pair, in_order));
            let closed = |cycles: &[Option<Anomaly>; 2]| cycles.iter().flatten().count();
            if best.as_ref().is_none_or(|(_, best)| closed(best) < closed(&cycles)) {
                best = Some((at, cycles));
            }
            if best.as_ref().is_some_and(|(_, best)| closed(best) == 2) {
                break;
            }
        }
        let (at, cycles) = best?;
        let pair = open[at];
        let rest: Vec<&Pair> =
            open.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, pair)| *pair).collect();
        let mut outcomes = Vec::new();
        for (cycle, in_order) in cycles.into_iter().zip([true, false]) {
            outcomes.push(match cycle {
                Some(anomaly) => {
                    self.kinds.push((anomaly.kind, anomaly.respect));
                    anomaly.evidence
                }
                None => {
                    let certain = self.edges.len();
                    self.edges.extend(self.demand.edges_of(pair, in_order));
                    let evidence = self.prove(&rest);
                    self.edges.truncate(certain);
                    evidence?
                }
            });
        }
        let second = outcomes.pop()?;
        let first = outcomes.pop()?;
        let (a, b) = pair.writers;
        Some(Evidence::Cases(Box::new(Cases {
            writers: (self.part.original[a as usize], self.part.original[b as usize]),
            key: self.history.keys[pair.keys[0].0 as usize].name.to_string(),
            first,
            second,
        })))
    }
}

/// A part of the history that breaks the level, too, and of which no transaction can be spared, as far as the searches
/// reach.
fn smallest(dependencies: &Dependencies, level: Level, budget: &Budget) -> Dependencies {
    let broken = |keep: &[bool]| {
        let part = dependencies.restricted(keep);
        let searched = Demand::new(&part, level, budget).and_then(|mut demand| demand.search(&part, budget));
        matches!(searched, Ok(Found::Cycle | Found::NoChoice))
    };
    let mut keep = vec![true; dependencies.len()];
    let mut searches = 0;
    let mut size = dependencies.len().div_ceil(2);
    while size > 0 && searches < SEARCHES {
        let members: Vec<usize> = (0..keep.len()).filter(|member| keep[*member]).collect();
        let mut spared = false;
        for chunk in members.chunks(size) {
            searches += 1;
            chunk.iter().for_each(|member| keep[*member] = false);
            if broken(&keep) {
                spared = true;
            } else {
                chunk.iter().for_each(|member| keep[*member] = true);
            }
            if searches >= SEARCHES {
                break;
            }
        }
        // Single transactions are tried until none can be spared.
        size = match size {
            1 if spared => 1,
            1 => 0,
            size => size.div_ceil(2).min(members.len().div_ceil(2)).max(1),
        };
    }
    dependencies.restricted(&keep)
}
