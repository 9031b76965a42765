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

/// Which reductions suit a case. That is known before anything is explored, and of those that do not suit it the report says why: so
/// they are never left out in silence. (Symmetry is there if the system declares it.)
fn suited(entry: &Entry, case: &dyn Case) -> Reductions {
    let options = Options { threads: 1, depth: Some(0), reductions: Reductions::ALL, ..Options::default() };
    let report = case.check(&options);
    let is_told = |what: &str| report.notes.iter().any(|note| note.starts_with(what));
    let Reductions { dead, order, .. } = report.reductions;
    if is_specification(&report) {
        assert_eq!(report.reductions, Reductions::NONE, "{}", entry.name);
    } else {
        let told = (is_told("dead messages are kept: "), is_told("no step is taken alone: "));
        assert_eq!(told, (!dead, !order), "{}: {:?}", entry.name, report.notes);
    }
    report.reductions
}

/// Whether it has no nodes: then there is nothing to leave out.
fn is_specification(report: &Report) -> bool {
    report.node_states == 0
}

/// Every combination of these reductions but none.
fn combinations(of: Reductions) -> impl Iterator<Item = Reductions> {
    let choices = |is_suited: bool| [false, true].into_iter().filter(move |&on| !on || is_suited);
    let all = choices(of.dead).flat_map(move |dead| {
        choices(of.symmetry).flat_map(move |symmetry| {
            choices(of.order).map(move |order| Reductions { dead, symmetry, order })
        })
    });
    all.filter(|&reductions| reductions != Reductions::NONE)
}

/// Counts, verdicts and counterexamples, to the letter, for models and mutants; of what is large as far as it goes.
#[test]
fn any_number_of_threads_finds_the_same() {
    const MOST: u64 = 5_000;
    /// Levels with fewer states are explored by one thread, however many there are. So where there are fewer in all, the search would be
    /// the same one again.
    const SHARED: u64 = 512;
    let (mut shared, mut alone) = (0, 0);
    for entry in all() {
        let case = quick(&entry);
        let check = |threads| case.check(&Options { threads, states: Some(MOST), ..Options::default() });
        let one = check(1);
        if one.states < SHARED {
            alone += 1;
            continue;
        }
        shared += 1;
        // Mutants are many, and differ from their model in a line: with them one other number has to do.
        let others = if entry.mutant.is_some() { &[8][..] } else { &[2, 8] };
        for other in others.iter().map(|&threads| check(threads)) {
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
    assert!(shared > 80, "only {shared} are shared between threads, and {alone} are not");
}

/// Verdicts, what can be seen from outside, and marks, under every combination of the reductions that suit a model: the others change
/// nothing, and the search would be made twice.
#[test]
fn reductions_change_nothing() {
    /// More states than this are left to `cargo xtask check --reduce none`, which compares with the golden counts, too. Where these are
    /// known no search is made to find out.
    const MOST_UNREDUCED: u64 = 45_000;
    /// Of mutants, nearly all of which are found out before that: there is little to compare in those that are not.
    const MOST_OF_MUTANTS: u64 = 20_000;
    let (mut smaller, mut symmetric, mut in_order, mut too_large) = (0, 0, 0, Vec::new());
    for entry in all() {
        let case = quick(&entry);
        let suited = suited(&entry, &*case);
        if suited == Reductions::NONE {
            println!("{}: no reduction suits it", entry.name);
            continue;
        }
        let golden = entry.golden.iter().find(|g| g.nodes == entry.default_nodes && g.scale == Scale::Quick);
        let most = if entry.mutant.is_some() { MOST_OF_MUTANTS } else { MOST_UNREDUCED };
        let check =
            |reductions| case.check(&Options { reductions, states: Some(most), ..Options::default() });
        let is_too_large = |report: &Report| {
            report.incomplete.as_deref().is_some_and(|reason| reason.contains("it reached"))
        };
        let is_known = golden.is_some_and(|golden| golden.states > most);
        let full = Some(Reductions::NONE).filter(|_| !is_known).map(check).filter(|full| !is_too_large(full));
        let Some(full) = full else {
            too_large.push(entry.name);
            continue;
        };
        if let Some(golden) = golden {
            assert_eq!(Some(counts(&full)), golden.counts(Reductions::NONE), "{}", entry.name);
        }
        let usual = Reductions { order: false, ..suited };
        if full.incomplete.is_some() {
            // It stopped at a violation, perhaps at another level: a dead message takes no step any more.
            let reduced = check(usual);
            let both = (reduced.verdict, full.verdict);
            assert_eq!(both, (Verdict::Violated, Verdict::Violated), "{}", entry.name);
            smaller += usize::from(reduced.states < full.states);
            continue;
        }
        let verdicts = |report: &Report| -> Vec<_> {
            report.properties.iter().map(|property| (property.name, property.verdict)).collect()
        };
        let mut told = format!("{}: {:?}", entry.name, counts(&full));
        let mut states = vec![(Reductions::NONE, full.states)];
        for reductions in combinations(suited) {
            let reduced = check(reductions);
            assert_eq!(verdicts(&reduced), verdicts(&full), "{} {reductions:?}", entry.name);
            assert_eq!(reduced.marks, full.marks, "{} {reductions:?}", entry.name);
            if !reduced.reductions.symmetry {
                assert_eq!(reduced.monitor_states, full.monitor_states, "{} {reductions:?}", entry.name);
            } else if reduced.reductions == (Reductions { symmetry: true, ..Reductions::NONE }) {
                // Without them, there are as many states as these stand for.
                assert_eq!(reduced.represented, Some(full.states), "{}", entry.name);
                symmetric += 1;
            }
            // Each reduction makes it smaller, if anything, whatever the others do.
            let without =
                |(others, _): &&(Reductions, u64)| *others == Reductions { order: false, ..reductions };
            if let Some((_, without)) = states.iter().find(without) {
                in_order += usize::from(reduced.states < *without);
            }
            assert!(reduced.states <= full.states, "{} {reductions:?}", entry.name);
            smaller += usize::from(reductions == usual && reduced.states < full.states);
            states.push((reductions, reduced.states));
            let searches = reduced.searches;
            told +=
                &format!(", {} {:?} in {searches} searches", reductions.names().join(","), counts(&reduced));
        }
        println!("{told}");
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
