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
    registry::{Entry, Mutant, breaks, case, mutant},
};

fn fault(fault: &'static str, source: &'static str) -> Mutant {
    Mutant { of: "clocks", fault, source }
}

const RULES: &str = "Lamport (1978), rule IR2";
const ORDER: &str = "Lamport (1978), the total order, p. 561";

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        mutant(
            "clocks-mutant-ignores-what-it-hears",
            2,
            fault("What a node hears does not move its Lamport clock on", RULES),
            breaks(&[CAUSALITY]),
            |size| {
                let actor = Numbering::flawed(Lamport::new(), Flaw::IgnoresWhatItHears);
                case(one_each(size, actor, Environment::default()))
            },
        ),
        mutant(
            "clocks-mutant-gives-a-block-twice",
            3,
            fault(
                "Who allocates blocks of numbers forgets which it has given",
                "the doc comment of Blocks: a block is the node's alone",
            ),
            breaks(&[UNIQUENESS]),
            |size| {
                case(blocks(
                    size,
                    Blocks::flawed(NonZero::<u64>::MIN, Flaw::GivesABlockTwice),
                    [1, 1, 2, 2].into_iter(),
                ))
            },
        ),
        mutant(
            "clocks-mutant-claims-ignore-the-clock",
            2,
            fault("A node that has answered a claim may claim with a smaller timestamp", RULES),
            breaks(&[UNIQUE]),
            |size| {
                case(claims(
                    size,
                    Claims::flawed(Flaw::ClaimsIgnoreTheClock),
                    size.nodes,
                    Environment::default(),
                ))
            },
        ),
        mutant(
            "clocks-mutant-answers-hide-the-claim",
            2,
            fault("A node answers a claim without telling its own", ORDER),
            breaks(&[UNIQUE]),
            |size| {
                case(claims(
                    size,
                    Claims::flawed(Flaw::AnswersHideTheClaim),
                    size.nodes,
                    Environment::default(),
                ))
            },
        ),
        mutant(
            "clocks-mutant-claims-ask-a-majority",
            3,
            fault("A claim is decided when a majority has answered, as if it were consensus", ORDER),
            breaks(&[UNIQUE]),
            |size| {
                case(claims(
                    size,
                    Claims::flawed(Flaw::ClaimsAskAMajority),
                    size.nodes,
                    Environment::default(),
                ))
            },
        ),
        mutant(
            "clocks-mutant-claims-compare-times-only",
            2,
            fault("Timestamps are compared without the names of the nodes, so two claims are first", ORDER),
            breaks(&[UNIQUE]),
            |size| {
                case(claims(
                    size,
                    Claims::flawed(Flaw::ClaimsCompareTimesOnly),
                    size.nodes,
                    Environment::default(),
                ))
            },
        ),
    ]
}
