//! Whether reductions find what is found without any.

use std::time::Duration;

use proptest::{prelude::*, test_runner::TestCaseError};
use synod_actor::{Actor, Ground};
use synod_checker::{Checkpoint, Options, Reductions, Report, ResumeError, System, Trace, check, resume};
use synod_properties::Monitor;

/// How many systems are tried; more with `SYNOD_CASES`.
pub fn cases() -> u32 {
    std::env::var("SYNOD_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
}

/// So many systems, of which some are not worth the time.
pub fn config() -> ProptestConfig {
    ProptestConfig { cases: cases(), max_global_rejects: 8 * cases(), ..ProptestConfig::default() }
}

/// Everything that is counted, and does not depend on threads or time.
pub fn counts(report: &Report) -> impl PartialEq + std::fmt::Debug + use<> {
    // Where looking ahead was given up, how far it came is chance.
    let came_far = report.notes.iter().any(|note| note.contains("leads too far"));
    let local = (!came_far).then_some((report.node_states, report.messages, report.handler_calls));
    (
        (report.states, report.transitions, report.depth, report.represented, report.incomplete.clone()),
        (report.monitor_states, local),
        (report.reductions, report.searches, report.notes.clone(), report.marks.clone()),
    )
}

/// What a search finds that stops at these limits, and goes on in what could be another process; `None` if it stopped at once, with nothing
/// to write. It may write down how far it is when it goes on, too.
pub fn resumed<A, M>(
    system: &System<A, M>,
    limits: Options,
    again: Options,
    writes_again: bool,
) -> Result<Option<Report>, TestCaseError>
where
    A: Actor<Uses: Ground>,
    M: Monitor<A::Provides>,
{
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("search");
    let checkpoint = Some(Checkpoint { file: file.clone(), every: Duration::ZERO });
    check(system, &Options { checkpoint: checkpoint.clone(), ..limits });
    let again = Options { checkpoint: checkpoint.filter(|_| writes_again), ..again };
    match resume(system, &again, &file) {
        Ok(report) => Ok(Some(report)),
        Err(ResumeError::Read(..)) if !file.exists() => Ok(None),
        Err(why) => Err(TestCaseError::fail(why.to_string())),
    }
}

/// Whether all these reductions find what is found by `base`, with any number of threads; and whether counterexamples are runs.
pub fn alike(
    replays: &dyn Fn(&Trace) -> bool,
    by: &dyn Fn(Reductions, usize, bool) -> Report,
    (base, all): (Reductions, &[Reductions]),
) -> Result<(), TestCaseError> {
    let full = by(base, 1, true);
    prop_assume!(full.incomplete.as_deref().is_none_or(|why| !why.contains("it reached"))); // not worth the time
    let seen = |report: &Report| {
        let verdicts: Vec<_> = report.properties.iter().map(|found| (found.name, found.verdict)).collect();
        (verdicts, report.monitor_states, report.marks.clone(), report.incomplete.is_some())
    };
    let first_of_all = by(base, 1, false).verdict;
    for &reductions in all {
        let reduced = by(reductions, 1, true);
        prop_assert_eq!(seen(&reduced), seen(&full));
        prop_assert!(reduced.states <= full.states && reduced.transitions <= full.transitions);
        let three = by(reductions, 3, true);
        prop_assert_eq!(counts(&three), counts(&reduced));
        prop_assert_eq!(&three.properties, &reduced.properties);
        prop_assert_eq!(by(reductions, 1, false).verdict, first_of_all);
        // A counterexample of the reduced search is a run of the full system.
        for trace in reduced.properties.iter().filter_map(|property| property.counterexample.as_ref()) {
            prop_assert!(replays(trace), "{}", trace);
        }
    }
    Ok(())
}
