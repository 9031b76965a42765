//! What shows that a level is kept, and who verifies it: by the definitions, as simple as can be.

use std::collections::BTreeSet;

use super::{Access, Accesses, Level, Source};

/// What shows that a level is kept. Operations are named by their places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Certificate {
    /// One order of all that takes part. It respects causality. For causal convergence each read sees the last write of its
    /// register that it knows. For weak causal consistency each read has its own order: what it knows, but what comes after the
    /// write that it sees goes last.
    Order(Vec<usize>),
    /// For each process the order in which it sees: for causal memory, its own operations and all that comes before them; for a
    /// session guarantee, all writes.
    Views(Vec<View>),
    /// The history itself: the last reads of a register agree.
    Nothing,
}

/// The order in which a process sees.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct View {
    /// The first operation of the process, by its place.
    pub process_of: usize,
    /// Operations, by their places.
    pub order: Vec<usize>,
}

/// Whether a certificate shows that a level is kept.
///
/// # Errors
/// It does not: why, in a sentence.
pub fn verify(accesses: &Accesses, level: Level, certificate: &Certificate) -> Result<(), String> {
    match (level, certificate) {
        (Level::Causal | Level::CausalConvergence, Certificate::Order(order)) => {
            let order = found(accesses, order)?;
            if order.len() < accesses.all.len() {
                return Err("something is missing in the order".into());
            }
            respects_causality(accesses, &order)?;
            order.iter().try_for_each(|&read| sees_what_it_knows(accesses, level, &order, read))
        }
        (Level::Convergence, Certificate::Nothing) => Ok(()),
        (
            Level::CausalMemory
            | Level::ReadYourWrites
            | Level::MonotonicReads
            | Level::MonotonicWrites
            | Level::WritesFollowReads,
            Certificate::Views(views),
        ) => {
            for process in accesses.processes.iter().filter(|process| !process.is_empty()) {
                let first = accesses.all[process[0]].operation;
                let view = views.iter().find(|view| view.process_of == first);
                let view = found(accesses, &view.ok_or("a process has no view")?.order)?;
                if level == Level::CausalMemory {
                    is_memory(accesses, process, &view)?;
                } else {
                    is_guaranteed(accesses, level, process, &view)?;
                }
            }
            Ok(())
        }
        _ => Err("this is no certificate for this level".into()),
    }
}

/// The accesses of these operations, each of them there, and none twice.
fn found(accesses: &Accesses, operations: &[usize]) -> Result<Vec<usize>, String> {
    let places: std::collections::BTreeMap<usize, usize> =
        accesses.all.iter().enumerate().map(|(place, access)| (access.operation, place)).collect();
    let mut seen = BTreeSet::new();
    let one = |operation: &usize| match places.get(operation) {
        Some(&place) if seen.insert(place) => Ok(place),
        _ => Err(format!("operation {operation} takes no part, or is there twice")),
    };
    operations.iter().map(one).collect()
}

/// What comes right before an access: the one before in its process, and the write that it read.
fn right_before(accesses: &Accesses, access: usize) -> impl Iterator<Item = usize> {
    let Access { process, position, reads, .. } = accesses.all[access];
    let before = position.checked_sub(1).map(|before| accesses.processes[process][before]);
    let source = match reads {
        Some(Source::Write(write)) => Some(write),
        _ => None,
    };
    before.into_iter().chain(source)
}

fn respects_causality(accesses: &Accesses, order: &[usize]) -> Result<(), String> {
    let mut done = BTreeSet::new();
    for &access in order {
        if right_before(accesses, access).any(|before| !done.contains(&before)) {
            return Err(format!(
                "something must come before operation {}, and does not",
                accesses.all[access].operation
            ));
        }
        done.insert(access);
    }
    Ok(())
}

/// The causal past of an access, without itself.
fn past(accesses: &Accesses, access: usize) -> BTreeSet<usize> {
    let (mut past, mut next) = (BTreeSet::new(), vec![access]);
    while let Some(access) = next.pop() {
        next.extend(right_before(accesses, access).filter(|&before| past.insert(before)));
    }
    past
}

