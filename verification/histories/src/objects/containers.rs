//! Operations of queues, stacks, sets, lists, counters and locks.

use std::{collections::BTreeSet, fmt::Display};

use synod_specifications::{
    AppendList, Bag, Counter, Mutex, PriorityQueue, Queue, Set, Stack, append_list, bag, counter, mutex,
    priority_queue, queue, set, stack,
};

use super::interpret::{Interpret, Reading, Understood, answered, done, unknown};
use crate::{event::Process, operation::Operation, value::Value};

/// Items in brackets.
fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    format!("[{}]", items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" "))
}

/// The items of a result; nil is none.
fn items(result: &Value) -> Result<Vec<Value>, String> {
    match result {
        Value::Nil => Ok(Vec::new()),
        other => other.items().map(<[Value]>::to_vec).ok_or_else(|| "the answer is a list of items".into()),
    }
}

/// Objects that values are put into and taken out of again, one by one.
macro_rules! container {
    ($object:ident, $module:ident, $put:ident $put_name:literal, $take:ident $take_name:literal $(, $drain:ident $drain_name:literal)?) => {
        impl Interpret for $object<Value> {
            fn interpret(&self, operation: &Operation, _: Reading) -> Result<Understood<Self>, String> {
                use $module::{Answer, Operation as Asked};
                let understood = match &*operation.function {
                    $put_name => (Asked::$put(operation.argument.clone()), done(operation, Answer::Done)),
                    $take_name => {
                        let answer = match &operation.result {
                            Value::Nil => Answer::Empty,
                            value => Answer::Value(value.clone()),
                        };
                        (Asked::$take, done(operation, answer))
                    }
                    $($drain_name => {
                        (Asked::$drain, answered(operation, |result| Ok(Answer::Values(items(result)?)))?)
                    })?
                    _ => return unknown(concat!($put_name, ", ", $take_name $(, ", ", $drain_name)?)),
                };
                Ok(Some(understood))
            }

            fn words(&self, operation: &Self::Operation, answer: Option<&Self::Answer>) -> String {
                use $module::{Answer, Operation as Asked};
                let asked = match operation {
                    Asked::$put(value) => format!(concat!($put_name, " {}"), value),
                    Asked::$take => $take_name.into(),
                    $(Asked::$drain => $drain_name.into(),)?
                };
                match answer {
                    Some(Answer::Value(value)) => format!("{asked} {value}"),
                    Some(Answer::Empty) => format!("{asked}: empty"),
                    $(Some(Answer::Values(values)) => {
                        let _ = stringify!($drain);
                        format!("{asked} {}", list(values))
                    })?
                    Some(Answer::Done) | None => asked,
                }
            }

            fn state_words(&self, state: &Self::State) -> String {
                list(state)
            }
        }
    };
}

container!(Queue, queue, Enqueue "enqueue", Dequeue "dequeue", Drain "drain");
container!(Bag, bag, Put "enqueue", Take "dequeue", Drain "drain");
container!(Stack, stack, Push "push", Pop "pop");
container!(PriorityQueue, priority_queue, Insert "insert", RemoveLeast "remove-min");

impl Interpret for Set<Value> {
    fn interpret(&self, operation: &Operation, _: Reading) -> Result<Understood<Self>, String> {
        use set::Answer;
        let value = || operation.argument.clone();
        let changed = || match operation.result {
            Value::Bool(truth) if !matches!(operation.argument, Value::Bool(_)) => Answer::Truth(truth),
            _ => Answer::Done,
        };
        let (asked, answer) = match &*operation.function {
            "add" => (set::Operation::Add(value()), done(operation, changed())),
            "remove" => (set::Operation::Remove(value()), done(operation, changed())),
            "contains" => {
                let answer = answered(operation, |result| match result {
                    Value::Bool(truth) => Ok(Answer::Truth(*truth)),
                    _ => Err("the answer is true or false".to_owned()),
                })?;
                (set::Operation::Contains(value()), answer)
            }
            "read" => {
                let answer =
                    answered(operation, |result| Ok(items(result)?.into_iter().collect::<BTreeSet<_>>()))?;
                (set::Operation::Read, answer.map(Answer::Members))
            }
            _ => return unknown("add, remove, contains, read"),
        };
        Ok(Some((asked, answer)))
    }

