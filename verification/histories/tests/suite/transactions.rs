//! The levels against brute force: every order of the transactions of small histories, held against the definition.

use super::support::cases;
use proptest::prelude::*;
use synod_histories::{
    answer::{Answer, Budget},
    transactions::{
        Axiom, Certificate, History, Level, Moment, Op, Recorded, Status, check,
        generate::{Random, Workload},
        verify,
    },
    value::Value,
};

/// Keys, each with what is written under it, or nothing where it is read.
type Accesses = Vec<(i64, Option<i64>)>;

/// Whether some order, of all orders and of all ways in which what is not known may have ended, shows the level.
fn brute_force(history: &History, transactions: &[Recorded], level: Level) -> bool {
    let unknown: Vec<u32> = (0..transactions.len() as u32)
        .filter(|index| transactions[*index as usize].status == Status::Indeterminate)
        .collect();
    (0..1_u32 << unknown.len()).any(|mask| {
        let took_effect = |index: u32| match transactions[index as usize].status {
            Status::Committed => true,
            Status::Aborted => false,
            Status::Indeterminate => {
                unknown.iter().position(|one| *one == index).is_some_and(|at| mask >> at & 1 == 1)
            }
        };
        let members: Vec<u32> = (0..transactions.len() as u32).filter(|index| took_effect(*index)).collect();
        let split = matches!(level.axiom(), Axiom::Prefix | Axiom::SnapshotIsolation);
        some_order(&members, split, &mut Vec::new(), &mut |moments| {
            verify(history, level, &Certificate { moments: moments.to_vec() }).is_ok()
        })
    })
}

fn some_order(
    members: &[u32],
    split: bool,
    moments: &mut Vec<Moment>,
    good: &mut impl FnMut(&[Moment]) -> bool,
) -> bool {
    let length = if split { 2 * members.len() } else { members.len() };
    if moments.len() == length {
        return good(moments);
    }
    for &member in members {
        let (whole, snapshot, commit) =
            (Moment::Whole(member), Moment::Snapshot(member), Moment::Commit(member));
        let next = match split {
            false if !moments.contains(&whole) => whole,
            true if !moments.contains(&snapshot) => snapshot,
            true if !moments.contains(&commit) => commit,
            _ => continue,
        };
        moments.push(next);
        let found = some_order(members, split, moments, good);
        moments.pop();
        if found {
            return true;
        }
    }
    false
}

