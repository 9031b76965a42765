//! What the checker says where it has to end early, or does not have the memory: and that this changes nothing that it says for sure.

mod support;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use support::{Counter, counters, run, verdict};
use synod_checker::{Environment, Limit, NodeView, Options, Reductions, Report, Verdict, check};

/// Whatever cuts a search, nothing that was not explored is said to hold.
#[test]
fn a_search_that_was_cut_is_incomplete() {
    let system = || counters(3, Counter::default()).terminates().deadlock_free();
    let whole = run(&system());
    assert_eq!((whole.verdict, whole.incomplete), (Verdict::Holds, None));
    let cut = |options: Options| {
        let report = check(&system(), &options);
        assert_eq!(report.verdict, Verdict::Incomplete, "{report:?}");
        assert!(
            report.properties.iter().all(|property| property.verdict == Verdict::Incomplete),
            "{report:?}"
        );
        report.incomplete.expect("a reason")
    };
    let options = || Options { threads: 2, ..Options::default() };
    assert!(cut(Options { depth: Some(3), ..options() }).contains("beyond 3 steps"));
    assert!(cut(Options { states: Some(10), ..options() }).contains("reached 10 states"));
    assert!(cut(Options { memory: Some(1000), ..options() }).contains("more than 1000 bytes"));
    let interrupted = options();
    interrupted.interrupt.store(true, Ordering::Relaxed);
    assert!(cut(interrupted).contains("interrupted"));

    let bounded = run(&system().bound("small sums", |_, node| node.sum < 3));
    assert_eq!(bounded.verdict, Verdict::Incomplete);
    assert!(bounded.incomplete.expect("a reason").contains("small sums"));
    assert!(bounded.states < whole.states);
}

/// What is found stays found, though how it comes to that cannot be told any more.
#[test]
fn an_interrupt_does_not_take_back_a_violation() {
    let options = Options { threads: 2, reductions: Reductions::NONE, ..Options::default() };
    let interrupt = options.interrupt.clone();
    let system = counters(3, Counter::default()).invariant("small sums", move |nodes| {
        let holds = nodes.iter().all(|node| node.live.sum < 3);
        interrupt.fetch_or(!holds, Ordering::Relaxed);
        holds
    });
    let report = check(&system, &options);
    let of =
        |name| report.property(name).map(|property| (property.verdict, property.counterexample.is_some()));
    assert_eq!(of("small sums"), Some((Verdict::Violated, false)));
    assert_eq!(of(synod_checker::TOTAL), Some((Verdict::Incomplete, false)));
    assert!(report.incomplete.is_some_and(|why| why.contains("it was interrupted")));
}

/// The depth that is reached exactly is no cut.
#[test]
fn a_limit_that_is_not_met_cuts_nothing() {
    let system = counters(2, Counter::default());
    let options = Options { depth: Some(4), states: Some(10), ..Options::default() };
    // The last level is empty beyond depth 4, but that is only known by looking.
    let report = check(&system, &Options { depth: Some(5), ..options });
    assert_eq!((report.verdict, report.depth), (Verdict::Holds, 4));
}

#[test]
fn progress_is_told_and_ends() {
    let told = Arc::new(std::sync::Mutex::new(0_u64));
    let count = told.clone();
    let options = Options {
        progress: Some(Arc::new(move |progress| *count.lock().unwrap() = progress.states)),
        ..Options::default()
    };
    let report = check(&counters(3, Counter::default()), &options);
    assert!(*told.lock().unwrap() <= report.states);
    assert!(report.elapsed > Duration::ZERO);
}

/// Where memory ends and states are put on disk, the search comes to the same.
#[test]
fn states_on_disk_are_still_known() {
    let system = counters(3, Counter::default())
        .environment(Environment::default().duplicating(Limit::Budget(1)).crash_recovery(4).delayed_disk());
    let options =
        |threads| Options { threads, exhaustive: true, reductions: Reductions::NONE, ..Options::default() };
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let enough = |whole: &Report| Some(whole.store_bytes + whole.component_bytes - 2 * whole.states);
    for threads in [1, 3] {
        let whole = check(&system, &options(threads));
        assert!(whole.states > 200_000 && whole.disk_bytes == 0, "{}", whole.states);
        let (memory, spill) = (enough(&whole), Some(folder.path().to_owned()));
        assert!(check(&system, &Options { memory, ..options(threads) }).incomplete.is_some());
        let spilled = check(&system, &Options { memory, spill, ..options(threads) });
        assert_eq!(spilled.incomplete, None);
        assert!(spilled.disk_bytes > whole.states, "{}", spilled.disk_bytes);
        assert_eq!((spilled.states, spilled.transitions), (whole.states, whole.transitions));
        assert_eq!((spilled.depth, &spilled.properties), (whole.depth, &whole.properties));
    }
    let memory = enough(&check(&system, &options(1)));
    let nowhere = Some(folder.path().join("nowhere"));
    let report = check(&system, &Options { memory, spill: nowhere, ..options(1) });
    assert!(report.incomplete.is_some_and(|why| why.contains("could not be put on disk")));
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0, "nothing is left behind");
}

