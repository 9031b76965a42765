//! Specifications without actors, at the level of the TLA+ examples of the same names, and a fault of each. The published counts are those at full bounds; where they are quick, also
//! those at quick bounds. TLC counts the initial states as generated, which are no steps.

use synod_properties::consensus::AGREEMENT;
use synod_tla_examples::{
    CONSISTENT,
    ewd998::{DETECTION, Ewd998},
    lamport_mutex::{EXCLUSION, LamportMutex},
    paxos::Paxos,
    paxos_commit::{BALLOTS, PaxosCommit},
    two_phase::{MOST, TwoPhase},
};

use crate::registry::{
    Case, Entry, Expectation, Golden, HOLDS, Mutant, Scale, Size, breaks, mutant, quick, specified,
};

const fn full(nodes: usize, states: u64, transitions: u64, depth: usize) -> Golden {
    Golden { nodes, scale: Scale::Full, states, transitions, depth, reduced: None, symmetric: None }
}

/// An entry for a specification of so many nodes, whatever they are there.
fn entry(name: &'static str, about: &'static str, nodes: usize, build: fn(Size) -> Box<dyn Case>) -> Entry {
    Entry {
        name,
        about,
        nodes: nodes..=nodes,
        default_nodes: nodes,
        build,
        expect: HOLDS,
        golden: &[],
        mutant: None,
        tour: false,
    }
}

/// An entry for one with a fault.
fn faulty(
    name: &'static str,
    fault: &'static str,
    source: &'static str,
    (nodes, violated): (usize, &'static [&'static str]),
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, nodes, Mutant { of: "tla-examples", fault, source }, breaks(violated), build)
}

const GRAY_LAMPORT: &str = "Gray and Lamport, Consensus on Transaction Commit (2006)";

fn two_phase(size: Size, symmetric: bool) -> Box<dyn Case> {
    let same = if symmetric { ", renamings are one" } else { "" };
    let bounds = format!("{} resource managers{same}", size.nodes);
    specified(TwoPhase { managers: size.nodes, symmetric, hasty: false }, bounds)
}

fn paxos_commit(size: Size, ignores_votes: bool) -> Box<dyn Case> {
    let (ballots, shown) = match size.scale {
        Scale::Quick if !ignores_votes => (1, "1 ballot"),
        _ => (BALLOTS, "2 ballots"),
    };
    let bounds = format!("2 resource managers, 3 acceptors, {shown}");
    specified(PaxosCommit { ballots, ignores_votes }, bounds)
}

fn lamport_mutex(size: Size, hasty: bool) -> Box<dyn Case> {
    let clock = match size.scale {
        Scale::Quick => 4,
        Scale::Full => 6,
    };
    specified(LamportMutex { clock, hasty }, format!("3 processes, clocks up to {clock}"))
}

fn ewd998(size: Size, colourless: bool) -> Box<dyn Case> {
    let most = match size.scale {
        Scale::Quick => 1,
        Scale::Full => 3,
    };
    specified(
        Ewd998 { most, colourless },
        format!("3 nodes, at most {most} messages more sent than received, or under way"),
    )
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            nodes: 2..=MOST,
            golden: const {
                &[
                    quick(3, 288, 1_145, 10),
                    quick(5, 8_832, 58_145, 16),
                    quick(7, 296_448, 2_744_705, 22),
                    full(8, 1_745_408, 18_507_777, 25),
                ]
            },
            ..entry(
                "spec-two-phase",
                "Two-phase commit as Gray and Lamport specify it is consistent (8 managers: a published yardstick)",
                3,
                |size| two_phase(size, false),
            )
        },
        Entry {
            nodes: 2..=MOST,
            golden: const { &[quick(5, 314, 2_047, 16)] },
            ..entry(
                "spec-two-phase-symmetric",
                "The same, where states that differ by a renaming of resource managers are one",
                5,
                |size| two_phase(size, true),
            )
        },
        Entry {
            golden: const { &[quick(3, 3_921, 23_562, 16), full(3, 3_921, 23_562, 16)] },
            ..entry("spec-paxos", "Paxos as Lamport specifies it never chooses two values", 3, |_| {
                specified(Paxos { ignores_votes: false }, "3 acceptors, 2 ballots, 2 values")
            })
        },
        Entry {
            golden: const { &[full(2, 1_321_761, 16_959_158, 27)] },
            expect: Expectation { unreached: &["Phase1a", "Phase1b", "Phase2a"], ..HOLDS },
            ..entry(
                "spec-paxos-commit",
                "Paxos Commit as Gray and Lamport specify it is consistent",
                2,
                |size| paxos_commit(size, false),
            )
        },
        Entry {
            golden: const { &[full(3, 724_274, 2_729_078, 60)] },
            ..entry(
                "spec-lamport-mutex",
                "Lamport's mutual exclusion by clocks lets in one at a time",
                3,
                |size| lamport_mutex(size, false),
            )
        },
        Entry {
            golden: const { &[full(3, 1_520_618, 11_237_827, 58)] },
            ..entry(
                "spec-ewd998",
                "Safra's algorithm detects termination only where all has terminated",
                3,
                |size| ewd998(size, false),
            )
        },
        faulty(
            "spec-two-phase-mutant-hasty",
            "The transaction manager commits when it has heard from one resource manager",
            GRAY_LAMPORT,
            (3, &[CONSISTENT]),
            |size| {
                let bounds = format!("{} resource managers", size.nodes);
                specified(TwoPhase { managers: size.nodes, symmetric: true, hasty: true }, bounds)
            },
        ),
        faulty(
            "spec-paxos-mutant-ignores-votes",
            "A ballot proposes what it likes, whatever was promised",
            "Lamport, Paxos Made Simple (2001), section 2.2, P2c",
            (3, &[AGREEMENT]),
            |_| specified(Paxos { ignores_votes: true }, "3 acceptors, 2 ballots, 2 values"),
        ),
        faulty(
            "spec-paxos-commit-mutant-ignores-votes",
            "A leader that takes over proposes to abort, although a vote for another value was reported",
            GRAY_LAMPORT,
            (2, &[CONSISTENT]),
            |size| paxos_commit(size, true),
        ),
        faulty(
            "spec-lamport-mutex-mutant-hasty",
            "A process enters although not all have acknowledged its request",
            "Lamport, Time, Clocks, and the Ordering of Events in a Distributed System (1978)",
            (3, &[EXCLUSION]),
            |size| lamport_mutex(size, true),
        ),
        faulty(
            "spec-ewd998-mutant-colourless",
            "Nodes that receive a message stay white, so that what they woke up behind the token goes unnoticed",
            "Dijkstra, EWD998 (1987), rule 3",
            (3, &[DETECTION]),
            |size| ewd998(size, true),
        ),
    ]
}
