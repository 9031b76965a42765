//! Whether what was found is what was expected.

use synod_checker::Verdict;
use synod_models::{Entry, Scale, Size};

use crate::{cli::Engine, exit::Exit, run::Outcome, words};

/// What was found, against what was expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// The same.
    AsExpected,
    /// Something else: what, each in a sentence without a full stop.
    NotAsExpected(Vec<String>),
    /// Not known, since the search did not get to its end: why.
    Incomplete(String),
}

impl Judgement {
    /// How a command that found this ends.
    pub fn exit(&self) -> Exit {
        match self {
            Judgement::AsExpected => Exit::AsExpected,
            Judgement::NotAsExpected(_) => Exit::NotAsExpected,
            Judgement::Incomplete(_) => Exit::Incomplete,
        }
    }
}

/// Compares verdicts, counts and marks with what the entry expects of this instance.
pub fn judge(entry: &Entry, size: Size, outcome: &Outcome) -> Judgement {
    let mut wrong = verdicts(entry, outcome);
    if wrong.is_empty() {
        if let Some(cut) = unfinished(entry, outcome) {
            return Judgement::Incomplete(cut);
        }
        wrong.extend(counts(entry, size, outcome));
        wrong.extend(marks(entry, size, outcome));
    }
    if wrong.is_empty() { Judgement::AsExpected } else { Judgement::NotAsExpected(wrong) }
}

/// What contradicts the expected verdicts. What is undecided contradicts nothing.
fn verdicts(entry: &Entry, outcome: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    for property in &outcome.properties {
        match (property.verdict, entry.expect.violated.contains(&property.name)) {
            (Verdict::Violated, false) => wrong.push(format!("{} is violated", property.name)),
            (Verdict::Holds, true) => {
                wrong.push(format!("{} holds, and was expected to be violated", property.name));
            }
            _ => {}
        }
    }
    for name in entry.expect.violated {
        // Stateright is not asked about liveness, so there an expected name may be missing.
        if outcome.engine == Engine::Synod && !outcome.properties.iter().any(|p| p.name == *name) {
            wrong.push(format!("{name} was expected to be violated, and there is no such property"));
        }
    }
    wrong
}

/// Why what was expected is not all there, if it is not. Where violations are expected, they are all that must be there: the
/// search may have stopped at one, or the model may be endless and show one within its bounds.
fn unfinished(entry: &Entry, outcome: &Outcome) -> Option<String> {
    let is_undecided =
        |name: &str| outcome.properties.iter().any(|p| p.name == name && p.verdict == Verdict::Incomplete);
    let missing: Vec<&str> = match entry.expect.violated {
        [] => outcome.properties.iter().map(|p| p.name).filter(|name| is_undecided(name)).collect(),
        expected => expected.iter().copied().filter(|name| is_undecided(name)).collect(),
    };
    match &outcome.incomplete {
        Some(why) if !missing.is_empty() || outcome.verdict() != Verdict::Violated => Some(why.clone()),
        _ if !missing.is_empty() => Some(format!("not decided: {}", missing.join(", "))),
        _ => None,
    }
}

/// Which counts differ from the golden ones, if there are any for this instance.
fn counts(entry: &Entry, size: Size, outcome: &Outcome) -> Vec<String> {
    let golden = entry.golden.iter().find(|golden| (golden.nodes, golden.scale) == (size.nodes, size.scale));
    let Some(golden) = golden else { return Vec::new() };
    // Our search ends with the level of a violation, stateright's at the violation, after it or before.
    if outcome.engine == Engine::Stateright && outcome.verdict() == Verdict::Violated {
        return Vec::new();
    }
    let Some((states, transitions, depth)) = golden.counts(outcome.reductions) else { return Vec::new() };
    let mut pairs = vec![("states", outcome.states, states)];
    if outcome.engine == Engine::Synod {
        pairs.push(("transitions", outcome.transitions, transitions));
        pairs.push(("depth", outcome.depth as u64, depth as u64));
    }
    let differing = pairs.into_iter().filter(|(_, found, golden)| found != golden);
    let told = |(what, found, golden)| {
        format!("{what}: {} counted, and {} expected", words::count(found), words::count(golden))
    };
    differing.map(told).collect()
}

