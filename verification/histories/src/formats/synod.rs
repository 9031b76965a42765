//! Our own form: JSON Lines, an event a line.
//!
//! ```json
//! {"process":0,"type":"invoke","f":"write","value":3}
//! {"process":0,"type":"ok","f":"write","value":3}
//! {"process":1,"type":"invoke","f":"read"}
//! {"process":1,"type":"info","f":"read","error":"the connection was lost"}
//! ```
//!
//! | field | |
//! |---|---|
//! | `process` | an integer for a client; a name for someone whose events are not checked |
//! | `type` | `invoke`; then one of `ok` (took effect), `fail` (took no effect), `info` (nobody knows) |
//! | `f` | the operation's name; see [`objects`](crate::objects) for what each object knows |
//! | `value` | the argument in `invoke`, the result in `ok`; null if there is none |
//! | `time` | nanoseconds since some start; optional, and never used for the order |
//! | `index` | the recorder's number; optional |
//! | `error` | why it failed or is unknown; optional |
//!
//! The order of the lines is the order of what happened. A value is null, a boolean, an integer of 64 bits, a real, a
//! string, an array; or an object with one field: `{"map":[[KEY,VALUE],...]}`, `{"set":[...]}`, `{"keyword":"name"}`.
//! Other fields are refused, so that a slip of the pen does not go unnoticed; empty lines are left out.
//!
//! A process whose operation ended in `info` goes on under another number. Whoever records should write the `invoke`
//! before asking and the completion after the answer: an interval that is too long is harmless, one too short is not.

use std::{
    io::{self, BufRead, Write},
    sync::Arc,
};

use serde_json::{Map, json};

use super::{json, lines::Lines};
use crate::{
    event::{Event, Kind, Process},
    malformed::{Malformed, ReadError},
    value::Value,
};

/// The events of a history, read line by line.
pub fn events<R: BufRead>(input: R) -> impl Iterator<Item = Result<Event, ReadError>> {
    let mut ended = false;
    let mut names = Vec::new();
    Lines::new(input)
        .map_while(move |line| {
            if ended {
                return None;
            }
            let event = line.and_then(|(number, line)| {
                if line.trim().is_empty() { Ok(None) } else { Ok(Some(event(number, &line, &mut names)?)) }
            });
            ended = event.is_err();
            Some(event.transpose())
        })
        .flatten()
}

/// The name as it was seen before: names are few.
fn shared(name: &str, names: &mut Vec<Arc<str>>) -> Arc<str> {
    if let Some(known) = names.iter().find(|known| &***known == name) {
        return known.clone();
    }
    let name: Arc<str> = name.into();
    if names.len() < 64 {
        names.push(name.clone());
    }
    name
}

fn event(number: u64, line: &str, names: &mut Vec<Arc<str>>) -> Result<Event, Malformed> {
    let wrong = |reason: String| Malformed::new(number, reason);
    let fields: Map<String, serde_json::Value> =
        serde_json::from_str(line).map_err(|error| json::not_json(number, &error))?;
    let (mut process, mut kind) = (None, None);
    let mut event = Event {
        line: number,
        process: Process::Unnamed,
        kind: Kind::Info,
        function: shared("", names),
        value: Value::Nil,
        time: None,
        index: None,
        error: Value::Nil,
    };
    for (name, field) in &fields {
        let value = read(field).map_err(|reason| wrong(format!("in \"{name}\": {reason}")))?;
        match (name.as_str(), value) {
            ("process", Value::Int(number)) => process = Some(Process::Client(number)),
            ("process", Value::Text(name)) => process = Some(Process::Other(name)),
            ("process", _) => return Err(wrong("\"process\" is an integer or a string".into())),
            ("type", value) => {
                kind = value.name().and_then(Kind::named);
                if kind.is_none() {
                    return Err(wrong("\"type\" is \"invoke\", \"ok\", \"fail\" or \"info\"".into()));
                }
            }
            ("f", Value::Text(name)) => event.function = shared(&name, names),
            ("f", _) => return Err(wrong("\"f\" is a string".into())),
            ("value", value) => event.value = value,
            ("error", value) => event.error = value,
            ("time", Value::Int(time)) => event.time = Some(time),
            ("index", Value::Int(index)) => event.index = Some(index),
            ("time" | "index", _) => return Err(wrong(format!("\"{name}\" is an integer"))),
            _ => return Err(wrong(format!("there is no field \"{name}\" in this form"))),
        }
    }
    event.process = process.ok_or_else(|| wrong("there is no \"process\"".into()))?;
    event.kind = kind.ok_or_else(|| wrong("there is no \"type\"".into()))?;
    Ok(event)
}