    fn words(&self, operation: &set::Operation<Value>, answer: Option<&set::Answer<Value>>) -> String {
        let asked = match operation {
            set::Operation::Add(value) => format!("add {value}"),
            set::Operation::Remove(value) => format!("remove {value}"),
            set::Operation::Contains(value) => format!("contains {value}"),
            set::Operation::Read => "read".into(),
        };
        match answer {
            Some(set::Answer::Truth(truth)) => format!("{asked}: {truth}"),
            Some(set::Answer::Members(members)) => format!("{asked} {}", list(members)),
            Some(set::Answer::Done) | None => asked,
        }
    }

    fn state_words(&self, state: &BTreeSet<Value>) -> String {
        list(state)
    }
}

impl Interpret for Counter {
    fn interpret(&self, operation: &Operation, _: Reading) -> Result<Understood<Self>, String> {
        use counter::Answer;
        let amount = || operation.argument.int().ok_or("the argument is an integer");
        let sum = || {
            let sum =
                |result: &Value| result.int().map(Answer::Value).ok_or("the answer is an integer".to_owned());
            answered(operation, sum)
        };
        let (asked, answer) = match &*operation.function {
            "add" => (counter::Operation::Add(amount()?), done(operation, Answer::Done)),
            "add-and-get" => (counter::Operation::AddAndGet(amount()?), sum()?),
            "read" => (counter::Operation::Read, sum()?),
            _ => return unknown("add, add-and-get, read"),
        };
        Ok(Some((asked, answer)))
    }

    fn words(&self, operation: &counter::Operation, answer: Option<&counter::Answer>) -> String {
        let asked = match operation {
            counter::Operation::Add(amount) => format!("add {amount}"),
            counter::Operation::AddAndGet(amount) => format!("add {amount} and get"),
            counter::Operation::Read => "read".into(),
        };
        match answer {
            Some(counter::Answer::Value(sum)) => format!("{asked} {sum}"),
            Some(counter::Answer::Done) | None => asked,
        }
    }

    fn state_words(&self, state: &i64) -> String {
        state.to_string()
    }
}

impl Interpret for Mutex<Value> {
    fn interpret(&self, operation: &Operation, reading: Reading) -> Result<Understood<Self>, String> {
        let who = match &operation.process {
            _ if !reading.locks_have_owners => Value::Nil,
            Process::Client(number) => Value::Int(*number),
            Process::Other(name) => Value::Text(name.clone()),
            Process::Unnamed => Value::Nil,
        };
        let asked = match &*operation.function {
            "acquire" => mutex::Operation::Acquire(who),
            "release" => mutex::Operation::Release(who),
            _ => return unknown("acquire, release"),
        };
        let answer = match operation.result {
            Value::Bool(false) => mutex::Answer::Refused,
            _ => mutex::Answer::Done,
        };
        Ok(Some((asked, done(operation, answer))))
    }

    fn words(&self, operation: &mutex::Operation<Value>, answer: Option<&mutex::Answer>) -> String {
        let asked = match operation {
            mutex::Operation::Acquire(_) => "acquire",
            mutex::Operation::Release(_) => "release",
        };
        let refused = if answer == Some(&mutex::Answer::Refused) { ", refused" } else { "" };
        format!("{asked}{refused}")
    }

    fn state_words(&self, state: &Option<Value>) -> String {
        match state {
            None => "free".into(),
            Some(Value::Nil) => "held".into(),
            Some(who) => format!("held by p{who}"),
        }
    }
}

impl Interpret for AppendList<Value> {
    fn interpret(&self, operation: &Operation, _: Reading) -> Result<Understood<Self>, String> {
        use append_list::Answer;
        let (asked, answer) = match &*operation.function {
            "append" => {
                (append_list::Operation::Append(operation.argument.clone()), done(operation, Answer::Done))
            }
            "read" => (
                append_list::Operation::Read,
                answered(operation, |result| Ok(Answer::Values(items(result)?)))?,
            ),
            _ => return unknown("append, read"),
        };
        Ok(Some((asked, answer)))
    }

    fn words(
        &self,
        operation: &append_list::Operation<Value>,
        answer: Option<&append_list::Answer<Value>>,
    ) -> String {
        match (operation, answer) {
            (append_list::Operation::Append(value), _) => format!("append {value}"),
            (append_list::Operation::Read, Some(append_list::Answer::Values(values))) => {
                format!("read {}", list(values))
            }
            (append_list::Operation::Read, _) => "read".into(),
        }
    }

    fn state_words(&self, state: &Vec<Value>) -> String {
        list(state)
    }
}
