//! Two-phase commit with one fault at a time. Bounds are just wide enough to show the fault.

use synod_actor::NodeId;
use synod_atomic_commit::{TwoPhase, two_phase::Flaw};
use synod_checker::{DEADLOCK, Environment, Limit, TOTAL};
use synod_properties::atomic_commit::{ABORT_VALIDITY, AGREEMENT, COMMIT_VALIDITY, NO_REVERSAL, TERMINATION};

use crate::{
    registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant},
    two_phase::{Model, Votes, coordinator_crashes, model, watched},
};

fn flawed(size: Size, flaw: Flaw, votes: Votes, environment: Environment) -> Model {
    model(size.nodes, TwoPhase::flawed(flaw), votes, environment)
}

/// An entry for a fault that shows with so many nodes.
fn entry(
    name: &'static str,
    nodes: usize,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, nodes, Mutant { of: "atomic-commit", fault, source }, breaks(violated), build)
}

fn reliable() -> Environment {
    Environment::default()
}

fn one_timeout() -> Environment {
    reliable().timeouts(Limit::Budget(1))
}

const BERNSTEIN: &str = "Bernstein, Hadzilacos and Goodman (1987), section 7.4";
const MOHAN: &str = "Mohan, Lindsay and Obermarck (1986), section 3";

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "two-phase-mutant-vote-before-durable",
            3,
            "A participant votes yes before it is durably prepared, and forgets the vote in a crash",
            "horizontal-scaling-convex issue 101",
            &[AGREEMENT],
            |size| {
                let environment = one_timeout().crash_recovery(1).crash_only(&[NodeId(1)]).delayed_disk();
                case(flawed(size, Flaw::VoteBeforeDurable, Votes::Yes, environment))
            },
        ),
        entry(
            "two-phase-mutant-commits-before-durable",
            2,
            "The coordinator tells a commit before it is on the disk, and presumes abort after a crash",
            "Gray, Notes on Data Base Operating Systems (1978)",
            &[AGREEMENT],
            |size| {
                let environment = one_timeout().crash_recovery(1).crash_only(&[NodeId(0)]).delayed_disk();
                case(flawed(size, Flaw::CommitsBeforeDurable, Votes::Yes, environment))
            },
        ),
        entry(
            "two-phase-mutant-acknowledges-before-durable",
            2,
            "A participant acknowledges a commit before it is on the disk, and asks when it has been forgotten",
            MOHAN,
            &[NO_REVERSAL],
            |size| {
                let environment = reliable().crash_recovery(1).crash_only(&[NodeId(1)]).delayed_disk();
                case(flawed(size, Flaw::AcknowledgesBeforeDurable, Votes::Yes, environment))
            },
        ),
        entry(
            "two-phase-mutant-forgets-before-all-acks",
            3,
            "The coordinator forgets a commit before all have acknowledged it, and presumes abort",
            "horizontal-scaling-convex issue 151",
            &[AGREEMENT],
            |size| case(flawed(size, Flaw::ForgetsBeforeAllAcks, Votes::Yes, one_timeout())),
        ),
        entry(
            "two-phase-mutant-aborts-after-yes",
            2,
            "A participant that voted yes loses patience and aborts alone",
            "horizontal-scaling-convex issue 158",
            &[AGREEMENT],
            |size| case(flawed(size, Flaw::AbortsAfterYes, Votes::Yes, one_timeout())),
        ),
        entry(
            "two-phase-mutant-commits-on-majority",
            3,
            "The coordinator commits once a majority can",
            BERNSTEIN,
            &[COMMIT_VALIDITY],
            |size| case(flawed(size, Flaw::CommitsOnMajority, Votes::Any, reliable())),
        ),
        entry(
            "two-phase-mutant-commits-on-timeout",
            2,
            "The coordinator takes silence for consent",
            BERNSTEIN,
            &[COMMIT_VALIDITY],
            |size| case(flawed(size, Flaw::CommitsOnTimeout, Votes::Any, one_timeout())),
        ),
        entry(
            "two-phase-mutant-counts-every-vote",
            2,
            "The coordinator counts votes without reading them",
            BERNSTEIN,
            &[AGREEMENT],
            |size| case(flawed(size, Flaw::CountsEveryVote, Votes::Any, reliable())),
        ),
        entry(
            "two-phase-mutant-presumes-abort-while-collecting",
            3,
            "The coordinator presumes abort for a transaction whose votes are still coming in",
            MOHAN,
            &[AGREEMENT],
            |size| case(flawed(size, Flaw::PresumesAbortWhileCollecting, Votes::Yes, one_timeout())),
        ),
        entry(
            "two-phase-mutant-answers-without-aborting",
            3,
            "A participant that has not voted answers a peer with abort, and votes yes afterwards",
            BERNSTEIN,
            &[AGREEMENT],
            |size| case(flawed(size, Flaw::AnswersWithoutAborting, Votes::Yes, one_timeout())),
        ),
        entry(
            "two-phase-mutant-obeys-late-decisions",
            2,
            "A participant that has committed obeys the abort that a forgetful coordinator rightly presumes",
            MOHAN,
            &[NO_REVERSAL],
            |size| case(flawed(size, Flaw::ObeysLateDecisions, Votes::Yes, one_timeout())),
        ),
        entry(
            "two-phase-mutant-refuses-when-not-ready",
            2,
            "A participant that is asked before its client has voted refuses, though nobody said no",
            "Bernstein, Hadzilacos and Goodman (1987), section 7.3, AC4",
            &[ABORT_VALIDITY],
            |size| case(flawed(size, Flaw::RefusesWhenNotReady, Votes::Yes, reliable())),
        ),
        entry(
            "two-phase-mutant-drops-early-vote",
            2,
            "A participant drops a vote that comes before it is asked, and then waits for it",
            "Bernstein, Hadzilacos and Goodman (1987), section 7.3, AC5",
            &[DEADLOCK],
            |size| case(watched(flawed(size, Flaw::DropsEarlyVote, Votes::Yes, reliable())).deadlock_free()),
        ),
        entry(
            "two-phase-mutant-expects-each-ack-once",
            3,
            "The coordinator panics when an acknowledgement arrives twice",
            MOHAN,
            &[TOTAL],
            |size| {
                let environment = reliable().duplicating(Limit::Budget(1));
                case(flawed(size, Flaw::ExpectsEachAckOnce, Votes::Yes, environment))
            },
        ),
        Entry {
            // The search is complete, and these need someone who asks, a veto, or a quiet moment before all have answered.
            expect: Expectation {
                violated: &[TERMINATION],
                unreached: &["answer", "answer peer", "inquire", "resend", "vote no"],
            },
            ..entry(
                "two-phase-mutant-never-inquires",
                3,
                "A participant in doubt waits to be told, for ever",
                "Bernstein, Hadzilacos and Goodman (1987), section 7.3, AC5",
                &[TERMINATION],
                |size| {
                    let environment = coordinator_crashes().crash_recovery(1).synchronous();
                    case(watched(flawed(size, Flaw::NeverInquires, Votes::Yes, environment)))
                },
            )
        },
    ]
}
