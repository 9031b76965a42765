//! The levels of replicated registers, against their definitions on small histories; and what implies what.

use std::collections::BTreeSet;

use proptest::prelude::*;
use synod_histories::{
    Answer, Budget, Operation, Outcome, Process, Value, Verdict,
    objects::{Object, Reading, Subject},
    replicated::{self, Accesses, Level, Source},
    report::{self, Question},
};

/// An operation of a register under a key: who, which key, and the value written, or read.
fn operation(process: i64, key: i64, write: bool, value: i64, at: usize) -> Operation {
    let pair = |value| Value::List(vec![key.into(), value]);
    Operation {
        process: Process::Client(process),
        function: if write { "write" } else { "read" }.into(),
        argument: pair(if write { value.into() } else { Value::Nil }),
        result: pair(value.into()),
        outcome: Outcome::Ok,
        invoked: 2 * at,
        returned: Some(2 * at + 1),
        lines: (at as u64 + 1, Some(at as u64 + 1)),
        times: (None, None),
        error: Value::Nil,
    }
}

/// Histories of up to seven accesses of two registers by three processes. All values that are written differ; what is read
/// was written, or there at first.
fn histories() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec((0..3_i64, 0..2_i64, any::<bool>(), any::<prop::sample::Index>()), 1..8).prop_map(
        |choices| {
            let mut written = [vec![0], vec![0]];
            for (at, &(_, key, write, _)) in choices.iter().enumerate() {
                if write {
                    written[key as usize].push(at as i64 + 1);
                }
            }
            let made = choices.into_iter().enumerate().map(|(at, (process, key, write, index))| {
                let value = if write { at as i64 + 1 } else { *index.get(&written[key as usize]) };
                operation(process, key, write, value, at)
            });
            made.collect()
        },
    )
}

/// The same with compare-and-sets, and with operations of unknown outcome, whose process goes on under another number.
fn uncertain_histories() -> impl Strategy<Value = Vec<Operation>> {
    let choice = (0..3_usize, 0..2_i64, 0..3_u8, any::<prop::sample::Index>(), 0..3_u8);
    prop::collection::vec(choice, 1..7).prop_map(|choices| {
        let mut written = [vec![0], vec![0]];
        for (at, &(_, key, kind, ..)) in choices.iter().enumerate() {
            if kind > 0 {
                written[key as usize].push(at as i64 + 1);
            }
        }
        let mut names = [0_i64, 1, 2];
        let made = choices.into_iter().enumerate().map(|(at, (process, key, kind, index, fate))| {
            let (new, old) = (at as i64 + 1, *index.get(&written[key as usize]));
            let mut made = operation(names[process], key, kind > 0, if kind > 0 { new } else { old }, at);
            if kind == 2 {
                made.function = "cas".into();
                made.argument = Value::List(vec![key.into(), Value::List(vec![old.into(), new.into()])]);
                made.result = made.argument.clone();
            }
            if fate == 0 {
                (made.outcome, made.returned, made.result) = (Outcome::Unknown, None, Value::Nil);
                names[process] += 3;
            }
            made
        });
        made.collect()
    })
}

/// Every history that an uncertain one may have been: each operation of unknown outcome took effect, or did not.
fn certain(operations: &[Operation]) -> impl Iterator<Item = Vec<Operation>> {
    let unknown: Vec<usize> =
        (0..operations.len()).filter(|&at| operations[at].outcome == Outcome::Unknown).collect();
    (0..1_u32 << unknown.len()).map(move |mask| {
        let took_effect = |at: usize| {
            unknown.iter().position(|&other| other == at).is_none_or(|place| mask >> place & 1 == 1)
        };
        let some = operations.iter().enumerate().filter(|&(at, operation)| {
            took_effect(at) && (operation.outcome == Outcome::Ok || &*operation.function != "read")
        });
        let known = some.map(|(_, operation)| Operation { outcome: Outcome::Ok, ..operation.clone() });
        known.collect()
    })
}

fn subject() -> Subject {
    Subject { initial: 0.into(), independent: true, ..Subject::new(Object::Register) }
}

fn accesses(operations: &[Operation]) -> Accesses {
    replicated::resolve(operations, &subject(), Reading::default())
        .expect("are registers")
        .expect("values differ")
}

fn permutations(items: &[usize], visit: &mut dyn FnMut(&[usize]) -> bool) -> bool {
    fn go(left: &mut Vec<usize>, done: &mut Vec<usize>, visit: &mut dyn FnMut(&[usize]) -> bool) -> bool {
        if left.is_empty() {
            return visit(done);
        }
        for index in 0..left.len() {
            let item = left.remove(index);
            done.push(item);
            let found = go(left, done, visit);
            done.pop();
            left.insert(index, item);
            if found {
                return true;
            }
        }
        false
    }
    go(&mut items.to_vec(), &mut Vec::new(), visit)
}

