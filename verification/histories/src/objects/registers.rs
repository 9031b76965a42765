//! Operations of registers and key-value stores.

use std::collections::BTreeMap;

use synod_specifications::{
    KeyValue, MultiRegister, Register, Text, key_value, multi_register::Access, register, text,
};

use super::interpret::{Interpret, Reading, Understood, answered, done, pair, unknown};
use crate::{
    operation::{Operation, Outcome},
    value::Value,
};

impl Interpret for Register<Value> {
    fn interpret(&self, operation: &Operation, reading: Reading) -> Result<Understood<Self>, String> {
        use register::Answer;
        let (asked, answer) = match &*operation.function {
            "read" => {
                let is_known = !(reading.nil_is_unknown && operation.result.is_nil());
                let answer = done(operation, Answer::Value(operation.result.clone())).filter(|_| is_known);
                (register::Operation::Read, answer)
            }
            "write" => {
                (register::Operation::Write(operation.argument.clone()), done(operation, Answer::Done))
            }
            "cas" => {
                let Some((expected, new)) = pair(&operation.argument) else {
                    return Err("the argument is a pair: the expected value and the new one".into());
                };
                let asked =
                    register::Operation::CompareAndSet { expected: expected.clone(), new: new.clone() };
                (asked, compared(operation, Answer::Done, Answer::Mismatch))
            }
            _ => return unknown("read, write, cas"),
        };
        Ok(Some((asked, answer)))
    }

    fn words(&self, operation: &Self::Operation, answer: Option<&Self::Answer>) -> String {
        use register::Answer;
        let asked = match operation {
            register::Operation::Read => "read".to_owned(),
            register::Operation::Write(value) => format!("write {value}"),
            register::Operation::CompareAndSet { expected, new } => format!("cas {expected} → {new}"),
        };
        match answer {
            Some(Answer::Value(value)) => format!("{asked} {value}"),
            Some(Answer::Mismatch) => format!("{asked}, refused"),
            _ => asked,
        }
    }

    fn state_words(&self, state: &Value) -> String {
        state.to_string()
    }
}

/// What a compare-and-set found. It says so by failing (where that is an answer), or by true and false.
fn compared<A>(operation: &Operation, done: A, mismatch: A) -> Option<A> {
    match (operation.outcome, &operation.result) {
        (Outcome::Ok, Value::Bool(false)) | (Outcome::Fail, _) => Some(mismatch),
        (Outcome::Ok, _) => Some(done),
        (Outcome::Unknown, _) => None,
    }
}

/// The accesses of a transaction: whether each writes, its key, and its value.
fn accesses(value: &Value) -> Option<Vec<(bool, &Value, &Value)>> {
    let accesses = value.items()?.iter().map(|access| match access.items()? {
        [name, key, value] => match name.name()? {
            "read" | "r" => Some((false, key, value)),
            "write" | "w" => Some((true, key, value)),
            _ => None,
        },
        _ => None,
    });
    accesses.collect()
}

/// Whether all that these transactions do is to read and to write, by the long names: the short ones are used of
/// transactions that are checked for isolation.
pub(super) fn are_reads_and_writes(operations: &[Operation]) -> bool {
    operations.iter().all(|operation| {
        let is_long = |access: &Value| {
            matches!(access.items().and_then(|items| items.first()?.name()), Some("read" | "write"))
        };
        accesses(&operation.argument).is_some()
            && operation.argument.items().is_some_and(|accesses| accesses.iter().all(is_long))
    })
}

impl Interpret for MultiRegister<Value, Value> {
    fn interpret(&self, operation: &Operation, reading: Reading) -> Result<Understood<Self>, String> {
        if &*operation.function != "txn" {
            return unknown("txn");
        }
        const FORM: &str = "a transaction is a list of accesses, each [read KEY VALUE] or [write KEY VALUE]";
        let asked = accesses(&operation.argument).ok_or(FORM)?;
        let answer = answered(operation, |result| {
            let answer = accesses(result).ok_or(FORM)?;
            let is_same = |(one, other): (&(bool, &Value, &Value), &(bool, &Value, &Value))| {
                (one.0, one.1) == (other.0, other.1)
            };
            if answer.len() != asked.len() || !asked.iter().zip(&answer).all(is_same) {
                return Err("the answer has other accesses than the transaction".to_owned());
            }
            let known = |writes: bool, value: &Value| !(writes || reading.nil_is_unknown && value.is_nil());
            Ok(answer
                .into_iter()
                .map(|(writes, _, value)| known(writes, value).then(|| value.clone()))
                .collect())
        })?;
        let access = |(writes, key, value): (bool, &Value, &Value)| match writes {
            true => Access::Write(key.clone(), value.clone()),
            false => Access::Read(key.clone()),
        };
        Ok(Some((asked.into_iter().map(access).collect(), answer)))
    }

