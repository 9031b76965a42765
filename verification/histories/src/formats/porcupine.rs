//! Porcupine's logs of key-value stores: maps in EDN with a `:key` of their own.
//!
//! The functions are `get`, `put` and `append`, and nothing fails. Here the value of such an event is the pair of the key
//! and the value, as everywhere else.

use std::{io::BufRead, sync::Arc};

use super::{edn::Reader, jepsen};
use crate::{
    event::Event,
    malformed::{Malformed, ReadError},
    value::Value,
};

/// The events of a log. After an error there is nothing more.
pub fn events<R: BufRead>(input: R) -> impl Iterator<Item = Result<Event, ReadError>> {
    let mut reader = Reader::new(input);
    let nothing: Arc<str> = "".into();
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let next = reader.form().and_then(|form| match form {
            Some((line, form)) => Ok(Some(event(line, form, &nothing)?)),
            None => Ok(None),
        });
        ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    })
}

fn event(line: u64, form: Value, nothing: &Arc<str>) -> Result<Event, Malformed> {
    let Some(key) = form.get("key").cloned() else {
        return Err(Malformed::new(line, "an event of this log is a map with a :key"));
    };
    let mut event = jepsen::event(line, form, nothing)?;
    event.value = Value::List(vec![key, event.value]);
    Ok(event)
}
