//! Histories as Jepsen writes them: EDN in three shapes.
//!
//! 1. A map for each event, one after the other (`history.edn`).
//! 2. All of them in one vector (Knossos). 3. All of them in one list (tests of RethinkDB).
//!
//! An older event is a vector `[process type f value]`. Keys that mean nothing to a checker may be there.

use std::{io::BufRead, sync::Arc};

use super::edn::{Collection, Reader};
use crate::{
    event::{Event, Kind, Process},
    malformed::{Malformed, ReadError},
    value::Value,
};

/// The events of a history in EDN, read one by one.
#[derive(Debug)]
pub struct Events<R> {
    reader: Reader<R>,
    shape: Shape,
    /// The items of a vector that turned out to be an event.
    first: Option<Result<(u64, Value), ReadError>>,
    nothing: Arc<str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    Unseen,
    OneByOne,
    Enclosed(Collection),
    Ended,
}

impl<R: BufRead> Events<R> {
    /// The events of this text.
    pub fn new(input: R) -> Self {
        Events { reader: Reader::new(input), shape: Shape::Unseen, first: None, nothing: "".into() }
    }

    /// Which of the shapes it is shows with the first bracket and what comes behind it.
    fn look(&mut self) -> Result<(), ReadError> {
        self.shape = Shape::OneByOne;
        let Some(collection) = self.reader.enter()? else { return Ok(()) };
        match self.reader.item(collection)? {
            None => {
                self.nothing_more()?;
                self.shape = Shape::Ended;
            }
            Some((line, item @ (Value::Map(_) | Value::List(_)))) => {
                self.shape = Shape::Enclosed(collection);
                self.first = Some(Ok((line, item)));
            }
            // `[process type f value]`
            Some((line, process)) => {
                let mut items = vec![process];
                while let Some((_, item)) = self.reader.item(collection)? {
                    items.push(item);
                }
                self.first = Some(Ok((line, Value::List(items))));
            }
        }
        Ok(())
    }

    fn nothing_more(&mut self) -> Result<(), ReadError> {
        match self.reader.form()? {
            Some((line, _)) => {
                Err(Malformed::new(line, "there is more behind the collection of events").into())
            }
            None => Ok(()),
        }
    }

    fn step(&mut self) -> Result<Option<Event>, ReadError> {
        if self.shape == Shape::Unseen {
            self.look()?;
        }
        let next = match (self.first.take(), self.shape) {
            (Some(first), _) => Some(first?),
            (None, Shape::Enclosed(collection)) => {
                let item = self.reader.item(collection)?;
                if item.is_none() {
                    self.nothing_more()?;
                }
                item
            }
            (None, Shape::OneByOne | Shape::Unseen) => self.reader.form()?,
            (None, Shape::Ended) => None,
        };
        match next {
            Some((line, form)) => Ok(Some(event(line, form, &self.nothing)?)),
            None => {
                self.shape = Shape::Ended;
                Ok(None)
            }
        }
    }
}

/// After an error there is nothing more.
impl<R: BufRead> Iterator for Events<R> {
    type Item = Result<Event, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.shape = Shape::Ended;
            self.first = None;
        }
        step.transpose()
    }
}

/// The event that a form is: a map with `:type`, or `[process type f value]`.
pub(super) fn event(line: u64, form: Value, nothing: &Arc<str>) -> Result<Event, Malformed> {
    let mut event = Event {
        line,
        process: Process::Unnamed,
        kind: Kind::Info,
        function: nothing.clone(),
        value: Value::Nil,
        time: None,
        index: None,
        error: Value::Nil,
    };
    match form {
        Value::Map(entries) => {
            let mut kind = None;
            for (key, value) in entries {
                match key.name() {
                    Some("type") => kind = Some(value),
                    Some("process") => event.process = process(line, value)?,
                    Some("f") => event.function = function(line, value, nothing)?,
                    Some("value") => event.value = value,
                    Some("time") => event.time = value.int(),
                    Some("index") => event.index = value.int(),
                    Some("error") => event.error = value,
                    _ => {}
                }
            }
            let Some(kind) = kind else {
                return Err(Malformed::new(line, "an event has no :type (invoke, ok, fail or info)"));
            };
            event.kind = self::kind(line, &kind)?;
        }
        Value::List(items) => {
            let Ok([who, what, name, value]) = <[Value; 4]>::try_from(items) else {
                return Err(Malformed::new(
                    line,
                    "an event that is a vector has four items: [process type f value]",
                ));
            };
            event.process = process(line, who)?;
            event.kind = kind(line, &what)?;
            event.function = function(line, name, nothing)?;
            event.value = value;
        }
        other => {
            return Err(Malformed::new(
                line,
                format!("an event is a map or a vector of four items, not {}", brief(&other)),
            ));
        }
    }
    Ok(event)
}

fn kind(line: u64, value: &Value) -> Result<Kind, Malformed> {
    value.name().and_then(Kind::named).ok_or_else(|| {
        Malformed::new(
            line,
            format!("the type of an event is invoke, ok, fail or info, not {}", brief(value)),
        )
    })
}

fn process(line: u64, value: Value) -> Result<Process, Malformed> {
    match value {
        Value::Int(number) => Ok(Process::Client(number)),
        Value::Keyword(name) | Value::Text(name) => Ok(Process::Other(name)),
        Value::Nil => Ok(Process::Unnamed),
        other => {
            Err(Malformed::new(line, format!("a process is an integer or a name, not {}", brief(&other))))
        }
    }
}

fn function(line: u64, value: Value, nothing: &Arc<str>) -> Result<Arc<str>, Malformed> {
    match value {
        Value::Keyword(name) | Value::Text(name) => Ok(name),
        Value::Nil => Ok(nothing.clone()),
        other => Err(Malformed::new(line, format!("the :f of an event is a name, not {}", brief(&other)))),
    }
}

/// A value in an error message: not more of it than fits.
pub(crate) fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{} ...", &text[..cut]),
        None => text,
    }
}
