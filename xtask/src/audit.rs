//! `audit`: whether actors keep to what the checker takes for granted.

use std::io::Write;

use comfy_table::{Cell, CellAlignment, Color};
use synod_checker::audit::{Audit, AuditOptions};
use synod_models::{Entry, Scale, Size};

use crate::{
    cli::{AuditArgs, SizeArgs},
    exit::{Exit, Failure, say},
    select::{Wanted, select},
    table, words,
};

/// Audits what is asked for; without names, every model that has an actor.
///
/// # Errors
/// There is no such model, or the output cannot be written.
pub fn audit(args: &AuditArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let wanted = match args.models.as_slice() {
        [] => Wanted::All,
        names => Wanted::Names(names),
    };
    let selection = select(synod_models::all(), wanted, &SizeArgs::default(), synod_models::nearest)?;
    let entries: Vec<Entry> = selection.chosen.into_iter().map(|chosen| chosen.entry).collect();
    look(&entries, &AuditOptions { seed: args.seed, ..AuditOptions::default() }, out)
}

/// Audits these models, and prints what was found.
///
/// # Errors
/// The output cannot be written.
pub fn look(entries: &[Entry], options: &AuditOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut table = table::table(&["model", "steps", "found"], &[30, 0, 62]);
    let (mut exit, mut looked) = (Exit::AsExpected, 0);
    for entry in entries {
        let case = (entry.build)(Size { nodes: entry.default_nodes, scale: Scale::Quick });
        let Some(audit) = case.audit(options) else { continue }; // a specification has no actor
        looked += 1;
        if !audit.is_sound() {
            exit = Exit::NotAsExpected;
        }
        table.add_row([
            Cell::new(entry.name),
            Cell::new(words::count(audit.steps)).set_alignment(CellAlignment::Right),
            Cell::new(told(&audit)).fg(if audit.is_sound() { Color::Green } else { Color::Red }),
        ]);
    }
    say(out, table.trim_fmt())?;
    say(out, format!("{} audited", words::counted(looked, "model")))?;
    say(
        out,
        "\nRandom walks through each model, with all budgets lifted. An ✘ is a mistake of the actor: what the checker says of it is\n\
         worth nothing. A ! is a warning: what grows needs a bound, or epochs that may be translated; what changes without a\n\
         record must not be a promise.",
    )?;
    Ok(exit)
}

/// The findings, a line for each.
fn told(audit: &Audit) -> String {
    let line = |finding: &synod_checker::audit::Finding| {
        let sign = if finding.rule.is_warning() { "!" } else { "✘" };
        format!("{sign} {}: {}", finding.rule, finding.what)
    };
    match audit.findings.as_slice() {
        [] => "✔ nothing".to_owned(),
        findings => findings.iter().map(line).collect::<Vec<_>>().join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use synod_checker::audit::{Finding, Rule};

    use super::*;
    use crate::testing::entry;

    #[test]
    fn findings_are_told_with_their_weight() {
        let finding = |rule| Finding { rule, what: "it does".to_owned() };
        let audit = |findings| Audit { steps: 1, findings };
        assert_eq!(told(&audit(vec![])), "✔ nothing");
        let both = audit(vec![finding(Rule::Replay), finding(Rule::Growth)]);
        assert_eq!(told(&both), "✘ replay: it does\n! growth: it does");
    }

    #[test]
    fn what_has_no_actor_is_passed_over() {
        let mut out = Vec::new();
        let exit = look(&[entry("fake-holds")], &AuditOptions::default(), &mut out).expect("can be printed");
        assert_eq!(exit, Exit::AsExpected);
        assert!(String::from_utf8(out).expect("is text").contains("0 models audited"));
    }
}
