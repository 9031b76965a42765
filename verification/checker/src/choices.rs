//! Every answer to every choice of a handler: run it again and again, each time with the next sequence of answers.

use std::time::Duration;

use synod_actor::Env;

/// Answers the choices of one run of a handler from a fixed sequence, and goes on with zeros, of which it keeps track.
pub(crate) struct Choices<'a> {
    clock: &'a [Duration],
    /// The answer given, and how many there are.
    digits: Vec<(u64, u64)>,
    at: usize,
}

impl<'a> Choices<'a> {
    /// The first sequence: zeros. A question for the time is a choice among `clock`.
    pub(crate) fn first(clock: &'a [Duration]) -> Self {
        Choices { clock, digits: Vec::new(), at: 0 }
    }

    /// The answers given in the run that just ended.
    pub(crate) fn answers(&self) -> Box<[u64]> {
        self.digits.iter().map(|&(answer, _)| answer).collect()
    }

    /// Goes on to the next sequence, like a counter whose digits each have a base of their own; false after the last.
    pub(crate) fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((answer, options)) = self.digits.pop() {
            if answer + 1 < options {
                self.digits.push((answer + 1, options));
                return true;
            }
        }
        false
    }
}

impl Env for Choices<'_> {
    fn now(&mut self) -> Duration {
        match self.clock {
            [only] => *only,
            clock => clock[self.choose(clock.len() as u64) as usize],
        }
    }

    fn choose(&mut self, options: u64) -> u64 {
        if self.at == self.digits.len() {
            self.digits.push((0, options));
        }
        self.at += 1;
        self.digits[self.at - 1].0
    }
}
