//! The console of old Jepsen, where events are log lines.
//!
//! `INFO  jepsen.util - PROCESS :TYPE :F VALUE`, the last four apart by tabs or spaces. A value `:timed-out` is no value
//! but why the operation failed or is unknown. Lines by other loggers are left out.

use std::{io::BufRead, sync::Arc};

use super::{edn::Reader, jepsen, lines::Lines};
use crate::{
    event::Event,
    malformed::{Malformed, ReadError},
    value::Value,
};

/// What stands before an event.
pub(super) const MARK: &str = "jepsen.util - ";
/// With what the lines of a log begin.
pub(super) const LEVELS: [&str; 5] = ["INFO", "WARN", "ERROR", "DEBUG", "TRACE"];

/// The events of a console log.
pub fn events<R: BufRead>(input: R) -> impl Iterator<Item = Result<Event, ReadError>> {
    let nothing: Arc<str> = "".into();
    Lines::new(input).filter_map(move |line| {
        line.and_then(|(number, line)| Ok(event(number, &line, &nothing)?)).transpose()
    })
}

fn event(number: u64, line: &str, nothing: &Arc<str>) -> Result<Option<Event>, Malformed> {
    let line = line.trim();
    let Some((_, event)) = line.split_once(MARK) else {
        return if line.is_empty() || LEVELS.iter().any(|level| line.starts_with(level)) {
            Ok(None)
        } else {
            Err(Malformed::new(
                number,
                format!("a line of this log begins with its level, such as '{}'", LEVELS[0]),
            ))
        };
    };
    let mut items = Vec::new();
    let mut reader = Reader::new(event.as_bytes());
    loop {
        match reader.form() {
            Ok(Some((_, form))) => items.push(form),
            Ok(None) => break,
            Err(ReadError::Malformed(malformed)) => return Err(Malformed::new(number, malformed.reason)),
            Err(ReadError::Io(error)) => return Err(Malformed::new(number, error.to_string())),
        }
    }
    // What is logged otherwise by the same logger is a sentence, which does not begin with a process and a type.
    let is_event =
        matches!(&items[..], [Value::Int(_) | Value::Keyword(_), Value::Keyword(_), Value::Keyword(_), _]);
    if !is_event {
        return Err(Malformed::new(number, format!("an event is '{MARK}PROCESS :TYPE :F VALUE'")));
    }
    let mut event = jepsen::event(number, Value::List(items), nothing)?;
    if event.value == Value::keyword("timed-out") {
        event.error = std::mem::take(&mut event.value);
    }
    Ok(Some(event))
}
