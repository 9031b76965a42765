//! Single-decree Paxos with one fault at a time. Bounds are just wide enough to show the fault.

use synod_actor::Actor;
use synod_checker::{DEADLOCK, Environment, Limit, TOTAL};
use synod_consensus::{
    Paxos,
    paxos::{Flaw, Learners, Record},
};
use synod_properties::{
    ConsensusMonitor,
    consensus::{INTEGRITY, TERMINATION, VALIDITY},
};

use crate::{
    paxos::{DECISION_POSSIBLE, DISAGREES, Model, decidable, model, node},
    registry::{Case, Entry, Expectation, HOLDS, Mutant, Size, case, mutant},
};

/// Nodes with the fault, these proposers, and safety only.
fn flawed(size: Size, flaw: Flaw, proposers: &[usize], environment: Environment) -> Model {
    model(size.nodes, Paxos::flawed(flaw), proposers, ConsensusMonitor::new(), environment)
}

/// An entry for a fault that shows with so many nodes.
fn entry(
    name: &'static str,
    nodes: usize,
    fault: &'static str,
    source: &'static str,
    expect: Expectation,
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, nodes, Mutant { of: "consensus", fault, source }, expect, build)
}

fn reliable() -> Environment {
    Environment::default()
}

fn in_order() -> Environment {
    Environment::default().fifo()
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "paxos-mutant-forgetful-acceptor",
            3,
            "An acceptor answers before its promise or vote is on the disk, and forgets it in a crash",
            "Lamport, Paxos Made Simple (2001), section 2.5",
            DISAGREES,
            |size| {
                let environment = reliable().crash_recovery(1).crash_only(&[node(1)]).delayed_disk();
                case(flawed(size, Flaw::ForgetfulAcceptor, &[0, 2], environment))
            },
        ),
        entry(
            "paxos-mutant-amnesiac-acceptor",
            3,
            "An acceptor comes back from a crash without its disk, and breaks its promises",
            "Chandra, Griesemer and Redstone, Paxos Made Live (2007), section 5.1",
            DISAGREES,
            |size| {
                let environment = reliable().crash_recovery(1).crash_only(&[node(1)]);
                case(flawed(size, Flaw::AmnesiacAcceptor, &[0, 2], environment))
            },
        ),
        entry(
            "paxos-mutant-votes-of-any-ballot",
            3,
            "A learner counts votes of different ballots together, and takes the last one for the choice",
            "Lamport, Paxos Made Simple (2001), section 2.3",
            DISAGREES,
            |size| {
                let paxos = Paxos::flawed_with_learners(Learners::Everyone, Flaw::VotesOfAnyBallot);
                case(model(size.nodes, paxos, &[0, 2], ConsensusMonitor::new(), reliable()))
            },
        ),
        entry(
            "paxos-mutant-accepts-below-promise",
            3,
            "An acceptor accepts a ballot below the one it has promised",
            "Lamport, Paxos Made Simple (2001), section 2.2, P1a",
            DISAGREES,
            |size| case(flawed(size, Flaw::AcceptsBelowPromise, &[0, 2], reliable())),
        ),
        entry(
            "paxos-mutant-promise-not-raised-on-accept",
            3,
            "Accepting a ballot does not raise the promise, so that a lower one is accepted afterwards",
            "The bug in Paxos Made Simple (2021)",
            DISAGREES,
            |size| {
                let environment = in_order().lossy(Limit::Budget(1)).timeouts(Limit::Budget(1));
                case(flawed(size, Flaw::PromiseNotRaisedOnAccept, &[0, 2], environment))
            },
        ),
        entry(
            "paxos-mutant-promise-for-any-ballot",
            3,
            "A proposer counts a late promise of its earlier ballot for the present one",
            "MyPaxos issue 18",
            DISAGREES,
            |size| {
                let environment = reliable().timeouts(Limit::Budget(1));
                case(flawed(size, Flaw::PromiseForAnyBallot, &[0, 2], environment))
            },
        ),
        entry(
            "paxos-mutant-ballots-not-unique",
            3,
            "Ballots are bare rounds: two proposers share one, and propose different values there",
            "Lamport, Paxos Made Simple (2001), section 2.5",
            DISAGREES,
            |size| case(flawed(size, Flaw::BallotsNotUnique, &[0, 2], reliable())),
        ),
        entry(
            "paxos-mutant-ballot-reused-after-restart",
            3,
            "A restarted proposer goes on with its old ballot, where promises from before the crash still count",
            "phxpaxos issue 145",
            DISAGREES,
            |size| {
                let environment = in_order().crash_recovery(1).crash_only(&[node(0)]);
                case(flawed(size, Flaw::BallotReusedAfterRestart, &[0, 2], environment))
            },
        ),
        entry(
            "paxos-mutant-lowest-ballot-value",
            3,
            "A proposer adopts the vote of the lowest ballot instead of the highest",
            "Lamport, Paxos Made Simple (2001), section 2.2, P2c",
            DISAGREES,
            |size| {
                let environment = in_order().timeouts(Limit::Budget(1));
                case(flawed(size, Flaw::LowestBallotValue, &[0, 2], environment))
            },
        ),
        entry(
            "paxos-mutant-ignores-votes",
            3,
            "A proposer proposes its own value although votes for another were reported",
            "Lamport, Paxos Made Simple (2001), section 2.2, P2c",
            DISAGREES,
            |size| case(flawed(size, Flaw::IgnoresVotes, &[0, 2], reliable())),
        ),
        entry(
            "paxos-mutant-quorum-of-half",
            4,
            "Half of the nodes is taken for a majority, so that two quorums need not meet",
            "Lamport, Paxos Made Simple (2001), section 2.2",
            DISAGREES,
            |size| case(flawed(size, Flaw::QuorumOfHalf, &[0, 3], reliable())),
        ),
        entry(
            "paxos-mutant-decides-again",
            3,
            "A node that has decided decides again whenever it is told again",
            "Cachin, Guerraoui and Rodrigues (2011), section 5.1, integrity",
            Expectation { violated: &[INTEGRITY], ..HOLDS },
            |size| {
                let environment = reliable().duplicating(Limit::Budget(1));
                case(flawed(size, Flaw::DecidesAgain, &[0], environment))
            },
        ),
        entry(
            "paxos-mutant-foreign-disk",
            3,
            "A node starts from the disk of another instance, and proposes what nobody proposed here",
            "Chandra, Griesemer and Redstone, Paxos Made Live (2007), section 5.1",
            Expectation { violated: &[VALIDITY], ..HOLDS },
            |size| {
                let mut system = model(size.nodes, Paxos::new(), &[0], ConsensusMonitor::new(), reliable());
                system.nodes[2].replay(Record::Input('z'));
                case(system)
            },
        ),
        entry(
            "paxos-mutant-gives-up-on-nack",
            3,
            "A proposer that is refused once stops its timer, and waits for a rival that may be dead",
            "Lamport, Paxos Made Simple (2001), section 2.4",
            Expectation { violated: &[TERMINATION], ..HOLDS },
            |size| {
                let environment = reliable().synchronous().crash_stop(1);
                let monitor = ConsensusMonitor::new().proposers_terminate();
                let system =
                    model(size.nodes, Paxos::flawed(Flaw::GivesUpOnNack), &[0, 2], monitor, environment);
                case(system.terminates())
            },
        ),
        entry(
            "paxos-mutant-never-retries",
            3,
            "A proposer sets no timer, and waits for ever once a rival that died has superseded its ballot",
            "Lamport, Paxos Made Simple (2001), section 2.4",
            Expectation { violated: &[DEADLOCK], ..HOLDS },
            |size| {
                let monitor = ConsensusMonitor::new().proposers_terminate();
                let environment = in_order().crash_stop(1).crash_only(&[node(2)]);
                let paxos = Paxos::flawed(Flaw::NeverRetries);
                case(model(size.nodes, paxos, &[0, 2], monitor, environment).deadlock_free())
            },
        ),
        entry(
            "paxos-mutant-retries-same-ballot",
            3,
            "A proposer that lost patience asks again at the same ballot, which nobody promises twice",
            "Lamport, Paxos Made Simple (2001), section 2.2",
            Expectation { violated: &[DECISION_POSSIBLE], unreached: &["2a adopts", "nack"] },
            |size| {
                let environment = in_order().synchronous().lossy(Limit::Budget(2));
                case(decidable(flawed(size, Flaw::RetriesSameBallot, &[0], environment)))
            },
        ),
        entry(
            "paxos-mutant-expects-own-promise",
            3,
            "An acceptor panics when it is asked to accept a ballot that only others have promised",
            "Lamport, Paxos Made Simple (2001), section 2.2, P1a",
            Expectation { violated: &[TOTAL], ..HOLDS },
            |size| case(flawed(size, Flaw::ExpectsOwnPromise, &[0], reliable())),
        ),
    ]
}
