//! From a history that is not consistent to the few calls that make it so.
//!
//! To leave a call out altogether would not do: a read of a value whose write was left out is wrong for another reason. So
//! calls are *relaxed*: a call that only reads is left out, and any other may take effect at any time after its beginning,
//! or never, whatever it answers. A history that is wrong with some calls relaxed is wrong with them as they are. What
//! cannot be relaxed any more is the reason: relax any one of it, and the history is consistent.

use synod_specifications::Specification;

use crate::{answer::Verdict, call::CallOf};

/// The calls that matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Core {
    /// Their places in the history.
    pub calls: Vec<usize>,
    /// Whether it is known that with any one of them relaxed the history is consistent.
    pub is_minimal: bool,
}

/// These calls, with those not `kept` relaxed.
pub fn relaxed<S: Specification>(specification: &S, calls: &[CallOf<S>], kept: &[bool]) -> Vec<CallOf<S>> {
    let mut relaxed = Vec::with_capacity(calls.len());
    for (call, &is_kept) in calls.iter().zip(kept) {
        let mut call = call.clone();
        if !is_kept {
            if specification.reads_only(&call.operation, call.answer.as_ref()) {
                continue;
            }
            (call.returned, call.answer) = (None, None);
        }
        relaxed.push(call);
    }
    relaxed
}

/// The calls of an inconsistent history that matter, found by relaxing others, many at a time first (Zeller and
/// Hildebrandt 2002). `check` answers for a history; what it does not know stays as it is.
pub fn reduce<S: Specification>(
    specification: &S,
    calls: &[CallOf<S>],
    mut check: impl FnMut(&[CallOf<S>]) -> Verdict,
) -> Core {
    // What did not end does not matter but as it is.
    let mut kept: Vec<bool> = calls.iter().map(|call| call.returned.is_some()).collect();
    let count = |kept: &[bool]| kept.iter().filter(|kept| **kept).count();
    let mut chunk = count(&kept).div_ceil(2).max(1);
    let mut is_minimal;
    loop {
        let mut changed = false;
        let places: Vec<usize> = (0..kept.len()).filter(|&place| kept[place]).collect();
        is_minimal = chunk == 1;
        // The oldest first: they matter least.
        for some in places.chunks(chunk) {
            for &place in some {
                kept[place] = false;
            }
            match check(&relaxed(specification, calls, &kept)) {
                Verdict::Invalid => {
                    changed = true;
                    continue;
                }
                Verdict::Unknown => is_minimal = false,
                Verdict::Valid => {}
            }
            for &place in some {
                kept[place] = true;
            }
        }
        match (changed, chunk) {
            (false, 1) => break,
            (true, _) => chunk = chunk.min(count(&kept)).max(1),
            (false, _) => chunk = chunk.div_ceil(2),
        }
    }
    Core { calls: (0..kept.len()).filter(|&place| kept[place]).collect(), is_minimal }
}
