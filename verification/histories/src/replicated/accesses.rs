//! Which write each read read from.

use rustc_hash::FxHashMap;

use super::Wrong;
use crate::{
    answer::Shortage,
    event::Process,
    malformed::Malformed,
    objects::{Object, Reading, Subject},
    operation::{Operation, Outcome},
    value::Value,
};

/// What a read read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// What was there at first.
    Initial,
    /// What this access wrote, by its place.
    Write(usize),
}

/// A read, a write, or both at once (a compare-and-set).
#[derive(Clone, Debug)]
pub struct Access {
    /// The place of its operation.
    pub operation: usize,
    /// Its process, by number.
    pub process: usize,
    /// How many accesses its process made before.
    pub position: usize,
    /// The register, by number.
    pub key: usize,
    /// What it read, if it reads.
    pub reads: Option<Source>,
    /// Whether it writes.
    pub writes: bool,
    /// When it began and ended, by positions in the history.
    pub interval: (usize, Option<usize>),
}

/// The accesses of a history.
#[derive(Clone, Debug, Default)]
pub struct Accesses {
    /// All of them, in the order in which they began.
    pub all: Vec<Access>,
    /// For each process its accesses, in order.
    pub processes: Vec<Vec<usize>>,
    /// For each process and key the process's writes to it, in order.
    pub writes: FxHashMap<(usize, usize), Vec<usize>>,
    /// A read of what nobody wrote, if there is one.
    pub unwritten: Option<Wrong>,
}

/// An access before it is known what it read.
struct Raw {
    operation: usize,
    process: usize,
    key: usize,
    reads: Option<Value>,
    writes: Option<Value>,
    is_certain: bool,
}

/// The accesses that these operations of registers are.
///
/// # Errors
/// Not decided by what was read from what; or an operation is none of a register.
pub fn resolve(
    operations: &[Operation],
    subject: &Subject,
    reading: Reading,
) -> Result<Result<Accesses, Shortage>, Malformed> {
    let undecided = |why: String| Ok(Err(Shortage::Undecided(why)));
    if subject.object != Object::Register {
        return undecided("this level is decided for registers only".into());
    }
    let mut keys: FxHashMap<Value, usize> = FxHashMap::default();
    let mut processes: FxHashMap<&Process, usize> = FxHashMap::default();
    let mut raw = Vec::new();
    for (place, operation) in operations.iter().enumerate() {
        let wrong =
            |reason: &str| Malformed::new(operation.lines.0, format!("'{}': {reason}", operation.function));
        let (key, argument, result) = if subject.independent {
            let Some([key, argument]) = operation.argument.items() else {
                return Err(wrong("the argument is a pair of a key and a value"));
            };
            (
                key.clone(),
                argument,
                operation.result.items().and_then(|items| items.get(1)).unwrap_or(&Value::Nil),
            )
        } else {
            (Value::Nil, &operation.argument, &operation.result)
        };
        if operation.outcome == Outcome::Fail {
            if reading.failed_cas_is_answer && &*operation.function == "cas" {
                return undecided(
                    "what a failed compare-and-set saw is not taken into account at this level".into(),
                );
            }
            continue;
        }
        let is_certain = operation.outcome == Outcome::Ok;
        let (reads, writes) = match &*operation.function {
            "read" if !is_certain || reading.nil_is_unknown && result.is_nil() => continue,
            "read" => (Some(result.clone()), None),
            "write" => (None, Some(argument.clone())),
            "cas" if *result == Value::Bool(false) => {
                return undecided(
                    "what a failed compare-and-set saw is not taken into account at this level".into(),
                );
            }
            "cas" => match argument.items() {
                Some([expected, new]) => (Some(expected.clone()), Some(new.clone())),
                _ => return Err(wrong("the argument is a pair: the expected value and the new one")),
            },
            _ => return Err(wrong("a register knows read, write, cas")),
        };
        let (next_key, next_process) = (keys.len(), processes.len());
        let key = *keys.entry(key).or_insert(next_key);
        let process = *processes.entry(&operation.process).or_insert(next_process);
        raw.push(Raw { operation: place, process, key, reads, writes, is_certain });
    }
    Ok(resolve_reads(operations, subject, raw, (keys.len(), processes.len())))
}

fn resolve_reads(
    operations: &[Operation],
    subject: &Subject,
    mut raw: Vec<Raw>,
    (_, processes): (usize, usize),
) -> Result<Accesses, Shortage> {
    // What nobody read of what may never have happened did not happen. What it read itself may save another.
    loop {
        let read: rustc_hash::FxHashSet<(usize, &Value)> =
            raw.iter().filter_map(|access| Some((access.key, access.reads.as_ref()?))).collect();
        let is_needed = |access: &Raw| {
            access.is_certain
                || access.writes.as_ref().is_some_and(|value| read.contains(&(access.key, value)))
        };
        let needed: Vec<bool> = raw.iter().map(is_needed).collect();
        if needed.iter().all(|needed| *needed) {
            break;
        }
        let mut needed = needed.into_iter();
        raw.retain(|_| needed.next().unwrap_or(true));
    }
    let mut writers: FxHashMap<(usize, &Value), Vec<usize>> = FxHashMap::default();
    for (place, access) in raw.iter().enumerate() {
        if let Some(value) = &access.writes {
            writers.entry((access.key, value)).or_default().push(place);
        }
    }
    let mut accesses = Accesses { processes: vec![Vec::new(); processes], ..Accesses::default() };
    for (place, access) in raw.iter().enumerate() {
        let operation = &operations[access.operation];
        let reads = match &access.reads {
            None => None,
            Some(value) => {
                match (*value == subject.initial, writers.get(&(access.key, value)).map(Vec::as_slice)) {
                    (true, None) => Some(Source::Initial),
                    (false, Some(&[write])) => Some(Source::Write(write)),
                    (false, None) => {
                        let because = format!("{} read {value}, which nobody wrote", operation.process);
                        accesses.unwritten.get_or_insert(Wrong {
                            pattern: "thin-air read",
                            operations: vec![access.operation],
                            because,
                        });
                        continue;
                    }
                    (_, Some(_)) => {
                        return Err(Shortage::Undecided(format!(
                            "{value} was there several times, so that it is not known which of them was read"
                        )));
                    }
                }
            }
        };
        let of_process = &mut accesses.processes[access.process];
        if let Some(&last) = of_process.last()
            && !raw[last].is_certain
        {
            return Err(Shortage::Undecided(format!(
                "{} goes on after an operation of unknown outcome that took effect, so that their order is not known",
                operation.process
            )));
        }
        let position = of_process.len();
        of_process.push(place);
        if access.writes.is_some() {
            accesses.writes.entry((access.process, access.key)).or_default().push(place);
        }
        accesses.all.push(Access {
            operation: access.operation,
            process: access.process,
            position,
            key: access.key,
            reads,
            writes: access.writes.is_some(),
            interval: (operation.invoked, operation.returned),
        });
    }
    Ok(accesses)
}

impl Accesses {
    /// The last write of a process to a key among its first `positions` accesses.
    pub(super) fn last_write(&self, process: usize, key: usize, positions: usize) -> Option<usize> {
        let writes = self.writes.get(&(process, key))?;
        let before = writes.partition_point(|&write| self.all[write].position < positions);
        before.checked_sub(1).map(|last| writes[last])
    }

    /// The operations of these accesses.
    pub(super) fn operations(&self, accesses: &[usize]) -> Vec<usize> {
        accesses.iter().map(|&access| self.all[access].operation).collect()
    }
}