/// The files in this folder that this process holds open, as what they can be opened as again: they have no names.
#[cfg(target_os = "linux")]
fn held_open(folder: &Path) -> Vec<PathBuf> {
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("it is there").flatten();
    let of_it = |file: &PathBuf| std::fs::read_link(file).is_ok_and(|link| link.starts_with(folder));
    descriptors.map(|descriptor| descriptor.path()).filter(of_it).collect()
}

/// States that were put on disk are gone when they are asked for. That is no panic, and what is known by then is said.
#[cfg(target_os = "linux")]
#[test]
fn states_that_are_lost_on_disk_end_the_search() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let options =
        Options { threads: 1, exhaustive: true, reductions: Reductions::NONE, ..Options::default() };
    let lose = |folder: &Path| {
        for file in held_open(folder) {
            let file = std::fs::File::options().write(true).open(file).expect("it is open");
            file.set_len(0).expect("it is a file of this process");
        }
    };
    // All that is on disk is gone after so many states were looked at; or, if that is 0, when the whole graph is.
    let looked_at = Arc::new(AtomicUsize::new(0));
    let system = |after: usize| {
        looked_at.store(0, Ordering::Relaxed);
        let (looked_at, folder) = (looked_at.clone(), folder.path().to_owned());
        let (at_last, place) = (Once::new(), folder.clone());
        let is_small = move |nodes: &[NodeView<'_, Counter>]| {
            if looked_at.fetch_add(1, Ordering::Relaxed) + 1 == after {
                lose(&folder);
            }
            nodes.iter().all(|node| node.live.sum <= 9)
        };
        let is_one = move |nodes: &[NodeView<'_, Counter>], _: &_| {
            if after == 0 {
                at_last.call_once(|| lose(&place));
            }
            nodes.iter().any(|node| node.live.sum >= 1)
        };
        let environment =
            Environment::default().duplicating(Limit::Budget(1)).crash_recovery(2).delayed_disk();
        counters(3, Counter::default())
            .environment(environment)
            .invariant("small sums", is_small)
            .always_possible("someone is at 1", is_one)
    };
    let whole = check(&system(usize::MAX), &options);
    assert_eq!(whole.incomplete, None);
    let all = looked_at.load(Ordering::Relaxed);
    let place = folder.path().display();
    let told =
        format!("states that were put on disk in {place} cannot be read again: unexpected end of file");
    let lost = |after, whole: &Report, threads| {
        // Of a state 8 bytes can be put on disk. What threads hold differs from run to run: so not nearly all have to be, with two.
        let missing = if threads == 1 { 6 } else { 3 };
        let memory = Some(whole.store_bytes + whole.component_bytes - missing * whole.states);
        let spill = Some(folder.path().to_owned());
        let report = check(&system(after), &Options { memory, spill, threads, ..options.clone() });
        let why = report.incomplete.clone().unwrap_or_else(|| panic!("nothing is lost: {report:?}"));
        assert!(why.contains(&told), "{why}");
        assert_eq!(verdict(&report, "someone is at 1"), Verdict::Incomplete);
        report
    };
    // While it explores: the level in which that shows is left out. (On one thread: with more it is chance when memory ends, and whether
    // anything is asked for behind that.)
    let cut = lost(all / 10 * 9, &whole, 1);
    assert_eq!(verdict(&cut, "small sums"), Verdict::Incomplete);
    let until = check(&system(usize::MAX), &Options { depth: Some(cut.depth), ..options.clone() });
    assert_eq!((cut.states, cut.transitions), (until.states, until.transitions));
    // When it has explored everything, and looks at the whole graph.
    let whole_by_two = check(&system(usize::MAX), &Options { threads: 2, ..options.clone() });
    for (threads, whole) in [(1, whole), (2, whole_by_two)] {
        let cut = lost(0, &whole, threads);
        assert_eq!(verdict(&cut, "small sums"), Verdict::Holds);
        assert_eq!((cut.states, cut.transitions), (whole.states, whole.transitions), "{threads} threads");
    }
}
