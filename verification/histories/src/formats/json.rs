//! Jepsen's histories in JSON: an array of objects, or one object after the other, with the fields of the EDN.
//!
//! Keywords are strings here, and so are the keys of maps: those that are integers are turned back.

use std::{io::Read, sync::Arc};

use serde_json::value::RawValue;

use super::jepsen;
use crate::{
    event::Event,
    malformed::{Malformed, ReadError},
    value::{Real, Value},
};

/// The events of a history. All of the text is read at once.
pub fn events(mut input: impl Read) -> impl Iterator<Item = Result<Event, ReadError>> {
    let mut text = String::new();
    let read = input.read_to_string(&mut text);
    let events = match read {
        Ok(_) => read_all(&text),
        Err(error) => vec![Err(error.into())],
    };
    events.into_iter()
}

fn read_all(text: &str) -> Vec<Result<Event, ReadError>> {
    // Where it is cut off, that is in the last line with something in it.
    let text = text.trim_end();
    let nothing: Arc<str> = "".into();
    // Places are searched for from the last one on.
    let (mut line, mut seen) = (1, 0);
    let mut line_of = |at: usize| {
        line += text.as_bytes()[seen..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        seen = at;
        line
    };
    let items: Result<Vec<&RawValue>, serde_json::Error> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::Deserializer::from_str(text).into_iter().collect()
    };
    let items = match items {
        Ok(items) => items,
        Err(error) => return vec![Err(not_json(1, &error).into())],
    };
    let mut events = Vec::with_capacity(items.len());
    for item in items {
        // The item is a part of the text, so the difference of their addresses is its place.
        let line = line_of(item.get().as_ptr().addr() - text.as_ptr().addr());
        let event = parse(line, item.get()).and_then(|value| jepsen::event(line, value, &nothing));
        let is_wrong = event.is_err();
        events.push(event.map_err(ReadError::from));
        if is_wrong {
            break;
        }
    }
    events
}

/// What serde says is wrong in a text that begins in this line.
pub(super) fn not_json(line: u64, error: &serde_json::Error) -> Malformed {
    let text = error.to_string();
    // Its own place is counted from the text's beginning.
    let reason = text.split(" at line ").next().unwrap_or(&text).to_owned();
    Malformed::new(line + error.line().saturating_sub(1) as u64, format!("not JSON: {reason}"))
}

/// A value in JSON that begins in this line.
pub(super) fn parse(line: u64, text: &str) -> Result<Value, Malformed> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| not_json(line, &error))?;
    value(json).map_err(|reason| Malformed::new(line, reason))
}

/// The value that a JSON value is, with the keys of objects that are integers turned back into integers.
fn value(json: serde_json::Value) -> Result<Value, String> {
    Ok(match json {
        serde_json::Value::Object(fields) => {
            let entries = fields.into_iter().map(|(key, field)| {
                let key = key.parse().map_or_else(|_| Value::text(&key), Value::Int);
                Ok((key, value(field)?))
            });
            Value::map(entries.collect::<Result<_, String>>()?).ok_or("an object has the same key twice")?
        }
        serde_json::Value::Array(items) => {
            Value::List(items.into_iter().map(value).collect::<Result<_, String>>()?)
        }
        scalar => self::scalar(&scalar)?,
    })
}

/// The value that a JSON value is that is no array and no object.
pub(super) fn scalar(json: &serde_json::Value) -> Result<Value, String> {
    match json {
        serde_json::Value::Null => Ok(Value::Nil),
        serde_json::Value::Bool(truth) => Ok(Value::Bool(*truth)),
        serde_json::Value::String(text) => Ok(Value::text(text)),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Ok(Value::Int(int)),
            (None, Some(real)) if !number.is_u64() => Ok(Value::Real(Real(real))),
            _ => Err(format!("the integer {number} does not fit into 64 bits with a sign")),
        },
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            Err("a single value is expected".into())
        }
    }
}
