//! The text form of AWDIT's own tests: a line `r key value` or `w key value` for each operation, a line of `-` between
//! transactions, and a line of `=` between sessions. There is no initial state: what is read must have been written.

use std::io::BufRead;

use crate::{
    malformed::{Malformed, ReadError},
    value::Value,
};

use super::{
    super::{History, Op, Recorded, Status},
    int, lines,
};

/// Reads a history.
///
/// # Errors
/// A line is none of the four, or a value is written twice, or the input fails.
pub fn read(input: impl BufRead) -> Result<History, ReadError> {
    let mut history = History::new();
    let (mut session, mut begin, mut ops) = (0, 0, Vec::new());
    let mut finish = |session, line, ops: &mut Vec<Op>| -> Result<(), Malformed> {
        if ops.is_empty() {
            return Ok(());
        }
        let ops = std::mem::take(ops);
        history.push(Recorded { session, status: Status::Committed, interval: None, line, ops })
    };
    for line in lines(input) {
        let (number, line) = line?;
        let line = line.trim();
        let is_all = |c: char| !line.is_empty() && line.chars().all(|other| other == c);
        if is_all('-') || is_all('=') {
            finish(session, begin, &mut ops)?;
            session += u64::from(is_all('='));
            continue;
        }
        if line.is_empty() {
            continue;
        }
        if ops.is_empty() {
            begin = number;
        }
        ops.push(op(number, line)?);
    }
    finish(session, begin, &mut ops)?;
    Ok(history)
}

fn op(number: u64, line: &str) -> Result<Op, Malformed> {
    let parts: Vec<&str> = line.split_whitespace().collect();
    let &[name, key, value] = &parts[..] else {
        return Err(Malformed::new(number, "a line is 'r key value', 'w key value', '---' or '==='"));
    };
    let (key, value) = (int(number, "key", key)?, int(number, "value", value)?);
    match name {
        "r" => Ok(Op::Read(Value::Int(key), Some(Value::Int(value)))),
        "w" => Ok(Op::Write(Value::Int(key), Value::Int(value))),
        _ => Err(Malformed::new(number, format!("an operation is 'r' or 'w', not '{name}'"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_and_transactions_are_told_apart() {
        let history = read("w 0 1\nr 0 1\n---\nw 1 2\n=====\nr 1 2\n\n".as_bytes()).expect("is well formed");
        let shape: Vec<_> = (0..3)
            .map(|index| history.recorded(index))
            .map(|one| (one.session, one.line, one.ops.len()))
            .collect();
        assert_eq!((history.len(), shape), (3, vec![(0, 1, 2), (0, 4, 1), (1, 6, 1)]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, line, reason) in [
            ("w 0 1\nx 0 1\n", 2, "'r' or 'w', not 'x'"),
            ("w 0\n", 1, "a line is"),
            ("w 0 one\n", 1, "the value is an integer"),
            ("w 0 1\n---\nw 0 1\n", 3, "written in line 1 already"),
        ] {
            let Err(ReadError::Malformed(error)) = read(text.as_bytes()) else {
                panic!("{text} is accepted")
            };
            assert_eq!(error.line, line, "{error}");
            assert!(error.reason.contains(reason), "{error}");
        }
    }
}
