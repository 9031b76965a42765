//! Events paired to operations.

use std::{collections::hash_map::Entry, sync::Arc};

use rustc_hash::FxHashMap;

use crate::{
    event::{Event, Kind, Process},
    malformed::Malformed,
    value::Value,
};

/// How an operation ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// It took effect between its beginning and its end.
    Ok,
    /// It took no effect.
    Fail,
    /// It may take effect at any time after its beginning, or never.
    Unknown,
}

/// An operation of a client, from its beginning to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// Who.
    pub process: Process,
    /// Its name.
    pub function: Arc<str>,
    /// What was asked.
    pub argument: Value,
    /// The value of the event that ended it; nil if there was none.
    pub result: Value,
    /// How it ended.
    pub outcome: Outcome,
    /// The position of its beginning among all events of clients.
    pub invoked: usize,
    /// The position of its end; `None` if the record ends before, or it ended in [`Kind::Info`].
    pub returned: Option<usize>,
    /// The lines of its beginning and of the event that ended it, if there was one.
    pub lines: (u64, Option<u64>),
    /// The times of its beginning and of the event that ended it, in nanoseconds, if recorded.
    pub times: (Option<i64>, Option<i64>),
    /// Why it failed or is unknown, if recorded.
    pub error: Value,
}

impl Operation {
    /// What this event begins, at this position: of unknown outcome, until it ends.
    pub fn begun(event: Event, at: usize) -> Self {
        Operation {
            process: event.process,
            function: event.function,
            argument: event.value,
            result: Value::Nil,
            outcome: Outcome::Unknown,
            invoked: at,
            returned: None,
            lines: (event.line, None),
            times: (event.time, None),
            error: Value::Nil,
        }
    }

    /// Whether it ended before the other began, in real time.
    pub fn precedes(&self, other: &Operation) -> bool {
        self.returned.is_some_and(|returned| returned < other.invoked)
    }
}

/// Pairs events to operations.
///
/// What others than clients do is left out, and so is an [`Kind::Info`] event that ends nothing. A process whose operation
/// ended in `Info` should not begin another; where one does, the unknown operation stays unknown, and may still take
/// effect later.
#[derive(Clone, Debug, Default)]
pub struct Pairing {
    operations: Vec<Operation>,
    open: FxHashMap<Process, usize>,
    events: usize,
}

impl Pairing {
    /// Nothing yet.
    pub fn new() -> Self {
        Pairing::default()
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// A process begins an operation before its last one ended, or ends one that it did not begin.
    pub fn push(&mut self, event: Event) -> Result<(), Malformed> {
        if !event.process.is_client() {
            return Ok(());
        }
        let at = self.events;
        self.events += 1;
        match (event.kind, self.open.entry(event.process.clone())) {
            (Kind::Invoke, Entry::Vacant(free)) => {
                free.insert(self.operations.len());
                self.operations.push(Operation::begun(event, at));
                Ok(())
            }
            (Kind::Invoke, Entry::Occupied(open)) => {
                let begun = self.operations[*open.get()].lines.0;
                let process = event.process;
                let reason = format!(
                    "{process} invokes an operation, but the one it invoked in line {begun} has not ended"
                );
                Err(Malformed::new(event.line, reason))
            }
            (kind, Entry::Occupied(open)) => {
                let operation = &mut self.operations[open.remove()];
                if !event.function.is_empty() && event.function != operation.function {
                    let reason = format!(
                        "{} ends '{}', but what it invoked in line {} is '{}'",
                        event.process, event.function, operation.lines.0, operation.function
                    );
                    return Err(Malformed::new(event.line, reason));
                }
                operation.outcome = match kind {
                    Kind::Ok => Outcome::Ok,
                    Kind::Fail => Outcome::Fail,
                    Kind::Invoke | Kind::Info => Outcome::Unknown,
                };
                operation.returned = (kind != Kind::Info).then_some(at);
                operation.result = event.value;
                operation.lines.1 = Some(event.line);
                operation.times.1 = event.time;
                operation.error = event.error;
                Ok(())
            }
            (Kind::Info, Entry::Vacant(_)) => Ok(()),
            (kind, Entry::Vacant(_)) => {
                let reason =
                    format!("{} ends an operation ({}) that it has not invoked", event.process, kind.name());
                Err(Malformed::new(event.line, reason))
            }
        }
    }

    /// The operations so far, in the order in which they began. Those that have not ended are of unknown outcome.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// How many events of clients there were.
    pub fn events(&self) -> usize {
        self.events
    }

    /// The operations, in the order in which they began.
    pub fn finish(self) -> Vec<Operation> {
        self.operations
    }
}

/// The operations of these events.
///
/// # Errors
/// As of [`Pairing::push`].
pub fn pair(events: impl IntoIterator<Item = Event>) -> Result<Vec<Operation>, Malformed> {
    let mut pairing = Pairing::new();
    for event in events {
        pairing.push(event)?;
    }
    Ok(pairing.finish())
}
