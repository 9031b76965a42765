//! `check`: explore models, and tell what holds.

use std::{collections::BTreeMap, io::Write};

use comfy_table::LineStyle;
use synod_checker::Verdict;
use synod_models::Entry;

use crate::{
    checkpoints::Checkpoints,
    cli::{CheckArgs, Engine},
    exit::{Exit, Failure, say},
    json,
    judge::{Judgement, judge},
    run::{Outcome, Runner},
    select::{self, Chosen, Wanted, select},
    table::{self, Checked},
    words,
};

/// Explores what is asked for.
///
/// # Errors
/// There is no such model, or not with so many nodes; or the output cannot be written.
pub fn check(args: &CheckArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.list {
        return list(&synod_models::all(), out);
    }
    let wanted = match args.models.as_slice() {
        [] if args.all => Wanted::All,
        [] => Wanted::Tour,
        names => Wanted::Names(names),
    };
    let selection = select(synod_models::all(), wanted, &args.size, synod_models::nearest)?;
    if !selection.left_out.is_empty() {
        eprintln!("left out, since they do not run with so many nodes: {}", selection.left_out.join(", "));
    }
    if let Some(folder) = &args.spill {
        let why = |why| Failure::Usage(format!("no states can be put into {}: {why}", folder.display()));
        // Better now than when memory ends.
        std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder)).map_err(why)?;
    }
    let checkpoints = Checkpoints::new(&args.checkpoints, args.engine, &selection.chosen)?;
    let runner = Runner::new(args.engine, args.size.threads.count(), args.memory)
        .reduce(args.reduce.0)
        .spill(args.spill.clone())
        .keep(checkpoints);
    explore(&selection.chosen, &runner, args.json, out)
}

/// Explores these models, and prints what was found.
///
/// # Errors
/// The output cannot be written.
pub fn explore(chosen: &[Chosen], runner: &Runner, json: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (mut table, mut results) = (Checked::new(), Vec::new());
    for Chosen { entry, size } in chosen {
        let title = format!("{}/{} {}", results.len() + 1, chosen.len(), entry.name);
        let outcome = runner.run(entry, *size, title)?;
        let judgement = judge(entry, *size, &outcome);
        if json {
            say(out, json::line(entry, *size, &outcome, &judgement))?;
        } else {
            table.add(entry, *size, &outcome, &judgement);
        }
        results.push((entry, outcome, judgement));
        if runner.is_interrupted() {
            break;
        }
    }
    let mut exit = results.iter().map(|(_, _, judgement)| judgement.exit()).max().unwrap_or(Exit::AsExpected);
    if results.len() < chosen.len() {
        exit = exit.max(Exit::Incomplete);
    }
    if !json {
        say(out, &table)?;
        say(out, summary(&results, chosen.len()))?;
        for trace in results.iter().filter_map(|(entry, outcome, _)| surprise(entry, outcome)) {
            say(out, format!("\n{trace}"))?;
        }
        for note in notes(&results) {
            say(out, format!("\n{note}"))?;
        }
        say(out, format!("\n{}", legend(runner.engine)))?;
        say(out, hint(&results))?;
    }
    Ok(exit)
}

type Row<'a> = (&'a Entry, Outcome, Judgement);

