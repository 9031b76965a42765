//! Linearizability and sequential consistency, against all orders.

use super::support::{Times, brute_force, calls, disturb, times};
use proptest::prelude::*;
use synod_histories::{
    Answer, Budget, Call, CallOf, Verdict,
    generate::Shape,
    linearizability::{Options, Stop, Stream, check, verify},
    reduce::{reduce, relaxed},
    sequential,
    specifications::{
        Bag, Counter, KeyValue, Keyed, MultiRegister, Mutex, PriorityQueue, Queue, Register, Set,
        Specification, Stack, Text, bag, counter, key_value, multi_register, mutex, priority_queue, queue,
        register, set, stack, text,
    },
    transactions::generate::Random,
};

/// The checker and brute force say the same, and what the checker shows is so.
fn agrees<S: Specification>(
    specification: &S,
    times: &Times,
    asked: &[(S::Operation, Option<S::Answer>)],
) -> Result<bool, TestCaseError> {
    let calls = calls(times, asked);
    let expected = brute_force(specification, &calls, &|a, b| a.precedes(b));
    for (by_part, fast) in [(true, true), (true, false), (false, false)] {
        let (answer, _) = check(specification, &calls, &Options { by_part, fast, ..Options::default() });
        match answer {
            Answer::Valid(order) => {
                prop_assert!(expected, "by part: {by_part}: {order:?}");
                prop_assert_eq!(verify(specification, &calls, &order), Ok(()));
            }
            Answer::Invalid(violation) => {
                prop_assert!(!expected, "by part: {by_part}: {violation:?}");
                // Without what ended later, it is the call that is wrong; and before it nothing is.
                let end = calls[violation.call].returned.expect("it ended");
                let cut = |end: usize| -> Vec<_> {
                    let mut calls: Vec<Call<_, _>> =
                        calls.iter().filter(|call| call.invoked < end).cloned().collect();
                    for call in &mut calls {
                        call.returned = call.returned.filter(|&returned| returned < end);
                    }
                    calls
                };
                prop_assert!(!brute_force(specification, &cut(end + 1), &|a, b| a.precedes(b)));
                prop_assert!(brute_force(specification, &cut(end), &|a, b| a.precedes(b)));
            }
            Answer::Unknown(exhausted) => prop_assert!(false, "{exhausted}"),
        }
    }
    prop_assert_eq!(streamed(specification, &calls), Some(expected));
    sequential_agrees(specification, &calls, expected)?;
    if !expected {
        reduces(specification, &calls)?;
    }
    Ok(expected)
}

/// Whether the calls are linearizable, given event by event; `None` if the stream cannot tell, for too much is possible.
fn streamed<S: Specification>(specification: &S, calls: &[CallOf<S>]) -> Option<bool> {
    let mut events: Vec<(usize, bool, usize)> = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        events.push((call.invoked, true, place));
        events.extend(call.returned.map(|returned| (returned, false, place)));
    }
    events.sort_unstable();
    let mut stream = Stream::new(specification, 100_000);
    let mut names = vec![0; calls.len()];
    for (_, begins, place) in events {
        let call = &calls[place];
        if begins {
            names[place] = stream.begin(call.operation.clone());
            continue;
        }
        match stream.end(names[place], call.answer.as_ref()) {
            Ok(()) => {}
            Err(Stop::Wrong(..)) => return Some(false),
            Err(Stop::TooMany(_)) => return None,
        }
    }
    match stream.finish() {
        Ok(()) => Some(true),
        Err(Stop::Wrong(..)) => Some(false),
        Err(Stop::TooMany(_)) => None,
    }
}

fn sequential_agrees<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    is_linearizable: bool,
) -> Result<(), TestCaseError> {
    let expected = brute_force(specification, calls, &|a, b| a.process == b.process && a.precedes(b));
    prop_assert!(expected || !is_linearizable);
    match sequential::check(specification, calls, &Budget::unlimited()).0 {
        Answer::Valid(order) => {
            prop_assert!(expected, "{order:?}");
            prop_assert_eq!(sequential::verify(specification, calls, &order), Ok(()));
        }
        Answer::Invalid(_) => prop_assert!(!expected),
        Answer::Unknown(exhausted) => prop_assert!(false, "{exhausted}"),
    }
    Ok(())
}

