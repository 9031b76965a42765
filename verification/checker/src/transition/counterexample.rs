//! The shortest run to a violation, the same whatever the number of threads.
//!
//! Nothing is kept of how a state was reached. So first, level by level and backwards, those states are marked from which a
//! shortest way leads on; then the run takes the first step, in the order of the specification, that leads to a marked state. It
//! goes by real states and not by those that stand for them, so it is a run of the specification under symmetry too.

use rustc_hash::FxHashSet;
use synod_actor::NodeId;

use super::{Specification, search::Search};
use crate::{
    DEADLOCK,
    changes::changes,
    options::Phase,
    parallel::{self, Blocks},
    trace::{Cause, Change, Trace, TraceStep},
};

/// The run to a violation of the property, in a state of this level: one of `targets`, or one beyond the constraint. `None` if
/// it was interrupted.
pub(super) fn shortest<T: Specification>(
    search: &Search<'_, T>,
    property: &'static str,
    targets: FxHashSet<u32>,
    level: usize,
) -> Option<Trace> {
    let specification = search.specification;
    let is_bad = |state: &T::State| match property {
        DEADLOCK => search.find(state).is_some_and(|number| targets.contains(&number)),
        _ => search.violated(state).any(|name| name == property),
    };
    // Of each level but the last: from which states a shortest way leads on.
    let mut marked: Vec<FxHashSet<u32>> = vec![FxHashSet::default(); level];
    for at in (0..level).rev() {
        let leads_on = |next: &T::State| match marked.get(at + 1) {
            Some(marked) => search.find(next).is_some_and(|number| marked.contains(&number)),
            None => is_bad(next),
        };
        let mut workers = vec![(); search.threads()];
        let blocks = Blocks::of(search.level(at), workers.len());
        let make = || (Vec::new(), Vec::new());
        let good =
            parallel::each(&search.crew, &mut workers, &blocks, make, &|_, _, (good, keys), blocks| {
                for numbers in blocks.flatten() {
                    search.visit(numbers.clone(), keys, |number, state| {
                        let mut leads = false;
                        specification.steps(&state, &mut |_, next| leads = leads || leads_on(&next));
                        if leads {
                            good.push(number);
                        }
                    });
                    search.tell(Phase::Tracing, 0);
                    if search.beat().is_some() {
                        break;
                    }
                }
            });
        if search.beat().is_some() {
            return None;
        }
        marked[at] = good.into_iter().flat_map(|(good, _)| good).collect();
    }
    let goes_on = |at: usize, state: &T::State| match marked.get(at) {
        Some(marked) => search.find(state).is_some_and(|number| marked.contains(&number)),
        None => is_bad(state),
    };
    let mut state = specification.initial().into_iter().find(|state| goes_on(0, state))?;
    let starts = vec![told(Cause::Begin(format!("{state:?}")), Vec::new())];
    let mut steps = Vec::new();
    for at in 1..=level {
        let mut first = None;
        specification.steps(&state, &mut |action, next| {
            if first.is_none() && goes_on(at, &next) {
                first = Some((action, next));
            }
        });
        let (action, next) = first?;
        let changes = changes(&format!("{state:#?}"), &format!("{next:#?}"));
        steps.push(told(Cause::Action(format!("{action:?}")), changes));
        state = next;
    }
    let because = match property {
        DEADLOCK => "nothing more can happen".to_owned(),
        _ => "it is not true of the last state".to_owned(),
    };
    Some(Trace { nodes: 0, property, because, starts, steps, repeats_from: None })
}

fn told(cause: Cause, changes: Vec<Change>) -> TraceStep {
    TraceStep { node: NodeId(0), cause, choices: Vec::new(), marks: Vec::new(), effects: Vec::new(), changes }
}
