//! `compare`: algorithms of one kind, side by side, as a table in Markdown.

use std::io::Write;

use synod_checker::Options;
use synod_models::{
    consensus::{
        self,
        progress::{ALGORITHMS, Answer, Progress, SCENARIOS},
    },
    cost,
};

use crate::{
    cli::{CompareArgs, Comparison},
    exit::{Exit, Failure, say},
};

/// The sizes of group to compare at.
const NODES: [usize; 3] = [3, 5, 7];

/// Prints the comparison that is asked for.
///
/// # Errors
/// The output cannot be written.
pub fn compare(args: &CompareArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    match args.what {
        Comparison::Broadcast => say(out, broadcast().trim_end())?,
        Comparison::Consensus => {
            say(out, costs_of_consensus().trim_end())?;
            say(out, "")?;
            say(out, progress_of_consensus().trim_end())?;
        }
    }
    Ok(Exit::AsExpected)
}

/// The table of broadcast algorithms.
fn broadcast() -> String {
    let sizes = NODES.map(|nodes| nodes.to_string()).join(" / ");
    let mut text = format!(
        "| broadcast | algorithm | assumes | survives | messages, N = {sizes} | delays: origin delivers | delays: \
         all deliver | published |\n|---|---|---|---|---|---|---|---|\n"
    );
    for compared in cost::compared() {
        let costs = NODES.map(compared.cost);
        let row = [
            compared.service.to_owned(),
            compared.algorithm.to_owned(),
            compared.assumes.to_owned(),
            compared.survives.to_owned(),
            costs.map(|cost| cost.messages.to_string()).join(" / "),
            same(costs.map(|cost| cost.origin)),
            same(costs.map(|cost| cost.everyone)),
            compared.published.to_owned(),
        ];
        text += &format!("| {} |\n", row.join(" | "));
    }
    text + "\nCounted from runs of one broadcast in which every message takes the same time, nothing is lost and nobody crashes. \
            The second of N\nnodes broadcasts; the first is the sequencer. A message that a node sends to itself is none. \
            What links add to be reliable and what\nfailure detectors send all the time are not counted. In consensus all nodes propose at once, and the last of them wins: a \
            leader would spare\nthe others the trouble. CGR is Cachin, Guerraoui and Rodrigues (2011).\n"
}

/// The figures of algorithms for consensus and logs, beside what the literature says.
fn costs_of_consensus() -> String {
    let sizes = NODES.map(|nodes| nodes.to_string()).join(" / ");
    let mut text = format!(
        "| algorithm | what | N = {sizes} | published | by | why they differ |\n|---|---|---|---|---|---|\n"
    );
    for figure in consensus::cost::figures() {
        let row = [
            figure.algorithm.to_owned(),
            figure.what.to_owned(),
            same(NODES.map(figure.count)),
            figure.published.map_or_else(String::new, |published| published.formula.to_owned()),
            figure.published.map_or_else(String::new, |published| published.source.to_owned()),
            figure.differs.to_owned(),
        ];
        text += &format!("| {} |\n", row.join(" | "));
    }
    text + "\nCounted from runs of one decision in which every message takes the same time, nothing is lost, and nobody crashes; for \
            failover the\nleader of N nodes has crashed when it had sent an entry to all others, and time counts from when that is \
            noticed. Writes are counted in\nruns in which they take time and messages do not. A message that a node sends to itself is \
            none; heartbeats are not counted. Formulas are\nof N nodes.\n"
}

/// How many elections runs have at least, in which is looked whether decisions are possible when links are cut.
const ELECTIONS: u64 = 2;

/// What a search may hold.
const MEMORY: u64 = 1 << 30;

