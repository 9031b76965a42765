//! Mutual exclusion with one fault at a time. Bounds are just wide enough to show the fault.

use synod_checker::{DEADLOCK, Environment, Limit, System, TOTAL};
use synod_mutex::{Lamport, lamport::Flaw};
use synod_properties::mutex::{EXCLUSION, NO_STARVATION, ORDER, VALIDITY};

use crate::{
    mutex::{watched, witnessed},
    registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant},
};

fn fault(fault: &'static str, source: &'static str) -> Mutant {
    Mutant { of: "mutex", fault, source }
}

/// All ask, so many times each.
fn flawed(size: Size, flaw: Flaw, visits: usize) -> Box<dyn Case> {
    case(watched(size, Lamport::flawed(flaw), (size.nodes, visits), Environment::default().fifo()))
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        mutant(
            "mutex-mutant-does-not-wait-for-all",
            3,
            fault(
                "A node enters when a majority has acknowledged its request",
                "Lamport (1978), rule 5 (ii)",
            ),
            breaks(&[EXCLUSION]),
            |size| flawed(size, Flaw::DoesNotWaitForAll, 1),
        ),
        mutant(
            "mutex-mutant-counts-old-messages",
            2,
            fault(
                "A message that is older than the request counts as an acknowledgement of it",
                "Lamport (1978), rule 5 (ii)",
            ),
            breaks(&[EXCLUSION]),
            |size| flawed(size, Flaw::CountsOldMessages, 2),
        ),
        mutant(
            "mutex-mutant-compares-times-only",
            2,
            fault(
                "Requests are compared by time without the node, so two are first",
                "Lamport (1978), rule 5 (i)",
            ),
            breaks(&[EXCLUSION]),
            |size| flawed(size, Flaw::ComparesTimesOnly, 1),
        ),
        mutant(
            "mutex-mutant-forgets-requests",
            2,
            fault(
                "A node acknowledges a request and does not put it into its queue",
                "Lamport (1978), rule 2",
            ),
            breaks(&[EXCLUSION]),
            |size| flawed(size, Flaw::ForgetsRequests, 1),
        ),
        mutant(
            "mutex-mutant-dates-its-request-back",
            3,
            fault(
                "A node dates its request back to before all that it has heard of",
                "Lamport (1978), rule IR1",
            ),
            breaks(&[ORDER]),
            |size| case(witnessed(size, Lamport::flawed(Flaw::DatesItsRequestBack), (3, 1))),
        ),
        mutant(
            "mutex-mutant-releases-in-silence",
            2,
            fault("A node that leaves tells nobody, and the others wait for ever", "Lamport (1978), rule 3"),
            breaks(&[NO_STARVATION]),
            |size| flawed(size, Flaw::ReleasesInSilence, 1),
        ),
        mutant(
            "mutex-mutant-keeps-its-request",
            2,
            fault(
                "A node that leaves tells the others, keeps its own request, and enters again unasked",
                "Lamport (1978), rule 3",
            ),
            breaks(&[VALIDITY]),
            |size| flawed(size, Flaw::KeepsItsRequest, 1),
        ),
        mutant(
            "mutex-mutant-looks-before-releases-only",
            2,
            fault(
                "A node looks whether it may enter when it is acknowledged, and not when another leaves",
                "Lamport (1978), rule 5",
            ),
            breaks(&[DEADLOCK]),
            |size| {
                let lamport = Lamport::flawed(Flaw::LooksBeforeReleasesOnly);
                let system = watched(size, lamport, (size.nodes, 1), Environment::default().fifo());
                case(System { liveness: Vec::new(), ..system.deadlock_free() })
            },
        ),
        mutant(
            "mutex-mutant-expects-one-release",
            2,
            fault(
                "A node panics when it is told twice that another has left, by a link that repeats itself",
                "Lamport (1978), rule 4",
            ),
            breaks(&[TOTAL]),
            |size| {
                let environment = Environment::default().fifo().duplicating(Limit::Budget(1));
                case(watched(size, Lamport::flawed(Flaw::ExpectsOneRelease), (1, 1), environment))
            },
        ),
        Entry {
            // The search is complete, and nobody is let in.
            expect: Expectation { violated: &[NO_STARVATION], unreached: &["enter", "release"] },
            ..mutant(
                "mutex-mutant-does-not-advance-the-clock",
                2,
                fault(
                    "What a node hears does not move its clock on, so its acknowledgements are too early",
                    "Lamport (1978), rule IR2",
                ),
                breaks(&[NO_STARVATION]),
                |size| {
                    let lamport = Lamport::flawed(Flaw::DoesNotAdvanceTheClock);
                    let mut system = watched(size, lamport, (2, 1), Environment::default().fifo());
                    // A later request of the first node would do as an acknowledgement.
                    system.requests.remove(0);
                    case(system)
                },
            )
        },
    ]
}
