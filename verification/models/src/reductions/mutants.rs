//! Reductions with one fault at a time. Bounds are just wide enough to show the fault.

use synod_broadcast::{
    FirstDelivered, Flaw,
    total_order::{OverCounter, OverLog},
};
use synod_checker::{Environment, TOTAL};
use synod_properties::{
    broadcast::{NO_CREATION, NO_DUPLICATION, TOTAL_ORDER, VALIDITY},
    consensus::{self, INTEGRITY},
    linearizability::{self, ANSWERS, LINEARIZABILITY},
};
use synod_registers::{
    Operation::Read, OverLog as RegisterOverLog, over_log, synchronous_replica as of_replica,
};

use super::{
    appended_twice, at_the_last, broadcast, by_position, consensus as over_total_order, done_twice,
    early_broadcast, early_by_position, elections, over_counter, over_raft, replica, synchronous_replica,
};
use crate::{
    registers::{INITIAL, write},
    registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant},
};

fn entry(
    name: &'static str,
    of: &'static str,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, 3, Mutant { of, fault, source }, breaks(violated), build)
}

/// One message over Raft, which may be appended twice.
fn repeated(size: Size, flaw: Flaw) -> Box<dyn Case> {
    case(appended_twice(size, &OverLog::flawed(flaw)))
}

/// Two nodes that propose, over total order.
fn two_proposals(flaw: Flaw) -> Box<dyn Case> {
    let size = Size { nodes: 2, scale: crate::registry::Scale::Quick };
    case(over_total_order(size, FirstDelivered::flawed(flaw)))
}

fn flawed(flaw: over_log::Flaw) -> RegisterOverLog<char> {
    RegisterOverLog::new(INITIAL).flawed(flaw)
}

const HADZILACOS: &str = "Hadzilacos and Toueg, Fault-Tolerant Broadcasts and Related Problems (1994)";
const CHANDRA: &str = "Chandra and Toueg, Unreliable Failure Detectors (1996), section 7.1";
const HERLIHY: &str = "Herlihy and Wing, Linearizability (1990)";
const CHAIN: &str = "van Renesse and Schneider, Chain Replication (2004), section 2";

