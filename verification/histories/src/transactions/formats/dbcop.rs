//! The forms of dbcop: text and JSON of today, and the binary form of 2019 in which many histories were published.
//!
//! In text a line is a transaction, `[x:=1 y==2 z==?]`: writes `x := 1`, reads `y == 2`, reads of the initial state `z == ?`.
//! A `!` behind it says that it did not commit. A line `---` stands between sessions, and `//` begins a comment.

use std::io::BufRead;

use serde::Deserialize;

use crate::{
    malformed::{Malformed, ReadError},
    value::Value,
};

use super::{
    super::{History, Op, Recorded, Status},
    all, int, lines,
};

fn status(committed: bool) -> Status {
    if committed { Status::Committed } else { Status::Aborted }
}

/// Reads the text form.
///
/// # Errors
/// A line is neither a transaction nor `---`, or a value is written twice, or the input fails.
pub fn read_text(input: impl BufRead) -> Result<History, ReadError> {
    let mut history = History::new();
    let mut session = 0;
    for line in lines(input) {
        let (number, line) = line?;
        let mut rest = line.split_once("//").map_or(&line[..], |(before, _)| before).trim();
        if rest.len() >= 3 && rest.bytes().all(|byte| byte == b'-') {
            session += 1;
            continue;
        }
        while !rest.is_empty() {
            let wrong = || {
                Malformed::new(
                    number,
                    "a transaction is [key:=value key==value key==?], with ! behind it if it did not commit",
                )
            };
            let (body, behind) =
                rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(wrong)?;
            let behind = behind.trim_start();
            let aborted = behind.starts_with('!');
            rest = behind.trim_start_matches('!').trim_start();
            let ops = body.split_whitespace().map(|op| text_op(number, op)).collect::<Result<_, _>>()?;
            history.push(Recorded {
                session,
                status: status(!aborted),
                interval: None,
                line: number,
                ops,
            })?;
        }
    }
    Ok(history)
}

fn text_op(number: u64, text: &str) -> Result<Op, Malformed> {
    let key = |name: &str| name.parse().map_or_else(|_| Value::text(name), Value::Int);
    if let Some((name, value)) = text.split_once(":=") {
        return Ok(Op::Write(key(name), Value::Int(int(number, "value", value)?)));
    }
    match text.split_once("==") {
        Some((name, "?")) => Ok(Op::Read(key(name), None)),
        Some((name, value)) => Ok(Op::Read(key(name), Some(Value::Int(int(number, "value", value)?)))),
        None => {
            let reason = format!("an operation is key:=value, key==value or key==?, not '{text}'");
            Err(Malformed::new(number, reason))
        }
    }
}

#[derive(Deserialize)]
struct Document {
    data: Vec<Vec<Transaction>>,
}

#[derive(Deserialize)]
struct Transaction {
    events: Vec<Event>,
    committed: bool,
}

#[derive(Deserialize)]
enum Event {
    Read { variable: u64, version: Option<u64> },
    Write { variable: u64, version: u64 },
}

/// Reads the JSON form.
///
/// # Errors
/// It is not JSON of this shape, or a value is written twice, or the input fails.
pub fn read_json(input: impl BufRead) -> Result<History, ReadError> {
    let document: Document = serde_json::from_slice(all(input)?.trim_ascii_end())
        .map_err(|error| Malformed::new(error.line() as u64, format!("not a history of dbcop: {error}")))?;
    let mut history = History::new();
    for (session, transactions) in document.data.into_iter().enumerate() {
        for transaction in transactions {
            let ops = transaction.events.into_iter().map(|event| match event {
                Event::Read { variable, version } => Op::Read(number(variable), version.map(number)),
                Event::Write { variable, version } => Op::Write(number(variable), number(version)),
            });
            history.push(Recorded {
                session: session as u64,
                status: status(transaction.committed),
                interval: None,
                line: 0,
                ops: ops.collect(),
            })?;
        }
    }
    Ok(history)
}

/// A number of 64 bits, of which the highest is never used for anything but to be different.
fn number(number: u64) -> Value {
    Value::Int(number.cast_signed())
}

/// Little-endian numbers of 64 bits, strings and flags, as bincode 1 writes them.
struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

impl Bytes<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], Malformed> {
        let taken = self.at.checked_add(count).and_then(|end| self.all.get(self.at..end));
        let taken = taken.ok_or_else(|| {
            Malformed::new(
                0,
                format!("the file ends after {} bytes, in the middle of something", self.all.len()),
            )
        })?;
        self.at += count;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, Malformed> {
        let bytes = self.take(8)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn flag(&mut self) -> Result<bool, Malformed> {
        let at = self.at;
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            other => Err(Malformed::new(0, format!("byte {at} is {}, but a flag is 0 or 1", other[0]))),
        }
    }

