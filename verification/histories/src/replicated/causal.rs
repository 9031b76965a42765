//! Causal consistency, by the patterns that violate it (Bouajjani and others 2017, tables 2 and 3).
//!
//! Causal order is the transitive closure of process order and of reading from. Whatever is in the causal past of an
//! access is known as a vector: so many accesses of each process.

use super::{Access, Accesses, Certificate, Checked, Level, Source, Wrong, order::Graph, views};
use crate::answer::{Budget, Shortage};

/// Process order and reading from.
fn causality(accesses: &Accesses) -> Graph {
    let mut graph = Graph::new(accesses.all.len());
    for process in &accesses.processes {
        for pair in process.windows(2) {
            graph.edge(pair[0], pair[1]);
        }
    }
    for (place, access) in accesses.all.iter().enumerate() {
        if let Some(Source::Write(write)) = access.reads {
            graph.edge(write, place);
        }
    }
    graph
}

/// For each access, how many accesses of each process come before it or are itself.
fn pasts(accesses: &Accesses, graph: &Graph, order: &[usize]) -> Vec<Vec<u32>> {
    let mut pasts = vec![vec![0; accesses.processes.len()]; accesses.all.len()];
    for &node in order {
        let Access { process, position, .. } = accesses.all[node];
        pasts[node][process] = pasts[node][process].max(position as u32 + 1);
        let past = pasts[node].clone();
        for &to in &graph.after[node] {
            for (held, &known) in pasts[to].iter_mut().zip(&past) {
                *held = (*held).max(known);
            }
        }
    }
    pasts
}

/// The last write of each process to the read's key in its past, other than the one it read (and itself).
fn known_writes(accesses: &Accesses, read: usize, past: &[u32]) -> Vec<usize> {
    let access = &accesses.all[read];
    let mut known = Vec::new();
    for (process, &positions) in past.iter().enumerate() {
        // What the access writes itself comes after what it reads.
        let positions = if process == access.process { access.position } else { positions as usize };
        if let Some(write) = accesses.last_write(process, access.key, positions)
            && access.reads != Some(Source::Write(write))
        {
            known.push(write);
        }
    }
    known
}

pub(super) fn check(accesses: &Accesses, level: Level, budget: &Budget) -> Checked {
    let mut graph = causality(accesses);
    let order = match graph.order() {
        Ok(order) => order,
        Err(cycle) => {
            return Ok(Err(Wrong {
                pattern: "cyclic causality",
                operations: accesses.operations(&cycle),
                because: "each of these comes before the next, by its process or by being read, and the last before the first".into(),
            }));
        }
    };
    budget.check((accesses.all.len() * accesses.processes.len() * 4) as u64)?;
    let pasts = pasts(accesses, &graph, &order);
    // The writes that must be overwritten by the one that a read read.
    let mut overwritten = Vec::new();
    for (read, access) in accesses.all.iter().enumerate() {
        let Some(source) = access.reads else { continue };
        for write in known_writes(accesses, read, &pasts[read]) {
            let Source::Write(seen) = source else {
                return Ok(Err(Wrong {
                    pattern: "initial value read after a write",
                    operations: accesses.operations(&[write, read]),
                    because: "the read sees the first value, but the write is in its causal past".into(),
                }));
            };
            let of_seen = &accesses.all[seen];
            if pasts[write][of_seen.process] as usize > of_seen.position {
                return Ok(Err(Wrong {
                    pattern: "overwritten value read",
                    operations: accesses.operations(&[seen, write, read]),
                    because: "the read sees the first of the writes, but the second overwrote it, and is in the causal past of the read".into(),
                }));
            }
            overwritten.push((read, write, seen));
        }
    }
    match level {
        Level::CausalConvergence => {
            for &(_, write, seen) in &overwritten {
                graph.edge(write, seen);
            }
            Ok(match graph.order() {
                Ok(order) => Ok(Certificate::Order(accesses.operations(&order))),
                Err(cycle) => Err(Wrong {
                    pattern: "cyclic conflicts",
                    operations: accesses.operations(&cycle),
                    because: "there is no one order of the writes: each of these must come before the next, by causality or since a read that knows both sees the next, and the last before the first".into(),
                }),
            })
        }
        Level::CausalMemory => views(accesses, |process| {
            budget.check((accesses.all.len() * accesses.processes.len() * 8) as u64)?;
            memory(accesses, process, &graph, &pasts)
        }),
        _ => Ok(Ok(Certificate::Order(accesses.operations(&order)))),
    }
}

/// The order in which one process sees all of its past, if there is one: from the least order that contains causality, and in
/// which what is known to a read comes before what it saw.
fn memory(
    accesses: &Accesses,
    process: usize,
    causality: &Graph,
    causal: &[Vec<u32>],
) -> Result<Result<Vec<usize>, Wrong>, Shortage> {
    let Some(&last) = accesses.processes[process].last() else { return Ok(Ok(Vec::new())) };
    let is_past = |access: usize| {
        let Access { process, position, .. } = accesses.all[access];
        causal[last][process] as usize > position
    };
    let mut graph = Graph::new(accesses.all.len());
    for (from, after) in causality.after.iter().enumerate().filter(|&(from, _)| is_past(from)) {
        graph.after[from] = after.iter().copied().filter(|&to| is_past(to)).collect();
    }
    loop {
        let order = match graph.order() {
            Ok(order) => order,
            Err(cycle) => {
                return Ok(Err(Wrong {
                    pattern: "cyclic happened-before",
                    operations: accesses.operations(&cycle),
                    because: "one process saw these in no one order: each must come before the next for it, and the last before the first".into(),
                }));
            }
        };
        let pasts = pasts(accesses, &graph, &order);
        let mut is_more = false;
        for &read in &accesses.processes[process] {
            let Some(source) = accesses.all[read].reads else { continue };
            for write in known_writes(accesses, read, &pasts[read]) {
                let Source::Write(seen) = source else {
                    return Ok(Err(Wrong {
                        pattern: "initial value read after a write",
                        operations: accesses.operations(&[write, read]),
                        because:
                            "the read sees the first value, but its process must have seen the write before"
                                .into(),
                    }));
                };
                let of_write = &accesses.all[write];
                if pasts[seen][of_write.process] as usize <= of_write.position {
                    graph.edge(write, seen);
                    is_more = true;
                }
            }
        }
        if !is_more {
            return Ok(Ok(in_time(accesses, process, &order, &pasts)));
        }
    }
}

/// This order, but what its process does not know yet at one of its accesses comes after that: then nothing comes between a
/// write that a read sees and the read.
fn in_time(accesses: &Accesses, process: usize, order: &[usize], pasts: &[Vec<u32>]) -> Vec<usize> {
    let of_process = &accesses.processes[process];
    // Which access of the process is the first that knows it.
    let first = |access: usize| {
        let Access { process, position, .. } = accesses.all[access];
        of_process.partition_point(|&own| pasts[own][process] as usize <= position)
    };
    let mut view: Vec<usize> =
        order.iter().copied().filter(|&access| first(access) < of_process.len()).collect();
    view.sort_by_key(|&access| first(access));
    view
}