fn wrong(accesses: &Accesses, read: usize) -> String {
    format!("operation {} sees another write", accesses.all[read].operation)
}

fn sees_what_it_knows(accesses: &Accesses, level: Level, order: &[usize], read: usize) -> Result<(), String> {
    let Access { key, reads: Some(source), .. } = accesses.all[read] else { return Ok(()) };
    let past = past(accesses, read);
    let mut known: Vec<usize> = order.iter().copied().filter(|access| past.contains(access)).collect();
    if let (Level::Causal, Source::Write(seen)) = (level, source) {
        // Stable: what comes after the write, and the write itself, goes last.
        known.sort_by_key(|&access| access == seen || self::past(accesses, access).contains(&seen));
    }
    let is_write = |access: &usize| accesses.all[*access].writes && accesses.all[*access].key == key;
    let last = known.into_iter().rfind(is_write).map_or(Source::Initial, Source::Write);
    if last == source { Ok(()) } else { Err(wrong(accesses, read)) }
}

fn is_memory(accesses: &Accesses, process: &[usize], view: &[usize]) -> Result<(), String> {
    respects_causality(accesses, view)?;
    if process.iter().any(|access| !view.contains(access)) {
        return Err("a process does not see what it did itself".into());
    }
    let mut held = std::collections::BTreeMap::new();
    for &access in view {
        let Access { key, reads, writes, .. } = accesses.all[access];
        let source = held.get(&key).map_or(Source::Initial, |&write| Source::Write(write));
        if process.contains(&access) && reads.is_some_and(|reads| reads != source) {
            return Err(wrong(accesses, access));
        }
        if writes {
            held.insert(key, access);
        }
    }
    Ok(())
}

/// What a process read or wrote before an access of its own, as far as a guarantee is about it.
fn earlier(accesses: &Accesses, access: usize, reads: bool) -> impl Iterator<Item = usize> {
    let Access { process, position, .. } = accesses.all[access];
    accesses.processes[process][..position].iter().filter_map(move |&other| {
        match (reads, accesses.all[other].reads) {
            (true, Some(Source::Write(write))) => Some(write),
            (true, _) => None,
            (false, _) => Some(other).filter(|_| accesses.all[other].writes),
        }
    })
}

fn is_guaranteed(accesses: &Accesses, level: Level, process: &[usize], view: &[usize]) -> Result<(), String> {
    let place = |write: usize| view.iter().position(|&other| other == write);
    let writes = || (0..accesses.all.len()).filter(|&access| accesses.all[access].writes);
    if writes().any(|write| place(write).is_none()) {
        return Err("a write is missing in a view".into());
    }
    // What must come before a write in the view, and is known with it.
    let with = |write: usize| -> Vec<usize> {
        match level {
            Level::ReadYourWrites if process.contains(&write) => earlier(accesses, write, false).collect(),
            Level::MonotonicWrites => earlier(accesses, write, false).collect(),
            Level::WritesFollowReads => earlier(accesses, write, true).collect(),
            _ => Vec::new(),
        }
    };
    if writes().any(|write| with(write).into_iter().any(|before| place(before) >= place(write))) {
        return Err("a view is not in the order that the guarantee demands".into());
    }
    for &read in process {
        let Access { key, reads: Some(source), .. } = accesses.all[read] else { continue };
        // The least that is known: what was seen, by this read or before, or written before, and what is known with it.
        let mut next: Vec<usize> = match source {
            Source::Write(write) => vec![write],
            Source::Initial => Vec::new(),
        };
        next.extend(earlier(accesses, read, level != Level::ReadYourWrites));
        let mut known: BTreeSet<usize> = next.iter().copied().collect();
        while let Some(write) = next.pop() {
            if level != Level::ReadYourWrites {
                next.extend(with(write).into_iter().filter(|&other| known.insert(other)));
            }
        }
        let of_key = known.into_iter().filter(|&write| accesses.all[write].key == key);
        let last = of_key.max_by_key(|&write| place(write)).map_or(Source::Initial, Source::Write);
        if last != source {
            return Err(wrong(accesses, read));
        }
    }
    Ok(())
}