/// Causal order: who is before whom; `None` if it is cyclic.
fn causal_order(accesses: &Accesses) -> Option<Vec<Vec<bool>>> {
    let count = accesses.all.len();
    let mut before = vec![vec![false; count]; count];
    for (to, access) in accesses.all.iter().enumerate() {
        if let Some(Source::Write(from)) = access.reads {
            before[from][to] = true;
        }
        for (from, other) in accesses.all.iter().enumerate() {
            before[from][to] |= other.process == access.process && other.position < access.position;
        }
    }
    for middle in 0..count {
        for from in 0..count {
            for to in 0..count {
                before[from][to] |= before[from][middle] && before[middle][to];
            }
        }
    }
    (0..count).all(|access| !before[access][access]).then_some(before)
}

/// What a read sees if accesses take effect in this order.
fn seen(accesses: &Accesses, order: &[usize], read: usize) -> Source {
    let key = accesses.all[read].key;
    let before = order.iter().take_while(|&&access| access != read);
    let write =
        before.filter(|&&access| accesses.all[access].writes && accesses.all[access].key == key).last();
    write.map_or(Source::Initial, |&write| Source::Write(write))
}

/// The definitions (Bouajjani and others 2017, table 1).
fn is_causal(accesses: &Accesses, level: Level) -> bool {
    let Some(before) = causal_order(accesses) else { return false };
    let all: Vec<usize> = (0..accesses.all.len()).collect();
    let past = |access: usize| -> Vec<usize> {
        all.iter().copied().filter(|&other| other == access || before[other][access]).collect()
    };
    let respects = |order: &[usize]| {
        order.iter().enumerate().all(|(at, &one)| order[..at].iter().all(|&other| !before[one][other]))
    };
    let is_right = |order: &[usize], read: usize| {
        accesses.all[read].reads.is_none_or(|source| seen(accesses, order, read) == source)
    };
    match level {
        Level::Causal => all
            .iter()
            .all(|&read| permutations(&past(read), &mut |order| respects(order) && is_right(order, read))),
        Level::CausalMemory => accesses.processes.iter().all(|process| {
            let Some(&last) = process.last() else { return true };
            permutations(&past(last), &mut |order| {
                respects(order) && process.iter().all(|&access| is_right(order, access))
            })
        }),
        _ => permutations(&all, &mut |order| {
            respects(order)
                && all.iter().all(|&read| {
                    let past = past(read);
                    let known: Vec<usize> =
                        order.iter().copied().filter(|access| past.contains(access)).collect();
                    is_right(&known, read)
                })
        }),
    }
}

/// The session guarantees: each process has an order of all writes, and each read knows some of them, and sees the last that
/// it knows.
fn is_guaranteed(accesses: &Accesses, level: Level) -> bool {
    let writes: Vec<usize> = (0..accesses.all.len()).filter(|&access| accesses.all[access].writes).collect();
    let earlier = |access: usize| {
        let of = &accesses.all[access];
        accesses.processes[of.process][..of.position].iter().copied()
    };
    // The least that is known: what was seen, and what must be with it.
    let known = |read: usize| -> BTreeSet<usize> {
        let source = |access: usize| match accesses.all[access].reads {
            Some(Source::Write(write)) => Some(write),
            _ => None,
        };
        let mut known: BTreeSet<usize> = source(read).into_iter().collect();
        if level == Level::ReadYourWrites {
            known.extend(earlier(read).filter(|&access| accesses.all[access].writes));
        } else {
            known.extend(earlier(read).filter_map(source));
        }
        loop {
            let more: Vec<usize> = known
                .iter()
                .flat_map(|&write| {
                    earlier(write).filter_map(move |access| match level {
                        Level::MonotonicWrites => Some(access).filter(|&access| accesses.all[access].writes),
                        Level::WritesFollowReads => source(access),
                        _ => None,
                    })
                })
                .filter(|write| !known.contains(write))
                .collect();
            if more.is_empty() {
                return known;
            }
            known.extend(more);
        }
    };
    accesses.processes.iter().enumerate().all(|(number, process)| {
        permutations(&writes, &mut |order| {
            let place = |write: usize| order.iter().position(|&other| other == write);
            let in_order = |one: usize, two: usize| place(one) < place(two);
            let respects = match level {
                Level::ReadYourWrites => writes.iter().all(|&write| {
                    accesses.all[write].process != number
                        || earlier(write).all(|other| !accesses.all[other].writes || in_order(other, write))
                }),
                Level::MonotonicWrites => writes.iter().all(|&write| {
                    earlier(write).all(|other| !accesses.all[other].writes || in_order(other, write))
                }),
                Level::WritesFollowReads => writes.iter().all(|&write| {
                    earlier(write).all(|other| match accesses.all[other].reads {
                        Some(Source::Write(read)) => in_order(read, write),
                        _ => true,
                    })
                }),
                _ => true,
            };
            respects
                && process.iter().all(|&read| {
                    let Some(source) = accesses.all[read].reads else { return true };
                    let key = accesses.all[read].key;
                    let of_key = known(read).into_iter().filter(|&write| accesses.all[write].key == key);
                    let last = of_key.max_by_key(|&write| place(write));
                    last.map_or(Source::Initial, Source::Write) == source
                })
        })
    })
}