/// How many are as expected.
fn summary(results: &[Row<'_>], wanted: usize) -> String {
    let count = |exit| results.iter().filter(|(_, _, judgement)| judgement.exit() == exit).count();
    let counts = [
        (count(Exit::AsExpected), "as expected"),
        (count(Exit::NotAsExpected), "NOT AS EXPECTED"),
        (count(Exit::Incomplete), "incomplete"),
        (wanted - results.len(), "not explored"),
    ];
    let parts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let parts: Vec<String> = parts.collect();
    let elapsed = words::duration(results.iter().map(|(_, outcome, _)| outcome.elapsed).sum());
    format!("{} in {elapsed}: {}", words::counted(wanted as u64, "model"), parts.join(", "))
}

/// A counterexample that nobody expected: whoever sees it wants to see it all.
fn surprise(entry: &Entry, outcome: &Outcome) -> Option<String> {
    let property = outcome.violated().find(|property| !entry.expect.violated.contains(&property.name))?;
    property.counterexample.as_ref().map(|trace| format!("{}: {trace}", entry.name))
}

/// What else there is to say of searches, each thing once.
fn notes(results: &[Row<'_>]) -> Vec<String> {
    let mut of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (entry, outcome, _) in results {
        outcome.notes.iter().for_each(|note| of.entry(note).or_default().push(entry.name));
    }
    of.into_iter().map(|(note, models)| format!("Note on {}: {note}", models.join(", "))).collect()
}

fn legend(engine: Engine) -> &'static str {
    match engine {
        Engine::Synod => {
            "Each row is a system of nodes that run an algorithm. The checker goes through all that can happen to it: every\n\
             order of messages, and every loss, duplicate, crash, late write and timeout that its environment allows, in every\n\
             combination. ✔ is true whatever happens. ✘ can be broken, and the shortest way to do so was found: some\n\
             systems are here to show just that, and then it is expected."
        }
        Engine::Stateright => {
            "The same systems, explored by the stateright crate as a second opinion. It is asked about safety only, and has to\n\
             count the same states."
        }
    }
}

/// What to do next, with a model at hand as the example.
fn hint(results: &[Row<'_>]) -> String {
    let broken = results.iter().find(|(_, outcome, _)| outcome.verdict() == Verdict::Violated);
    let mut lines = vec!["Next:".to_owned()];
    let mut push = |command: String, what: &str| lines.push(format!("  {command:<36}  {what}"));
    if let Some((entry, ..)) = broken {
        push(format!("cargo xtask trace {}", entry.name), "how it is broken, step by step");
    }
    push("cargo xtask mutants".into(), "known bugs of real systems, each caught");
    push("cargo xtask check --list".into(), "all models; --all explores them, --full at full bounds");
    lines.join("\n")
}

fn list(entries: &[Entry], out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut models = table::table(&["model", "what it shows", "nodes", "in the tour"], &[40, 60, 20, 12]);
    let mut mutants = table::table(&["mutant", "what is wrong in it", "of"], &[40, 60, 20]);
    for entry in entries {
        let nodes = select::supported(&entry.nodes);
        match entry.mutant {
            None => {
                let tour = if entry.tour { "yes" } else { "" };
                models.add_row([entry.name, entry.about, &nodes, tour]);
            }
            Some(mutant) => {
                mutants.add_row([entry.name, mutant.fault, mutant.of]);
            }
        }
    }
    for table in [&mut models, &mut mutants] {
        // A row is a line: rules between them would only take room.
        table.style_mut().row_separator = LineStyle::none();
    }
    say(out, models.trim_fmt())?;
    say(out, format!("\n{}", mutants.trim_fmt()))?;
    Ok(Exit::AsExpected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{entry, size};

    fn exit(names: &[&str]) -> Exit {
        let chosen: Vec<Chosen> =
            names.iter().map(|name| Chosen { entry: entry(name), size: size(3) }).collect();
        explore(&chosen, &Runner::new(Engine::Synod, 1, None), true, &mut Vec::new()).expect("can be printed")
    }

    #[test]
    fn the_worst_model_decides_how_it_ends() {
        assert_eq!(exit(&[]), Exit::AsExpected);
        assert_eq!(exit(&["fake-holds", "fake-lasso", "fake-broken-as-expected"]), Exit::AsExpected);
        assert_eq!(exit(&["fake-holds", "fake-cut"]), Exit::Incomplete);
        assert_eq!(exit(&["fake-broken", "fake-cut"]), Exit::NotAsExpected);
    }

    fn result(name: &'static str) -> Row<'static> {
        let entry: &'static Entry = Box::leak(Box::new(entry(name)));
        let outcome = Runner::new(Engine::Synod, 1, None)
            .run(entry, size(3), String::new())
            .expect("nothing is resumed");
        let judgement = judge(entry, size(3), &outcome);
        (entry, outcome, judgement)
    }

    #[test]
    fn the_summary_counts() {
        let results = [result("fake-holds"), result("fake-broken"), result("fake-cut")];
        let expected = "5 models in 0.36 s: 1 as expected, 1 NOT AS EXPECTED, 1 incomplete, 2 not explored";
        assert_eq!(summary(&results, 5), expected);
        assert_eq!(summary(&results[..1], 1), "1 model in 0.12 s: 1 as expected");
    }

    #[test]
    fn an_unexpected_counterexample_is_shown_at_once() {
        let shown = |name| {
            let (entry, outcome, _) = result(name);
            surprise(entry, &outcome)
        };
        assert!(
            shown("fake-broken").is_some_and(|text| text.contains("agreement is violated after 2 steps"))
        );
        assert_eq!(shown("fake-broken-as-expected"), None);
        assert_eq!(shown("fake-holds"), None);
    }

    #[test]
    fn the_hint_names_a_model_that_is_broken() {
        assert!(hint(&[result("fake-holds"), result("fake-lasso")]).contains("cargo xtask trace fake-lasso"));
        assert!(!hint(&[result("fake-holds")]).contains("trace"));
    }
}
