//! The session guarantees (Terry and others 1994), each by the order in which a process sees writes.
//!
//! Each asks that certain writes are known to a read; then what the read saw comes after the others of its register, in the
//! order in which its process sees them. Nothing but what a process reads shows what it knows: so of the two that are about
//! writes, it is asked whether processes with monotonic reads could notice.

use super::{Access, Accesses, Checked, Level, Source, Wrong, order::Graph, views};
use crate::answer::Budget;

pub(super) fn check(accesses: &Accesses, level: Level, budget: &Budget) -> Checked {
    let befores = if level == Level::WritesFollowReads { befores(accesses) } else { Vec::new() };
    views(accesses, |process| {
        budget.check(0)?;
        Ok(check_process(accesses, level, process, &befores))
    })
}

/// How the guarantee that is violated is called, and what it means for the operations of a cycle.
fn pattern(level: Level) -> &'static str {
    match level {
        Level::ReadYourWrites => "read your writes",
        Level::MonotonicReads => "monotonic reads",
        Level::MonotonicWrites => "monotonic writes",
        _ => "writes follow reads",
    }
}

/// An order of all writes in which the process sees them.
fn check_process(
    accesses: &Accesses,
    level: Level,
    process: usize,
    befores: &[Vec<usize>],
) -> Result<Vec<usize>, Wrong> {
    // A node for each access, and one for all that each access's process read up to it.
    let count = accesses.all.len();
    let mut graph = Graph::new(2 * count);
    let chain = |graph: &mut Graph, writes: &mut dyn Iterator<Item = usize>| {
        let mut last = None;
        for write in writes {
            if let Some(last) = last.replace(write) {
                graph.edge(last, write);
            }
        }
    };
    let writes_of =
        |of: usize| accesses.processes[of].iter().copied().filter(|&access| accesses.all[access].writes);
    match level {
        Level::ReadYourWrites => chain(&mut graph, &mut writes_of(process)),
        Level::MonotonicWrites => {
            for of in 0..accesses.processes.len() {
                chain(&mut graph, &mut writes_of(of));
            }
        }
        Level::WritesFollowReads => {
            for of in &accesses.processes {
                for (index, &access) in of.iter().enumerate() {
                    if index > 0 {
                        graph.edge(count + of[index - 1], count + access);
                        if accesses.all[access].writes {
                            graph.edge(count + of[index - 1], access);
                        }
                    }
                    if let Some(Source::Write(write)) = accesses.all[access].reads {
                        graph.edge(write, count + access);
                    }
                }
            }
        }
        _ => {}
    }
    // How many accesses of each process are known, where that is how a guarantee works; and what was read last of each key.
    let mut known = vec![0_usize; accesses.processes.len()];
    let mut last_seen: rustc_hash::FxHashMap<usize, (usize, usize)> = rustc_hash::FxHashMap::default();
    // The writes of each key that became known since it was read last, each by the read that another process made of it.
    let mut news: rustc_hash::FxHashMap<usize, Vec<(usize, usize)>> = rustc_hash::FxHashMap::default();
    for &read in &accesses.processes[process] {
        let access = &accesses.all[read];
        let Some(source) = access.reads else { continue };
        let mut must_be_seen: Vec<(usize, Option<usize>)> = Vec::new();
        if level == Level::ReadYourWrites {
            must_be_seen
                .extend(accesses.last_write(process, access.key, access.position).map(|write| (write, None)));
        } else {
            must_be_seen.extend(last_seen.get(&access.key).map(|&(write, by)| (write, Some(by))));
        }
        if let Source::Write(seen) = source {
            let of = &accesses.all[seen];
            match level {
                Level::MonotonicWrites => known[of.process] = known[of.process].max(of.position + 1),
                Level::WritesFollowReads => {
                    for (of, (known, &before)) in known.iter_mut().zip(&befores[seen]).enumerate() {
                        for &other in accesses.processes[of].get(*known..before).unwrap_or_default() {
                            if let Some(Source::Write(write)) = accesses.all[other].reads {
                                news.entry(accesses.all[write].key).or_default().push((write, other));
                            }
                        }
                        *known = (*known).max(before);
                    }
                }
                _ => {}
            }
        }
        if level == Level::MonotonicWrites {
            for (of, &positions) in known.iter().enumerate() {
                must_be_seen
                    .extend(accesses.last_write(of, access.key, positions).map(|write| (write, None)));
            }
        }
        // What was known when the key was read last came before what was seen then.
        let news = news.remove(&access.key).unwrap_or_default();
        must_be_seen.extend(news.into_iter().map(|(write, by)| (write, Some(by))));
        for (write, by) in must_be_seen {
            match source {
                Source::Write(seen) if seen != write => graph.edge(write, seen),
                Source::Write(_) => {}
                Source::Initial => {
                    let story: Vec<usize> = [Some(write), by, Some(read)].into_iter().flatten().collect();
                    return Err(Wrong {
                        pattern: pattern(level),
                        operations: accesses.operations(&story),
                        because: "the last of these sees the first value, though the write must be known to its process".into(),
                    });
                }
            }
        }
        if let Source::Write(seen) = source {
            last_seen.insert(access.key, (seen, read));
        }
    }
    let is_write = |node: &usize| *node < count && accesses.all[*node].writes;
    graph.order().map(|order| order.into_iter().filter(is_write).collect()).map_err(|cycle| {
        // The nodes that stand for all that was read stand for their access.
        let mut operations: Vec<usize> = cycle.iter().map(|&node| accesses.all[node % count].operation).collect();
        operations.dedup();
        let name = accesses.processes[process].first().map_or(0, |&first| accesses.all[first].operation);
        operations.extend(Some(name).filter(|_| operations.is_empty()));
        Wrong {
            pattern: pattern(level),
            operations,
            because: "a process would have to see each of these writes before the next, and the last before the first".into(),
        }
    })
}

/// For each access, how many accesses of each process come before its write by this: what the process of a write read
/// before it is known to whoever sees it.
fn befores(accesses: &Accesses) -> Vec<Vec<usize>> {
    let mut befores = vec![vec![0; accesses.processes.len()]; accesses.all.len()];
    // Reads and their writes may form cycles, so it is repeated until nothing changes.
    loop {
        let mut is_more = false;
        for process in &accesses.processes {
            let mut held = vec![0; accesses.processes.len()];
            for &access in process {
                let Access { process, position, .. } = accesses.all[access];
                if let Some(Source::Write(write)) = accesses.all[access].reads {
                    for (held, &before) in held.iter_mut().zip(&befores[write]) {
                        *held = (*held).max(before);
                    }
                }
                held[process] = held[process].max(position);
                if befores[access] != held {
                    befores[access].clone_from(&held);
                    is_more = true;
                }
            }
        }
        if !is_more {
            return befores;
        }
    }
}