fn verdict(accesses: &Accesses, level: Level) -> Verdict {
    let answer = replicated::check(accesses, level, &Budget::unlimited());
    if let Answer::Valid(certificate) = &answer {
        replicated::verify(accesses, level, certificate).unwrap_or_else(|why| panic!("{level:?}: {why}"));
    }
    answer.verdict()
}

fn as_verdict(is_valid: bool) -> Verdict {
    if is_valid { Verdict::Valid } else { Verdict::Invalid }
}

proptest! {
    #[test]
    fn causal_levels_are_as_defined(operations in histories()) {
        let accesses = accesses(&operations);
        for level in [Level::Causal, Level::CausalConvergence, Level::CausalMemory] {
            prop_assert_eq!(verdict(&accesses, level), as_verdict(is_causal(&accesses, level)), "{:?}", level);
        }
    }

    #[test]
    fn what_is_not_known_may_have_happened_or_not(operations in uncertain_histories()) {
        let resolved = accesses(&operations);
        for level in [Level::Causal, Level::CausalConvergence, Level::CausalMemory] {
            let is_possible = certain(&operations).any(|operations| {
                let accesses = accesses(&operations);
                accesses.unwritten.is_none() && is_causal(&accesses, level)
            });
            prop_assert_eq!(verdict(&resolved, level), as_verdict(is_possible), "{:?}", level);
        }
    }

    #[test]
    fn session_guarantees_are_as_defined(operations in histories()) {
        let accesses = accesses(&operations);
        for level in [Level::ReadYourWrites, Level::MonotonicReads, Level::MonotonicWrites, Level::WritesFollowReads] {
            prop_assert_eq!(verdict(&accesses, level), as_verdict(is_guaranteed(&accesses, level)), "{:?}", level);
        }
    }

    #[test]
    fn a_stronger_level_implies_the_weaker(operations in histories()) {
        let (subject, budget) = (subject(), Budget::unlimited());
        let question = Question { operations: &operations, subject: &subject, reading: Reading::default(), budget: &budget };
        let verdicts: Vec<(report::Level, Verdict)> = report::Level::ALL
            .into_iter()
            .map(|level| {
                let mut reports = Vec::new();
                report::check(question, level, &mut reports).expect("are registers");
                (level, reports[0].verdict)
            })
            .collect();
        for (one, is_one) in &verdicts {
            for (other, is_other) in &verdicts {
                let is_broken = *is_one == Verdict::Valid && *is_other == Verdict::Invalid && one.implies(*other);
                prop_assert!(!is_broken, "{one} holds, {other} does not");
            }
        }
    }

    #[test]
    fn other_names_change_nothing(operations in histories()) {
        // Processes and values under other names, and the order in which processes are met turned around.
        let renamed = |value: &Value| match value.items() {
            Some([key, Value::Int(value)]) => {
                Value::List(vec![key.clone(), if *value == 0 { Value::Int(0) } else { Value::Int(100 - value) }])
            }
            _ => value.clone(),
        };
        let others: Vec<Operation> = operations
            .iter()
            .map(|operation| Operation {
                process: match operation.process {
                    Process::Client(number) => Process::Client(7 - number),
                    ref other => other.clone(),
                },
                argument: renamed(&operation.argument),
                result: renamed(&operation.result),
                ..operation.clone()
            })
            .collect();
        let (one, other) = (accesses(&operations), accesses(&others));
        for level in [Level::Causal, Level::CausalConvergence, Level::CausalMemory, Level::MonotonicReads, Level::Convergence] {
            prop_assert_eq!(verdict(&one, level), verdict(&other, level));
        }
    }
}

