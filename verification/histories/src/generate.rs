//! Histories of operations made to order: linearizable by construction, or with a violation planted.
//!
//! Processes run operations on one object; each takes effect at once, at some moment between its beginning and its end. Who
//! begins, takes effect and ends when, and who crashes, is drawn at random from a seed.

use synod_specifications::{Specification, register};

use crate::{call::Call, transactions::generate::Random};

/// How large a history is, and how it looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Where the random numbers begin.
    pub seed: u64,
    /// How many processes there are at a time.
    pub processes: usize,
    /// How many operations begin.
    pub operations: usize,
    /// How many in a hundred are never heard of again.
    pub crashes: u64,
}

/// An operation that runs.
struct Running {
    call: usize,
    has_taken_effect: bool,
}

impl Shape {
    /// A history of an object: `ask` draws the operations.
    ///
    /// Of several answers that the specification allows it gives the one that leads to the first state, and `answers` says
    /// what that answer is.
    pub fn generate<S: Specification>(
        self,
        specification: &S,
        mut ask: impl FnMut(&mut Random, usize) -> S::Operation,
        answers: impl Fn(&S::State, &S::Operation) -> S::Answer,
    ) -> Vec<Call<S::Operation, S::Answer>> {
        let mut random = Random::new(self.seed);
        let mut calls: Vec<Call<S::Operation, S::Answer>> = Vec::with_capacity(self.operations);
        let mut names: Vec<usize> = (0..self.processes).collect();
        let mut running: Vec<Option<Running>> = (0..self.processes).map(|_| None).collect();
        let mut state = specification.initial();
        let mut now = 0;
        while self.processes > 0 && (calls.len() < self.operations || running.iter().any(Option::is_some)) {
            let process = random.below(self.processes as u64) as usize;
            match &mut running[process] {
                None if calls.len() < self.operations => {
                    let operation = ask(&mut random, calls.len());
                    running[process] = Some(Running { call: calls.len(), has_taken_effect: false });
                    calls.push(Call {
                        process: names[process],
                        operation,
                        answer: None,
                        invoked: now,
                        returned: None,
                    });
                    now += 1;
                }
                None => {}
                Some(_) if random.percent(self.crashes) => {
                    // It may have taken effect or not; whoever comes next has another name.
                    running[process] = None;
                    names[process] += self.processes;
                }
                Some(one) if !one.has_taken_effect => {
                    one.has_taken_effect = true;
                    let call = &mut calls[one.call];
                    let answer = answers(&state, &call.operation);
                    let mut after = Vec::new();
                    specification.step(&state, &call.operation, Some(&answer), &mut after);
                    debug_assert!(!after.is_empty(), "the answer is none that the specification allows");
                    state = after.into_iter().next().unwrap_or(state);
                    call.answer = Some(answer);
                }
                Some(one) => {
                    calls[one.call].returned = Some(now);
                    now += 1;
                    running[process] = None;
                }
            }
        }
        // Nobody heard the answer of what did not end.
        for call in calls.iter_mut().filter(|call| call.returned.is_none()) {
            call.answer = None;
        }
        calls
    }

    /// A history of a register with these values: reads, writes and, in so many of a hundred cases, compare-and-sets.
    pub fn register(
        self,
        values: u64,
        compares: u64,
    ) -> Vec<Call<register::Operation<u64>, register::Answer<u64>>> {
        use register::Operation;
        let ask = |random: &mut Random, _| match random.below(100) {
            draw if draw < compares => {
                Operation::CompareAndSet { expected: random.below(values), new: random.below(values) }
            }
            draw if draw % 2 == 0 => Operation::Read,
            _ => Operation::Write(random.below(values)),
        };
        self.generate(&synod_specifications::Register::new(0), ask, answer)
    }

    /// A history of a register in which every value that is written differs.
    pub fn register_with_different_values(
        self,
    ) -> Vec<Call<register::Operation<u64>, register::Answer<u64>>> {
        use register::Operation;
        let ask = |random: &mut Random, call: usize| match random.below(2) {
            0 => Operation::Read,
            _ => Operation::Write(call as u64 + 1),
        };
        self.generate(&synod_specifications::Register::new(0), ask, answer)
    }
}

/// What a register answers.
fn answer(state: &u64, operation: &register::Operation<u64>) -> register::Answer<u64> {
    use register::{Answer, Operation};
    match operation {
        Operation::Read => Answer::Value(*state),
        Operation::CompareAndSet { expected, .. } if expected != state => Answer::Mismatch,
        Operation::Write(_) | Operation::CompareAndSet { .. } => Answer::Done,
    }
}

/// Plants a read of a value that nobody wrote, if there is a read that ended: the last of them. Says which call it is.
pub fn plant_unwritten<V: Clone>(
    calls: &mut [Call<register::Operation<V>, register::Answer<V>>],
    value: V,
) -> Option<usize> {
    let is_read =
        |call: &Call<_, register::Answer<V>>| matches!(call.answer, Some(register::Answer::Value(_)));
    let place = calls.iter().rposition(|call| is_read(call) && call.returned.is_some())?;
    calls[place].answer = Some(register::Answer::Value(value));
    Some(place)
}