/// A small history of which anything may be wrong: reads see what some database might have answered, or not.
fn small(workload: Workload, most: usize) -> impl Strategy<Value = Vec<Recorded>> {
    (1..=most, 1..=3_u64, 1..=3_u64, any::<u64>(), 0..4_u64).prop_map(
        move |(count, sessions, keys, seed, wild)| {
            let mut random = Random::new(seed);
            let mut plans: Vec<(u64, Status, Accesses)> = Vec::new();
            let mut next = 0;
            let mut free = sessions;
            let mut names: Vec<u64> = (0..sessions).collect();
            for _ in 0..count {
                let at = random.below(sessions) as usize;
                let status = match random.below(16) {
                    0 => Status::Aborted,
                    1 | 2 => Status::Indeterminate,
                    _ => Status::Committed,
                };
                let ops = (0..1 + random.below(3))
                    .map(|_| {
                        next += 1;
                        let write = random.percent(50).then_some(next);
                        (random.below(keys) as i64, write)
                    })
                    .collect();
                plans.push((names[at], status, ops));
                if status == Status::Indeterminate {
                    names[at] = free;
                    free += 1;
                }
            }
            // What each key may have held, in an order of the transactions drawn at random.
            let mut order: Vec<usize> = (0..plans.len()).collect();
            for at in (1..order.len()).rev() {
                order.swap(at, random.below(at as u64 + 1) as usize);
            }
            let spine = |key: i64| -> Vec<i64> {
                order
                    .iter()
                    .filter(|index| plans[**index].1 != Status::Aborted || wild == 0)
                    .flat_map(|index| {
                        plans[*index]
                            .2
                            .iter()
                            .filter(|(other, _)| *other == key)
                            .filter_map(|(_, value)| *value)
                    })
                    .collect()
            };
            let mut clock = 0;
            let mut last_end = vec![0; free as usize];
            let recorded: Vec<_> = plans
                .iter()
                .map(|(session, status, plan)| {
                    let mut own: Vec<(i64, i64)> = Vec::new();
                    let mut seen: Vec<(i64, usize)> = Vec::new();
                    let mut ops = Vec::new();
                    for &(key, write) in plan {
                        let name = Value::Int(key);
                        if let Some(value) = write {
                            own.push((key, value));
                            ops.push(match workload {
                                Workload::Registers => Op::Write(name, value.into()),
                                Workload::Lists => Op::Append(name, value.into()),
                            });
                            continue;
                        }
                        let mine: Vec<i64> =
                            own.iter().filter(|(other, _)| *other == key).map(|(_, value)| *value).collect();
                        let all: Vec<i64> = spine(key)
                            .into_iter()
                            .filter(|value| !plan.contains(&(key, Some(*value))))
                            .collect();
                        let before = seen.iter().find(|(other, _)| *other == key).map(|(_, length)| *length);
                        let length = before
                            .filter(|_| !random.percent(10))
                            .unwrap_or(random.below(all.len() as u64 + 1) as usize);
                        seen.push((key, length));
                        let mut list = all[..length].to_vec();
                        list.extend(&mine);
                        if random.below(60) < wild {
                            list = spine(key)[..random.below(spine(key).len() as u64 + 1) as usize].to_vec();
                        }
                        ops.push(match workload {
                            Workload::Registers => Op::Read(name, list.last().map(|value| (*value).into())),
                            Workload::Lists => Op::ReadList(name, list.into_iter().map(Value::Int).collect()),
                        });
                    }
                    if *status != Status::Committed {
                        ops.retain(|op| matches!(op, Op::Write(..) | Op::Append(..)));
                    }
                    let began = last_end[*session as usize] + 1 + random.below(6);
                    let ended = began + 1 + random.below(12);
                    clock = clock.max(ended);
                    last_end[*session as usize] = ended;
                    let interval = Some((began, (*status != Status::Indeterminate).then_some(ended)));
                    Recorded { session: *session, status: *status, interval, line: 0, ops }
                })
                .collect();
            recorded
        },
    )
}

fn show(transactions: &[Recorded]) -> String {
    let line = |one: &Recorded| {
        let ops: Vec<_> = one.ops.iter().map(Op::to_string).collect();
        format!("  session {} {:?} {:?} {}\n", one.session, one.status, one.interval, ops.join(" "))
    };
    transactions.iter().map(line).collect()
}

fn agrees(transactions: &[Recorded]) -> Result<(), TestCaseError> {
    let history = History::of(transactions.to_vec()).expect("values are written once");
    let budget = Budget::unlimited();
    for level in Level::ALL {
        let expected = brute_force(&history, transactions, level);
        match check(&history, level, &budget) {
            Answer::Valid(certificate) => {
                prop_assert!(expected, "{level} should be invalid:\n{}", show(transactions));
                let verified = verify(&history, level, &certificate);
                prop_assert!(
                    verified.is_ok(),
                    "{level}: {verified:?} {certificate:?}\n{}",
                    show(transactions)
                );
            }
            Answer::Invalid(why) => {
                prop_assert!(!expected, "{level} should be valid, but: {why}\n{}", show(transactions));
                prop_assert!(!why.anomalies.is_empty() && !why.weakest.is_empty());
                for weak in &why.weakest {
                    prop_assert!(level.implies(*weak) && !brute_force(&history, transactions, *weak));
                }
                for kept in &why.kept {
                    prop_assert!(brute_force(&history, transactions, *kept));
                }
            }
            Answer::Unknown(why) => prop_assert!(false, "{level}: {why}"),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn registers_agree_with_brute_force(transactions in small(Workload::Registers, 4)) {
        agrees(&transactions)?;
    }

    #[test]
    fn lists_agree_with_brute_force(transactions in small(Workload::Lists, 4)) {
        agrees(&transactions)?;
    }
}
