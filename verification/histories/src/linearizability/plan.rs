//! A history prepared for the search: who may take effect before whom must have.

use synod_specifications::Sight;

use crate::machine::{Label, LabelFacts, Steps};

/// A call, as far as the search is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub invoked: usize,
    pub returned: Option<usize>,
    pub label: Label,
}

/// A call that ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// Which call of the history.
    pub call: u32,
    pub label: Label,
    /// Where the search notes that it took effect: a place that no other call needs at the same time.
    pub slot: u32,
}

/// Calls that may take effect or not, and that are alike: it does not matter which of them does.
#[derive(Clone, Debug)]
pub(super) struct Optional {
    pub label: Label,
    /// For each, in the order in which they began: which call, and the first return before which it may take effect.
    pub calls: Vec<(u32, u32)>,
}

/// A history, prepared.
#[derive(Debug)]
pub(super) struct Plan {
    /// The calls that ended, in the order in which they did.
    pub returns: Vec<Ended>,
    /// For each return, the calls open at it that ended, by their place among the returns, ascending; the first is itself.
    open: Vec<u32>,
    starts: Vec<u32>,
    /// The labels of the calls that begin between the return before and this one, and may change a state.
    begun: Vec<Label>,
    begun_starts: Vec<u32>,
    /// For each return, it or the first one after it that only observes.
    pub next_observation: Vec<u32>,
    /// For each return, it or the first one after it that must see something.
    pub next_sight: Vec<u32>,
    /// The others, alike together.
    pub optional: Vec<Optional>,
    /// How many slots there are.
    pub slots: usize,
}

impl Plan {
    /// The plan for these calls, which are ordered by their beginnings.
    pub(super) fn new(calls: &[Moment], machine: &dyn Steps) -> Plan {
        let mut ended: Vec<u32> =
            (0..calls.len() as u32).filter(|&call| calls[call as usize].returned.is_some()).collect();
        ended.sort_unstable_by_key(|&call| calls[call as usize].returned);
        let mut place = vec![u32::MAX; calls.len()];
        for (index, &call) in ended.iter().enumerate() {
            place[call as usize] = index as u32;
        }

        let mut plan = Plan {
            returns: Vec::with_capacity(ended.len()),
            open: Vec::new(),
            starts: vec![0],
            begun: Vec::new(),
            begun_starts: vec![0],
            next_observation: Vec::new(),
            next_sight: Vec::new(),
            optional: Vec::new(),
            slots: 0,
        };
        let mut slot = vec![u32::MAX; calls.len()];
        let mut free: Vec<u32> = Vec::new();
        // The places of the open calls that ended, ascending.
        let mut open: Vec<u32> = Vec::new();
        let mut next = 0;
        for (index, &call) in ended.iter().enumerate() {
            let end = calls[call as usize].returned;
            while next < calls.len() && Some(calls[next].invoked) < end {
                let label = calls[next].label;
                if !machine.facts(label).reads_only {
                    plan.begun.push(label);
                }
                if place[next] == u32::MAX {
                    plan.open_optional(next as u32, index as u32, calls, machine);
                } else {
                    slot[next] = free.pop().unwrap_or_else(|| {
                        plan.slots += 1;
                        plan.slots as u32 - 1
                    });
                    let at = open.partition_point(|&other| other < place[next]);
                    open.insert(at, place[next]);
                }
                next += 1;
            }
            debug_assert_eq!(open.first(), Some(&(index as u32)), "it is open and the first to end");
            plan.open.extend_from_slice(&open);
            plan.starts.push(plan.open.len() as u32);
            plan.begun_starts.push(plan.begun.len() as u32);
            open.remove(0);
            free.push(slot[call as usize]);
            let label = calls[call as usize].label;
            plan.returns.push(Ended { call, label, slot: slot[call as usize] });
        }
        plan.next_observation = plan.next(|facts| facts.reads_only && facts.is_answered, machine);
        plan.next_sight = plan.next(|facts| facts.sight == Sight::Sees, machine);
        plan
    }

    /// For each return, it or the first one after it of which this holds.
    fn next(&self, is_it: impl Fn(LabelFacts) -> bool, machine: &dyn Steps) -> Vec<u32> {
        let mut next = u32::MAX;
        let mut all: Vec<u32> = (0..self.returns.len() as u32)
            .rev()
            .map(|place| {
                if is_it(machine.facts(self.returns[place as usize].label)) {
                    next = place;
                }
                next
            })
            .collect();
        all.reverse();
        all
    }

    /// A call that did not end may take effect from before the return `from` on.
    fn open_optional(&mut self, call: u32, from: u32, calls: &[Moment], machine: &dyn Steps) {
        let label = calls[call as usize].label;
        if machine.facts(label).reads_only {
            return;
        }
        match self.optional.iter_mut().find(|optional| optional.label == label) {
            Some(optional) => optional.calls.push((call, from)),
            None => self.optional.push(Optional { label, calls: vec![(call, from)] }),
        }
    }

    /// The labels of all calls that may take effect.
    pub(super) fn labels(&self) -> impl Iterator<Item = Label> + '_ {
        let ended = self.returns.iter().map(|ended| ended.label);
        ended.chain(self.optional.iter().map(|optional| optional.label))
    }

    /// The labels of the calls that begin after the return `after` and before the return `until`.
    pub(super) fn begun(&self, after: u32, until: u32) -> &[Label] {
        let (start, end) = (self.begun_starts[after as usize + 1], self.begun_starts[until as usize + 1]);
        &self.begun[start as usize..end as usize]
    }

    /// The calls open at a return, by their place among the returns, ascending. The first is the one that returns.
    pub(super) fn open(&self, at: u32) -> &[u32] {
        &self.open[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }
}
