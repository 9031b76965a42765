//! `compare`: algorithms of one kind, side by side, as a table in Markdown.

use std::io::Write;

use synod_models::cost;

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
    fn numbers_that_differ_are_all_shown() {
        assert_eq!(same([2, 2, 2]), "2");
        assert_eq!(same([2, 2, 3]), "2 / 2 / 3");
    }
}
