//! Every entry shows what it is expected to show, and the list of them is in order.

use std::collections::BTreeSet;

use synod_checker::{Options, Report, Verdict};
use synod_models::{Entry, Scale, Size, all, find, nearest};

fn check(entry: &Entry) -> Report {
    let case = (entry.build)(Size { nodes: entry.default_nodes, scale: Scale::Quick });
    case.check(&Options::default())
}

/// Whether the search ended because it found a violation of safety, before everything was explored.
fn stopped_early(entry: &Entry, report: &Report) -> bool {
    !entry.expect.violated.is_empty() && report.properties.iter().any(|p| p.verdict == Verdict::Incomplete)
}

#[test]
fn every_entry_shows_at_quick_scale_what_is_expected() {
    for entry in all() {
        let (name, report) = (entry.name, check(&entry));
        let violated: Vec<_> = report.properties.iter().filter(|p| p.verdict == Verdict::Violated).collect();
        let names: BTreeSet<_> = violated.iter().map(|property| property.name).collect();
        assert_eq!(names, entry.expect.violated.iter().copied().collect(), "{name}");
        assert!(violated.iter().all(|property| property.counterexample.is_some()), "{name}");
        if entry.expect.violated.is_empty() {
            assert_eq!(report.verdict, Verdict::Holds, "{name}: {:?}", report.incomplete);
        }
        if !stopped_early(&entry, &report) {
            assert_eq!(report.unreached, entry.expect.unreached, "{name}");
        }
        let golden = entry.golden.iter().find(|g| g.nodes == entry.default_nodes && g.scale == Scale::Quick);
        if let Some(counts) = golden.and_then(|golden| golden.counts(report.reductions)) {
            assert_eq!((report.states, report.transitions, report.depth), counts, "{name}");
        }
    }
}

#[test]
fn names_are_in_order_and_say_what_is_a_mutant() {
    let entries = all();
    assert!(entries.is_sorted_by(|a, b| a.name < b.name), "sorted, and no two alike");
    for entry in &entries {
        assert_eq!(entry.mutant.is_some(), entry.name.contains("-mutant-"), "{}", entry.name);
        assert!(entry.nodes.contains(&entry.default_nodes), "{}", entry.name);
        assert!(!entry.about.ends_with('.') && entry.about.len() <= 110, "{}: {}", entry.name, entry.about);
    }
}

#[test]
fn every_mutant_is_expected_to_be_caught() {
    for entry in all() {
        if let Some(mutant) = entry.mutant {
            assert!(!entry.expect.violated.is_empty(), "{}", entry.name);
            assert!(["consensus", "atomic-commit"].contains(&mutant.of), "{}", entry.name);
            assert!(!mutant.source.is_empty(), "{}", entry.name);
        }
    }
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