/// Which marks were reached and should not have been, or the other way round: at the quick bounds, where all was explored.
/// A mutant is there to break one thing, and need not do anything else.
fn marks(entry: &Entry, size: Size, outcome: &Outcome) -> Vec<String> {
    let is_typical =
        entry.mutant.is_none() && size == Size { nodes: entry.default_nodes, scale: Scale::Quick };
    let Some(unreached) = outcome.unreached.as_ref().filter(|_| is_typical && outcome.is_complete()) else {
        return Vec::new();
    };
    let expected = entry.expect.unreached;
    let told = |marks: Vec<&str>, what: &str| match marks.as_slice() {
        [] => None,
        [mark] => Some(format!("mark {what}: {mark}")),
        marks => Some(format!("marks {what}: {}", marks.join(", "))),
    };
    let never = unreached.iter().copied().filter(|mark| !expected.contains(mark));
    let reached = expected.iter().copied().filter(|mark| !unreached.contains(mark));
    let never = told(never.collect(), "never reached");
    let reached = told(reached.collect(), "reached, and expected not to be");
    never.into_iter().chain(reached).collect()
}

#[cfg(test)]
mod tests {
    use synod_checker::Kind;
    use synod_models::{Expectation, Golden};

    use super::*;
    use crate::testing::{entry, found, outcome, size};

    const VIOLATED: Expectation = Expectation { violated: &["agreement"], unreached: &[] };
    const TERMINATION: Expectation = Expectation { violated: &["termination"], unreached: &[] };

    fn expecting(expect: Expectation) -> Entry {
        Entry { expect, ..entry("fake-holds") }
    }

