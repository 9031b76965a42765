//! What every specification promises to those who use it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use synod_specifications::{
    AppendList, Bag, Counter, KeyValue, Keyed, MultiRegister, Mutex, PriorityQueue, Queue, Register, Set,
    Sight, Specification, Stack, Text, append_list, bag, counter, key_value, multi_register, mutex,
    priority_queue, queue, register, set, stack, text,
};

/// The states after an operation.
fn after<S: Specification>(
    specification: &S,
    state: &S::State,
    operation: &S::Operation,
    answer: Option<&S::Answer>,
) -> BTreeSet<S::State> {
    let mut after = Vec::new();
    specification.step(state, operation, answer, &mut after);
    after.into_iter().collect()
}

/// The laws, in states reached by these operations, for all of these answers.
fn laws<S: Specification>(
    specification: &S,
    operations: &[S::Operation],
    answers: &[S::Answer],
) -> Result<(), TestCaseError> {
    let mut state = specification.initial();
    for (index, operation) in operations.iter().enumerate() {
        // Whatever is not known to be answered is one of the answers.
        let any = after(specification, &state, operation, None);
        prop_assert!(!any.is_empty(), "{operation:?} has no answer in {state:?}");
        for answer in answers {
            let some = after(specification, &state, operation, Some(answer));
            prop_assert!(some.is_subset(&any), "{operation:?} answers {answer:?} in {state:?}");
            if specification.reads_only(operation, Some(answer)) {
                prop_assert!(
                    some.iter().all(|after| *after == state),
                    "{operation:?} answers {answer:?} in {state:?}"
                );
            }
        }
        if specification.reads_only(operation, None) {
            prop_assert!(any.iter().all(|after| *after == state), "{operation:?} in {state:?}");
        }
        sights(specification, &state, operation, &operations[index..], answers)?;
        for other in &operations[index..] {
            parts_commute(specification, &state, operation, other)?;
        }
        hope(specification, &state, &operations[index..], answers)?;
        state = any.into_iter().next_back().expect("is not empty");
    }
    Ok(())
}

/// What sees nothing is always possible; and after what overwrites, it does not matter what was done to the same parts before.
fn sights<S: Specification>(
    specification: &S,
    state: &S::State,
    operation: &S::Operation,
    operations: &[S::Operation],
    answers: &[S::Answer],
) -> Result<(), TestCaseError> {
    for answer in answers.iter().map(Some).chain([None]) {
        let sight = specification.sight(operation, answer);
        let here = after(specification, state, operation, answer);
        prop_assert!(
            sight == Sight::Sees || !here.is_empty(),
            "{operation:?} answers {answer:?} in {state:?}"
        );
        let parts = specification.parts(operation);
        for other in operations.iter().filter(|other| specification.parts(other) == parts) {
            for state in after(specification, state, other, None) {
                let there = after(specification, &state, operation, answer);
                prop_assert!(sight != Sight::Overwrites || here == there, "{operation:?} after {other:?}");
            }
        }
    }
    Ok(())
}

/// What touches other parts comes to the same in either order.
fn parts_commute<S: Specification>(
    specification: &S,
    state: &S::State,
    one: &S::Operation,
    other: &S::Operation,
) -> Result<(), TestCaseError> {
    let (parts, others) = (specification.parts(one), specification.parts(other));
    if parts.is_empty() || others.is_empty() || parts.iter().any(|part| others.contains(part)) {
        return Ok(());
    }
    let both = |first: &S::Operation, second: &S::Operation| -> BTreeSet<S::State> {
        let between = after(specification, state, first, None);
        between.iter().flat_map(|state| after(specification, state, second, None)).collect()
    };
    prop_assert_eq!(both(one, other), both(other, one));
    Ok(())
}

