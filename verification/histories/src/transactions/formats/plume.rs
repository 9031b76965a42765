//! The text form of Plume and PolySI: a line `r(key,value,session,transaction)` or `w(...)` for each operation. The operations
//! of a transaction stand together, and the transactions of a session in their order. The transaction -1 is one that
//! aborted. Every key is 0 at first.

use std::io::BufRead;

use rustc_hash::FxHashSet;

use crate::{
    malformed::{Malformed, ReadError},
    value::Value,
};

use super::{
    super::{History, Op, Recorded, Status},
    int, lines,
};

/// Transactions that aborted have this number.
const ABORTED: i64 = -1;

struct Line {
    number: u64,
    write: bool,
    /// Key, value, session, transaction.
    items: [i64; 4],
}

/// Reads a history.
///
/// # Errors
/// A line is not an operation, the operations of a transaction do not stand together, a value is written twice, or the input
/// fails.
pub fn read(input: impl BufRead) -> Result<History, ReadError> {
    let mut operations = Vec::new();
    for line in lines(input) {
        let (number, line) = line?;
        if !line.trim().is_empty() {
            operations.push(operation(number, line.trim())?);
        }
    }
    // A key to which somebody writes 0 has no other initial value that could be read: that 0 is what was written.
    let zeros: FxHashSet<i64> =
        operations.iter().filter(|one| one.write && one.items[1] == 0).map(|one| one.items[0]).collect();
    let mut history = History::new();
    let mut done: FxHashSet<(i64, i64)> = FxHashSet::default();
    for same in operations.chunk_by(|one, other| one.items[2..] == other.items[2..]) {
        let &Line { number, items: [_, _, session, transaction], .. } = &same[0];
        if transaction != ABORTED && !done.insert((session, transaction)) {
            let reason = format!(
                "the operations of transaction {transaction} of session {session} do not stand together"
            );
            return Err(Malformed::new(number, reason).into());
        }
        let ops = same.iter().map(|one| {
            let [key, value, ..] = one.items;
            let initial = value == 0 && !zeros.contains(&key);
            match one.write {
                true => Op::Write(Value::Int(key), Value::Int(value)),
                false => Op::Read(Value::Int(key), (!initial).then_some(Value::Int(value))),
            }
        });
        let status = if transaction == ABORTED { Status::Aborted } else { Status::Committed };
        // Sessions may be any number: equal bits, equal session.
        let session = session.cast_unsigned();
        history.push(Recorded { session, status, interval: None, line: number, ops: ops.collect() })?;
    }
    Ok(history)
}

fn operation(number: u64, line: &str) -> Result<Line, Malformed> {
    let wrong = || {
        Malformed::new(
            number,
            "a line is r(key,value,session,transaction) or w(key,value,session,transaction)",
        )
    };
    let (name, rest) = line.split_once('(').ok_or_else(wrong)?;
    let parts: Vec<&str> = rest.strip_suffix(')').ok_or_else(wrong)?.split(',').collect();
    let &[key, value, session, transaction] = &parts[..] else { return Err(wrong()) };
    let write = match name.trim() {
        "r" => false,
        "w" => true,
        other => return Err(Malformed::new(number, format!("an operation is 'r' or 'w', not '{other}'"))),
    };
    let items = [
        int(number, "key", key)?,
        int(number, "value", value)?,
        int(number, "session", session)?,
        int(number, "transaction", transaction)?,
    ];
    Ok(Line { number, write, items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_read() {
        let text = "w(1,5,0,0)\nr(2,0,0,0)\nw(1,6,1,-1)\nr(1,5,1,1)\n";
        let history = read(text.as_bytes()).expect("is well formed");
        let first = history.recorded(0);
        assert_eq!(first.ops, [Op::Write(1.into(), 5.into()), Op::Read(2.into(), None)]);
        let statuses: Vec<_> = (0..3).map(|index| history.recorded(index).status).collect();
        assert_eq!(statuses, [Status::Committed, Status::Aborted, Status::Committed]);
    }

    #[test]
    fn zero_is_a_value_where_it_is_written() {
        let history = read("w(1,0,0,0)\nr(1,0,1,1)\n".as_bytes()).expect("is well formed");
        assert_eq!(history.recorded(1).ops, [Op::Read(1.into(), Some(0.into()))]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, line, reason) in [
            ("w(1,5,0)\n", 1, "a line is"),
            ("w 1\n", 1, "a line is"),
            ("x(1,5,0,0)\n", 1, "'r' or 'w'"),
            ("w(1,b,0,0)\n", 1, "the value"),
            ("w(1,5,0,0)\nw(1,6,1,1)\nw(1,7,0,0)\n", 3, "do not stand together"),
        ] {
            let Err(ReadError::Malformed(error)) = read(text.as_bytes()) else {
                panic!("{text} is accepted")
            };
            assert_eq!(error.line, line, "{error}");
            assert!(error.reason.contains(reason), "{error}");
        }
    }
}