pub(super) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "reductions-mutant-delivers-repetitions",
            "broadcast",
            "What a log commits a second time is delivered a second time",
            HADZILACOS,
            &[NO_DUPLICATION],
            |size| repeated(size, Flaw::DeliversRepetitions),
        ),
        entry(
            "reductions-mutant-expects-no-repetition",
            "broadcast",
            "A node takes it for granted that a log commits nothing twice, and panics when it does",
            HADZILACOS,
            &[TOTAL],
            |size| repeated(size, Flaw::ExpectsNoRepetition),
        ),
        entry(
            "reductions-mutant-delivers-unordered",
            "broadcast",
            "A message is delivered when it is appended, not when it has its place in the log",
            HADZILACOS,
            &[TOTAL_ORDER],
            |size| {
                let upper = OverLog::flawed(Flaw::DeliversUnordered);
                case(broadcast(size, &upper, over_raft(size, &[0]), elections(1)))
            },
        ),
        entry(
            "reductions-mutant-credits-the-receiver",
            "broadcast",
            "Who delivers a message from the log takes it for its own",
            HADZILACOS,
            &[NO_CREATION],
            |size| repeated(size, Flaw::CreditsTheReceiver),
        ),
        Entry {
            expect: Expectation {
                unreached: &[
                    "append again",
                    "batch",
                    "catch up",
                    "change",
                    "give up",
                    "go back",
                    "handover",
                    "install",
                    "leave",
                    "pre-vote",
                    "read",
                    "refuse",
                    "reject",
                    "repetition",
                    "resign",
                    "snapshot",
                    "truncate",
                ],
                ..breaks(&[VALIDITY])
            },
            ..entry(
                "reductions-mutant-never-appends-again",
                "broadcast",
                "A message that the log refuses, for nobody leads, is not appended again",
                HADZILACOS,
                &[VALIDITY],
                |size| case(early_broadcast(size, &OverLog::flawed(Flaw::NeverAppendsAgain))),
            )
        },
        entry(
            "reductions-mutant-ignores-tickets",
            "broadcast",
            "Messages are delivered as they come, and not by the numbers that they got",
            "Herlihy, Wait-Free Synchronization (1991), section 3.3",
            &[TOTAL_ORDER],
            |size| {
                let upper = OverCounter::flawed(Flaw::DeliversUnordered);
                case(over_counter(size, &upper, &at_the_last(size), Environment::default()))
            },
        ),
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            ..entry(
                "reductions-mutant-decides-its-own",
                "broadcast",
                "Each node decides when its own proposal comes, whatever came before",
                CHANDRA,
                &[consensus::AGREEMENT],
                |_| two_proposals(Flaw::DecidesItsOwn),
            )
        },
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            ..entry(
                "reductions-mutant-decides-whatever-comes",
                "broadcast",
                "A node decides every proposal that comes, not only the first",
                CHANDRA,
                &[INTEGRITY],
                |_| two_proposals(Flaw::DecidesWhateverComes),
            )
        },
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            expect: Expectation {
                unreached: &["decide", "heard from all"],
                ..breaks(&[consensus::TERMINATION])
            },
            ..entry(
                "reductions-mutant-keeps-its-proposal",
                "broadcast",
                "A node that has proposed waits for the proposals of others, as all do",
                CHANDRA,
                &[consensus::TERMINATION],
                |_| two_proposals(Flaw::KeepsItsProposal),
            )
        },
        entry(
            "reductions-mutant-does-not-ask-for-the-position",
            "registers",
            "A read is answered from the node's own copy, however far that is behind",
            HERLIHY,
            &[LINEARIZABILITY],
            |size| {
                let upper = flawed(over_log::Flaw::DoesNotAskForThePosition);
                case(by_position(size, &upper, &[(0, write('a')), (1, Read)], elections(1)))
            },
        ),
        Entry {
            nodes: 2..=2,
            default_nodes: 2,
            ..entry(
                "reductions-mutant-applies-twice",
                "registers",
                "What is committed a second time undoes what was done in between",
                "Ongaro, Consensus: Bridging Theory and Practice (2014), section 6.3",
                &[LINEARIZABILITY],
                |size| case(done_twice(size, &flawed(over_log::Flaw::AppliesTwice))),
            )
        },
        Entry {
            expect: Expectation {
                unreached: &[
                    "append again",
                    "batch",
                    "catch up",
                    "change",
                    "give up",
                    "go back",
                    "handover",
                    "install",
                    "leave",
                    "mismatch",
                    "pre-vote",
                    "read",
                    "read refused",
                    "refuse",
                    "reject",
                    "repetition",
                    "resign",
                    "snapshot",
                    "truncate",
                    "write",
                ],
                ..breaks(&[linearizability::TERMINATION])
            },
            ..entry(
                "reductions-mutant-waits-for-what-is-refused",
                "registers",
                "A write that the log refuses, for nobody leads, is not appended again, and its client waits for ever",
                "Ongaro, Consensus: Bridging Theory and Practice (2014), section 6.3",
                &[linearizability::TERMINATION],
                |size| case(early_by_position(size, &flawed(over_log::Flaw::NeverAppendsAgain))),
            )
        },
        entry(
            "reductions-mutant-answers-for-others",
            "registers",
            "A node answers what others were asked, too",
            HERLIHY,
            &[ANSWERS],
            |size| {
                let upper = flawed(over_log::Flaw::AnswersForOthers);
                case(by_position(size, &upper, &[(0, write('a'))], elections(1)))
            },
        ),
        entry(
            "reductions-mutant-expects-no-refusal",
            "registers",
            "A node takes it for granted that someone knows how far the log is, and panics where nobody does",
            "Ongaro, Consensus: Bridging Theory and Practice (2014), section 6.4",
            &[TOTAL],
            |size| {
                let upper = flawed(over_log::Flaw::ExpectsNoRefusal);
                case(by_position(size, &upper, &[(1, Read)], elections(1)))
            },
        ),
        entry(
            "reductions-mutant-writes-do-not-wait",
            "registers",
            "A write is answered before the replica that is read has applied it",
            CHAIN,
            &[LINEARIZABILITY],
            |size| {
                let upper = replica(size).flawed(of_replica::Flaw::WritesDoNotWait);
                case(synchronous_replica(size, upper, &[(0, write('a')), (0, Read)]))
            },
        ),
        entry(
            "reductions-mutant-reads-any-replica",
            "registers",
            "Any replica is read, although one may have applied what another has not",
            CHAIN,
            &[LINEARIZABILITY],
            |size| {
                let upper = replica(size).flawed(of_replica::Flaw::ReadsAnyReplica);
                case(synchronous_replica(size, upper, &[(2, write('a')), (0, Read)]))
            },
        ),
        entry(
            "reductions-mutant-tells-everyone",
            "registers",
            "The replica tells every node the answer, and each passes it on to its client",
            CHAIN,
            &[ANSWERS],
            |size| {
                let upper = replica(size).flawed(of_replica::Flaw::TellsEveryone);
                case(synchronous_replica(size, upper, &[(0, write('a'))]))
            },
        ),
    ]
}
