//! Actors that number events or decide by numbers, with one fault at a time.

use std::num::NonZero;

use synod_checker::Environment;
use synod_clocks::actors::{Blocks, Claims, Flaw, Lamport, Numbering};
use synod_properties::{
    stamping::{CAUSALITY, UNIQUENESS},
    uniqueness::UNIQUE,
};

use crate::{
    clocks::{blocks, claims, one_each},
    registry::{Case, Entry, Expectation, HOLDS, Mutant, Size, case},
};

/// An entry for a fault that shows with so many nodes.
fn entry(
    name: &'static str,
    nodes: usize,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    Entry {
        name,
        about: fault,
        nodes: nodes..=nodes,
        default_nodes: nodes,
        build,
        expect: Expectation { violated, ..HOLDS },
        golden: &[],
        mutant: Some(Mutant { of: "clocks", fault, source }),
        tour: false,
    }
}

const RULES: &str = "Lamport (1978), rule IR2";
const ORDER: &str = "Lamport (1978), the total order, p. 561";

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "clocks-mutant-ignores-what-it-hears",
            2,
            "What a node hears does not move its Lamport clock on",
            RULES,
            &[CAUSALITY],
            |size| {
                let actor = Numbering::flawed(Lamport::new(), Flaw::IgnoresWhatItHears);
                case(one_each(size, actor, Environment::default()))
            },
        ),
        entry(
            "clocks-mutant-gives-a-block-twice",
            3,
            "Who allocates blocks of numbers forgets which it has given",
            "the doc comment of Blocks: a block is the node's alone",
            &[UNIQUENESS],
            |size| {
                case(blocks(
                    size,
                    Blocks::flawed(NonZero::<u64>::MIN, Flaw::GivesABlockTwice),
                    [1, 1, 2, 2].into_iter(),
                ))
            },
        ),
        entry(
            "clocks-mutant-claims-ignore-the-clock",
            2,
            "A node that has answered a claim may claim with a smaller timestamp",
            RULES,
            &[UNIQUE],
            |size| case(claims(size, Claims::flawed(Flaw::ClaimsIgnoreTheClock), Environment::default())),
        ),
        entry(
            "clocks-mutant-answers-hide-the-claim",
            2,
            "A node answers a claim without telling its own",
            ORDER,
            &[UNIQUE],
            |size| case(claims(size, Claims::flawed(Flaw::AnswersHideTheClaim), Environment::default())),
        ),
        entry(
            "clocks-mutant-claims-ask-a-majority",
            3,
            "A claim is decided when a majority has answered, as if it were consensus",
            ORDER,
            &[UNIQUE],
            |size| case(claims(size, Claims::flawed(Flaw::ClaimsAskAMajority), Environment::default())),
        ),
        entry(
            "clocks-mutant-claims-compare-times-only",
            2,
            "Timestamps are compared without the names of the nodes, so two claims are first",
            ORDER,
            &[UNIQUE],
            |size| case(claims(size, Claims::flawed(Flaw::ClaimsCompareTimesOnly), Environment::default())),
        ),
    ]
}
