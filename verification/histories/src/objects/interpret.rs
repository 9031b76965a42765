//! From operations of a record to calls of a specification.

use rustc_hash::FxHashMap;
use synod_specifications::{Keyed, Specification};

use crate::{
    call::{Call, CallOf},
    event::Process,
    formats::Format,
    malformed::Malformed,
    operation::{Operation, Outcome},
    value::Value,
};

/// Where records disagree about what they mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reading {
    /// A read that says nil does not say what it read (Knossos), instead of having read nil (Porcupine).
    pub nil_is_unknown: bool,
    /// A compare-and-set that failed found another value than it expected (Porcupine), instead of telling nothing (Knossos).
    pub failed_cas_is_answer: bool,
    /// A lock is held by the process that acquired it.
    pub locks_have_owners: bool,
}

impl Reading {
    /// How histories in this format are meant.
    pub fn of(format: Format) -> Reading {
        match format {
            Format::JepsenEdn | Format::JepsenJson => Reading { nil_is_unknown: true, ..Reading::default() },
            Format::JepsenLog => Reading { failed_cas_is_answer: true, ..Reading::default() },
            Format::PorcupineKv | Format::Synod => Reading::default(),
        }
    }
}

/// What an operation asked and, if it is known, what was answered; `None` if it is of no interest.
pub type Understood<S> = Option<(<S as Specification>::Operation, Option<<S as Specification>::Answer>)>;

/// A specification whose operations have names in histories.
pub trait Interpret: Specification {
    /// What this operation means. Those that failed come here only if they may be an answer.
    ///
    /// # Errors
    /// It is none of this object: why, in a sentence.
    fn interpret(&self, operation: &Operation, reading: Reading) -> Result<Understood<Self>, String>;

    /// An operation and its answer, in a few words.
    fn words(&self, operation: &Self::Operation, answer: Option<&Self::Answer>) -> String;

    /// A state, in a few words.
    fn state_words(&self, state: &Self::State) -> String;
}

/// The calls of a history, and of which operation each is.
#[derive(Clone, Debug)]
pub struct Interpreted<S: Specification> {
    /// The calls, in the order in which they began.
    pub calls: Vec<CallOf<S>>,
    /// For each call the place of its operation.
    pub operations: Vec<usize>,
}

/// What these operations mean to a specification.
///
/// # Errors
/// One of them means nothing to it.
pub fn interpret<S: Interpret>(
    specification: &S,
    operations: &[Operation],
    reading: Reading,
) -> Result<Interpreted<S>, Malformed> {
    let mut processes: FxHashMap<&Process, usize> = FxHashMap::default();
    let mut interpreted = Interpreted { calls: Vec::new(), operations: Vec::new() };
    for (place, operation) in operations.iter().enumerate() {
        let next = processes.len();
        let process = *processes.entry(&operation.process).or_insert(next);
        let is_answer = operation.outcome == Outcome::Fail
            && reading.failed_cas_is_answer
            && &*operation.function == "cas";
        if operation.outcome == Outcome::Fail && !is_answer {
            continue;
        }
        let understood = specification.interpret(operation, reading).map_err(|reason| {
            Malformed::new(operation.lines.0, format!("'{}': {reason}", operation.function))
        })?;
        if let Some((asked, answer)) = understood {
            interpreted.calls.push(Call {
                process,
                operation: asked,
                answer,
                invoked: operation.invoked,
                returned: operation.returned,
            });
            interpreted.operations.push(place);
        }
    }
    Ok(interpreted)
}

/// The answer if the operation is known to have taken effect.
pub(super) fn done<A>(operation: &Operation, answer: A) -> Option<A> {
    (operation.outcome == Outcome::Ok).then_some(answer)
}

/// The answer, from its result, if the operation is known to have taken effect.
pub(super) fn answered<A>(
    operation: &Operation,
    answer: impl FnOnce(&Value) -> Result<A, String>,
) -> Result<Option<A>, String> {
    if operation.outcome == Outcome::Ok { answer(&operation.result).map(Some) } else { Ok(None) }
}

/// What to say of a function that an object does not know.
pub(super) fn unknown<T>(known: &str) -> Result<T, String> {
    Err(format!("this object knows {known}; choose another with --spec"))
}

/// The items of a pair.
pub(super) fn pair(value: &Value) -> Option<(&Value, &Value)> {
    match value.items() {
        Some([first, second]) => Some((first, second)),
        _ => None,
    }
}

/// Every value is a pair of the key and the value of the object under it.
impl<S: Interpret> Interpret for Keyed<Value, S> {
    fn interpret(&self, operation: &Operation, reading: Reading) -> Result<Understood<Self>, String> {
        let Some((key, argument)) = pair(&operation.argument) else {
            let brief = crate::formats::jepsen::brief(&operation.argument);
            return Err(format!("the argument is a pair of a key and a value, not {brief}"));
        };
        let result = match pair(&operation.result) {
            Some((of, result)) if of == key => result.clone(),
            Some((of, _)) if operation.outcome == Outcome::Ok => {
                return Err(format!("the answer is about the key {of}, not {key}"));
            }
            _ => Value::Nil,
        };
        let each = Operation { argument: argument.clone(), result, ..operation.clone() };
        let understood = self.each().interpret(&each, reading)?;
        Ok(understood.map(|(operation, answer)| ((key.clone(), operation), answer)))
    }

    fn words(&self, (key, operation): &Self::Operation, answer: Option<&Self::Answer>) -> String {
        format!("{key}: {}", self.each().words(operation, answer))
    }

    fn state_words(&self, state: &Self::State) -> String {
        let words = state.iter().map(|(key, state)| format!("{key}: {}", self.each().state_words(state)));
        match words.collect::<Vec<_>>() {
            words if words.is_empty() => self.each().state_words(&self.each().initial()),
            words => words.join(", "),
        }
    }
}
