//! What it saves to put steps in order, and what it costs, on top of the usual reductions.

use synod_checker::{Options, Reductions, Report, Verdict};
use synod_models::{Case, Scale, Size, find};

use crate::{
    measure::median,
    report::{grouped, quotient, table},
};

/// Models whose steps can be put in order, of several algorithms; the first one is small.
pub const MODELS: [&str; 5] = [
    "cas-paxos-rivals",
    "cas-paxos-retry",
    "cas-paxos-one-round-trip",
    "fast-paxos-crash-recovery",
    "clocks-hybrid",
];

/// A model, explored with the usual reductions and with order too.
#[derive(Clone, PartialEq, Debug)]
pub struct Ordered {
    /// The model's name.
    pub name: &'static str,
    usual: Explored,
    ordered: Explored,
}

/// What became of one of these.
#[derive(Clone, PartialEq, Debug)]
struct Explored {
    states: u64,
    transitions: u64,
    /// How many searches it took to find out what can be left out.
    searches: usize,
    seconds: Vec<f64>,
}

impl Explored {
    fn of(rounds: &[Report]) -> Self {
        let Report { states, transitions, searches, .. } = rounds[0];
        let seconds = rounds.iter().map(|report| report.elapsed.as_secs_f64()).collect();
        Explored { states, transitions, searches, seconds }
    }

    fn median(&self) -> f64 {
        median(self.seconds.clone())
    }
}

impl Ordered {
    /// Explores a model at quick bounds, on one thread, so often: in each round with order right after without.
    ///
    /// # Panics
    /// If there is no such model, if its steps cannot be put in order, if that changes what is found, or if there are no rounds.
    pub fn measure(name: &'static str, rounds: usize) -> Ordered {
        let case = case(name);
        let explore = |reductions| {
            let report = case.check(&Options { threads: 1, reductions, ..Options::default() });
            assert_eq!((report.verdict, &report.incomplete), (Verdict::Holds, &None), "{name}");
            assert_eq!(report.reductions.order, reductions == Reductions::ALL, "{name}: {:?}", report.notes);
            report
        };
        let (usual, ordered): (Vec<_>, Vec<_>) =
            (0..rounds).map(|_| (explore(Reductions::USUAL), explore(Reductions::ALL))).unzip();
        Ordered { name, usual: Explored::of(&usual), ordered: Explored::of(&ordered) }
    }

    /// How many times as long it takes with order: the median of the rounds.
    fn slowdown(&self) -> f64 {
        median(
            self.ordered
                .seconds
                .iter()
                .zip(&self.usual.seconds)
                .map(|(with, without)| with / without)
                .collect(),
        )
    }
}

fn case(name: &str) -> Box<dyn Case> {
    let entry = find(name).unwrap_or_else(|| panic!("there is no model {name}"));
    (entry.build)(Size { nodes: entry.default_nodes, scale: Scale::Quick })
}

/// The comparison in Markdown, of these models.
pub fn markdown(models: &[&'static str], rounds: usize) -> String {
    let header = [
        "model",
        "states",
        "transitions",
        "searches",
        "s",
        "states, ordered",
        "transitions, ordered",
        "searches, ordered",
        "s, ordered",
        "s ordered / s",
    ];
    let row = |&name: &&'static str| {
        eprintln!("measuring {name} ...");
        let of = Ordered::measure(name, rounds);
        let [usual, ordered] = [&of.usual, &of.ordered].map(|explored| {
            [
                grouped(explored.states),
                grouped(explored.transitions),
                explored.searches.to_string(),
                format!("{:.3}", explored.median()),
            ]
        });
        let ([a, b, c, d], [e, f, g, h]) = (usual, ordered);
        [of.name.to_owned(), a, b, c, d, e, f, g, h, quotient(of.slowdown())]
    };
    format!(
        "## Steps put in order\n\n\
         With the usual reductions, and with `order` too: states, transitions, how many searches it took to find out what can be\n\
         left out, and seconds, one thread each. Medians of {rounds} rounds, in each of which one ran right after the other.\n\n\
         {}",
        table(header, models.iter().map(row))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_can_be_put_in_order() {
        for name in MODELS {
            let options =
                Options { threads: 1, depth: Some(0), reductions: Reductions::ALL, ..Options::default() };
            let report = case(name).check(&options);
            assert!(report.reductions.order, "{name}: {:?}", report.notes);
        }
    }
}
