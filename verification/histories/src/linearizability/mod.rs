//! Linearizability (Herlihy and Wing 1990): there is one order of all calls that the specification allows, in which calls
//! that ended before others began come first.
//!
//! A call that did not end may take effect at any time after its beginning, or never. A history is checked part by part
//! where the specification has parts that no call connects.

mod parts;
mod plan;
mod search;
mod stream;
mod unique;

use synod_specifications::Specification;

use crate::{
    answer::{Answer, Budget, Exhausted, Shortage},
    call::{Call, CallOf},
    machine::{Machine, Steps},
};
use plan::{Moment, Plan};
use search::{Found, Stuck};
use unique::{Said, Unique};

pub use search::Effort;
pub use stream::{Stop, Stream};

/// The calls in an order in which they may have taken effect, by their place in the history. Those that are missing did
/// not end, and did not take effect.
pub type Linearization = Vec<usize>;

/// Why a history is not linearizable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation<State> {
    /// The call, by its place in the history, that could not have taken effect before it ended, whatever took effect
    /// before it. No other call ends earlier and has this property.
    ///
    /// A call that is still open then may have taken effect or not; if it did, with the answer that it gave in the end. So it
    /// may take a little more of the history than what ended up to this call to see that it is wrong.
    pub call: usize,
    /// The states that were possible before it, of the part of the object that it touches.
    pub states: Vec<State>,
    /// The calls of this part.
    pub part: Vec<usize>,
}

/// The answer for calls of the specification `S`.
pub type AnswerOf<S> = Answer<Linearization, Violation<<S as Specification>::State>>;

/// How to check.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it may cost.
    pub budget: Budget,
    /// Whether parts of the object are checked one by one.
    pub by_part: bool,
    /// How many configurations a search may visit, if that is limited: a limit that does not depend on the machine.
    pub configurations: Option<u64>,
    /// Whether objects in which every value is different are checked without a search, where there is a method for it.
    pub fast: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { budget: Budget::unlimited(), by_part: true, configurations: None, fast: true }
    }
}

/// Whether these calls are linearizable.
pub fn check<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    options: &Options,
) -> (AnswerOf<S>, Effort) {
    let mut effort = Effort::default();
    let answer = check_parts(specification, calls, options, &mut effort);
    (answer, effort)
}

fn check_parts<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    options: &Options,
    effort: &mut Effort,
) -> AnswerOf<S> {
    let parts = if options.by_part { parts::split(specification, calls) } else { vec![parts::whole(calls)] };
    let mut orders = Vec::with_capacity(parts.len());
    let mut worst: Option<Violation<S::State>> = None;
    let mut cut: Option<Exhausted> = None;
    for part in parts {
        // Once something is known to be wrong, only what is wrong earlier is of interest.
        let until = worst.as_ref().and_then(|violation| calls[violation.call].returned).unwrap_or(usize::MAX);
        let mut machine = Machine::new(specification);
        let moments: Vec<Moment> = part
            .iter()
            .map(|&call| &calls[call])
            .filter(|call| call.invoked < until)
            .map(|call| Moment {
                invoked: call.invoked,
                returned: call.returned.filter(|&returned| returned < until),
                label: machine.label(&call.operation, call.answer.as_ref()),
            })
            .collect();
        let found = match by_values(specification, calls, &part, &moments, options) {
            Said::Order(order) => Ok(Found::Order(order)),
            Said::Conflict(some) => of_few(&some, &moments, &mut machine, options, effort),
            Said::Nothing => run(&moments, &mut machine, options, effort),
        };
        match found {
            Ok(Found::Order(order)) => {
                orders.push(order.into_iter().map(|call| part[call as usize]).collect())
            }
            Ok(Found::Stuck(stuck)) => {
                worst = Some(Violation {
                    call: part[stuck.call as usize],
                    states: stuck.states.into_iter().map(|state| machine.state(state).clone()).collect(),
                    part,
                });
            }
            // Another part may still be wrong for certain, and then the history is.
            Err((what, returns)) => {
                let known = format!("the first {returns} returns of this part are consistent");
                cut.get_or_insert(Exhausted { what, known });
            }
        }
    }
    match (worst, cut) {
        (Some(violation), _) => Answer::Invalid(violation),
        (None, Some(exhausted)) => Answer::Unknown(exhausted),
        (None, None) => Answer::Valid(parts::merge(calls, orders)),
    }
}

