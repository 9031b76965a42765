//! What a configuration has no hope of: an observation that nothing that may still take effect can make true.

use synod_specifications::Sight;

use super::Search;
use crate::machine::{Label, State};

/// How many returns it looks ahead.
const HORIZON: u32 = 1024;

impl Search<'_> {
    /// Whether everything that was observed may still be observed, as far as one can see from here.
    pub(super) fn has_hope(&mut self, at: u32, state: State) -> bool {
        let plan = self.plan;
        let is_left = |at_hand: &[u32], place: u32| {
            let slot = plan.returns[place as usize].slot;
            at_hand[slot as usize / 32] & (1 << (slot % 32)) == 0
        };
        // What may still take effect, up to the return that is looked at.
        self.others.clear();
        for &place in plan.open(at) {
            let label = plan.returns[place as usize].label;
            if is_left(&self.at_hand, place) && !self.machine.facts(label).reads_only {
                self.others.push(label);
            }
        }
        for (index, optional) in plan.optional.iter().enumerate() {
            let used = self.at_hand[self.words + index] as usize;
            if optional.calls.get(used).is_some_and(|&(_, from)| from <= at) {
                self.others.push(optional.label);
            }
        }
        if self.machine.must_be_seen(state) && !self.may_be_seen(at, state) {
            return false;
        }
        // What is open, and what is observed next even if it has not begun.
        self.watched.clear();
        self.watched.extend(plan.open(at).iter().filter(|&&place| is_left(&self.at_hand, place)));
        let mut beyond = plan.next_observation[at as usize];
        while beyond != u32::MAX && plan.open(at).contains(&beyond) && !is_left(&self.at_hand, beyond) {
            beyond = plan.next_observation.get(beyond as usize + 1).copied().unwrap_or(u32::MAX);
        }
        if beyond != u32::MAX && !plan.open(at).contains(&beyond) {
            self.watched.insert(self.watched.partition_point(|&place| place < beyond), beyond);
        }
        let mut seen = at;
        for index in 0..self.watched.len() {
            let place = self.watched[index];
            if place >= self.watch || place > at + HORIZON {
                break;
            }
            if place > seen {
                self.others.extend_from_slice(plan.begun(seen, place));
                seen = place;
            }
            let label = plan.returns[place as usize].label;
            if !self.machine.may_come(state, label, &self.others) {
                self.doubt = self.doubt.max(place);
                return false;
            }
        }
        true
    }

    /// Whether what must be seen before it is overwritten may be, as far as one can see from here.
    fn may_be_seen(&mut self, at: u32, state: State) -> bool {
        let plan = self.plan;
        let is_left = |at_hand: &[u32], place: u32| {
            let slot = plan.returns[place as usize].slot;
            !plan.open(at).contains(&place) || at_hand[slot as usize / 32] & (1 << (slot % 32)) == 0
        };
        if plan.optional.iter().any(|optional| self.machine.facts(optional.label).sight == Sight::Sees) {
            return true;
        }
        // Whoever sees something first began before the first of them returns.
        let mut first = plan.next_sight[at as usize];
        while first != u32::MAX && !is_left(&self.at_hand, first) {
            first = plan.next_sight.get(first as usize + 1).copied().unwrap_or(u32::MAX);
        }
        if first == u32::MAX {
            return false;
        }
        if first >= self.watch || first > at + HORIZON {
            return true;
        }
        let begun = plan.begun(at, first);
        let blind = |label: &Label| self.machine.facts(*label).sight == Sight::Blind;
        let blind: Vec<Label> = self.others.iter().chain(begun).copied().filter(blind).collect();
        for &place in plan.open(first) {
            let label = plan.returns[place as usize].label;
            if self.machine.facts(label).sight == Sight::Sees
                && is_left(&self.at_hand, place)
                && self.machine.may_come(state, label, &blind)
            {
                return true;
            }
        }
        self.doubt = self.doubt.max(first);
        false
    }
}