/// What is left of a history that is not linearizable is not, and is as soon as any call of it is relaxed.
fn reduces<S: Specification>(specification: &S, calls: &[CallOf<S>]) -> Result<(), TestCaseError> {
    let core =
        reduce(specification, calls, |calls| check(specification, calls, &Options::default()).0.verdict());
    prop_assert!(core.is_minimal);
    let is_valid = |kept: &[usize]| {
        let kept: Vec<bool> = (0..calls.len()).map(|call| kept.contains(&call)).collect();
        brute_force(specification, &relaxed(specification, calls, &kept), &|a, b| a.precedes(b))
    };
    prop_assert!(!is_valid(&core.calls));
    for out in &core.calls {
        let others: Vec<usize> = core.calls.iter().copied().filter(|call| call != out).collect();
        prop_assert!(is_valid(&others), "{out} of {:?} does not matter", core.calls);
    }
    Ok(())
}

const CALLS: usize = 7;

fn asked<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(one, CALLS)
}

fn register_asked() -> impl Strategy<Value = (register::Operation<u8>, Option<register::Answer<u8>>)> {
    use register::{Answer, Operation};
    prop_oneof![
        (0..3_u8).prop_map(|value| (Operation::Read, Some(Answer::Value(value)))),
        Just((Operation::Read, None)),
        (0..3_u8).prop_map(|value| (Operation::Write(value), Some(Answer::Done))),
        (0..3_u8, 0..3_u8)
            .prop_map(|(expected, new)| { (Operation::CompareAndSet { expected, new }, Some(Answer::Done)) }),
        (0..3_u8, 0..3_u8).prop_map(|(expected, new)| {
            (Operation::CompareAndSet { expected, new }, Some(Answer::Mismatch))
        }),
        (0..3_u8, 0..3_u8).prop_map(|(expected, new)| (Operation::CompareAndSet { expected, new }, None)),
    ]
}

fn queue_asked() -> impl Strategy<Value = (queue::Operation<u8>, Option<queue::Answer<u8>>)> {
    use queue::{Answer, Operation};
    prop_oneof![
        3 => (0..3_u8).prop_map(|value| (Operation::Enqueue(value), Some(Answer::Done))),
        3 => (0..3_u8).prop_map(|value| (Operation::Dequeue, Some(Answer::Value(value)))),
        1 => Just((Operation::Dequeue, Some(Answer::Empty))),
        1 => prop::collection::vec(0..3_u8, 0..3).prop_map(|values| (Operation::Drain, Some(Answer::Values(values)))),
    ]
}

fn stack_asked() -> impl Strategy<Value = (stack::Operation<u8>, Option<stack::Answer<u8>>)> {
    use stack::{Answer, Operation};
    prop_oneof![
        3 => (0..3_u8).prop_map(|value| (Operation::Push(value), Some(Answer::Done))),
        3 => (0..3_u8).prop_map(|value| (Operation::Pop, Some(Answer::Value(value)))),
        1 => Just((Operation::Pop, Some(Answer::Empty))),
    ]
}

fn priority_queue_asked()
-> impl Strategy<Value = (priority_queue::Operation<u8>, Option<priority_queue::Answer<u8>>)> {
    use priority_queue::{Answer, Operation};
    prop_oneof![
        3 => (0..3_u8).prop_map(|value| (Operation::Insert(value), Some(Answer::Done))),
        3 => (0..3_u8).prop_map(|value| (Operation::RemoveLeast, Some(Answer::Value(value)))),
        1 => Just((Operation::RemoveLeast, Some(Answer::Empty))),
    ]
}

fn bag_asked() -> impl Strategy<Value = (bag::Operation<u8>, Option<bag::Answer<u8>>)> {
    use bag::{Answer, Operation};
    prop_oneof![
        3 => (0..3_u8).prop_map(|value| (Operation::Put(value), Some(Answer::Done))),
        2 => (0..3_u8).prop_map(|value| (Operation::Take, Some(Answer::Value(value)))),
        1 => Just((Operation::Take, None)),
        1 => Just((Operation::Take, Some(Answer::Empty))),
        1 => prop::collection::vec(0..3_u8, 0..3).prop_map(|values| (Operation::Drain, Some(Answer::Values(values)))),
    ]
}

