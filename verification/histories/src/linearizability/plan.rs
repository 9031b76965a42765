//! A history prepared for the search: who may take effect before whom must have.

use synod_specifications::Specification;

use crate::{
    call::CallOf,
    machine::{Label, Machine},
};

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
    /// The others, alike together.
    pub optional: Vec<Optional>,
    /// How many slots there are.
    pub slots: usize,
}

impl Plan {
    /// The plan for these calls, which are ordered by their beginnings; or for those of the events before `until` only.
    pub(super) fn new<S: Specification>(calls: &[CallOf<S>], machine: &mut Machine<'_, S>) -> Plan {
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
            open.remove(0);
            free.push(slot[call as usize]);
            let label = machine.label(&calls[call as usize].operation, calls[call as usize].answer.as_ref());
            plan.returns.push(Ended { call, label, slot: slot[call as usize] });
        }
        plan
    }

    /// A call that did not end may take effect from before the return `from` on.
    fn open_optional<S: Specification>(
        &mut self,
        call: u32,
        from: u32,
        calls: &[CallOf<S>],
        machine: &mut Machine<'_, S>,
    ) {
        let label = machine.label(&calls[call as usize].operation, calls[call as usize].answer.as_ref());
        if machine.facts(label).reads_only {
            return;
        }
        match self.optional.iter_mut().find(|optional| optional.label == label) {
            Some(optional) => optional.calls.push((call, from)),
            None => self.optional.push(Optional { label, calls: vec![(call, from)] }),
        }
    }

    /// The calls open at a return, by their place among the returns, ascending. The first is the one that returns.
    pub(super) fn open(&self, at: u32) -> &[u32] {
        &self.open[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }
}
