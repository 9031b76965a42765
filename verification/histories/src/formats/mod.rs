//! The formats of records: how each is read, and how ours is written.

pub mod console;
pub mod edn;
pub mod jepsen;
pub mod json;
pub(crate) mod lines;
pub mod porcupine;
mod source;
pub mod synod;

use std::io::BufRead;

use crate::{event::Event, malformed::ReadError};

/// A format of a record of operations.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// Jepsen's histories in EDN, in any of their shapes.
    JepsenEdn,
    /// The same in JSON.
    JepsenJson,
    /// The console of old Jepsen.
    JepsenLog,
    /// Porcupine's logs of key-value stores.
    PorcupineKv,
    /// Our own form, JSON Lines.
    Synod,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 5] =
        [Format::JepsenEdn, Format::JepsenJson, Format::JepsenLog, Format::PorcupineKv, Format::Synod];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::JepsenEdn => "jepsen-edn",
            Format::JepsenJson => "jepsen-json",
            Format::JepsenLog => "jepsen-log",
            Format::PorcupineKv => "porcupine-kv",
            Format::Synod => "synod",
        }
    }

    /// The format of this name.
    pub fn named(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The events of a history in this format. After an error there is nothing more.
    pub fn events<'a>(
        self,
        input: impl BufRead + 'a,
    ) -> Box<dyn Iterator<Item = Result<Event, ReadError>> + 'a> {
        match self {
            Format::JepsenEdn => Box::new(jepsen::Events::new(input)),
            Format::JepsenJson => Box::new(json::events(input)),
            Format::JepsenLog => Box::new(console::events(input)),
            Format::PorcupineKv => Box::new(porcupine::events(input)),
            Format::Synod => Box::new(synod::events(input)),
        }
    }

    /// The format of a text, by its beginning; `None` if it looks like no other. What is empty, or nothing but
    /// comments, is EDN.
    pub fn guess(beginning: &str) -> Option<Format> {
        let mut lines =
            beginning.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(';'));
        let Some(first) = lines.next() else { return Some(Format::JepsenEdn) };
        if console::LEVELS.iter().any(|level| first.starts_with(level)) {
            return Some(Format::JepsenLog);
        }
        let inner = first.trim_start_matches(['[', '(']).trim_start();
        match inner.strip_prefix('{').map(str::trim_start) {
            // Ours has no other fields than Jepsen's in JSON, and an object a line. What both can be is read alike.
            Some(fields) if fields.starts_with('"') => {
                let is_ours =
                    first.starts_with('{') && synod::events(first.as_bytes()).all(|event| event.is_ok());
                Some(if is_ours { Format::Synod } else { Format::JepsenJson })
            }
            Some(_) if first.contains(":key ") => Some(Format::PorcupineKv),
            Some(_) => Some(Format::JepsenEdn),
            None if first.starts_with(['[', '(', '#']) => {
                let is_json = first == "[" && lines.next().is_some_and(|second| second.starts_with("{\""));
                Some(if is_json { Format::JepsenJson } else { Format::JepsenEdn })
            }
            None => None,
        }
    }
}
