//! `mutants`: plant known bugs, and see that each is caught.

use std::io::Write;

use comfy_table::{Cell, Table};
use synod_models::{Entry, Scale, Size, UNPLANTED, Unplanted};

use crate::{
    cli::{Engine, MutantsArgs},
    exit::{Exit, Failure, say},
    judge::{Judgement, judge},
    run::{Outcome, Runner},
    table, words,
};

/// Explores the mutants that are asked for.
///
/// # Errors
/// There is no such crate, or the output cannot be written.
pub fn mutants(args: &MutantsArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mutants = select(synod_models::all(), &args.of)?;
    let exit = hunt(&mutants, &Runner::new(Engine::Synod, args.threads.count(), None), out)?;
    let is_meant =
        |bug: &&Unplanted| mutants.iter().any(|entry| entry.mutant.is_some_and(|mutant| mutant.of == bug.of));
    let unplanted: Vec<&Unplanted> = UNPLANTED.iter().filter(is_meant).collect();
    if !unplanted.is_empty() {
        say(out, format!("\n{}", excuse(&unplanted)))?;
    }
    Ok(exit)
}

/// The known bugs that are not planted, and why.
fn excuse(bugs: &[&Unplanted]) -> String {
    let mut table = table::table(&["known, and not planted", "why"], &[48, 42]);
    for bug in bugs {
        table.add_row([format!("{}\n{}", bug.fault, bug.source), bug.why.to_owned()]);
    }
    table.trim_fmt()
}

/// The mutants of some crates, or all.
fn select(entries: Vec<Entry>, of: &[String]) -> Result<Vec<Entry>, Failure> {
    let mut crates: Vec<&str> =
        entries.iter().filter_map(|entry| entry.mutant).map(|mutant| mutant.of).collect();
    crates.sort_unstable();
    crates.dedup();
    let of: Vec<&str> = of.iter().map(|name| name.strip_prefix("synod-").unwrap_or(name)).collect();
    if let Some(name) = of.iter().find(|name| !crates.contains(name)) {
        let known = if crates.is_empty() { "no crate has any".into() } else { words::list(&crates, "and") };
        return Err(Failure::Usage(format!("there are no mutants of '{name}'; those with mutants: {known}")));
    }
    let is_meant =
        |entry: &Entry| entry.mutant.is_some_and(|mutant| of.is_empty() || of.contains(&mutant.of));
    Ok(entries.into_iter().filter(is_meant).collect())
}

/// Explores these mutants, and prints which were caught.
///
/// # Errors
/// The output cannot be written.
pub fn hunt(mutants: &[Entry], runner: &Runner, out: &mut dyn Write) -> Result<Exit, Failure> {
    let header = ["mutant: what is wrong in it, and where that happened", "explored", "caught"];
    let mut table = table::table(&header, &[48, 0, 42]);
    let (mut exit, mut caught) = (Exit::AsExpected, 0);
    for (done, entry) in mutants.iter().enumerate() {
        let size = Size { nodes: entry.default_nodes, scale: Scale::Quick };
        let outcome = runner.run(entry, size, format!("{}/{} {}", done + 1, mutants.len(), entry.name))?;
        let judgement = judgement(entry, size, &outcome);
        caught += usize::from(judgement == Judgement::AsExpected);
        exit = exit.max(judgement.exit());
        add(&mut table, entry, &outcome, &judgement);
        if runner.is_interrupted() {
            exit = exit.max(Exit::Incomplete);
            break;
        }
    }
    say(out, table.trim_fmt())?;
    say(out, format!("{}, {caught} caught", words::counted(mutants.len() as u64, "mutant")))?;
    say(
        out,
        "\nEach row is a known bug, planted into an algorithm that is right without it. Caught: the checker found that it breaks\n\
         the property it should, and the shortest way in which it does; `cargo xtask trace MUTANT` shows that, step by step.",
    )?;
    Ok(exit)
}

/// A mutant must break something: one of which nothing is expected is a mistake in the list of models.
fn judgement(entry: &Entry, size: Size, outcome: &Outcome) -> Judgement {
    match entry.expect.violated {
        [] => Judgement::NotAsExpected(vec!["the list of models does not say what it must violate".into()]),
        _ => judge(entry, size, outcome),
    }
}

fn add(table: &mut Table, entry: &Entry, outcome: &Outcome, judgement: &Judgement) {
    let Some(mutant) = entry.mutant else { return };
    let mut lines = vec![match judgement {
        Judgement::AsExpected => "✔ yes".to_owned(),
        Judgement::NotAsExpected(reasons) => format!("✘ NO: {}", reasons.join("; ")),
        Judgement::Incomplete(why) => format!("… incomplete: {why}"),
    }];
    lines.extend(
        outcome.violated().map(|property| format!("{} violated{}", property.name, table::length(property))),
    );
    if matches!(judgement, Judgement::NotAsExpected(_)) && !entry.expect.violated.is_empty() {
        lines.push(format!("expected: {} violated", words::list(entry.expect.violated, "and")));
    }
    table.add_row([
        Cell::new(format!("{}\n{}\n{}", entry.name, mutant.fault, mutant.source)),
        table::explored(outcome),
        table::coloured(lines.join("\n"), judgement),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{entries, entry};

    fn crates(of: &[&str]) -> Vec<String> {
        of.iter().map(|&name| name.to_owned()).collect()
    }

    fn names(of: &[&str]) -> Vec<&'static str> {
        let selected = select(entries(), &crates(of)).expect("there is such a crate");
        selected.into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn mutants_are_selected_by_crate() {
        assert_eq!(names(&[]).len(), 4);
        assert_eq!(names(&["atomic-commit"]), ["fake-mutant-missed"]);
        assert_eq!(names(&["synod-atomic-commit"]), ["fake-mutant-missed"]);
        assert_eq!(names(&["consensus", "atomic-commit"]).len(), 4);
        let mixed = crates(&["consensus", "paxos"]);
        let Err(Failure::Usage(message)) = select(entries(), &mixed) else { panic!("there is none") };
        assert_eq!(
            message,
            "there are no mutants of 'paxos'; those with mutants: atomic-commit and consensus"
        );
    }

    #[test]
    fn what_is_not_planted_is_told_with_the_reason() {
        let text = excuse(&UNPLANTED.iter().collect::<Vec<_>>());
        for bug in UNPLANTED {
            let first = |text: &'static str| text.split(' ').take(3).collect::<Vec<_>>().join(" ");
            assert!(
                [bug.fault, bug.source, bug.why].iter().all(|part| text.contains(&first(part))),
                "{bug:?}"
            );
            // What it is said to be instead is there.
            let named = bug.why.split([' ', ',']).filter(|word| word.contains("-mutant-"));
            assert!(named.into_iter().all(|name| synod_models::find(name).is_some()), "{bug:?}");
        }
    }

    #[test]
    fn every_mutant_must_be_caught_by_the_property_it_breaks() {
        let exit = |name| {
            let runner = Runner::new(Engine::Synod, 1, None);
            hunt(&[entry(name)], &runner, &mut Vec::new()).expect("can be printed")
        };
        assert_eq!(exit("fake-mutant-caught"), Exit::AsExpected);
        assert_eq!(exit("fake-mutant-missed"), Exit::NotAsExpected);
        assert_eq!(exit("fake-mutant-other"), Exit::NotAsExpected);
        assert_eq!(exit("fake-mutant-unregistered"), Exit::NotAsExpected);
    }
}