    fn wrong(judgement: Judgement) -> Vec<String> {
        match judgement {
            Judgement::NotAsExpected(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_holds_as_expected() {
        assert_eq!(judge(&entry("fake-holds"), size(3), &outcome()), Judgement::AsExpected);
    }

    #[test]
    fn a_violation_that_nobody_expects() {
        let mut outcome = outcome();
        outcome.properties[0].verdict = Verdict::Violated;
        assert_eq!(wrong(judge(&entry("fake-holds"), size(3), &outcome)), ["agreement is violated"]);
    }

    #[test]
    fn a_violation_that_does_not_come() {
        let judgement = judge(&expecting(VIOLATED), size(3), &outcome());
        assert_eq!(wrong(judgement), ["agreement holds, and was expected to be violated"]);
    }

    #[test]
    fn a_violation_of_what_does_not_exist() {
        let expect = Expectation { violated: &["agreemant"], unreached: &[] };
        let judgement = judge(&expecting(expect), size(3), &outcome());
        assert_eq!(
            wrong(judgement),
            ["agreemant was expected to be violated, and there is no such property"]
        );
    }

    #[test]
    fn beside_an_expected_violation_the_rest_may_be_undecided() {
        let mut outcome = outcome();
        outcome.properties = vec![
            found("agreement", Kind::Safety, Verdict::Violated),
            found("integrity", Kind::Safety, Verdict::Incomplete),
            found("termination", Kind::Liveness, Verdict::Incomplete),
        ];
        assert_eq!(judge(&expecting(VIOLATED), size(3), &outcome), Judgement::AsExpected);
        outcome.incomplete = Some("stopped at a violation".into());
        assert_eq!(judge(&expecting(VIOLATED), size(3), &outcome), Judgement::AsExpected);
        // But not what was expected to be violated too.
        let both = Expectation { violated: &["agreement", "termination"], unreached: &[] };
        assert!(matches!(judge(&expecting(both), size(3), &outcome), Judgement::Incomplete(_)));
    }

    #[test]
    fn a_cut_search_is_incomplete_whatever_was_expected() {
        let mut cut = outcome();
        cut.incomplete = Some("the memory limit was reached".into());
        cut.properties.iter_mut().for_each(|property| property.verdict = Verdict::Incomplete);
        cut.states = 7; // No golden count is compared with a part.
        for entry in [entry("fake-holds"), expecting(VIOLATED), expecting(TERMINATION)] {
            let judgement = judge(&entry, size(3), &cut);
            assert_eq!(judgement, Judgement::Incomplete("the memory limit was reached".into()));
            assert_eq!(judgement.exit(), Exit::Incomplete);
        }
        // Undecided without a reason is no better.
        cut.incomplete = None;
        let judgement = judge(&entry("fake-holds"), size(3), &cut);
        assert_eq!(judgement, Judgement::Incomplete("not decided: agreement, integrity, termination".into()));
    }

    #[test]
    fn an_unexpected_violation_in_a_cut_search_is_worse_than_incomplete() {
        let mut cut = outcome();
        cut.incomplete = Some("interrupted".into());
        cut.properties[1].verdict = Verdict::Violated;
        assert_eq!(judge(&entry("fake-holds"), size(3), &cut).exit(), Exit::NotAsExpected);
    }

    #[test]
    fn counts_are_compared_where_there_are_golden_ones() {
        let golden = Golden {
            nodes: 3,
            scale: Scale::Quick,
            states: 1_234,
            transitions: 5_000,
            depth: 9,
            reduced: None,
            symmetric: None,
        };
        let golden: &'static [Golden] = Box::leak(Box::new([golden]));
        let entry = Entry { golden, ..entry("fake-holds") };
        assert_eq!(
            wrong(judge(&entry, size(3), &outcome())),
            ["transitions: 5,678 counted, and 5,000 expected"]
        );
        assert_eq!(judge(&entry, size(5), &outcome()), Judgement::AsExpected);
        let full = Size { nodes: 3, scale: Scale::Full };
        assert_eq!(judge(&entry, full, &outcome()), Judgement::AsExpected);
        // Of stateright's counts only the states are ours.
        let mut theirs = outcome();
        theirs.engine = Engine::Stateright;
        assert_eq!(judge(&entry, size(3), &theirs), Judgement::AsExpected);
        theirs.states = 1;
        assert_eq!(wrong(judge(&entry, size(3), &theirs)), ["states: 1 counted, and 1,234 expected"]);
    }

    #[test]
    fn marks_are_compared_where_all_was_explored() {
        let mut found = outcome();
        found.unreached = Some(vec!["2b"]);
        assert_eq!(wrong(judge(&entry("fake-holds"), size(3), &found)), ["mark never reached: 2b"]);
        assert_eq!(judge(&entry("fake-holds"), size(5), &found), Judgement::AsExpected);
        found.unreached = Some(vec!["2b", "3"]);
        assert_eq!(wrong(judge(&entry("fake-holds"), size(3), &found)), ["marks never reached: 2b, 3"]);
        found.unreached = Some(vec!["2b"]);

        let expect = Expectation { violated: &[], unreached: &["2b"] };
        assert_eq!(judge(&expecting(expect), size(3), &found), Judgement::AsExpected);
        found.unreached = Some(vec![]);
        let judgement = judge(&expecting(expect), size(3), &found);
        assert_eq!(wrong(judgement), ["mark reached, and expected not to be: 2b"]);
        found.unreached = None;
        assert_eq!(judge(&expecting(expect), size(3), &found), Judgement::AsExpected);
    }

    #[test]
    fn stateright_is_not_blamed_for_what_it_is_not_asked() {
        let mut theirs = outcome();
        theirs.engine = Engine::Stateright;
        theirs.unreached = None;
        theirs.properties.retain(|property| property.kind == Kind::Safety);
        assert_eq!(judge(&expecting(TERMINATION), size(3), &theirs), Judgement::AsExpected);
        // An endless model that shows a violation of liveness leaves safety undecided, here as there.
        theirs.properties.iter_mut().for_each(|property| property.verdict = Verdict::Incomplete);
        assert_eq!(judge(&expecting(TERMINATION), size(3), &theirs), Judgement::AsExpected);
        assert!(matches!(judge(&entry("fake-holds"), size(3), &theirs), Judgement::Incomplete(_)));
    }
}
