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
mod unseen;

use synod_specifications::Specification;

use crate::{
    answer::{Answer, Budget, Exhausted, Shortage},
    call::{Call, CallOf},
    machine::{Machine, Steps},
};
use plan::{Moment, Plan};
use search::{Found, Stuck};
use unique::{Unique, Wrong};

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
    /// The states that were possible before it, of the part of the object that it touches; some of them, if there are many, and
    /// none, if it took too long to find one.
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

/// How many configurations the search of each part may visit at first, where there are several.
const FIRST_ROUND: u64 = 1 << 10;
/// How many times more the search of each part may visit in each round after the first.
const ROUND: u64 = 16;

fn check_parts<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    options: &Options,
    effort: &mut Effort,
) -> AnswerOf<S> {
    let mut parts =
        if options.by_part { parts::split(specification, calls) } else { vec![parts::whole(calls)] };
    let mut orders = Vec::with_capacity(parts.len());
    let mut worst: Option<Violation<S::State>> = None;
    let mut cut: Option<Exhausted> = None;
    // One part may take much longer than all others, and need not be looked at to its end if another is wrong before. So those
    // that take long come again when the others are done.
    let all = options.configurations.unwrap_or(u64::MAX);
    let mut limit = if parts.len() > 1 { all.min(FIRST_ROUND) } else { all };
    while !parts.is_empty() {
        let mut again = Vec::new();
        for part in parts {
            // Once something is known to be wrong, only what is wrong earlier is of interest.
            let until =
                worst.as_ref().and_then(|violation| calls[violation.call].returned).unwrap_or(usize::MAX);
            match check_part(specification, calls, part, until, (options, limit), effort) {
                OfPart::Order(order) => orders.push(order),
                OfPart::Wrong(violation) => worst = Some(violation),
                OfPart::Unknown(part, Shortage::Configurations(_), _) if limit < all => again.push(part),
                // Another part may still be wrong for certain, and then the history is.
                OfPart::Unknown(_, what, returns) => {
                    let known = format!("the first {returns} returns of this part are consistent");
                    cut.get_or_insert(Exhausted { what, known });
                }
            }
        }
        parts = again;
        limit = all.min(limit.saturating_mul(ROUND));
    }
    match (worst, cut) {
        (Some(violation), _) => Answer::Invalid(violation),
        (None, Some(exhausted)) => Answer::Unknown(exhausted),
        (None, None) => Answer::Valid(parts::merge(calls, orders)),
    }
}

/// The answer for one part.
enum OfPart<State> {
    Order(Vec<usize>),
    Wrong(Violation<State>),
    /// The part, what ran out, and how many of its returns are consistent.
    Unknown(Vec<usize>, Shortage, u32),
}

fn check_part<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    part: Vec<usize>,
    until: usize,
    (options, limit): (&Options, u64),
    effort: &mut Effort,
) -> OfPart<S::State> {
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
    let mut run = Run { machine: &mut machine, budget: &options.budget, limit, effort };
    let found = match by_values(specification, calls, &part, &moments, options) {
        unique::Verdict::Order(order) => Ok(Found::Order(order)),
        unique::Verdict::Nothing => run.search(&moments),
        unique::Verdict::Wrong(wrong) => match run.of_few(&wrong, &moments) {
            Ok(None) => {
                let states = states_after(specification, calls, &part, &wrong.before);
                return OfPart::Wrong(Violation { call: part[wrong.call as usize], states, part });
            }
            Ok(Some(found)) => Ok(found),
            Err(shortage) => Err(shortage),
        },
    };
    match found {
        Ok(Found::Order(order)) => OfPart::Order(order.into_iter().map(|call| part[call as usize]).collect()),
        Ok(Found::Stuck(stuck)) => OfPart::Wrong(Violation {
            call: part[stuck.call as usize],
            states: stuck.states.into_iter().map(|state| machine.state(state).clone()).collect(),
            part,
        }),
        Err((what, returns)) => OfPart::Unknown(part, what, returns),
    }
}

/// The states after these calls of a part; none, if there are so many calls that it would take long.
fn states_after<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    part: &[usize],
    order: &[u32],
) -> Vec<S::State> {
    if order.len() > REPLAYED {
        return Vec::new();
    }
    let order: Vec<usize> = order.iter().map(|&call| part[call as usize]).collect();
    replay(specification, calls, &order).unwrap_or_default()
}

/// How many configurations the search of a few calls may visit: it is there to explain.
const OF_FEW: u64 = 10_000;
/// How many calls are replayed to find the states after them: each may take as long as there are others.
const REPLAYED: usize = 10_000;

/// What a search runs with.
struct Run<'a> {
    machine: &'a mut dyn Steps,
    budget: &'a Budget,
    limit: u64,
    effort: &'a mut Effort,
}

impl Run<'_> {
    fn search(&mut self, moments: &[Moment]) -> Result<Found, (Shortage, u32)> {
        let plan = Plan::new(moments, self.machine);
        search::search(&plan, self.machine, self.budget, self.limit, self.effort)
    }

    /// What the search says of calls that a method says are wrong: which states were possible before the call that is? If it finds
    /// no fault with the few, all calls are searched: a method that was mistaken costs time, and never a wrong answer. Where there
    /// are not few, or they take long, it says nothing, and the method has the last word.
    fn of_few(&mut self, wrong: &Wrong, moments: &[Moment]) -> Result<Option<Found>, (Shortage, u32)> {
        if wrong.few.is_empty() {
            return Ok(None);
        }
        let few: Vec<Moment> = wrong.few.iter().map(|&call| moments[call as usize]).collect();
        let limit = std::mem::replace(&mut self.limit, OF_FEW);
        let found = self.search(&few);
        self.limit = limit;
        match found {
            Ok(Found::Stuck(stuck)) if wrong.few[stuck.call as usize] == wrong.call => {
                Ok(Some(Found::Stuck(Stuck { call: wrong.call, ..stuck })))
            }
            Ok(_) => self.search(moments).map(Some),
            Err((Shortage::Configurations(_), _)) => Ok(None),
            Err(shortage) => Err(shortage),
        }
    }
}

/// What can be said without a search.
fn by_values<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    part: &[usize],
    moments: &[Moment],
    options: &Options,
) -> unique::Verdict {
    // The whole of an object with keys is not one register.
    if !options.by_part || !options.fast {
        return unique::Verdict::Nothing;
    }
    let of_part: Vec<&CallOf<S>> = part.iter().take(moments.len()).map(|&call| &calls[call]).collect();
    Unique::new(specification, &of_part).map_or(unique::Verdict::Nothing, |unique| unique.verdict(moments))
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
    replay(specification, calls, order).map(drop)
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

/// The states after calls in this order, which the specification allows.
pub(crate) fn replay<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    order: &[usize],
) -> Result<Vec<S::State>, String> {
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
    Ok(states)
}