    fn string(&mut self) -> Result<(), Malformed> {
        let length = self.length(1)?;
        self.take(length).map(drop)
    }

    /// The length of something whose items take at least so many bytes each: no more than the file could hold.
    fn length(&mut self, least: usize) -> Result<usize, Malformed> {
        let at = self.at;
        let length = self.number()?;
        let most = (self.all.len() - self.at) / least;
        usize::try_from(length).ok().filter(|length| *length <= most).ok_or_else(|| {
            Malformed::new(
                0,
                format!("byte {at} begins the length {length}, for which the file is too short"),
            )
        })
    }
}

/// Reads the binary form of 2019, in which every key is 0 at first.
///
/// # Errors
/// It is not of this form, or a value is written twice, or the input fails.
pub fn read_binary(input: impl BufRead) -> Result<History, ReadError> {
    let all = all(input)?;
    let mut bytes = Bytes { all: &all, at: 0 };
    for _ in 0..5 {
        bytes.number()?;
    }
    for _ in 0..3 {
        bytes.string()?;
    }
    let mut history = History::new();
    for session in 0..bytes.length(8)? {
        for _ in 0..bytes.length(9)? {
            let mut ops = Vec::new();
            for _ in 0..bytes.length(18)? {
                let (write, key, value) = (bytes.flag()?, number(bytes.number()?), bytes.number()?);
                // What did not succeed did nothing.
                match (bytes.flag()?, write) {
                    (true, true) => ops.push(Op::Write(key, number(value))),
                    (true, false) => ops.push(Op::Read(key, (value != 0).then(|| number(value)))),
                    (false, _) => {}
                }
            }
            let status = status(bytes.flag()?);
            history.push(Recorded { session: session as u64, status, interval: None, line: 0, ops })?;
        }
    }
    if bytes.at < all.len() {
        let reason = format!("the history ends after {} bytes, but the file has {}", bytes.at, all.len());
        return Err(Malformed::new(0, reason).into());
    }
    Ok(history)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed(result: Result<History, ReadError>) -> Malformed {
        match result {
            Err(ReadError::Malformed(malformed)) => malformed,
            other => panic!("not malformed: {other:?}"),
        }
    }

    #[test]
    fn text_is_read() {
        let text = "// two sessions\n[x:=1 y==?] [y:=3]!\n---\n[x==1] // seen\n";
        let history = read_text(text.as_bytes()).expect("is well formed");
        let all: Vec<_> = (0..3).map(|index| history.recorded(index)).collect();
        assert_eq!(all[0].ops, [Op::Write(Value::text("x"), 1.into()), Op::Read(Value::text("y"), None)]);
        assert_eq!((all[1].status, all[2].session, all[2].line), (Status::Aborted, 1, 4));
        assert!(malformed(read_text("[x=1]\n".as_bytes())).reason.contains("not 'x=1'"));
        assert_eq!(malformed(read_text("[x:=1]\nx:=2\n".as_bytes())).line, 2);
        // Cut off in the middle of a line.
        assert_eq!(malformed(read_text("[x:=1]\n[x==1 y:=".as_bytes())).line, 2);
    }

    #[test]
    fn json_is_read() {
        let text = r#"{"params":{"id":0},"info":"","start":"","end":"","data":[[
            {"events":[{"Write":{"variable":0,"version":1}},{"Read":{"variable":1,"version":null}}],"committed":true},
            {"events":[{"Write":{"variable":0,"version":2}}],"committed":false}]]}"#;
        let history = read_json(text.as_bytes()).expect("is well formed");
        assert_eq!(history.recorded(0).ops, [Op::Write(0.into(), 1.into()), Op::Read(1.into(), None)]);
        assert_eq!(history.recorded(1).status, Status::Aborted);
        assert_eq!(malformed(read_json("{\n\"data\":3}".as_bytes())).line, 2);
    }

    #[test]
    fn binary_is_read() {
        let mut bytes: Vec<u8> = Vec::new();
        let numbers = |numbers: &[u64], bytes: &mut Vec<u8>| {
            numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        };
        numbers(&[7, 1, 1, 1, 2, 0, 0, 0, 1, 1, 2], &mut bytes);
        bytes.push(1);
        numbers(&[4, 5], &mut bytes);
        bytes.extend([1, 0]);
        numbers(&[3, 0], &mut bytes);
        bytes.extend([1, 1]);
        let history = read_binary(&bytes[..]).expect("is well formed");
        assert_eq!(history.recorded(0).ops, [Op::Write(4.into(), 5.into()), Op::Read(3.into(), None)]);
        for cut in 0..bytes.len() {
            malformed(read_binary(&bytes[..cut]));
        }
        bytes.push(0);
        assert!(malformed(read_binary(&bytes[..])).reason.contains("but the file has"));
    }
}
