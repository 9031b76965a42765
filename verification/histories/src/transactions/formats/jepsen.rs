//! Transactions as the values of Jepsen's operations: `[[:append x 1] [:r x [1]]]` on lists, `[[:w x 1] [:r x nil]]` on
//! registers. It does not matter in which format the operations were recorded.

use rustc_hash::FxHashSet;

use crate::{
    malformed::Malformed,
    operation::{Operation, Outcome},
    value::Value,
};

use super::super::{History, Op, Recorded, Status};

/// An operation within a transaction.
enum Micro<'a> {
    Read(&'a Value, &'a Value),
    Write(&'a Value, &'a Value),
    Append(&'a Value, &'a Value),
}

/// The history of these operations, all of them transactions.
///
/// An operation that failed is a transaction that aborted; of one of unknown outcome nobody knows whether it took effect.
/// A key is a list if something is appended to it, or a list is read; the value `nil` is an empty list, or the initial state
/// of a register.
///
/// # Errors
/// An operation is no transaction, or a value is written twice.
pub fn transactions(operations: &[Operation]) -> Result<History, Malformed> {
    let parsed: Vec<Vec<Micro<'_>>> = operations.iter().map(micro_operations).collect::<Result<_, _>>()?;
    let mut lists: FxHashSet<&Value> = FxHashSet::default();
    let mut registers = false;
    for micro in parsed.iter().flatten() {
        match micro {
            Micro::Append(key, _) | Micro::Read(key, Value::List(_)) => drop(lists.insert(key)),
            Micro::Write(..) => registers = true,
            Micro::Read(..) => {}
        }
    }
    // Where nothing is written but lists, what nobody ever appended to is an empty list.
    let is_list = |key: &Value| lists.contains(key) || !lists.is_empty() && !registers;
    let mut history = History::new();
    for (operation, micros) in operations.iter().zip(parsed) {
        let ops = micros.into_iter().map(|micro| match micro {
            Micro::Write(key, value) => Op::Write(key.clone(), value.clone()),
            Micro::Append(key, value) => Op::Append(key.clone(), value.clone()),
            Micro::Read(key, Value::List(list)) => Op::ReadList(key.clone(), list.clone()),
            Micro::Read(key, Value::Nil) if is_list(key) => Op::ReadList(key.clone(), Vec::new()),
            Micro::Read(key, Value::Nil) => Op::Read(key.clone(), None),
            Micro::Read(key, value) => Op::Read(key.clone(), Some(value.clone())),
        });
        let status = match operation.outcome {
            Outcome::Ok => Status::Committed,
            Outcome::Fail => Status::Aborted,
            Outcome::Unknown => Status::Indeterminate,
        };
        let ended = operation.returned.filter(|_| operation.outcome != Outcome::Unknown);
        let session = history.session_of(&operation.process);
        history.push(Recorded {
            session,
            status,
            interval: Some((operation.invoked as u64, ended.map(|ended| ended as u64))),
            line: operation.lines.0,
            ops: ops.collect(),
        })?;
    }
    Ok(history)
}

/// Whether an operation looks like a transaction: whoever has to choose a checker asks the first operations.
pub fn is_transaction(operation: &Operation) -> bool {
    micro_operations(operation).is_ok_and(|micros| !micros.is_empty())
}

fn micro_operations(operation: &Operation) -> Result<Vec<Micro<'_>>, Malformed> {
    // What was asked stands at the beginning, what was answered at the end.
    let (line, value) = match (operation.outcome, operation.lines.1) {
        (Outcome::Ok, Some(line)) => (line, &operation.result),
        _ => (operation.lines.0, &operation.argument),
    };
    let wrong = |what: &Value| {
        let brief = crate::formats::jepsen::brief(what);
        let reason = format!(
            "the value of a transaction is a vector of [:r key value], [:w key value] and [:append key value], not {brief}"
        );
        Malformed::new(line, reason)
    };
    let Value::List(items) = value else { return Err(wrong(value)) };
    let mut micros = Vec::with_capacity(items.len());
    for item in items {
        let Value::List(parts) = item else { return Err(wrong(item)) };
        let [name, key, value] = &parts[..] else { return Err(wrong(item)) };
        micros.push(match name.name() {
            Some("r" | "read") => Micro::Read(key, value),
            Some("w" | "write") => Micro::Write(key, value),
            Some("append") => Micro::Append(key, value),
            _ => return Err(wrong(item)),
        });
    }
    Ok(micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{formats::jepsen::Events, operation::pair};

    fn read(text: &str) -> Result<History, Malformed> {
        let events: Vec<_> = Events::new(text.as_bytes()).collect::<Result<_, _>>().expect("is EDN");
        transactions(&pair(events)?)
    }

    #[test]
    fn lists_are_read() {
        let history = read(
            "{:type :invoke :process 0 :f :txn :value [[:append x 1] [:r y nil]]}\n\
             {:type :invoke :process 1 :f :txn :value [[:r x nil]]}\n\
             {:type :ok :process 0 :f :txn :value [[:append x 1] [:r y nil]]}\n\
             {:type :ok :process 1 :f :txn :value [[:r x [1]]]}\n\
             {:type :invoke :process 2 :f :txn :value [[:append x 2]]}\n\
             {:type :info :process 2 :f :txn :value [[:append x 2]]}\n",
        )
        .expect("is well formed");
        let [one, other, last] = [0, 1, 2].map(|index| history.recorded(index));
        assert_eq!(one.ops[1], Op::ReadList(Value::keyword("y"), Vec::new()), "nothing but lists");
        assert_eq!((one.interval, other.interval), (Some((0, Some(2))), Some((1, Some(3)))));
        assert_eq!((last.status, last.interval), (Status::Indeterminate, Some((4, None))));
    }

    #[test]
    fn what_is_no_transaction_is_refused() {
        let error = read("{:type :invoke :process 0 :f :write :value 3}").expect_err("no transaction");
        assert_eq!(error.line, 1);
        assert!(error.reason.contains("[:append key value], not 3"), "{error}");
        let twice = "{:type :invoke :process 0 :f :txn :value [[:w x 1]]}\n{:type :ok :process 0 :f :txn :value [[:w x 1]]}\n";
        let error = read(&format!("{twice}{twice}")).expect_err("ambiguous");
        assert_eq!(error.line, 3, "{error}");
    }
}
