//! Every entry shows what it is expected to show, and the list of them is in order.

use std::collections::BTreeSet;

use synod_checker::{Options, Reductions, Report, Verdict, audit::AuditOptions};
use synod_models::{Entry, Scale, Size, all, find, nearest};

fn check(entry: &Entry) -> Report {
    let case = (entry.build)(Size { nodes: entry.default_nodes, scale: Scale::Quick });
    case.check(&Options::default())
}

/// Whether the search ended because it found a violation of safety, before everything was explored.
fn stopped_early(entry: &Entry, report: &Report) -> bool {
    !entry.expect.violated.is_empty() && report.incomplete.is_some()
}

#[test]
fn every_entry_shows_at_quick_scale_what_is_expected() {
    /// What is larger is left to `cargo xtask check --all`, which expects the same, optimised.
    const LARGE: u64 = 20_000;
    let is_large = |entry: &Entry| {
        let counts = entry.golden.iter().find_map(|golden| golden.counts(Reductions::USUAL));
        counts.is_some_and(|(states, ..)| states > LARGE)
    };
    let small: Vec<Entry> = all().into_iter().filter(|entry| !is_large(entry)).collect();
    assert!(small.len() > 200, "only {} are small", small.len());
    let wrong: Vec<String> = small.iter().flat_map(differences).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In what an entry at quick scale is not as expected.
fn differences(entry: &Entry) -> Vec<String> {
    let (report, mut wrong) = (check(entry), Vec::new());
    let mut expect = |is_so: bool, what: String| {
        if !is_so {
            wrong.push(format!("{}: {what}", entry.name));
        }
    };
    let violated: Vec<_> = report.properties.iter().filter(|p| p.verdict == Verdict::Violated).collect();
    let names: BTreeSet<_> = violated.iter().map(|property| property.name).collect();
    expect(names == entry.expect.violated.iter().copied().collect(), format!("violates {names:?}"));
    expect(
        violated.iter().all(|property| property.counterexample.is_some()),
        "without a counterexample".to_owned(),
    );
    if entry.expect.violated.is_empty() {
        expect(report.verdict == Verdict::Holds, format!("does not hold: {:?}", report.incomplete));
    }
    if !stopped_early(entry, &report) {
        let without = |these: &[&'static str], those: &[&'static str]| -> Vec<&'static str> {
            these.iter().copied().filter(|mark| !those.contains(mark)).collect()
        };
        let more = without(&report.unreached, entry.expect.unreached);
        let fewer = without(entry.expect.unreached, &report.unreached);
        expect(more.is_empty(), format!("does not reach {more:?} either"));
        expect(fewer.is_empty(), format!("does reach {fewer:?}"));
    }
    let golden = entry.golden.iter().find(|g| g.nodes == entry.default_nodes && g.scale == Scale::Quick);
    if let Some(counts) = golden.and_then(|golden| golden.counts(report.reductions)) {
        let counted = (report.states, report.transitions, report.depth);
        expect(counted == counts, format!("counts {counted:?}, not {counts:?}"));
    }
    wrong
}

/// Mutants that the field knows by a name of their own.
const MUTANTS_WITH_NAMES: &[&str] = &["raft-figure-8", "vsr-diskless-as-published"];

#[test]
fn names_are_in_order_and_say_what_is_a_mutant() {
    let entries = all();
    assert!(entries.is_sorted_by(|a, b| a.name < b.name), "sorted, and no two alike");
    for entry in &entries {
        let is_named_so = entry.name.contains("-mutant-") || MUTANTS_WITH_NAMES.contains(&entry.name);
        assert_eq!(entry.mutant.is_some(), is_named_so, "{}", entry.name);
        assert!(entry.nodes.contains(&entry.default_nodes), "{}", entry.name);
        assert!(!entry.about.ends_with('.') && entry.about.len() <= 110, "{}: {}", entry.name, entry.about);
    }
}

#[test]
fn every_mutant_is_expected_to_be_caught() {
    for entry in all() {
        if let Some(mutant) = entry.mutant {
            assert!(!entry.expect.violated.is_empty(), "{}", entry.name);
            let crates = [
                "atomic-commit",
                "broadcast",
                "clocks",
                "consensus",
                "links",
                "mutex",
                "registers",
                "tla-examples",
            ];
            assert!(crates.contains(&mutant.of), "{}", entry.name);
            assert!(!mutant.source.is_empty(), "{}", entry.name);
        }
    }
}

/// Every actor keeps to what the checker takes for granted.
#[test]
fn every_model_is_sound_to_check() {
    let models = all().into_iter().filter(|entry| entry.mutant.is_none());
    for entry in models {
        let case = (entry.build)(Size { nodes: entry.default_nodes, scale: Scale::Quick });
        let Some(audit) = case.audit(&AuditOptions { walks: 4, ..AuditOptions::default() }) else { continue };
        assert!(audit.is_sound() && audit.steps > 0, "{}: {audit:#?}", entry.name);
    }
}

/// The algorithm of an entry: what the names of its mutants begin with.
fn algorithm<'a>(entry: &Entry, mutants: &'a [Entry]) -> &'a str {
    let algorithms = mutants.iter().filter_map(|mutant| mutant.name.split_once("-mutant-")).map(|(of, _)| of);
    let of_it = algorithms.filter(|algorithm| {
        entry.name.strip_prefix(algorithm).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    of_it.max_by_key(|algorithm| algorithm.len()).unwrap_or_else(|| panic!("{} has no mutants", entry.name))
}

/// No model is vacuous: whatever it says of a property, the property can be violated, and a mutant of the same algorithm does.
/// (That each mutant does violate what is expected of it is another test.)
#[test]
fn each_property_of_each_model_has_a_mutant_that_violates_it() {
    let (mutants, models): (Vec<_>, Vec<_>) = all().into_iter().partition(|entry| entry.mutant.is_some());
    let violated: BTreeSet<(&str, &str)> = mutants
        .iter()
        .flat_map(|mutant| mutant.expect.violated.iter().map(|&name| (algorithm(mutant, &mutants), name)))
        .collect();
    let mut missing = BTreeSet::new();
    for entry in &models {
        let case = (entry.build)(Size { nodes: entry.default_nodes, scale: Scale::Quick });
        // Which properties there are is known before anything is explored.
        let report = case.check(&Options { threads: 1, depth: Some(0), ..Options::default() });
        let names = report.properties.iter().map(|property| (algorithm(entry, &mutants), property.name));
        missing.extend(names.filter(|of| !violated.contains(of)));
    }
    assert!(missing.is_empty(), "no mutant violates these: {missing:?}");
}

#[test]
fn an_entry_is_found_by_its_name() {
    for entry in all() {
        assert_eq!(find(entry.name).map(|found| found.about), Some(entry.about));
    }
    assert!(find("paxos").is_none());
}

#[test]
fn a_misspelt_name_finds_its_neighbours() {
    assert_eq!(nearest("paxos-agrement").first(), Some(&"paxos-agreement"));
    assert_eq!(nearest("duel").first(), Some(&"paxos-duel"));
    assert_eq!(nearest("zzz"), Vec::<&str>::new());
}