/// Which logs can always still decide when some links are cut.
fn progress_of_consensus() -> String {
    let mut text = String::from(
        "| scenario | algorithm | a new decision can always still be reached | leaders in a row without one | states | published | why \
         they differ |\n|---|---|---|---|---|---|---|\n",
    );
    for scenario in SCENARIOS {
        for algorithm in ALGORITHMS {
            let options = Options { memory: Some(MEMORY), ..Options::default() };
            let answer = consensus::progress::progress(algorithm, scenario, ELECTIONS, &options);
            let (published, differs) = (
                consensus::progress::published(algorithm, scenario).unwrap_or_default(),
                consensus::progress::differs(algorithm, scenario),
            );
            let row = [
                scenario.name(),
                algorithm.name(),
                &told(answer),
                &turns(answer),
                &answer.states.to_string(),
                published,
                differs,
            ];
            text += &format!("| {} |\n", row.join(" | "));
        }
    }
    text + "\nDecided by the checker, from right after the links are cut. Timers run out only when nothing else is under way, and who \
            hears of\na leader does not give it up. ✓ means that from every state a decision can still be reached, or a later epoch than \
            is looked at, and\nthat there are decisions; where epochs grow without end it is said how many elections were looked at. Leaders in a row: how \
            often at\nmost somebody can begin to lead after the cut before there is a decision, as far as was looked. Published: \
            Ng, Haridi and\nCarbone 2023 (Omni-Paxos), who measure whether decisions go on, which is more than that they are possible.\n"
}

/// An answer, in a few words.
fn told(answer: Answer) -> String {
    let within = if answer.exhausted { String::new() } else { format!(", within {ELECTIONS} elections") };
    match answer.progress {
        Progress::Possible => format!("✓{within}"),
        Progress::Stuck(0) => "✗, from the beginning".into(),
        Progress::Stuck(steps) => format!("✗, from a state on that is {steps} steps away"),
        Progress::NotSoFar => format!("✗{within}"),
        Progress::Unknown => "?, not exhausted".into(),
    }
}

/// How often leaders change without a decision, in a few words.
fn turns(answer: Answer) -> String {
    match answer.turns {
        None => "?, not exhausted".into(),
        // Each of the elections that were looked at.
        Some(turns) if !answer.exhausted && turns as u64 >= ELECTIONS => format!("{turns}, and so on"),
        Some(turns) => turns.to_string(),
    }
}

/// One number if it is the same at every size.
fn same(numbers: [usize; NODES.len()]) -> String {
    match numbers.iter().all(|number| *number == numbers[0]) {
        true => numbers[0].to_string(),
        false => numbers.map(|number| number.to_string()).join(" / "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_a_row_with_its_counts() {
        let text = broadcast();
        let rows: Vec<&str> = text.lines().take_while(|line| line.starts_with('|')).skip(2).collect();
        assert_eq!(rows.len(), cost::compared().len());
        assert!(rows[0].contains("| 2 / 4 / 6 | 0 | 1 |"), "{}", rows[0]);
        assert!(rows.iter().all(|row| row.matches('|').count() == 9), "{text}");
    }

    #[test]
    fn every_figure_of_consensus_has_a_row() {
        let text = costs_of_consensus();
        let rows: Vec<&str> = text.lines().take_while(|line| line.starts_with('|')).skip(2).collect();
        assert_eq!(rows.len(), consensus::cost::figures().len());
        assert!(
            rows[0].starts_with(
                "| Paxos | delays until it is known where it was asked, at the leader | 4 | 4 |"
            ),
            "{}",
            rows[0]
        );
        assert!(rows.iter().all(|row| row.matches('|').count() == 7), "{text}");
    }

    #[test]
    fn an_answer_says_how_far_was_looked() {
        let answer = |progress, exhausted| told(Answer { progress, exhausted, turns: Some(1), states: 1 });
        assert_eq!(answer(Progress::Possible, true), "✓");
        assert_eq!(answer(Progress::Possible, false), "✓, within 2 elections");
        assert_eq!(answer(Progress::NotSoFar, false), "✗, within 2 elections");
        assert_eq!(answer(Progress::Stuck(0), false), "✗, from the beginning");
        assert_eq!(answer(Progress::Stuck(3), false), "✗, from a state on that is 3 steps away");
    }

    #[test]
    fn leaders_that_may_take_turns_for_ever_are_told_so() {
        let answer = |turns, exhausted| {
            super::turns(Answer { progress: Progress::Possible, exhausted, turns, states: 1 })
        };
        assert_eq!(answer(Some(2), false), "2, and so on");
        assert_eq!(answer(Some(1), false), "1");
        assert_eq!(answer(Some(2), true), "2");
        assert_eq!(answer(None, false), "?, not exhausted");
    }

    #[test]
    fn numbers_that_differ_are_all_shown() {
        assert_eq!(same([2, 2, 2]), "2");
        assert_eq!(same([2, 2, 3]), "2 / 2 / 3");
    }
}
