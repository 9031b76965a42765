//! The monitor of linearizability, beside an oracle that tries every order.

use proptest::prelude::*;
use synod_actor::NodeId;
use synod_properties::{
    Monitor, Observation, RegisterMonitor,
    linearizability::{ANSWERS, LINEARIZABILITY, TERMINATION},
    registers::Initially,
};
use synod_registers::{Answer, Operation, Register};

type Seen = (u16, Observation<Register<char>>);

fn asks(node: u16, id: u64, operation: Operation<char>) -> Seen {
    (node, Observation::Request((id, operation)))
}

fn answers(node: u16, id: u64, answer: Answer<char>) -> Seen {
    (node, Observation::Indication((id, answer)))
}

/// The property that is violated first, and after how many observations; and the monitor at the end.
fn watch(run: &[Seen]) -> (Option<(usize, &'static str)>, RegisterMonitor<char>) {
    let mut monitor = RegisterMonitor::new(Initially('o'));
    for (index, (node, what)) in run.iter().enumerate() {
        if let Err(violation) = monitor.observe(NodeId(*node), what) {
            return (Some((index + 1, violation.property)), monitor);
        }
    }
    (None, monitor)
}

fn violated(run: &[Seen]) -> Option<(usize, &'static str)> {
    watch(run).0
}

use Answer::{Done, Mismatch, Value};
use Operation::{CompareAndSet, Read, Write};

#[test]
fn a_read_may_see_a_write_that_is_under_way_and_then_the_next_has_to() {
    let both_new = [
        asks(0, 1, Write('a')),
        asks(1, 1, Read),
        answers(1, 1, Value('a')),
        asks(2, 1, Read),
        answers(2, 1, Value('a')),
    ];
    assert_eq!(violated(&both_new), None);
    let new_then_old = [&both_new[..4], &[answers(2, 1, Value('o'))]].concat();
    assert_eq!(violated(&new_then_old), Some((5, LINEARIZABILITY)));
}

#[test]
fn an_operation_that_took_place_is_answered_as_it_did() {
    // The read shows that the first set found `o`. So it cannot have found something else.
    let set = CompareAndSet { expected: 'o', new: 'a' };
    let run = [asks(0, 1, set), asks(1, 1, Read), answers(1, 1, Value('a'))];
    assert_eq!(violated(&[&run[..], &[answers(0, 1, Done)]].concat()), None);
    assert_eq!(violated(&[&run[..], &[answers(0, 1, Mismatch)]].concat()), Some((4, LINEARIZABILITY)));
}

#[test]
fn what_a_node_was_asked_before_it_crashed_may_take_place_later() {
    let crash = (0, Observation::Crash);
    let run = [asks(0, 1, Write('a')), crash, asks(1, 1, Read), answers(1, 1, Value('o'))];
    let late = [&run[..], &[asks(1, 2, Read), answers(1, 2, Value('a'))]].concat();
    let (violated, monitor) = watch(&late);
    assert_eq!((violated, monitor.owes(TERMINATION)), (None, false));
    assert!(watch(&late[..1]).1.owes(TERMINATION), "before the crash it was owed");
}

#[test]
fn answers_are_of_what_was_asked_and_do_not_change() {
    let run = [asks(0, 1, Write('a')), answers(0, 1, Done)];
    assert_eq!(violated(&[&run[..], &[answers(0, 1, Done)]].concat()), None, "it may be said again");
    assert_eq!(violated(&[&run[..], &[answers(0, 1, Mismatch)]].concat()), Some((3, ANSWERS)));
    assert_eq!(violated(&[&run[..], &[answers(1, 1, Done)]].concat()), Some((3, ANSWERS)));
}

/// An operation, when it was asked, and when and how it was answered.
type Call = (Operation<char>, usize, Option<(usize, Answer<char>)>);

/// Whether some order of all that was answered, and of some of what was not, explains the answers.
fn is_explained(state: char, left: &[Call]) -> bool {
    if left.iter().all(|(_, _, answered)| answered.is_none()) {
        return true;
    }
    let first_answer = left.iter().filter_map(|(_, _, answered)| answered.as_ref().map(|(at, _)| *at)).min();
    (0..left.len()).any(|index| {
        let (operation, asked, answered) = &left[index];
        // Nothing takes place before it was asked: what was answered before that has to be first.
        if first_answer.is_some_and(|first| first < *asked) {
            return false;
        }
        let (next, answer) = match operation.clone() {
            Read => (state, Value(state)),
            Write(value) => (value, Done),
            CompareAndSet { expected, new } if expected == state => (new, Done),
            CompareAndSet { .. } => (state, Mismatch),
        };
        let fits = answered.as_ref().is_none_or(|(_, given)| *given == answer);
        let rest: Vec<Call> = [&left[..index], &left[index + 1..]].concat();
        fits && is_explained(next, &rest)
    })
}

fn calls(run: &[Seen]) -> Vec<Call> {
    let mut calls: Vec<(u16, u64, Call)> = Vec::new();
    for (at, (node, what)) in run.iter().enumerate() {
        match what {
            Observation::Request((id, operation)) => calls.push((*node, *id, (operation.clone(), at, None))),
            Observation::Indication((id, answer)) => {
                let call = calls.iter_mut().find(|(owner, other, _)| (owner, other) == (node, id));
                call.expect("it was asked").2.2 = Some((at, answer.clone()));
            }
            _ => {}
        }
    }
    calls.into_iter().map(|(_, _, call)| call).collect()
}

fn operation() -> impl Strategy<Value = Operation<char>> {
    let value = || prop::sample::select(vec!['o', 'a', 'b']);
    prop_oneof![
        2 => Just(Read),
        2 => value().prop_map(Write),
        1 => (value(), value()).prop_map(|(expected, new)| CompareAndSet { expected, new }),
    ]
}

/// Each node asks one thing after another; each is answered at some time, or never, with anything.
fn run() -> impl Strategy<Value = Vec<Seen>> {
    let step = (
        0..3_u16,
        operation(),
        prop::sample::select(vec![Value('o'), Value('a'), Value('b'), Done, Mismatch]),
    );
    prop::collection::vec(step, 0..12).prop_map(|steps| {
        let mut open: [Option<(u64, Operation<char>)>; 3] = Default::default();
        let mut run = Vec::new();
        for ((node, operation, answer), id) in steps.into_iter().zip(1..) {
            match open[usize::from(node)].take() {
                None => {
                    open[usize::from(node)] = Some((id, operation.clone()));
                    run.push(asks(node, id, operation));
                }
                Some((asked, what)) => {
                    let answer = match (what, answer) {
                        (Read, Value(value)) => Value(value),
                        (Read, _) => Value('a'),
                        (Write(_), _) => Done,
                        (CompareAndSet { .. }, Mismatch) => Mismatch,
                        (CompareAndSet { .. }, _) => Done,
                    };
                    run.push(answers(node, asked, answer));
                }
            }
        }
        run
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    /// It finds what every order would, and at once.
    #[test]
    fn it_agrees_with_every_order(run in run()) {
        let first = (1..=run.len()).find(|&length| !is_explained('o', &calls(&run[..length])));
        prop_assert_eq!(violated(&run), first.map(|length| (length, LINEARIZABILITY)));
    }
}
