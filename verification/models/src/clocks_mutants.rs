//! Actors that number events or decide by numbers, with one fault at a time.

use std::{num::NonZero, time::Duration};

use synod_checker::{DEADLOCK, Environment, System, TOTAL};
use synod_clocks::actors::{Blocks, Claims, Flaw, Hybrid, Lamport, Numbering};
use synod_properties::{
    UniquenessMonitor,
    stamping::{CAUSALITY, NUMBERED, UNIQUENESS, VALIDITY},
    uniqueness::{ANSWERED, FAIR_REFUSAL, UNIQUE},
};

use crate::{
    clocks::{blocks, claims, one_each, seconds},
    registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant},
};

fn fault(fault: &'static str, source: &'static str) -> Mutant {
    Mutant { of: "clocks", fault, source }
}

/// Nodes with the fault, of which the first so many claim the name.
fn claimed(size: Size, flaw: Flaw, claimants: usize) -> System<Claims, UniquenessMonitor> {
    claims(size, Claims::flawed(flaw), claimants, Environment::default())
}

/// All claim the name.
fn all_claim(size: Size, flaw: Flaw) -> Box<dyn Case> {
    case(claimed(size, flaw, size.nodes))
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
            |size| all_claim(size, Flaw::ClaimsIgnoreTheClock),
        ),
        mutant(
            "clocks-mutant-answers-hide-the-claim",
            2,
            fault("A node answers a claim without telling its own", ORDER),
            breaks(&[UNIQUE]),
            |size| all_claim(size, Flaw::AnswersHideTheClaim),
        ),
        mutant(
            "clocks-mutant-claims-ask-a-majority",
            3,
            fault("A claim is decided when a majority has answered, as if it were consensus", ORDER),
            breaks(&[UNIQUE]),
            |size| all_claim(size, Flaw::ClaimsAskAMajority),
        ),
        mutant(
            "clocks-mutant-claims-compare-times-only",
            2,
            fault("Timestamps are compared without the names of the nodes, so two claims are first", ORDER),
            breaks(&[UNIQUE]),
            |size| all_claim(size, Flaw::ClaimsCompareTimesOnly),
        ),
        mutant(
            "clocks-mutant-answers-echo-the-claim",
            2,
            fault(
                "A node answers with the smallest claim it knows, which may be the one that it answers",
                ORDER,
            ),
            breaks(&[FAIR_REFUSAL]),
            |size| case(claimed(size, Flaw::AnswersEchoTheClaim, 1)),
        ),
        mutant(
            "clocks-mutant-claims-answer-after-their-own",
            2,
            fault(
                "Who has claimed answers nobody before it is answered: two claims wait for each other",
                ORDER,
            ),
            breaks(&[DEADLOCK]),
            |size| case(claimed(size, Flaw::ClaimsAnswerAfterTheirOwn, 2).deadlock_free()),
        ),
        mutant(
            "clocks-mutant-claims-count-agreement-only",
            2,
            fault(
                "An answer that tells of a rival is not counted as an answer, and the claim stays open",
                ORDER,
            ),
            // Who is refused has been told of a rival.
            Expectation { violated: &[ANSWERED], unreached: &["refuse"] },
            |size| case(claimed(size, Flaw::ClaimsCountAgreementOnly, 2).terminates()),
        ),
        mutant(
            "clocks-mutant-asks-for-one-block-only",
            2,
            fault(
                "A node asks for a block when its first is used up, and waits for ever when the second is",
                "the doc comment of Blocks: every event is numbered at last",
            ),
            breaks(&[NUMBERED]),
            |size| {
                let actor = Blocks::flawed(NonZero::<u64>::MIN, Flaw::AsksForOneBlockOnly);
                case(System { deadlock_free: false, ..blocks(size, actor, [1, 1, 1].into_iter()) })
            },
        ),
        mutant(
            "clocks-mutant-numbers-what-it-hears",
            2,
            fault(
                "A node passes off as its own what it hears of another",
                "Lamport (1978), the Clock Condition",
            ),
            breaks(&[VALIDITY]),
            |size| {
                let actor = Numbering::flawed(Lamport::new(), Flaw::NumbersWhatItHears);
                case(one_each(size, actor, Environment::default()))
            },
        ),
        mutant(
            "clocks-mutant-expects-no-drift",
            2,
            fault(
                "A node panics at a timestamp that is too far ahead of its clock, instead of refusing it",
                "Kulkarni et al. (2014), section 4",
            ),
            breaks(&[TOTAL]),
            |size| {
                let generator = Hybrid::new(Duration::from_secs(1));
                let environment = Environment::default().clocks(&seconds([1, 9]));
                case(one_each(size, Numbering::flawed(generator, Flaw::ExpectsNoDrift), environment))
            },
        ),
    ]
}