#[test]
fn all_that_was_read_before_a_write_is_known_with_it() {
    // The second process reads two writes, then writes itself. Who sees that knows both, and cannot see now one of them as the
    // last and now the other.
    let history = |first: i64, second: i64| {
        accesses(&[
            operation(0, 0, true, 1, 0),
            operation(0, 0, true, 2, 1),
            operation(1, 0, false, 1, 2),
            operation(1, 0, false, 2, 3),
            operation(1, 1, true, 3, 4),
            operation(2, 1, false, 3, 5),
            operation(2, 0, false, first, 6),
            operation(2, 0, false, second, 7),
        ])
    };
    for (first, second, expected) in [(2, 1, Verdict::Invalid), (2, 2, Verdict::Valid)] {
        let accesses = history(first, second);
        assert_eq!(is_guaranteed(&accesses, Level::WritesFollowReads), expected == Verdict::Valid);
        assert_eq!(verdict(&accesses, Level::WritesFollowReads), expected);
    }
}

#[test]
fn a_certificate_of_another_history_is_refused() {
    let writes = [operation(0, 0, true, 1, 0), operation(0, 0, true, 2, 1)];
    let history = |seen: i64| accesses(&[&writes[..], &[operation(1, 0, false, seen, 2)]].concat());
    let (early, late) = (history(1), history(2));
    let unlimited = Budget::unlimited();
    for level in [Level::Causal, Level::CausalConvergence, Level::CausalMemory] {
        let Answer::Valid(certificate) = replicated::check(&early, level, &unlimited) else {
            panic!("{level:?}")
        };
        assert!(replicated::verify(&early, level, &certificate).is_ok());
        // The first write is there twice, or nothing at all is.
        for wrong in [vec![0, 0, 1, 2], vec![]] {
            let wrong = replicated::Certificate::Order(wrong);
            assert!(replicated::verify(&late, level, &wrong).is_err());
        }
    }
    let Answer::Valid(certificate) = replicated::check(&early, Level::CausalMemory, &unlimited) else {
        panic!()
    };
    assert!(
        replicated::verify(&late, Level::CausalMemory, &certificate).is_err(),
        "the second write comes last"
    );
}

#[test]
fn a_value_from_nowhere_breaks_every_level() {
    let operations = [operation(0, 0, true, 1, 0), operation(1, 0, false, 9, 1)];
    let accesses = accesses(&operations);
    for level in [Level::Causal, Level::ReadYourWrites, Level::Convergence] {
        let Answer::Invalid(wrong) = replicated::check(&accesses, level, &Budget::unlimited()) else {
            panic!("{level:?}")
        };
        assert_eq!((wrong.pattern, wrong.operations), ("thin-air read", vec![1]));
    }
}

#[test]
fn what_is_not_known_to_have_happened_shows_nothing() {
    // Two compare-and-sets that would need each other, and that nobody else saw.
    let cas = |process: i64, old: i64, new: i64| Operation {
        function: "cas".into(),
        argument: Value::List(vec![0.into(), Value::List(vec![old.into(), new.into()])]),
        outcome: Outcome::Unknown,
        returned: None,
        result: Value::Nil,
        ..operation(process, 0, true, new, process as usize)
    };
    let both = accesses(&[cas(0, 2, 1), cas(1, 1, 2)]);
    assert_eq!(verdict(&both, Level::Causal), Verdict::Valid);
    let seen = accesses(&[cas(0, 2, 1), cas(1, 1, 2), operation(2, 0, false, 1, 2)]);
    assert_eq!(verdict(&seen, Level::Causal), Verdict::Invalid);
}

#[test]
fn a_value_from_nowhere_is_wrong_whatever_else_is_not_known() {
    let twice = [operation(0, 0, true, 1, 0), operation(1, 0, true, 1, 1), operation(1, 0, false, 1, 2)];
    let more = [&twice[..], &[operation(2, 0, false, 9, 3)]].concat();
    assert_eq!(verdict(&accesses(&more), Level::Causal), Verdict::Invalid);
}

#[test]
fn divergence_is_seen_once_it_is_quiet() {
    let history = |last: i64| {
        accesses(&[
            operation(0, 0, true, 1, 0),
            operation(1, 0, true, 2, 1),
            operation(2, 0, false, 1, 2),
            operation(0, 0, false, 2, 3),
            operation(2, 0, false, last, 4),
        ])
    };
    assert_eq!(verdict(&history(1), Level::Convergence), Verdict::Invalid);
    assert_eq!(verdict(&history(2), Level::Convergence), Verdict::Valid);
}

#[test]
fn what_was_read_must_be_known() {
    let twice = [operation(0, 0, true, 1, 0), operation(1, 0, true, 1, 1), operation(1, 0, false, 1, 2)];
    let undecided = replicated::resolve(&twice, &subject(), Reading::default()).expect("are registers");
    assert!(undecided.expect_err("is ambiguous").to_string().contains("several times"));
}
