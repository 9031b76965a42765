//! Histories of transactions, kept small: a million transactions with their lists fit into a few hundred megabytes.
//!
//! Every value of a key is written once, so a value that is read names the write it comes from. A list that is read is
//! kept as its length alone, as long as it agrees with the other lists read of the same key: all of them are prefixes of
//! the longest, the key's *spine*. What a transaction has appended itself is no part of that: it sees it at the end of
//! whatever it saw of others, and others may see it elsewhere.

use std::{fmt, hash::BuildHasher, ops::Range};

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{event::Process, malformed::Malformed, value::Value};

/// What became of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// It took effect.
    Committed,
    /// It took no effect, and what it read is nobody's concern.
    Aborted,
    /// Nobody knows. It took effect if somebody saw it. What it read is not known.
    Indeterminate,
}

/// An operation of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// The register `key` becomes the value.
    Write(Value, Value),
    /// The register `key` was the value; nothing if it had its initial one.
    Read(Value, Option<Value>),
    /// The list `key` gets a further element.
    Append(Value, Value),
    /// The list `key` had these elements.
    ReadList(Value, Vec<Value>),
}

/// A transaction as it is recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Whose it is: transactions of one session come one after the other.
    pub session: u64,
    /// What became of it.
    pub status: Status,
    /// When it began and, if it is known, ended; in any unit that orders what happened.
    pub interval: Option<(u64, Option<u64>)>,
    /// The line in which it stands, from 1; 0 if none.
    pub line: u64,
    /// What it did, in order. Reads whose results are not known are left out.
    pub ops: Vec<Op>,
}

/// A write of a value: what reads refer to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Version {
    pub key: u32,
    pub value: Value,
    /// The transaction that wrote it, [`NOBODY`] if none did.
    pub writer: u32,
    /// The position of the write among the operations of the history.
    pub op: u32,
    /// The position in the key's spine, [`NOBODY`] if it was never read in a list.
    pub spine: u32,
}

/// No transaction, no position.
pub(super) const NOBODY: u32 = u32::MAX;

/// An operation, with the names resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Writes, or appends, this version.
    Write(u32),
    /// Reads this version; [`NOBODY`] is the initial state.
    Read { key: u32, version: u32 },
    /// Reads the first elements of the spine, and behind them (this is `own`) what the transaction has appended so far.
    List { key: u32, length: u32, own: bool },
    /// Reads a list that is no prefix of the spine: an index into `History::divergent`.
    Divergent { key: u32, list: u32 },
}

#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub session: u32,
    pub status: Status,
    pub interval: Option<(u64, Option<u64>)>,
    pub line: u64,
    pub steps: (u32, u32),
}

/// What a key holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holds {
    Register,
    List,
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub name: Value,
    pub holds: Holds,
    /// For a list: the versions of the longest list that was read.
    pub spine: Vec<u32>,
    /// A version that stands twice in a list, and the transaction that read it so.
    pub duplicate: Option<(u32, u32)>,
}

/// A history of transactions.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub(super) transactions: Vec<Transaction>,
    pub(super) steps: Vec<Step>,
    pub(super) keys: Vec<Key>,
    pub(super) versions: Vec<Version>,
    pub(super) divergent: Vec<Vec<u32>>,
    pub(super) sessions: u32,
    session_names: FxHashMap<u64, u32>,
    key_names: FxHashMap<Value, u32>,
    version_names: HashTable<u32>,
    processes: FxHashMap<Process, u64>,
}

impl History {
    /// Without transactions.
    pub fn new() -> Self {
        History::default()
    }

    /// Of these transactions.
    ///
    /// # Errors
    /// As of [`History::push`].
    pub fn of(transactions: impl IntoIterator<Item = Recorded>) -> Result<Self, Malformed> {
        let mut history = History::new();
        for transaction in transactions {
            history.push(transaction)?;
        }
        Ok(history)
    }

    /// How many transactions there are.
    pub fn len(&self) -> usize {
        self.transactions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.sessions as usize
    }

    /// Whether it is known when each transaction began.
    pub fn has_times(&self) -> bool {
        self.transactions.iter().all(|transaction| transaction.interval.is_some())
    }

