//! The steps that are tried from a configuration, without those that another order makes superfluous.

use super::{Search, Step, Via, Who};
use crate::machine::State;

impl Search<'_> {
    /// Finds what may take effect next.
    pub(super) fn find_steps(&mut self, at: u32, state: State, via: Option<Via>) {
        let plan = self.plan;
        let first = self.steps.len();
        let target = plan.returns[at as usize].label;
        // Where the waiting return is possible as it is, nothing has to help.
        let is_free = self.machine.allows(state, target);
        self.seen.clear();
        self.find_near(at);
        for (index, &place) in plan.open(at).iter().enumerate() {
            let ended = plan.returns[place as usize];
            if !self.near[index] || self.at_hand[ended.slot as usize / 32] & (1 << (ended.slot % 32)) != 0 {
                continue;
            }
            let facts = self.machine.facts(ended.label);
            // What only reads and is possible was taken; of calls that are alike, the first to end is the one.
            if facts.reads_only || self.seen.iter().any(|&(label, _)| label == ended.label) {
                continue;
            }
            self.seen.push((ended.label, facts.operation));
            for index in self.machine.step(state, ended.label) {
                let to = self.machine.target(index);
                let helps = place == at || is_free || self.machine.allows(to, target);
                let step =
                    Step { who: Who::Ended(place), label: ended.label, to, order: (!helps, false, place) };
                if !self.is_redundant(step, via) {
                    self.steps.push(step);
                }
            }
        }
        for (index, optional) in plan.optional.iter().enumerate() {
            let used = self.at_hand[self.words + index] as usize;
            let is_near = self.near[plan.open(at).len() + index];
            if !is_near || optional.calls.get(used).is_none_or(|&(_, from)| from > at) {
                continue;
            }
            let operation = self.machine.facts(optional.label).operation;
            for target_index in self.machine.step(state, optional.label) {
                let to = self.machine.target(target_index);
                // Without an effect it need not happen; and a call that must happen and does the same is better.
                let alike = |step: &Step| step.to == to && self.seen.contains(&(step.label, operation));
                if to == state || self.machine.is_unseen(to) || self.steps[first..].iter().any(alike) {
                    continue;
                }
                let helps = is_free || self.machine.allows(to, target);
                let step = Step {
                    who: Who::Optional(index as u32),
                    label: optional.label,
                    to,
                    order: (!helps, true, index as u32),
                };
                if !self.is_redundant(step, via) {
                    self.steps.push(step);
                }
            }
        }
        self.steps[first..].sort_unstable_by_key(|step| std::cmp::Reverse(step.order));
    }

    /// Finds what is near the return `at`: what it may depend on, directly or through others. What is not can as well take
    /// effect after it (a persistent set of Godefroid 1996, section 4), since it neither sees nor disturbs any of that.
    fn find_near(&mut self, at: u32) {
        if self.near_at == at {
            return;
        }
        self.near_at = at;
        let plan = self.plan;
        let open = plan.open(at);
        let label = |index: usize| match open.get(index) {
            Some(&place) => plan.returns[place as usize].label,
            None => plan.optional[index - open.len()].label,
        };
        self.near.clear();
        self.near.resize(open.len() + plan.optional.len(), false);
        if self.is_one {
            self.near.fill(true);
            return;
        }
        // The first is the one that waits.
        self.near[0] = true;
        let (mut found, mut next) = (vec![0], 0);
        while let Some(&one) = found.get(next) {
            for other in 0..self.near.len() {
                if !self.near[other] && !self.machine.are_apart(label(one), label(other)) {
                    self.near[other] = true;
                    found.push(other);
                }
            }
            next += 1;
        }
    }

    /// Whether what this step leads to is also reached, or dominated, without it: nothing took effect between the step
    /// `via` and this one.
    fn is_redundant(&mut self, step: Step, via: Option<Via>) -> bool {
        let Some(Via { step: last, from }) = via else { return false };
        let earlier = match (step.who, last.who) {
            (Who::Ended(this), Who::Ended(last)) => this < last,
            // Whatever comes next, what may be left out is left out if it makes no difference.
            (_, Who::Optional(_)) if self.machine.leads(from, step.label, step.to) => return true,
            (Who::Ended(_), Who::Optional(_)) => true,
            (Who::Optional(this), Who::Optional(last)) => this < last,
            (Who::Optional(_), Who::Ended(_)) => false,
        };
        // Where operations never commute, it does not pay to ask each time.
        if !earlier || self.commuting.0 > 256 && self.commuting.1 == 0 && !self.commuting.0.is_multiple_of(16)
        {
            self.commuting.0 += u32::from(earlier);
            return false;
        }
        let commutes = self.machine.leads_twice(from, step.label, last.label, step.to);
        self.commuting = (self.commuting.0 + 1, self.commuting.1 + u32::from(commutes));
        commutes
    }
}
