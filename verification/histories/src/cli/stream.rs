//! A history that still grows, on the standard input: the answer comes as soon as it is certain, and memory stays bounded.

use std::io::BufRead;

use rustc_hash::FxHashMap;
use serde_json::json;

use super::{Args, Found, Progress};
use crate::{
    answer::Verdict,
    event::{Event, Kind, Process},
    formats::Format,
    linearizability::{Stop, Stream},
    malformed::{Malformed, ReadError},
    objects::{AnyObject, Erased, Interpret, Object, Reading, Subject},
    operation::{Operation, Outcome},
    specifications::Specification,
};

/// About how many bytes a configuration takes.
const BYTES: u64 = 200;

/// Whether a history can be checked while it grows: its object must be known before its end, and nothing but linearizability
/// be asked.
pub(super) fn object(args: &Args, name: &str) -> Option<Object> {
    let object = args.spec.as_deref().and_then(Object::named);
    object.filter(|_| name == "-" && args.level == ["linearizable"] && args.html.is_none())
}

/// What is known of a history that was read to its end, or as far as was needed.
struct Seen {
    events: u64,
    verdict: Verdict,
    note: String,
}

struct Watch<'a> {
    events: Box<dyn Iterator<Item = Result<Event, ReadError>> + 'a>,
    reading: Reading,
    by_part: bool,
    limit: usize,
    progress: &'a Progress,
}

pub(super) fn check(
    args: &Args,
    name: &str,
    format: Format,
    object: Object,
    text: impl BufRead,
    progress: &Progress,
) -> Result<Found, String> {
    let subject = Subject { object, initial: args.initial.clone(), independent: args.independent };
    let watch = Watch {
        events: format.events(text),
        reading: Reading { locks_have_owners: object == Object::OwnedMutex, ..Reading::of(format) },
        // A read of a set, and a transaction, touch many parts at once.
        by_part: !matches!(object, Object::Set | Object::MultiRegister),
        limit: args.memory.0.map_or(usize::MAX, |bytes| usize::try_from(bytes / BYTES).unwrap_or(usize::MAX)),
        progress,
    };
    let seen = watch.read(&subject.specification()).map_err(|error| error.to_string())?;
    let note = if seen.note.is_empty() { String::new() } else { format!("\n    {}", seen.note) };
    let text = format!(
        "{name}: {} events of {} ({})\n  linearizable: {}{note}",
        seen.events,
        object.name(),
        format.name(),
        seen.verdict
    );
    let json = json!({
        "file": name,
        "format": format.name(),
        "object": object.name(),
        "events": seen.events,
        "verdict": seen.verdict,
        "levels": [{ "level": "linearizable", "verdict": seen.verdict, "note": seen.note }],
    });
    Ok(Found { verdict: seen.verdict, text, json, html: String::new() })
}

/// A call that has begun: of which part of the object, its name in the stream, and the operation as it was recorded.
type Begun = (Option<Erased>, u64, Operation);

impl Watch<'_> {
    fn read(self, specification: &AnyObject) -> Result<Seen, ReadError> {
        let mut streams: FxHashMap<Option<Erased>, Stream<'_, AnyObject>> = FxHashMap::default();
        let mut open: FxHashMap<Process, Begun> = FxHashMap::default();
        let mut seen = Seen { events: 0, verdict: Verdict::Valid, note: String::new() };
        for event in self.events {
            let event = event?;
            if !event.process.is_client() {
                continue;
            }
            seen.events += 1;
            if seen.events.is_multiple_of(10_000) {
                self.progress.say(format!("{} events", seen.events));
            }
            let line = event.line;
            let malformed = |reason: String| ReadError::from(Malformed::new(line, reason));
            if event.kind == Kind::Invoke {
                let process = event.process.clone();
                let operation = Operation::begun(event, seen.events as usize);
                let understood = specification.interpret(&operation, self.reading).map_err(malformed)?;
                let Some((asked, _)) = understood else { continue };
                let parts = if self.by_part { specification.parts(&asked) } else { Vec::new() };
                let part = parts.into_iter().next();
                let stream =
                    streams.entry(part.clone()).or_insert_with(|| Stream::new(specification, self.limit));
                let call = stream.begin(asked);
                if open.insert(process.clone(), (part, call, operation)).is_some() {
                    let reason = "invokes an operation, but the one before has not ended";
                    return Err(malformed(format!("{process} {reason}")));
                }
                continue;
            }
            let Some((part, call, mut operation)) = open.remove(&event.process) else {
                if event.kind == Kind::Info {
                    continue;
                }
                return Err(malformed(format!(
                    "{} ends an operation that it has not invoked",
                    event.process
                )));
            };
            let Some(stream) = streams.get_mut(&part) else { continue };
            operation.result = event.value;
            operation.outcome = match event.kind {
                Kind::Ok => Outcome::Ok,
                Kind::Fail => Outcome::Fail,
                Kind::Info | Kind::Invoke => Outcome::Unknown,
            };
            operation.returned = (event.kind != Kind::Info).then_some(operation.invoked + 1);
            let is_answer = self.reading.failed_cas_is_answer && &*operation.function == "cas";
            let step = match operation.outcome {
                Outcome::Unknown => stream.lose(call),
                Outcome::Fail if !is_answer => stream.fail(call),
                Outcome::Ok | Outcome::Fail => {
                    let understood = specification.interpret(&operation, self.reading).map_err(malformed)?;
                    stream.end(call, understood.and_then(|(_, answer)| answer).as_ref())
                }
            };
            if let Err(stop) = step {
                say(specification, &mut seen, stop, line);
                return Ok(seen);
            }
        }
        for stream in streams.values_mut() {
            if let Err(stop) = stream.finish() {
                say(specification, &mut seen, stop, 0);
                return Ok(seen);
            }
        }
        Ok(seen)
    }
}

/// Takes down why a stream stopped.
fn say(specification: &AnyObject, seen: &mut Seen, stop: Stop<AnyObject>, line: u64) {
    let place = if line > 0 { format!("up to line {line}") } else { "up to its end".into() };
    (seen.verdict, seen.note) = match stop {
        Stop::Wrong(operation, states) => {
            let states: Vec<String> =
                states.iter().take(8).map(|state| specification.state_words(state)).collect();
            let words = specification.words(&operation.0, operation.1.as_ref());
            let note = format!(
                "{place}: {words} must take effect before it ends, but cannot; possible before it: {}",
                states.join(" | ")
            );
            (Verdict::Invalid, note)
        }
        Stop::TooMany(limit) => (
            Verdict::Unknown,
            format!("{place}: there are more than {limit} configurations; allow more with --memory"),
        ),
    };
}