/// What comes about was said to be possible.
fn hope<S: Specification>(
    specification: &S,
    from: &S::State,
    operations: &[S::Operation],
    answers: &[S::Answer],
) -> Result<(), TestCaseError> {
    let mut state = from.clone();
    for (index, operation) in operations.iter().enumerate() {
        let others: Vec<&S::Operation> = operations[..index].iter().collect();
        for answer in answers {
            let said = specification.may_come(from, operation, answer, &others);
            prop_assert!(
                said || specification.observes(operation, answer),
                "{operation:?} answers {answer:?}"
            );
        }
        for answer in
            answers.iter().filter(|answer| !after(specification, &state, operation, Some(answer)).is_empty())
        {
            let said = specification.may_come(from, operation, answer, &others);
            prop_assert!(said, "{operation:?} answers {answer:?} in {state:?}, which comes from {from:?}");
        }
        state = after(specification, &state, operation, None)
            .into_iter()
            .next_back()
            .expect("there is an answer");
    }
    Ok(())
}

fn several<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(one, 0..7)
}

proptest! {
    #[test]
    fn registers(operations in several(prop_oneof![
        Just(register::Operation::Read),
        (0..3_u8).prop_map(register::Operation::Write),
        (0..3_u8, 0..3_u8).prop_map(|(expected, new)| register::Operation::CompareAndSet { expected, new }),
    ])) {
        let mut answers: Vec<_> = (0..3).map(register::Answer::Value).collect();
        answers.extend([register::Answer::Done, register::Answer::Mismatch]);
        laws(&Register::new(0), &operations, &answers)?;
        let keyed: Vec<_> = operations.into_iter().enumerate().map(|(index, operation)| (index % 2, operation)).collect();
        laws(&Keyed::new(Register::new(0)), &keyed, &answers)?;
    }

    #[test]
    fn multi_registers(operations in several(prop::collection::vec((0..3_u8, prop::option::of(0..2_u8)), 1..3))) {
        let access = |(key, value): (u8, Option<u8>)| match value {
            Some(value) => multi_register::Access::Write(key, value),
            None => multi_register::Access::Read(key),
        };
        let operations: Vec<Vec<_>> =
            operations.into_iter().map(|accesses| accesses.into_iter().map(access).collect()).collect();
        let answers = [vec![None], vec![Some(0)], vec![Some(1)], vec![Some(0), Some(1)], vec![Some(1), Some(0)], vec![None, Some(1)]];
        laws(&MultiRegister::new(0), &operations, &answers)?;
    }

    #[test]
    fn key_value_stores(operations in several((0..4, 0..2_u8, prop::option::of(0..2_u8), prop::option::of(0..2_u8)))) {
        use key_value::{Answer, Operation};
        let operation = |(kind, key, expected, new): (i32, u8, Option<u8>, Option<u8>)| match (kind, new) {
            (0, _) => Operation::Get(key),
            (1, Some(new)) => Operation::Put(key, new),
            (2, _) => Operation::Delete(key),
            _ => Operation::CompareAndSet { key, expected, new },
        };
        let operations: Vec<_> = operations.into_iter().map(operation).collect();
        let answers = [Answer::Done, Answer::Mismatch, Answer::Value(None), Answer::Value(Some(0)), Answer::Value(Some(1))];
        laws(&KeyValue::new(), &operations, &answers)?;
    }

    #[test]
    fn containers(kinds in several((0..3, 0..3_u8))) {
        let values = || [0, 1, 2];
        {
            use queue::{Answer, Operation};
            let one = |&(kind, value): &(i32, u8)| match kind {
                0 => Operation::Enqueue(value),
                1 => Operation::Dequeue,
                _ => Operation::Drain,
            };
            let mut answers: Vec<_> = values().map(Answer::Value).into();
            answers.extend([Answer::Done, Answer::Empty, Answer::Values(vec![]), Answer::Values(vec![0, 1])]);
            laws(&Queue::new(), &kinds.iter().map(one).collect::<Vec<_>>(), &answers)?;
        }
        {
            use bag::{Answer, Operation};
            let one = |&(kind, value): &(i32, u8)| match kind {
                0 => Operation::Put(value),
                1 => Operation::Take,
                _ => Operation::Drain,
            };
            let mut answers: Vec<_> = values().map(Answer::Value).into();
            answers.extend([Answer::Done, Answer::Empty, Answer::Values(vec![]), Answer::Values(vec![1, 0])]);
            laws(&Bag::new(), &kinds.iter().map(one).collect::<Vec<_>>(), &answers)?;
        }
        {
            use stack::{Answer, Operation};
            let one = |&(kind, value): &(i32, u8)| if kind == 0 { Operation::Push(value) } else { Operation::Pop };
            let mut answers: Vec<_> = values().map(Answer::Value).into();
            answers.extend([Answer::Done, Answer::Empty]);
            laws(&Stack::new(), &kinds.iter().map(one).collect::<Vec<_>>(), &answers)?;
        }
        {
            use priority_queue::{Answer, Operation};
            let one = |&(kind, value): &(i32, u8)| {
                if kind == 0 { Operation::Insert(value) } else { Operation::RemoveLeast }
            };
            let mut answers: Vec<_> = values().map(Answer::Value).into();
            answers.extend([Answer::Done, Answer::Empty]);
            laws(&PriorityQueue::new(), &kinds.iter().map(one).collect::<Vec<_>>(), &answers)?;
        }
    }

    #[test]
    fn sets(operations in several((0..4, 0..3_u8))) {
        use set::{Answer, Operation};
        let one = |(kind, value): (i32, u8)| match kind {
            0 => Operation::Add(value),
            1 => Operation::Remove(value),
            2 => Operation::Contains(value),
            _ => Operation::Read,
        };
        let operations: Vec<_> = operations.into_iter().map(one).collect();
        let members = [vec![], vec![0], vec![0, 1], vec![0, 1, 2]].map(|members| Answer::Members(members.into_iter().collect()));
        let mut answers = vec![Answer::Done, Answer::Truth(true), Answer::Truth(false)];
        answers.extend(members);
        laws(&Set::new(), &operations, &answers)?;
    }

    #[test]
    fn counters_locks_lists_and_strings(kinds in several((0..3, 0..3_u8))) {
        {
            use counter::{Answer, Operation};
            let one = |&(kind, amount): &(i32, u8)| match kind {
                0 => Operation::Add(i64::from(amount) - 1),
                1 => Operation::AddAndGet(i64::from(amount)),
                _ => Operation::Read,
            };
            let mut answers: Vec<_> = (-2..4).map(Answer::Value).collect();
            answers.push(Answer::Done);
            laws(&Counter, &kinds.iter().map(one).collect::<Vec<_>>(), &answers)?;
        }
        {
            use mutex::{Answer, Operation};
            let one = |&(kind, who): &(i32, u8)| if kind == 0 { Operation::Acquire(who) } else { Operation::Release(who) };
            laws(&Mutex::new(), &kinds.iter().map(one).collect::<Vec<_>>(), &[Answer::Done, Answer::Refused])?;
        }
        {
            use append_list::{Answer, Operation};
            let one = |&(kind, value): &(i32, u8)| if kind == 0 { Operation::Append(value) } else { Operation::Read };
            let answers = [Answer::Done, Answer::Values(vec![]), Answer::Values(vec![1]), Answer::Values(vec![1, 2])];
            laws(&AppendList::new(), &kinds.iter().map(one).collect::<Vec<_>>(), &answers)?;
        }
        {
            use text::{Answer, Operation};
            let one = |&(kind, value): &(i32, u8)| match kind {
                0 => Operation::Put(value.to_string()),
                1 => Operation::Append(value.to_string()),
                _ => Operation::Get,
            };
            let mut answers: Vec<_> = ["", "1", "12", "0"].map(|value| Answer::Value(value.into())).into();
            answers.push(Answer::Done);
            laws(&Text, &kinds.iter().map(one).collect::<Vec<_>>(), &answers)?;
        }
    }
}