    /// Takes the next transaction; those of a session in the order in which they ran.
    ///
    /// # Errors
    /// A value is written twice to a key, so that nobody could say which write a read saw; a key is both a register and
    /// a list; there are more than four thousand million transactions or operations.
    pub fn push(&mut self, transaction: Recorded) -> Result<(), Malformed> {
        let wrong = |reason: String| Malformed::new(transaction.line, reason);
        let count = self.steps.len() + transaction.ops.len();
        if count >= NOBODY as usize || self.transactions.len() + 1 >= NOBODY as usize / 4 {
            return Err(wrong("there are more transactions than can be counted here".into()));
        }
        let me = self.transactions.len() as u32;
        let sessions = self.session_names.len() as u32;
        let session = *self.session_names.entry(transaction.session).or_insert(sessions);
        self.sessions = self.session_names.len() as u32;
        let first = self.steps.len() as u32;
        for op in transaction.ops {
            let read = matches!(op, Op::Read(..) | Op::ReadList(..));
            let (Op::Write(key, _) | Op::Read(key, _) | Op::Append(key, _) | Op::ReadList(key, _)) = &op;
            let holds = match op {
                Op::Write(..) | Op::Read(..) => Holds::Register,
                Op::Append(..) | Op::ReadList(..) => Holds::List,
            };
            let key = self.key(key, holds).map_err(|reason| Malformed::new(transaction.line, reason))?;
            if read && transaction.status != Status::Committed {
                continue;
            }
            let step = match op {
                Op::Write(_, value) | Op::Append(_, value) => {
                    self.write(key, value, me).map_err(|reason| Malformed::new(transaction.line, reason))?
                }
                Op::Read(_, value) => {
                    let version = value.map_or(NOBODY, |value| self.version(key, value));
                    Step::Read { key, version }
                }
                Op::ReadList(_, list) => self.read_list(key, list, first as usize, me),
            };
            self.steps.push(step);
        }
        let (status, interval, line) = (transaction.status, transaction.interval, transaction.line);
        let steps = (first, self.steps.len() as u32);
        self.transactions.push(Transaction { session, status, interval, line, steps });
        Ok(())
    }

    /// A number for the session of a process, always the same.
    pub(super) fn session_of(&mut self, process: &Process) -> u64 {
        let next = self.processes.len() as u64;
        match process {
            Process::Client(number) if *number >= 0 => number.cast_unsigned(),
            // Others get numbers that no client is likely to have.
            other => *self.processes.entry(other.clone()).or_insert(u64::MAX - next),
        }
    }

    fn key(&mut self, name: &Value, holds: Holds) -> Result<u32, String> {
        if let Some(&key) = self.key_names.get(name) {
            if self.keys[key as usize].holds != holds {
                return Err(format!(
                    "key {name} is used as a register and as a list; write or append to it, not both"
                ));
            }
            return Ok(key);
        }
        let key = self.keys.len() as u32;
        self.keys.push(Key { name: name.clone(), holds, spine: Vec::new(), duplicate: None });
        self.key_names.insert(name.clone(), key);
        Ok(key)
    }

    fn version(&mut self, key: u32, value: Value) -> u32 {
        let hash = FxBuildHasher.hash_one((key, &value));
        let versions = &self.versions;
        let same = |at: &u32| {
            let version = &versions[*at as usize];
            version.key == key && version.value == value
        };
        if let Some(&found) = self.version_names.find(hash, same) {
            return found;
        }
        let new = self.versions.len() as u32;
        self.versions.push(Version { key, value, writer: NOBODY, op: NOBODY, spine: NOBODY });
        let versions = &self.versions;
        self.version_names.insert_unique(hash, new, |at| {
            let version = &versions[*at as usize];
            FxBuildHasher.hash_one((version.key, &version.value))
        });
        new
    }

    fn write(&mut self, key: u32, value: Value, me: u32) -> Result<Step, String> {
        let id = self.version(key, value);
        let op = self.steps.len() as u32;
        let version = &mut self.versions[id as usize];
        if version.writer != NOBODY {
            let (name, value) = (&self.keys[key as usize].name, &version.value);
            let place = match self.transactions.get(version.writer as usize).map(|writer| writer.line) {
                None => "earlier in the same transaction".to_owned(),
                Some(0) => "by an earlier transaction".to_owned(),
                Some(line) => format!("in line {line}"),
            };
            return Err(format!(
                "value {value} of key {name} was written {place} already; every value of a key must be written once, or nobody can say which write a read saw"
            ));
        }
        (version.writer, version.op) = (me, op);
        Ok(Step::Write(id))
    }

    fn read_list(&mut self, key: u32, mut list: Vec<Value>, first: usize, me: u32) -> Step {
        let mut others = list.len();
        let mut own = true;
        for &version in self.appended(key, first..self.steps.len()).rev() {
            own = own && others > 0 && list[others - 1] == self.versions[version as usize].value;
            others = others.saturating_sub(1);
        }
        let others = if own { others } else { list.len() };
        let spine = &self.keys[key as usize].spine;
        let same = |(at, value): (&u32, &Value)| self.versions[*at as usize].value == *value;
        if !spine.iter().zip(&list[..others]).all(same) {
            let list = list.into_iter().map(|value| self.version(key, value)).collect();
            self.divergent.push(list);
            return Step::Divergent { key, list: self.divergent.len() as u32 - 1 };
        }
        list.truncate(others);
        let (known, length) = (spine.len(), list.len() as u32);
        for value in list.into_iter().skip(known) {
            let id = self.version(key, value);
            let at = self.keys[key as usize].spine.len() as u32;
            let version = &mut self.versions[id as usize];
            if version.spine == NOBODY {
                version.spine = at;
            } else {
                self.keys[key as usize].duplicate.get_or_insert((id, me));
            }
            self.keys[key as usize].spine.push(id);
        }
        Step::List { key, length, own }
    }

