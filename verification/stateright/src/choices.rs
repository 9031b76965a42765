//! Every combination of answers that a handler can get from its environment.

use std::time::Duration;

use synod_actor::Env;

/// An environment that enumerates: a number whose digits are the answers, each with its own base. Run the handler,
/// [`advance`](Choices::advance), run it again, until there is no further combination.
pub(crate) struct Choices<'a> {
    clock: &'a [Duration],
    digits: Vec<(u64, u64)>,
    asked: usize,
}

impl<'a> Choices<'a> {
    /// The first combination: every answer is the first one.
    pub(crate) fn new(clock: &'a [Duration]) -> Self {
        Choices { clock, digits: Vec::new(), asked: 0 }
    }

    /// Moves on to the next combination; `false` if that was the last one.
    pub(crate) fn advance(&mut self) -> bool {
        self.asked = 0;
        while let Some((digit, base)) = self.digits.pop() {
            if digit + 1 < base {
                self.digits.push((digit + 1, base));
                return true;
            }
        }
        false
    }

    fn answer(&mut self, base: u64) -> u64 {
        if self.asked == self.digits.len() {
            self.digits.push((0, base));
        }
        self.asked += 1;
        self.digits[self.asked - 1].0
    }
}

impl Env for Choices<'_> {
    fn now(&mut self) -> Duration {
        let shown = self.answer(self.clock.len() as u64);
        self.clock[shown as usize]
    }

    fn choose(&mut self, options: u64) -> u64 {
        self.answer(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_question_may_depend_on_an_earlier_answer() {
        let clock = [Duration::ZERO, Duration::from_secs(1)];
        let mut choices = Choices::new(&clock);
        let mut seen = Vec::new();
        loop {
            let mut answers = vec![choices.choose(3)];
            match answers[0] {
                0 => answers.push(choices.now().as_secs()),
                1 => {}
                _ => answers.push(choices.choose(1)),
            }
            seen.push(answers);
            if !choices.advance() {
                break;
            }
        }
        assert_eq!(seen, [vec![0, 0], vec![0, 1], vec![1], vec![2, 0]]);
    }
}
