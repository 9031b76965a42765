//! Why a history does not keep a level: the prefix, the operations that matter, the states that were possible.

use serde::Serialize;

use super::Question;
use crate::{
    answer::Verdict,
    call::CallOf,
    linearizability::{self, Options, Violation},
    objects::{Interpret, Interpreted},
    operation::Operation,
    reduce::reduce,
    replicated, sequential,
};

/// How many configurations a check may visit while a history is being reduced.
const PATIENCE: u64 = 20_000;
/// How many states are shown.
const STATES: usize = 8;

/// Why a history does not keep a level.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Why {
    /// What is wrong, in a few words.
    pub pattern: String,
    /// Why, in a sentence.
    pub because: String,
    /// The operation that cannot be, by its place, where there is one.
    pub culprit: Option<usize>,
    /// The states that were possible before it; `None` stands for more of them.
    pub states: Vec<Option<String>>,
    /// How many events of clients show it, counted from the beginning.
    pub events: Option<usize>,
    /// The operations that matter.
    pub operations: Vec<Shown>,
    /// Whether it is known that the history is consistent as soon as any one of them may take effect at any time after its
    /// beginning, or never.
    pub is_minimal: bool,
}

/// An operation in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Shown {
    /// Its place in the history.
    pub place: usize,
    /// Who.
    pub process: String,
    /// What it asked and what was answered.
    pub words: String,
    /// The lines of its beginning and its end.
    pub lines: (u64, Option<u64>),
    /// Its beginning and its end, as positions among the events.
    pub interval: (usize, Option<usize>),
}

impl Shown {
    fn new(operations: &[Operation], place: usize, words: String) -> Shown {
        let operation = &operations[place];
        Shown {
            place,
            process: operation.process.to_string(),
            words,
            lines: operation.lines,
            interval: (operation.invoked, operation.returned),
        }
    }
}

/// An operation as it was recorded.
pub(super) fn recorded(operation: &Operation) -> String {
    let brief = crate::formats::jepsen::brief;
    let (name, argument, result) = (&operation.function, &operation.argument, &operation.result);
    match (argument.is_nil(), operation.returned.is_none() || result.is_nil() || result == argument) {
        (true, true) => name.to_string(),
        (false, true) => format!("{name} {}", brief(argument)),
        (true, false) => format!("{name} {}", brief(result)),
        (false, false) => format!("{name} {}: {}", brief(argument), brief(result)),
    }
}

fn shown<S: Interpret>(
    specification: &S,
    question: Question<'_>,
    interpreted: &Interpreted<S>,
    call: usize,
) -> Shown {
    let of = &interpreted.calls[call];
    let words = specification.words(&of.operation, of.answer.as_ref());
    Shown::new(question.operations, interpreted.operations[call], words)
}

/// The calls of the events before `end`: of those that end later nobody knows the answer yet.
fn prefix<S: Interpret>(calls: &[CallOf<S>], end: usize) -> Vec<CallOf<S>> {
    let mut prefix: Vec<CallOf<S>> = calls.iter().filter(|call| call.invoked < end).cloned().collect();
    for call in &mut prefix {
        if call.returned.is_none_or(|returned| returned >= end) {
            (call.returned, call.answer) = (None, None);
        }
    }
    prefix
}

pub(super) fn not_linearizable<S: Interpret>(
    specification: &S,
    question: Question<'_>,
    interpreted: &Interpreted<S>,
    violation: Violation<S::State>,
) -> Why {
    let options =
        Options { budget: question.budget.clone(), configurations: Some(PATIENCE), ..Options::default() };
    let check = |calls: &[CallOf<S>]| linearizability::check(specification, calls, &options).0;
    let calls = &interpreted.calls;
    // The calls of its part, up to its end. What others answered later may be needed to see that it is wrong: then the
    // prefix is longer.
    let (mut culprit, mut states) = (violation.call, violation.states);
    let mut end = calls[culprit].returned.map_or(usize::MAX, |end| end + 1);
    let mut ends: Vec<usize> =
        calls.iter().filter_map(|call| call.returned).filter(|&other| other >= end).collect();
    ends.sort_unstable();
    let mut later = ends.into_iter();
    let part: Vec<usize> = violation.part;
    let of_part = |end: usize| -> (Vec<usize>, Vec<CallOf<S>>) {
        let places: Vec<usize> = part.iter().copied().filter(|&call| calls[call].invoked < end).collect();
        let some: Vec<CallOf<S>> = places.iter().map(|&call| calls[call].clone()).collect();
        (places, prefix::<S>(&some, end))
    };
    let (places, calls_of_part) = loop {
        let (places, some) = of_part(end);
        match check(&some) {
            crate::answer::Answer::Valid(_) => match later.next() {
                Some(next) => end = next + 1,
                None => break (places, some),
            },
            crate::answer::Answer::Invalid(found) => {
                (culprit, states) = (places[found.call], found.states);
                break (places, some);
            }
            crate::answer::Answer::Unknown(_) => break (places, some),
        }
    };
    let core = reduce(specification, &calls_of_part, |calls| check(calls).verdict());
    let mut words: Vec<Option<String>> = Vec::new();
    for state in &states {
        if words.len() == STATES {
            words.push(None);
            break;
        }
        words.push(Some(specification.state_words(state)));
    }
    let culprit_words = shown(specification, question, interpreted, culprit);
    Why {
        pattern: "not linearizable".into(),
        because: format!(
            "{} of {} must take effect before it ends, but cannot, whatever takes effect before it",
            culprit_words.words, culprit_words.process
        ),
        culprit: Some(interpreted.operations[culprit]),
        states: words,
        events: Some(end),
        operations: core
            .calls
            .iter()
            .map(|&call| shown(specification, question, interpreted, places[call]))
            .collect(),
        is_minimal: core.is_minimal,
    }
}

pub(super) fn not_sequential<S: Interpret>(
    specification: &S,
    question: Question<'_>,
    interpreted: &Interpreted<S>,
) -> Why {
    let check = |calls: &[CallOf<S>]| -> Verdict {
        sequential::check_within(specification, calls, question.budget, PATIENCE).0.verdict()
    };
    let core = reduce(specification, &interpreted.calls, check);
    Why {
        pattern: "not sequentially consistent".into(),
        because: "there is no one order of all operations in which those of each process are in its order"
            .into(),
        culprit: None,
        states: Vec::new(),
        events: None,
        operations: core
            .calls
            .iter()
            .map(|&call| shown(specification, question, interpreted, call))
            .collect(),
        is_minimal: core.is_minimal,
    }
}

pub(super) fn not_replicated(question: Question<'_>, wrong: &replicated::Wrong) -> Why {
    let operations = wrong
        .operations
        .iter()
        .map(|&place| Shown::new(question.operations, place, recorded(&question.operations[place])));
    Why {
        pattern: wrong.pattern.into(),
        because: wrong.because.clone(),
        culprit: None,
        states: Vec::new(),
        events: None,
        operations: operations.collect(),
        is_minimal: false,
    }
}