fn set_asked() -> impl Strategy<Value = (set::Operation<u8>, Option<set::Answer<u8>>)> {
    use set::{Answer, Operation};
    prop_oneof![
        (0..3_u8).prop_map(|value| (Operation::Add(value), Some(Answer::Done))),
        (0..3_u8, any::<bool>())
            .prop_map(|(value, truth)| (Operation::Add(value), Some(Answer::Truth(truth)))),
        (0..3_u8, any::<bool>())
            .prop_map(|(value, truth)| (Operation::Remove(value), Some(Answer::Truth(truth)))),
        (0..3_u8, any::<bool>())
            .prop_map(|(value, truth)| (Operation::Contains(value), Some(Answer::Truth(truth)))),
        prop::collection::btree_set(0..3_u8, 0..3)
            .prop_map(|set| (Operation::Read, Some(Answer::Members(set)))),
    ]
}

type Accesses = Vec<multi_register::Access<u8, u8>>;

fn multi_register_asked() -> impl Strategy<Value = (Accesses, Option<Vec<Option<u8>>>)> {
    use multi_register::Access;
    prop::collection::vec((0..3_u8, 0..2_u8, any::<bool>(), any::<bool>()), 1..3).prop_map(|accesses| {
        let operation = accesses
            .iter()
            .map(
                |&(key, value, writes, _)| if writes { Access::Write(key, value) } else { Access::Read(key) },
            )
            .collect();
        let answer =
            accesses.iter().map(|&(_, value, writes, known)| (known && !writes).then_some(value)).collect();
        (operation, Some(answer))
    })
}

fn key_value_asked() -> impl Strategy<Value = (key_value::Operation<u8, u8>, Option<key_value::Answer<u8>>)> {
    use key_value::{Answer, Operation};
    let held = || prop::option::of(0..2_u8);
    prop_oneof![
        (0..2_u8, held()).prop_map(|(key, value)| (Operation::Get(key), Some(Answer::Value(value)))),
        (0..2_u8, 0..2_u8).prop_map(|(key, value)| (Operation::Put(key, value), Some(Answer::Done))),
        (0..2_u8).prop_map(|key| (Operation::Delete(key), Some(Answer::Done))),
        (0..2_u8, held(), held(), any::<bool>()).prop_map(|(key, expected, new, done)| {
            let answer = if done { Answer::Done } else { Answer::Mismatch };
            (Operation::CompareAndSet { key, expected, new }, Some(answer))
        }),
    ]
}

fn mutex_asked() -> impl Strategy<Value = (mutex::Operation<u8>, Option<mutex::Answer>)> {
    use mutex::{Answer, Operation};
    (0..2_u8, any::<bool>(), any::<bool>()).prop_map(|(who, acquire, done)| {
        let operation = if acquire { Operation::Acquire(who) } else { Operation::Release(who) };
        (operation, Some(if done { Answer::Done } else { Answer::Refused }))
    })
}

fn counter_asked() -> impl Strategy<Value = (counter::Operation, Option<counter::Answer>)> {
    use counter::{Answer, Operation};
    prop_oneof![
        (-1..3_i64).prop_map(|amount| (Operation::Add(amount), Some(Answer::Done))),
        (0..3_i64, 0..4_i64)
            .prop_map(|(amount, sum)| (Operation::AddAndGet(amount), Some(Answer::Value(sum)))),
        (0..4_i64).prop_map(|sum| (Operation::Read, Some(Answer::Value(sum)))),
    ]
}

fn text_asked() -> impl Strategy<Value = (text::Operation, Option<text::Answer>)> {
    use text::{Answer, Operation};
    let some = || "[ab]{0,1}";
    prop_oneof![
        2 => "[ab]{0,3}".prop_map(|text| (Operation::Get, Some(Answer::Value(text)))),
        1 => Just((Operation::Get, None)),
        2 => some().prop_map(|text| (Operation::Append(text), Some(Answer::Done))),
        1 => some().prop_map(|text| (Operation::Put(text), Some(Answer::Done))),
    ]
}

/// Longer histories than brute force can judge: of a string of characters, where what is seen by nobody matters most. Some of
/// their beginnings and ends changed places.
fn long_texts() -> impl Strategy<Value = Vec<CallOf<Text>>> {
    use text::{Answer, Operation};
    (any::<u64>(), 3..7_usize, 0..2_u64, 0..100_usize).prop_map(|(seed, processes, crashes, times)| {
        let ask = |random: &mut Random, _: usize| match random.below(6) {
            0 | 1 => Operation::Get,
            2 => Operation::Put(["a", "b"][random.below(2) as usize].into()),
            _ => Operation::Append(["a", "b", "c"][random.below(3) as usize].into()),
        };
        let shape = Shape { seed, processes, operations: 16, crashes: 8 * crashes };
        let mut calls = shape.generate(&Text, ask, |state: &String, operation| match operation {
            Operation::Get => Answer::Value(state.clone()),
            _ => Answer::Done,
        });
        disturb(&mut calls, times, &mut Random::new(seed));
        calls
    })
}