/// Searches the few calls of a conflict: which of them is wrong, and why? If none is, all calls are searched: a method that was
/// mistaken costs time, and never a wrong answer.
fn of_few(
    some: &[u32],
    moments: &[Moment],
    machine: &mut dyn Steps,
    options: &Options,
    effort: &mut Effort,
) -> Result<Found, (Shortage, u32)> {
    let few: Vec<Moment> = some.iter().map(|&call| moments[call as usize]).collect();
    match run(&few, machine, options, effort)? {
        Found::Stuck(stuck) => Ok(Found::Stuck(Stuck { call: some[stuck.call as usize], ..stuck })),
        Found::Order(_) => run(moments, machine, options, effort),
    }
}

/// Searches.
fn run(
    moments: &[Moment],
    machine: &mut dyn Steps,
    options: &Options,
    effort: &mut Effort,
) -> Result<Found, (Shortage, u32)> {
    let plan = Plan::new(moments, machine);
    let limit = options.configurations.unwrap_or(u64::MAX);
    search::search(&plan, machine, &options.budget, limit, effort)
}

/// What can be said without a search: an order, or the calls of a conflict in the shortest prefix that has one, in the order
/// in which they began.
fn by_values<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    part: &[usize],
    moments: &[Moment],
    options: &Options,
) -> Said {
    // The whole of an object with keys is not one register.
    if !options.by_part || !options.fast {
        return Said::Nothing;
    }
    let of_part: Vec<&CallOf<S>> = part.iter().map(|&call| &calls[call]).collect();
    let Some(unique) = Unique::new(specification, &of_part) else { return Said::Nothing };
    let said = unique.say(moments);
    if !matches!(said, Said::Conflict(_)) {
        return said;
    }
    let mut ends: Vec<usize> = moments.iter().filter_map(|moment| moment.returned).collect();
    ends.sort_unstable();
    let until = |end: usize| {
        let cut = |moment: &Moment| Moment { returned: moment.returned.filter(|&at| at <= end), ..*moment };
        unique.say(&moments.iter().map(cut).collect::<Vec<_>>())
    };
    let first = ends.partition_point(|&end| !matches!(until(end), Said::Conflict(_)));
    match ends.get(first).map(|&end| until(end)) {
        Some(Said::Conflict(mut calls)) => {
            calls.sort_unstable();
            Said::Conflict(calls)
        }
        // The methods know what is wrong, but not where first.
        _ => Said::Nothing,
    }
}

/// Whether an order of calls shows that they are linearizable: the verifier of the certificate, as simple as can be.
///
/// # Errors
/// It does not: why, in a sentence.
pub fn verify<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    order: &[usize],
) -> Result<(), String> {
    places(calls, order)?;
    // The latest beginning so far: nothing that comes later may have ended before it.
    let mut begun = 0;
    for &call in order {
        begun = begun.max(calls[call].invoked);
        if calls[call].returned.is_some_and(|returned| returned < begun) {
            return Err(format!("call {call} ended before another began that comes before it"));
        }
    }
    replay(specification, calls, order)
}

/// The place of each call in an order that has every call that ended, and none twice.
pub(crate) fn places<O, A>(calls: &[Call<O, A>], order: &[usize]) -> Result<Vec<Option<usize>>, String> {
    let mut places = vec![None; calls.len()];
    for (index, &call) in order.iter().enumerate() {
        if places.get(call).is_none_or(|place| place.is_some()) {
            return Err(format!("call {call} is not in the history, or twice in the order"));
        }
        places[call] = Some(index);
    }
    match (0..calls.len()).find(|&call| calls[call].returned.is_some() && places[call].is_none()) {
        Some(call) => Err(format!("call {call} ended, but is not in the order")),
        None => Ok(places),
    }
}

/// Whether the specification allows calls in this order.
pub(crate) fn replay<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    order: &[usize],
) -> Result<(), String> {
    let mut states = vec![specification.initial()];
    for &call in order {
        let mut after = Vec::new();
        for state in &states {
            specification.step(state, &calls[call].operation, calls[call].answer.as_ref(), &mut after);
        }
        if after.is_empty() {
            return Err(format!("the specification does not allow call {call} where it is"));
        }
        after.sort_unstable();
        after.dedup();
        states = after;
    }
    Ok(())
}
