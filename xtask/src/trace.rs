//! `trace`: how a model is broken, step by step.

use std::io::Write;

use synod_models::Entry;

use crate::{
    cli::{Engine, TraceArgs},
    exit::{Exit, Failure, say},
    judge::{Judgement, judge},
    run::{Outcome, Runner},
    select::{Chosen, Wanted, select},
    words,
};

/// Explores a model, and prints the counterexample of the first property that is violated.
///
/// # Errors
/// There is no such model, or not with so many nodes; or the output cannot be written.
pub fn trace(args: &TraceArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let names = [args.model.clone()];
    let selection = select(synod_models::all(), Wanted::Names(&names), &args.size, synod_models::nearest)?;
    let [Chosen { entry, size }] = selection.chosen.as_slice() else {
        return Err(Failure::Usage(format!("'{}' is more than one model; trace shows one", args.model)));
    };
    let runner = Runner::new(Engine::Synod, args.size.threads.count(), None).reduce(args.reduce.0);
    let outcome = runner.run(entry, *size, entry.name.to_owned())?;
    let judgement = judge(entry, *size, &outcome);
    say(out, format!("{}: {}", entry.name, entry.about))?;
    say(out, format!("{}; {}\n", words::counted(size.nodes as u64, "node"), outcome.environment))?;
    say(out, story(entry, &outcome, &judgement))?;
    Ok(judgement.exit())
}

/// The counterexample, or that there is none; and whether that is as expected.
fn story(entry: &Entry, outcome: &Outcome, judgement: &Judgement) -> String {
    let states = words::counted(outcome.states, "state");
    let found = match outcome.violated().find_map(|property| property.counterexample.as_ref()) {
        Some(trace) => trace.to_string(),
        None if outcome.violated().next().is_some() => {
            let names: Vec<&str> = outcome.violated().map(|property| property.name).collect();
            format!("Violated: {}. How it comes to that was not told.", words::list(&names, "and"))
        }
        None => {
            let names: Vec<&str> = outcome.properties.iter().map(|property| property.name).collect();
            match judgement {
                Judgement::Incomplete(_) => format!("Nothing is violated in the {states} explored so far."),
                _ => format!("Nothing is violated: {} hold in all {states}.", words::list(&names, "and")),
            }
        }
    };
    let expected = match judgement {
        Judgement::AsExpected if entry.mutant.is_some() => "As expected of this mutant.".to_owned(),
        Judgement::AsExpected => "As expected.".to_owned(),
        Judgement::NotAsExpected(reasons) => format!("NOT AS EXPECTED: {}.", reasons.join("; ")),
        Judgement::Incomplete(why) => format!("Incomplete: {why}."),
    };
    format!("{found}\n\n{expected}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, size};

    fn told(name: &str) -> String {
        let entry = testing::entry(name);
        let outcome = Runner::new(Engine::Synod, 1, None)
            .run(&entry, size(3), String::new())
            .expect("nothing is resumed");
        story(&entry, &outcome, &judge(&entry, size(3), &outcome))
    }

    #[test]
    fn a_counterexample_is_drawn() {
        let told = told("fake-lasso");
        assert!(told.contains("── back to step 1 ──") && told.ends_with("\n\nAs expected."), "{told}");
    }

    #[test]
    fn where_nothing_is_violated_that_is_said() {
        let expected = "Nothing is violated: agreement, integrity and termination hold in all 1,234 states.\n\nAs expected.";
        assert_eq!(told("fake-holds"), expected);
        let expected = "Nothing is violated in the 1,234 states explored so far.\n\n\
                        Incomplete: the memory limit was reached.";
        assert_eq!(told("fake-cut"), expected);
        assert!(told("fake-broken").ends_with("NOT AS EXPECTED: agreement is violated."));
    }
}