/// What is asked of a register or a queue with different values: call `n` may write `n + 1`.
fn differing(calls: Vec<(bool, u8)>) -> Vec<(bool, u8)> {
    calls
        .into_iter()
        .enumerate()
        .map(|(at, (gives, value))| (gives, if gives { at as u8 + 1 } else { value }))
        .collect()
}

proptest! {
    #[test]
    fn registers_with_different_values(
        times in times(4, CALLS),
        calls in asked((any::<bool>(), 0..CALLS as u8)).prop_map(differing),
    ) {
        use register::{Answer, Operation};
        let asked: Vec<_> = calls.into_iter().map(|(writes, value)| match writes {
            true => (Operation::Write(value), Some(Answer::Done)),
            false => (Operation::Read, Some(Answer::Value(value))),
        }).collect();
        agrees(&Register::new(0), &times, &asked)?;
    }

    #[test]
    fn queues_with_different_values(
        times in times(4, CALLS),
        calls in asked((any::<bool>(), 1..CALLS as u8)).prop_map(differing),
    ) {
        use queue::{Answer, Operation};
        let asked: Vec<_> = calls.into_iter().map(|(puts, value)| match puts {
            true => (Operation::Enqueue(value), Some(Answer::Done)),
            false => (Operation::Dequeue, Some(Answer::Value(value))),
        }).collect();
        agrees(&Queue::new(), &times, &asked)?;
    }

    #[test]
    fn registers(times in times(3, CALLS), asked in asked(register_asked())) {
        agrees(&Register::new(0), &times, &asked)?;
    }

    #[test]
    fn registers_under_keys(
        times in times(4, CALLS),
        asked in asked((0..2_u8, register_asked()).prop_map(|(key, (operation, answer))| ((key, operation), answer))),
    ) {
        agrees(&Keyed::new(Register::new(0)), &times, &asked)?;
    }

    #[test]
    fn queues(times in times(3, CALLS), asked in asked(queue_asked())) {
        agrees(&Queue::new(), &times, &asked)?;
    }

    #[test]
    fn stacks(times in times(3, CALLS), asked in asked(stack_asked())) {
        agrees(&Stack::new(), &times, &asked)?;
    }

    #[test]
    fn priority_queues(times in times(3, CALLS), asked in asked(priority_queue_asked())) {
        agrees(&PriorityQueue::new(), &times, &asked)?;
    }

    #[test]
    fn bags(times in times(3, CALLS), asked in asked(bag_asked())) {
        agrees(&Bag::new(), &times, &asked)?;
    }

    #[test]
    fn sets(times in times(3, CALLS), asked in asked(set_asked())) {
        agrees(&Set::new(), &times, &asked)?;
    }

    #[test]
    fn texts(times in times(4, CALLS), asked in asked(text_asked())) {
        agrees(&Text, &times, &asked)?;
    }

    #[test]
    fn long_histories_agree_with_the_stream(calls in long_texts()) {
        let (answer, _) = check(&Text, &calls, &Options::default());
        // Where a dozen calls are open at a time, the stream has more configurations than it may have.
        let streamed = streamed(&Text, &calls);
        prop_assume!(streamed.is_some());
        prop_assert_eq!(Some(answer.verdict() == Verdict::Valid), streamed);
        if let Answer::Valid(order) = answer {
            prop_assert_eq!(verify(&Text, &calls, &order), Ok(()));
        }
    }

    #[test]
    fn multi_registers(times in times(3, CALLS), asked in asked(multi_register_asked())) {
        agrees(&MultiRegister::new(0), &times, &asked)?;
    }

    #[test]
    fn key_value_stores(times in times(4, CALLS), asked in asked(key_value_asked())) {
        agrees(&KeyValue::new(), &times, &asked)?;
    }

    #[test]
    fn mutexes(times in times(3, CALLS), asked in asked(mutex_asked())) {
        agrees(&Mutex::new(), &times, &asked)?;
    }

    #[test]
    fn counters(times in times(3, CALLS), asked in asked(counter_asked())) {
        agrees(&Counter, &times, &asked)?;
    }
}