    /// The versions of a key that were written in these steps.
    pub(super) fn appended(&self, key: u32, steps: Range<usize>) -> impl DoubleEndedIterator<Item = &u32> {
        self.steps[steps].iter().filter_map(move |step| match step {
            Step::Write(version) if self.versions[*version as usize].key == key => Some(version),
            _ => None,
        })
    }

    /// The versions of a list that was read; what the transaction appended itself is left out if it stands at the end.
    pub(super) fn list(&self, step: Step) -> &[u32] {
        match step {
            Step::List { key, length, .. } => &self.keys[key as usize].spine[..length as usize],
            Step::Divergent { list, .. } => &self.divergent[list as usize],
            Step::Write(_) | Step::Read { .. } => &[],
        }
    }

    pub(super) fn steps_of(&self, transaction: u32) -> Range<usize> {
        let (from, to) = self.transactions[transaction as usize].steps;
        from as usize..to as usize
    }

    /// How a transaction is called in explanations: its place in the history, from 1.
    pub fn name(&self, transaction: u32) -> Name {
        Name(transaction)
    }

    /// What a transaction did, as it was recorded.
    pub fn recorded(&self, transaction: u32) -> Recorded {
        let recorded = &self.transactions[transaction as usize];
        let value = |version: u32| self.versions[version as usize].value.clone();
        let name = |key: u32| self.keys[key as usize].name.clone();
        let steps = self.steps_of(transaction);
        let ops = steps.clone().map(|at| match self.steps[at] {
            Step::Write(version) => {
                let key = self.versions[version as usize].key;
                match self.keys[key as usize].holds {
                    Holds::Register => Op::Write(name(key), value(version)),
                    Holds::List => Op::Append(name(key), value(version)),
                }
            }
            Step::Read { key, version } => Op::Read(name(key), (version != NOBODY).then(|| value(version))),
            step @ (Step::List { key, .. } | Step::Divergent { key, .. }) => {
                let own = matches!(step, Step::List { own: true, .. });
                let own = self.appended(key, steps.start..at).filter(|_| own);
                Op::ReadList(
                    name(key),
                    self.list(step).iter().chain(own).map(|&version| value(version)).collect(),
                )
            }
        });
        Recorded {
            session: recorded.session.into(),
            status: recorded.status,
            interval: recorded.interval,
            line: recorded.line,
            ops: ops.collect(),
        }
    }
}

/// `T1` is the first transaction of a history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name(u32);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0 + 1)
    }
}

/// As in Jepsen: `[:append :x 1] [:r :x [1]]`.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Write(key, value) => write!(f, "[:w {key} {value}]"),
            Op::Read(key, Some(value)) => write!(f, "[:r {key} {value}]"),
            Op::Read(key, None) => write!(f, "[:r {key} nil]"),
            Op::Append(key, value) => write!(f, "[:append {key} {value}]"),
            Op::ReadList(key, list) => {
                let list: Vec<_> = list.iter().map(ToString::to_string).collect();
                write!(f, "[:r {key} [{}]]", list.join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(session: u64, ops: Vec<Op>) -> Recorded {
        Recorded { session, status: Status::Committed, interval: None, line: session + 1, ops }
    }

    fn list(items: &[i64]) -> Vec<Value> {
        items.iter().copied().map(Value::Int).collect()
    }

    #[test]
    fn what_is_recorded_is_given_back() {
        let all = [
            committed(0, vec![Op::Append(1.into(), 1.into()), Op::ReadList(1.into(), list(&[1, 2, 3]))]),
            committed(1, vec![Op::Append(1.into(), 5.into()), Op::ReadList(1.into(), list(&[1, 2, 5]))]),
            committed(1, vec![Op::ReadList(1.into(), list(&[1])), Op::ReadList(1.into(), list(&[2, 1]))]),
            committed(2, vec![Op::Write(2.into(), 1.into()), Op::Read(2.into(), None)]),
            committed(0, vec![Op::Read(2.into(), Some(9.into()))]),
        ];
        let history = History::of(all.clone()).expect("is one");
        for (index, transaction) in all.into_iter().enumerate() {
            assert_eq!(history.recorded(index as u32), transaction);
        }
        assert_eq!((history.keys[0].spine.len(), history.divergent.len()), (3, 1));
    }

    #[test]
    fn values_must_be_written_once() {
        let twice =
            [(0, 5), (1, 5)].map(|(s, v): (u64, i64)| committed(s, vec![Op::Write(1.into(), v.into())]));
        let error = History::of(twice).expect_err("ambiguous");
        assert_eq!(error.line, 2);
        assert!(error.reason.starts_with("value 5 of key 1 was written in line 1 already"), "{error}");
        let mixed = vec![Op::Write(1.into(), 1.into()), Op::Append(1.into(), 2.into())];
        assert!(
            History::of([committed(0, mixed)]).expect_err("mixed").reason.contains("register and as a list")
        );
    }
}
