//! Registers with one fault at a time. Bounds are just wide enough to show the fault.

use synod_checker::{DEADLOCK, Environment, TOTAL};
use synod_properties::linearizability::{ANSWERS, LINEARIZABILITY, TERMINATION};
use synod_registers::{Operation, OverTotalOrder, total_order::Flaw};

use crate::{
    registers::{Asked, INITIAL, by_clocks, model, set, write},
    registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant},
};

fn fault(fault: &'static str, source: &'static str) -> Mutant {
    Mutant { of: "registers", fault, source }
}

fn flawed(size: Size, flaw: Flaw, asked: &[Asked]) -> Box<dyn Case> {
    let register = OverTotalOrder::flawed(INITIAL, flaw);
    let system = model(size.nodes, by_clocks(register), asked, Environment::default().fifo());
    case(system.terminates().deadlock_free())
}

const MACHINE: &str =
    "Schneider, Implementing Fault-Tolerant Services Using the State Machine Approach (1990)";

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        mutant(
            "registers-mutant-reads-locally",
            3, // of two, who did not write is always the first to know
            fault(
                "A read is answered from the node's own replica, which may be older than what others have read",
                "Herlihy and Wing, Linearizability (1990)",
            ),
            breaks(&[LINEARIZABILITY]),
            |size| flawed(size, Flaw::ReadsLocally, &[(0, write('a')), (1, Operation::Read)]),
        ),
        mutant(
            "registers-mutant-answers-before-delivery",
            2,
            fault("A write is answered when it is broadcast, and may come after a later one", MACHINE),
            breaks(&[LINEARIZABILITY]),
            |size| {
                flawed(
                    size,
                    Flaw::AnswersBeforeDelivery,
                    &[(0, write('a')), (1, write('b')), (1, Operation::Read)],
                )
            },
        ),
        mutant(
            "registers-mutant-sets-without-comparing",
            2,
            fault(
                "A compare-and-set does not compare",
                "Herlihy, Wait-Free Synchronization (1991), section 3.2",
            ),
            breaks(&[LINEARIZABILITY]),
            |size| flawed(size, Flaw::SetsWithoutComparing, &[(0, set('x', 'a'))]),
        ),
        mutant(
            "registers-mutant-answers-for-others",
            2,
            fault("A node answers what others were asked, too", MACHINE),
            breaks(&[ANSWERS]),
            |size| flawed(size, Flaw::AnswersForOthers, &[(0, write('a'))]),
        ),
        Entry {
            expect: Expectation { unreached: &["read", "set", "write"], ..breaks(&[TERMINATION, DEADLOCK]) },
            ..mutant(
                "registers-mutant-keeps-mismatches-to-itself",
                2,
                fault("A compare-and-set that finds something else is not answered", MACHINE),
                breaks(&[TERMINATION, DEADLOCK]),
                |size| flawed(size, Flaw::KeepsMismatchesToItself, &[(0, set('x', 'a'))]),
            )
        },
        mutant(
            "registers-mutant-expects-to-match",
            2,
            fault("A node takes for granted that compare-and-set finds what it expects", MACHINE),
            breaks(&[TOTAL]),
            |size| flawed(size, Flaw::ExpectsToMatch, &[(0, set('x', 'a'))]),
        ),
    ]
}
