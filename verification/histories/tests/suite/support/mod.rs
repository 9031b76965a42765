//! Random small histories, and answers by brute force.

use proptest::prelude::*;
use synod_histories::{Call, CallOf, Value, specifications::Specification, transactions::generate::Random};

/// So many cases, unless the variable `PROPTEST_CASES` says otherwise.
pub fn cases(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let is_set = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig { cases: if is_set { default.cases } else { cases }, ..default }
}

/// When calls began and ended: for each its process, its beginning, its end if it had one.
pub type Times = Vec<(usize, usize, Option<usize>)>;

/// Times of up to `calls` calls by up to `processes` processes, some of which crash: then the process is another.
pub fn times(processes: usize, calls: usize) -> impl Strategy<Value = Times> {
    prop::collection::vec((0..processes, 0..8_u8), 0..2 * calls).prop_map(move |choices| {
        let mut times: Times = Vec::new();
        let mut names: Vec<usize> = (0..processes).collect();
        let mut open: Vec<Option<usize>> = vec![None; processes];
        for (now, (process, fate)) in choices.into_iter().enumerate() {
            match open[process].take() {
                None if times.len() < calls => {
                    open[process] = Some(times.len());
                    times.push((names[process], now, None));
                }
                None => {}
                Some(_) if fate == 0 => names[process] += processes,
                Some(call) => times[call].2 = Some(now),
            }
        }
        times
    })
}

/// Calls at these times, of these operations and answers.
pub fn calls<O: Clone, A: Clone>(times: &Times, asked: &[(O, Option<A>)]) -> Vec<Call<O, A>> {
    times
        .iter()
        .zip(asked)
        .map(|(&(process, invoked, returned), (operation, answer))| Call {
            process,
            operation: operation.clone(),
            // Nobody knows the answer of what did not end.
            answer: answer.clone().filter(|_| returned.is_some()),
            invoked,
            returned,
        })
        .collect()
}

/// Lets so many neighbouring beginnings and ends of different calls change places.
pub fn disturb<O, A>(calls: &mut [Call<O, A>], times: usize, random: &mut Random) {
    let mut events: Vec<(usize, usize, bool)> = Vec::new();
    for (call, one) in calls.iter().enumerate() {
        events.push((one.invoked, call, false));
        events.extend(one.returned.map(|returned| (returned, call, true)));
    }
    events.sort_unstable();
    let count = events.len() as u64;
    for _ in 0..if count > 1 { times } else { 0 } {
        let at = random.below(count - 1) as usize;
        if events[at].1 != events[at + 1].1 {
            events.swap(at, at + 1);
        }
    }
    for (time, &(_, call, is_end)) in events.iter().enumerate() {
        if is_end {
            calls[call].returned = Some(time);
        } else {
            calls[call].invoked = time;
        }
    }
}

/// Whether there is an order that the specification allows, in which `before` holds: by trying them all.
pub fn brute_force<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    before: &dyn Fn(&CallOf<S>, &CallOf<S>) -> bool,
) -> bool {
    fn search<S: Specification>(
        specification: &S,
        calls: &[CallOf<S>],
        before: &dyn Fn(&CallOf<S>, &CallOf<S>) -> bool,
        left: &mut Vec<usize>,
        state: &S::State,
    ) -> bool {
        if left.iter().all(|&call| calls[call].returned.is_none()) {
            return true;
        }
        for index in 0..left.len() {
            let call = left[index];
            if left.iter().any(|&other| other != call && before(&calls[other], &calls[call])) {
                continue;
            }
            let mut after = Vec::new();
            specification.step(state, &calls[call].operation, calls[call].answer.as_ref(), &mut after);
            left.remove(index);
            let found = after.iter().any(|state| search(specification, calls, before, left, state));
            left.insert(index, call);
            if found {
                return true;
            }
        }
        false
    }
    let mut left = (0..calls.len()).collect();
    search(specification, calls, before, &mut left, &specification.initial())
}

/// Values of every kind but reals.
pub fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        ".{0,5}".prop_map(|text| Value::text(&text)),
        "[a-z][a-z0-9_?!-]{0,5}".prop_map(|name| Value::keyword(&name)),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_set(inner.clone(), 0..4)
                .prop_map(|items| Value::Set(items.into_iter().collect())),
            prop::collection::btree_map(inner.clone(), inner, 0..3)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}
