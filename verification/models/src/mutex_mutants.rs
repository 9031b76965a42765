//! Mutual exclusion with one fault at a time. Bounds are just wide enough to show the fault.

use synod_checker::Environment;
use synod_mutex::{Lamport, lamport::Flaw};
use synod_properties::mutex::{EXCLUSION, NO_STARVATION, ORDER};

use crate::{
    mutex::{watched, witnessed},
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
        mutant: Some(Mutant { of: "mutex", fault, source }),
        tour: false,
    }
}

/// All ask, so many times each.
fn flawed(size: Size, flaw: Flaw, visits: usize) -> Box<dyn Case> {
    case(watched(size, Lamport::flawed(flaw), (size.nodes, visits), Environment::default().fifo()))
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "mutex-mutant-does-not-wait-for-all",
            3,
            "A node enters when a majority has acknowledged its request",
            "Lamport (1978), rule 5 (ii)",
            &[EXCLUSION],
            |size| flawed(size, Flaw::DoesNotWaitForAll, 1),
        ),
        entry(
            "mutex-mutant-counts-old-messages",
            2,
            "A message that is older than the request counts as an acknowledgement of it",
            "Lamport (1978), rule 5 (ii)",
            &[EXCLUSION],
            |size| flawed(size, Flaw::CountsOldMessages, 2),
        ),
        entry(
            "mutex-mutant-compares-times-only",
            2,
            "Requests are compared by time without the node, so two are first",
            "Lamport (1978), rule 5 (i)",
            &[EXCLUSION],
            |size| flawed(size, Flaw::ComparesTimesOnly, 1),
        ),
        entry(
            "mutex-mutant-forgets-requests",
            2,
            "A node acknowledges a request and does not put it into its queue",
            "Lamport (1978), rule 2",
            &[EXCLUSION],
            |size| flawed(size, Flaw::ForgetsRequests, 1),
        ),
        entry(
            "mutex-mutant-dates-its-request-back",
            3,
            "A node dates its request back to before all that it has heard of",
            "Lamport (1978), rule IR1",
            &[ORDER],
            |size| case(witnessed(size, Lamport::flawed(Flaw::DatesItsRequestBack), (3, 1))),
        ),
        entry(
            "mutex-mutant-releases-in-silence",
            2,
            "A node that leaves tells nobody, and the others wait for ever",
            "Lamport (1978), rule 3",
            &[NO_STARVATION],
            |size| flawed(size, Flaw::ReleasesInSilence, 1),
        ),
        entry(
            "mutex-mutant-does-not-advance-the-clock",
            2,
            "What a node hears does not move its clock on, so its acknowledgements are too early",
            "Lamport (1978), rule IR2",
            &[NO_STARVATION],
            |size| {
                let lamport = Lamport::flawed(Flaw::DoesNotAdvanceTheClock);
                let mut system = watched(size, lamport, (2, 1), Environment::default().fifo());
                // A later request of the first node would do as an acknowledgement.
                system.requests.remove(0);
                case(system)
            },
        ),
    ]
}
