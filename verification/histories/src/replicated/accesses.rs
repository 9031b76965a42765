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
    keep_what_happened(&mut raw);
    let mut writers: FxHashMap<(usize, &Value), Vec<usize>> = FxHashMap::default();
    for (place, access) in raw.iter().enumerate() {
        if let Some(value) = &access.writes {
            writers.entry((access.key, value)).or_default().push(place);
        }
    }
    let mut accesses = Accesses { processes: vec![Vec::new(); processes], ..Accesses::default() };
    let mut undecided: Option<String> = None;
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
                        undecided.get_or_insert_with(|| {
                            format!("{value} was there several times, so that it is not known which of them was read")
                        });
                        None
                    }
                }
            }
        };
        let of_process = &mut accesses.processes[access.process];
        if let Some(&last) = of_process.last()
            && !raw[last].is_certain
        {
            undecided.get_or_insert_with(|| {
                let process = &operation.process;
                format!("{process} goes on after an operation of unknown outcome that took effect, so that their order is not known")
            });
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
    // A value from nowhere is wrong whatever else is not known.
    match undecided {
        Some(why) if accesses.unwritten.is_none() => Err(Shortage::Undecided(why)),
        _ => Ok(accesses),
    }
}

/// Leaves out what may never have happened, and of which nothing shows that it did: neither what certainly happened read its
/// value, nor what happened because of that. (Two compare-and-sets of unknown outcome that read each other's values do not
/// show each other.) To leave it out makes no read wrong.
fn keep_what_happened(raw: &mut Vec<Raw>) {
    let mut happened: Vec<bool> = raw.iter().map(|access| access.is_certain).collect();
    let mut unsure: FxHashMap<(usize, &Value), Vec<usize>> = FxHashMap::default();
    for (place, access) in raw.iter().enumerate().filter(|(_, access)| !access.is_certain) {
        if let Some(value) = &access.writes {
            unsure.entry((access.key, value)).or_default().push(place);
        }
    }
    let mut next: Vec<usize> = (0..raw.len()).filter(|&place| happened[place]).collect();
    while let Some(place) = next.pop() {
        let Some(value) = &raw[place].reads else { continue };
        for &writer in unsure.get(&(raw[place].key, value)).into_iter().flatten() {
            if !std::mem::replace(&mut happened[writer], true) {
                next.push(writer);
            }
        }
    }
    let mut happened = happened.into_iter();
    raw.retain(|_| happened.next().unwrap_or(true));
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
