//! Every model, explored in different ways: what is found must not depend on how.

use synod_checker::{Options, Reductions, Report, Verdict};
use synod_models::{Case, Entry, Scale, Size, all};
use synod_stateright::Settings;

fn quick(entry: &Entry) -> Box<dyn Case> {
    (entry.build)(Size { nodes: entry.default_nodes, scale: Scale::Quick })
}

fn counts(report: &Report) -> (u64, u64, usize) {
    (report.states, report.transitions, report.depth)
}

/// Counts, verdicts and counterexamples, to the letter, for models and mutants; of what is large as far as it goes.
#[test]
fn any_number_of_threads_finds_the_same() {
    const MOST: u64 = 5_000;
    for entry in all() {
        let case = quick(&entry);
        let check = |threads| case.check(&Options { threads, states: Some(MOST), ..Options::default() });
        let [one, two, eight] = [1, 2, 8].map(check);
        for other in [two, eight] {
            assert_eq!(counts(&other), counts(&one), "{}", entry.name);
            assert_eq!(other.properties, one.properties, "{}", entry.name);
            assert_eq!(other.marks, one.marks, "{}", entry.name);
            let local = |report: &Report| (report.node_states, report.messages, report.handler_calls);
            if !one.reductions.symmetry {
                // Which of several like states is met first is chance, and so is which nodes are then known under other names.
                assert_eq!(local(&other), local(&one), "{}", entry.name);
            }
        }
    }
}

/// Verdicts, what can be seen from outside, and marks.
#[test]
fn reductions_change_nothing() {
    /// More states than this are left to `cargo xtask check --reduce none`, which compares with the golden counts, too.
    const MOST_UNREDUCED: u64 = 45_000;
    let (mut smaller, mut symmetric, mut in_order, mut too_large) = (0, 0, 0, Vec::new());
    for entry in all() {
        let case = quick(&entry);
        let check = |reductions| {
            case.check(&Options { reductions, states: Some(MOST_UNREDUCED), ..Options::default() })
        };
        let [full, reduced] = [Reductions::NONE, Reductions::USUAL].map(check);
        if full.incomplete.as_deref().is_some_and(|reason| reason.contains("it reached")) {
            too_large.push(entry.name);
            continue;
        }
        let golden = entry.golden.iter().find(|g| g.nodes == entry.default_nodes && g.scale == Scale::Quick);
        if let Some(golden) = golden {
            assert_eq!(Some(counts(&full)), golden.counts(Reductions::NONE), "{}", entry.name);
        }
        let verdicts = |report: &Report| -> Vec<_> {
            report.properties.iter().map(|property| (property.name, property.verdict)).collect()
        };
        if full.incomplete.is_none() {
            assert_eq!(verdicts(&reduced), verdicts(&full), "{}", entry.name);
            assert_eq!(reduced.marks, full.marks, "{}", entry.name);
            assert!(reduced.states <= full.states, "{}", entry.name);
            // Each with steps put in order, too.
            for others in [Reductions::NONE, Reductions::USUAL] {
                let ordered = check(Reductions { order: true, ..others });
                assert_eq!(verdicts(&ordered), verdicts(&full), "{}", entry.name);
                assert_eq!(ordered.marks, full.marks, "{}", entry.name);
                if !ordered.reductions.symmetry {
                    assert_eq!(ordered.monitor_states, full.monitor_states, "{}", entry.name);
                }
                let with_others = if others == Reductions::NONE { &full } else { &reduced };
                in_order += usize::from(ordered.states < with_others.states);
            }
            if reduced.reductions.symmetry {
                symmetric += 1;
                // Each alone: what can be seen from outside is the same, and so is how many states there are.
                let dead = check(Reductions { symmetry: false, ..Reductions::USUAL });
                let renamed = check(Reductions { dead: false, ..Reductions::USUAL });
                for report in [&dead, &renamed] {
                    assert_eq!(verdicts(report), verdicts(&full), "{}", entry.name);
                    assert_eq!(report.marks, full.marks, "{}", entry.name);
                }
                assert_eq!(dead.monitor_states, full.monitor_states, "{}", entry.name);
                assert_eq!(renamed.represented, Some(full.states), "{}", entry.name);
            } else {
                assert_eq!(reduced.monitor_states, full.monitor_states, "{}", entry.name);
            }
        } else {
            // It stopped at a violation, perhaps at another level: a dead message takes no step any more.
            assert_eq!(
                (reduced.verdict, full.verdict),
                (Verdict::Violated, Verdict::Violated),
                "{}",
                entry.name
            );
        }
        println!(
            "{}: {:?} of {:?}, {} searches",
            entry.name,
            counts(&reduced),
            counts(&full),
            reduced.searches
        );
        smaller += usize::from(reduced.states < full.states);
    }
    assert!(smaller > 10, "only {smaller} are smaller");
    assert!(in_order > 20, "steps put in order make only {in_order} searches smaller");
    assert!(symmetric >= 2, "only {symmetric} have nodes that are alike");
    assert!(too_large.len() * 2 < all().len(), "{too_large:?}");
}

/// The second opinion: stateright, on an implementation of the semantics that shares nothing with ours but the definition of
/// a system, reaches the same number of states in the same number of steps, and finds the same safety properties violated.
/// Both go on after a violation, so that there is something to compare. What is large is left to `cargo xtask check --engine
/// stateright`, which takes minutes for it; here mutants show more than size would.
#[test]
fn stateright_counts_the_same() {
    const MOST: u64 = 10_000;
    let mut compared = 0;
    // Specifications hold their states in as many bits as a right one needs: a faulty one is not explored beyond its fault.
    let is_explorable = |entry: &Entry| entry.mutant.is_none_or(|mutant| mutant.of != "tla-examples");
    for entry in all().into_iter().filter(is_explorable) {
        let case = quick(&entry);
        let states = Some(MOST);
        let options =
            Options { exhaustive: true, states, reductions: Reductions::NONE, ..Options::default() };
        let ours = case.check(&options);
        if ours.incomplete.as_deref().is_some_and(|reason| reason.contains("it reached")) {
            continue;
        }
        // With more threads stateright does not go level by level, and the depth that it reports varies.
        let theirs = case.stateright(&Settings { threads: 1, exhaustive: true, states: None });
        assert_eq!(counts(&ours), (theirs.states, theirs.transitions, theirs.depth), "{}", entry.name);
        let kinds = [synod_checker::Kind::Safety];
        let mut violated: Vec<&str> = ours
            .properties
            .iter()
            .filter(|property| property.verdict == Verdict::Violated && kinds.contains(&property.kind))
            .map(|property| property.name)
            .collect();
        violated.sort_unstable();
        assert_eq!(violated, theirs.violated, "{}", entry.name);
        println!("{}: {} states, {} transitions", entry.name, ours.states, ours.transitions);
        compared += 1;
    }
    assert!(compared > 100, "only {compared} are small");
}