    fn words(&self, operation: &Self::Operation, answer: Option<&Self::Answer>) -> String {
        let words = operation.iter().enumerate().map(|(index, access)| {
            match (access, answer.and_then(|answer| answer.get(index)?.as_ref())) {
                (Access::Write(key, value), _) => format!("write {key} {value}"),
                (Access::Read(key), Some(value)) => format!("read {key} {value}"),
                (Access::Read(key), None) => format!("read {key}"),
            }
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn state_words(&self, state: &BTreeMap<Value, Value>) -> String {
        if state.is_empty() {
            return "as at first".into();
        }
        state.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")
    }
}

impl Interpret for KeyValue<Value, Value> {
    fn interpret(&self, operation: &Operation, _: Reading) -> Result<Understood<Self>, String> {
        use key_value::Answer;
        let Some((key, argument)) = pair(&operation.argument) else {
            return Err("the argument is a pair of a key and a value".into());
        };
        let (key, held) = (key.clone(), |value: &Value| Some(value.clone()).filter(|value| !value.is_nil()));
        let (asked, answer) = match &*operation.function {
            "get" => {
                let answer = answered(operation, |result| match pair(result) {
                    Some((of, value)) if *of == key => Ok(Answer::Value(held(value))),
                    _ => Err("the answer is a pair of the key and its value".to_owned()),
                })?;
                (key_value::Operation::Get(key), answer)
            }
            "put" => (key_value::Operation::Put(key, argument.clone()), done(operation, Answer::Done)),
            "delete" => (key_value::Operation::Delete(key), done(operation, Answer::Done)),
            "cas" => {
                let Some((expected, new)) = pair(argument) else {
                    return Err(
                        "the argument is the key, and a pair: the expected value and the new one".into()
                    );
                };
                let asked =
                    key_value::Operation::CompareAndSet { key, expected: held(expected), new: held(new) };
                // True and false may stand alone, or beside the key.
                let plain = match pair(&operation.result) {
                    Some((_, result)) => Operation { result: result.clone(), ..operation.clone() },
                    None => operation.clone(),
                };
                (asked, compared(&plain, Answer::Done, Answer::Mismatch))
            }
            _ => return unknown("get, put, delete, cas"),
        };
        Ok(Some((asked, answer)))
    }

    fn words(&self, operation: &Self::Operation, answer: Option<&Self::Answer>) -> String {
        use key_value::Answer;
        let or_nothing = |value: &Option<Value>| value.as_ref().map_or("nothing".into(), Value::to_string);
        let asked = match operation {
            key_value::Operation::Get(key) => format!("get {key}"),
            key_value::Operation::Put(key, value) => format!("put {key} {value}"),
            key_value::Operation::Delete(key) => format!("delete {key}"),
            key_value::Operation::CompareAndSet { key, expected, new } => {
                format!("cas {key} {} → {}", or_nothing(expected), or_nothing(new))
            }
        };
        match answer {
            Some(Answer::Value(value)) => format!("{asked}: {}", or_nothing(value)),
            Some(Answer::Mismatch) => format!("{asked}, refused"),
            _ => asked,
        }
    }

    fn state_words(&self, state: &BTreeMap<Value, Value>) -> String {
        if state.is_empty() {
            return "nothing".into();
        }
        state.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")
    }
}

/// The string that a value is.
fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        Value::Nil => Ok(String::new()),
        other => Err(format!("the value is a string, not {other}")),
    }
}

impl Interpret for Text {
    fn interpret(&self, operation: &Operation, _: Reading) -> Result<Understood<Self>, String> {
        use text::Answer;
        let (asked, answer) = match &*operation.function {
            "get" => (text::Operation::Get, answered(operation, |result| Ok(Answer::Value(text(result)?)))?),
            "put" => (text::Operation::Put(text(&operation.argument)?), done(operation, Answer::Done)),
            "append" => (text::Operation::Append(text(&operation.argument)?), done(operation, Answer::Done)),
            _ => return unknown("get, put, append"),
        };
        Ok(Some((asked, answer)))
    }

    fn words(&self, operation: &text::Operation, answer: Option<&text::Answer>) -> String {
        match (operation, answer) {
            (text::Operation::Get, Some(text::Answer::Value(value))) => format!("get {value:?}"),
            (text::Operation::Get, _) => "get".into(),
            (text::Operation::Put(value), _) => format!("put {value:?}"),
            (text::Operation::Append(value), _) => format!("append {value:?}"),
        }
    }

    fn state_words(&self, state: &String) -> String {
        format!("{state:?}")
    }
}
