//! The methods for objects in which every value is different, against the search: on histories that a real object might have
//! made, some of whose beginnings and ends changed places, so that about half of them are linearizable no more.

use std::collections::VecDeque;

use super::support::disturb;
use proptest::prelude::*;
use synod_histories::{
    Answer, CallOf, Verdict,
    generate::Shape,
    linearizability::{Options, check, verify},
    specifications::{
        PriorityQueue, Queue, Register, Set, Specification, Stack, priority_queue, queue, register, set,
        stack,
    },
    transactions::generate::Random,
};

/// How many calls a history has.
const CALLS: usize = 14;
/// How often at most two of their beginnings and ends change places.
const DISTURBANCES: usize = 200;

/// The method and the search say the same, and of the same call; and the order that the method shows is right.
fn agrees<S: Specification>(specification: &S, calls: &[CallOf<S>]) -> Result<bool, TestCaseError> {
    let (said, effort) = check(specification, calls, &Options::default());
    let (searched, _) = check(specification, calls, &Options { fast: false, ..Options::default() });
    prop_assert_eq!(said.verdict(), searched.verdict());
    match (said, searched) {
        (Answer::Valid(order), _) => {
            prop_assert_eq!(effort.configurations, 0, "no method was there for it");
            prop_assert_eq!(verify(specification, calls, &order), Ok(()));
            Ok(true)
        }
        (Answer::Invalid(said), Answer::Invalid(searched)) => {
            prop_assert_eq!(said.call, searched.call);
            prop_assert!(!said.states.is_empty());
            Ok(false)
        }
        (said, searched) => Err(TestCaseError::fail(format!("{said:?}, {searched:?}"))),
    }
}

/// A shape, how often it is disturbed, and a seed for that.
fn shapes() -> impl Strategy<Value = (Shape, usize, u64)> {
    let shape = (any::<u64>(), 1..6_usize, 0..2_u64).prop_map(|(seed, processes, crashes)| Shape {
        seed,
        processes,
        operations: CALLS,
        crashes: 4 * crashes,
    });
    (shape, 0..DISTURBANCES, any::<u64>())
}

fn queue((shape, times, seed): (Shape, usize, u64)) -> Vec<CallOf<Queue<u8>>> {
    use queue::{Answer, Operation};
    let ask = |random: &mut Random, call: usize| match random.below(2) {
        0 => Operation::Enqueue(call as u8),
        _ => Operation::Dequeue,
    };
    let mut calls = shape.generate(&Queue::new(), ask, |state: &VecDeque<u8>, operation| match operation {
        Operation::Dequeue => state.front().map_or(Answer::Empty, |&front| Answer::Value(front)),
        _ => Answer::Done,
    });
    // A dequeue of which nobody knows what it took is not for the methods.
    calls.retain(|call| call.answer.is_some() || call.operation != Operation::Dequeue);
    disturb(&mut calls, times, &mut Random::new(seed));
    calls
}

fn stack((shape, times, seed): (Shape, usize, u64)) -> Vec<CallOf<Stack<u8>>> {
    use stack::{Answer, Operation};
    let ask = |random: &mut Random, call: usize| match random.below(2) {
        0 => Operation::Push(call as u8),
        _ => Operation::Pop,
    };
    let mut calls = shape.generate(&Stack::new(), ask, |state: &Vec<u8>, operation| match operation {
        Operation::Pop => state.last().map_or(Answer::Empty, |&top| Answer::Value(top)),
        Operation::Push(_) => Answer::Done,
    });
    calls.retain(|call| call.answer.is_some() || call.operation != Operation::Pop);
    disturb(&mut calls, times, &mut Random::new(seed));
    calls
}

fn priority_queue((shape, times, seed): (Shape, usize, u64)) -> Vec<CallOf<PriorityQueue<u8>>> {
    use priority_queue::{Answer, Operation};
    // Every value once, in no order.
    let ask = |random: &mut Random, call: usize| match random.below(2) {
        0 => Operation::Insert((call * 37 % 101) as u8),
        _ => Operation::RemoveLeast,
    };
    let mut calls =
        shape.generate(&PriorityQueue::new(), ask, |state: &Vec<u8>, operation| match operation {
            Operation::RemoveLeast => state.last().map_or(Answer::Empty, |&least| Answer::Value(least)),
            Operation::Insert(_) => Answer::Done,
        });
    calls.retain(|call| call.answer.is_some() || call.operation != Operation::RemoveLeast);
    disturb(&mut calls, times, &mut Random::new(seed));
    calls
}

fn set((shape, times, seed): (Shape, usize, u64)) -> Vec<CallOf<Set<u8>>> {
    use set::{Answer, Operation};
    let ask = |random: &mut Random, call: usize| match random.below(2) {
        0 => Operation::Add(call as u8),
        _ => Operation::Read,
    };
    let mut calls = shape.generate(&Set::new(), ask, |state, operation| match operation {
        Operation::Read => Answer::Members(state.clone()),
        _ => Answer::Done,
    });
    disturb(&mut calls, times, &mut Random::new(seed));
    calls
}

proptest! {
    #[test]
    fn registers(shape in shapes()) {
        let mut calls: Vec<CallOf<Register<u64>>> = shape.0.register_with_different_values();
        calls.retain(|call| call.answer.is_some() || matches!(call.operation, register::Operation::Write(_)));
        disturb(&mut calls, shape.1, &mut Random::new(shape.2));
        agrees(&Register::new(0), &calls)?;
    }

    #[test]
    fn queues(shape in shapes()) {
        agrees(&Queue::new(), &queue(shape))?;
    }

    #[test]
    fn stacks(shape in shapes()) {
        agrees(&Stack::new(), &stack(shape))?;
    }

    #[test]
    fn priority_queues(shape in shapes()) {
        agrees(&PriorityQueue::new(), &priority_queue(shape))?;
    }

    #[test]
    fn sets_read_whole(shape in shapes()) {
        agrees(&Set::new(), &set(shape))?;
    }
}

/// The histories above are of both kinds, so that neither half of the comparison is empty.
#[test]
fn histories_are_right_and_wrong() {
    let shapes = |seed: u64| {
        let shape = Shape { seed, processes: 1 + seed as usize % 5, operations: CALLS, crashes: 0 };
        (shape, seed as usize * 7 % DISTURBANCES, seed)
    };
    let rights = |is_right: &dyn Fn(u64) -> bool| (0..100).filter(|&seed| is_right(seed)).count();
    fn is_valid<S: Specification>(specification: &S, calls: &[CallOf<S>]) -> bool {
        check(specification, calls, &Options::default()).0.verdict() == Verdict::Valid
    }
    for right in [
        rights(&|seed| is_valid(&Queue::new(), &queue(shapes(seed)))),
        rights(&|seed| is_valid(&Stack::new(), &stack(shapes(seed)))),
        rights(&|seed| is_valid(&PriorityQueue::new(), &priority_queue(shapes(seed)))),
        rights(&|seed| is_valid(&Set::new(), &set(shapes(seed)))),
    ] {
        assert!((20..=80).contains(&right), "{right} of 100 are linearizable");
    }
}