fn read(json: &serde_json::Value) -> Result<Value, String> {
    let read_all =
        |items: &[serde_json::Value]| items.iter().map(read).collect::<Result<Vec<Value>, String>>();
    match json {
        serde_json::Value::Array(items) => Ok(Value::List(read_all(items)?)),
        serde_json::Value::Object(fields) => {
            let field = fields.iter().next().filter(|_| fields.len() == 1);
            match field.map(|(name, field)| (name.as_str(), field)) {
                Some(("keyword", serde_json::Value::String(name))) => Ok(Value::keyword(name)),
                Some(("set", serde_json::Value::Array(items))) => {
                    Value::set(read_all(items)?).ok_or_else(|| "a set has the same item twice".into())
                }
                Some(("map", serde_json::Value::Array(pairs))) => {
                    let pairs = pairs.iter().map(|pair| {
                        match read(pair)? {
                            Value::List(pair) => {
                                <[Value; 2]>::try_from(pair).map(|[key, value]| (key, value)).ok()
                            }
                            _ => None,
                        }
                        .ok_or_else(|| "a map is an array of pairs".to_owned())
                    });
                    Value::map(pairs.collect::<Result<_, String>>()?)
                        .ok_or_else(|| "a map has the same key twice".into())
                }
                _ => {
                    Err("an object is {\"map\":[[key,value],...]}, {\"set\":[...]} or {\"keyword\":\"name\"}"
                        .into())
                }
            }
        }
        scalar => json::scalar(scalar),
    }
}

fn written(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil => serde_json::Value::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(int) => json!(int),
        Value::Real(real) => json!(real.0),
        Value::Text(text) => json!(&**text),
        Value::Keyword(name) => json!({ "keyword": &**name }),
        Value::List(items) => items.iter().map(written).collect(),
        Value::Set(items) => json!({ "set": items.iter().map(written).collect::<Vec<_>>() }),
        Value::Map(entries) => {
            json!({ "map": entries.iter().map(|(key, value)| json!([written(key), written(value)])).collect::<Vec<_>>() })
        }
    }
}

/// Writes an event as a line.
///
/// Reals that are no finite numbers become null: JSON has no word for them.
///
/// # Errors
/// The output cannot be written.
pub fn write(out: &mut impl Write, event: &Event) -> io::Result<()> {
    let mut fields = Map::new();
    let process = match &event.process {
        Process::Client(number) => json!(number),
        Process::Other(name) => json!(&**name),
        // All that has no name is one's.
        Process::Unnamed => json!(0),
    };
    fields.insert("process".into(), process);
    fields.insert("type".into(), json!(event.kind.name()));
    if !event.function.is_empty() {
        fields.insert("f".into(), json!(&*event.function));
    }
    for (name, value) in [("value", &event.value), ("error", &event.error)] {
        if !value.is_nil() {
            fields.insert(name.into(), written(value));
        }
    }
    for (name, number) in [("time", event.time), ("index", event.index)] {
        if let Some(number) = number {
            fields.insert(name.into(), json!(number));
        }
    }
    serde_json::to_writer(&mut *out, &fields)?;
    out.write_all(b"\n")
}
