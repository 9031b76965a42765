//! CASPaxos: as it should be, and with one fault at a time.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit, System, TOTAL};
use synod_consensus::{CasPaxos, cas_paxos::Flaw};
use synod_properties::{
    RegisterMonitor,
    linearizability::{ANSWERS, LINEARIZABILITY, TERMINATION},
};
use synod_registers::Operation::{self, Read};

use crate::{
    registers::{Asked, INITIAL, set, watched, write},
    registry::{
        Case, Entry, Expectation, HOLDS, Mutant, Scale, Size, breaks, case, mutant, quick, three as entry,
        unreached,
    },
};

type Node = CasPaxos<Operation<char>>;
type Model = System<Node, RegisterMonitor<char>>;

fn node(index: u16) -> NodeId {
    NodeId(index)
}

/// So many nodes of a register, that are asked this at any time and in any order.
fn model(nodes: usize, flawed: impl Fn(Node) -> Node, asked: &[Asked], environment: Environment) -> Model {
    watched(vec![flawed(CasPaxos::new(INITIAL)); nodes], asked, environment)
}

/// Two clients set what they find, and one of them must find what the other has left.
const RIVALS: &[Asked] = &[(0, set('o', 'a')), (2, set('o', 'b'))];

/// Every client is answered, with timeouts that tell who is silent, and some messages lost.
fn terminating(size: Size, flawed: impl Fn(Node) -> Node) -> Model {
    let losses = match size.scale {
        Scale::Quick => 2,
        Scale::Full => 3,
    };
    let environment = Environment::default().synchronous().lossy(Limit::Budget(losses));
    model(size.nodes, flawed, &[(0, write('a')), (0, Read)], environment).terminates()
}

fn crashes() -> Environment {
    Environment::default().fifo().crash_recovery(1).delayed_disk()
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "cas-paxos-rivals",
            about: "Two clients compare and set, over links that lose, double and reorder: one finds what the other set",
            build: |size| {
                let links = Environment::default().lossy(Limit::Unbounded).duplicating(Limit::Unbounded);
                let environment = match size.scale {
                    Scale::Quick => links,
                    Scale::Full => links.timeouts(Limit::Budget(1)),
                };
                case(model(size.nodes, |node| node, RIVALS, environment))
            },
            expect: unreached(&["2a again", "2a at once"]),
            tour: true,
            golden: const { &[quick(3, 69_425, 1_151_369, 22).reduced(1_149, 10_370, 14)] },
            ..entry()
        },
        Entry {
            name: "cas-paxos-retry",
            about: "A change that is tried again, since another came between, takes place once",
            build: |size| {
                let timeouts = match size.scale {
                    Scale::Quick => 1,
                    Scale::Full => 2,
                };
                let environment = Environment::default().fifo().timeouts(Limit::Budget(timeouts));
                case(model(size.nodes, |node| node, RIVALS, environment))
            },
            expect: unreached(&["2a at once"]),
            golden: const { &[quick(3, 123_106, 396_477, 27).reduced(18_626, 51_441, 21)] },
            ..entry()
        },
        Entry {
            name: "cas-paxos-one-round-trip",
            about: "Who has a majority's promise skips phase 1, and notices if another one has come between",
            build: |size| {
                let asked: &[Asked] = match size.scale {
                    Scale::Quick => &[(0, write('a')), (0, Read), (2, write('b'))],
                    Scale::Full => &[(0, write('a')), (0, Read), (2, write('b')), (2, Read)],
                };
                case(model(size.nodes, |node| node, asked, Environment::default().fifo()))
            },
            expect: unreached(&["2a again"]),
            golden: const { &[quick(3, 79_469, 250_051, 27).reduced(14_771, 40_658, 21)] },
            ..entry()
        },
        Entry {
            name: "cas-paxos-acceptor-recovery",
            about: "An acceptor that crashes, loses what its disk had not written, and comes back keeps its word",
            build: |size| {
                let environment = match size.scale {
                    Scale::Quick => crashes().crash_only(&[node(1)]),
                    Scale::Full => crashes(),
                };
                case(model(size.nodes, |node| node, RIVALS, environment))
            },
            expect: unreached(&["2a again", "2a at once"]),
            golden: const { &[quick(3, 32_385, 107_360, 30).reduced(10_477, 29_875, 27)] },
            ..entry()
        },
        Entry {
            name: "cas-paxos-termination",
            about: "Every client is answered though a message is lost, when timeouts tell who is silent",
            build: |size| case(terminating(size, |node| node)),
            expect: HOLDS,
            golden: const { &[quick(3, 7_993, 29_744, 21).reduced(3_201, 10_800, 21)] },
            ..entry()
        },
    ]
}

fn flawed(
    name: &'static str,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, 3, Mutant { of: "consensus", fault, source }, breaks(violated), build)
}

pub(crate) fn mutants() -> Vec<Entry> {
    vec![
        flawed(
            "cas-paxos-mutant-answers-after-phase-one",
            "A read is answered with what phase 1 finds, which only some may have accepted",
            "scylla issue 6299; CASSANDRA-12126",
            &[LINEARIZABILITY],
            |size| {
                let asked = [(0, write('a')), (1, Read), (2, Read)];
                let node = |node: Node| node.flawed(Flaw::AnswersAfterPhaseOne);
                case(model(size.nodes, node, &asked, Environment::default().fifo()))
            },
        ),
        flawed(
            "cas-paxos-mutant-promise-not-raised-on-accept",
            "An acceptor that accepts what it has not promised accepts something older afterwards",
            "\"The bug in Paxos Made Simple\" (2021)",
            &[LINEARIZABILITY],
            |size| {
                let node = |node: Node| node.flawed(Flaw::PromiseNotRaisedOnAccept);
                let asked = [(0, set('o', 'a')), (2, set('o', 'b'))];
                case(model(size.nodes, node, &asked, Environment::default().timeouts(Limit::Budget(1))))
            },
        ),
        flawed(
            "cas-paxos-mutant-promise-for-any-ballot",
            "A late promise, made to an earlier ballot, is counted for the present one",
            "MyPaxos issue 18",
            &[LINEARIZABILITY],
            |size| {
                let node = |node: Node| node.flawed(Flaw::PromiseForAnyBallot);
                case(model(size.nodes, node, RIVALS, Environment::default().timeouts(Limit::Budget(1))))
            },
        ),
        flawed(
            "cas-paxos-mutant-ballots-not-unique",
            "Ballots are bare rounds: who prepares one a second time is taken for the first",
            "Lamport, Paxos Made Simple (2001), section 2.5",
            &[LINEARIZABILITY],
            |size| {
                let node = |node: Node| node.flawed(Flaw::BallotsNotUnique);
                case(model(size.nodes, node, RIVALS, Environment::default()))
            },
        ),
        flawed(
            "cas-paxos-mutant-ballot-reused-after-restart",
            "A restarted proposer begins again with the ballot that it had, and promises of before count",
            "phxpaxos issue 145",
            &[LINEARIZABILITY],
            |size| {
                let node = |node: Node| node.flawed(Flaw::BallotReusedAfterRestart);
                let environment = Environment::default().crash_recovery(1).crash_only(&[NodeId(0)]);
                let asked = [(0, set('o', 'a')), (0, set('a', 'b')), (2, Read)];
                case(model(size.nodes, node, &asked, environment))
            },
        ),
        flawed(
            "cas-paxos-mutant-forgetful-acceptor",
            "An acceptor answers before what it answers is on its disk, crashes, and has forgotten it",
            "Lamport, Paxos Made Simple (2001), section 2.5",
            &[LINEARIZABILITY],
            |size| {
                let environment = crashes().crash_only(&[NodeId(1)]);
                case(model(size.nodes, |node| node.flawed(Flaw::ForgetfulAcceptor), RIVALS, environment))
            },
        ),
        flawed(
            "cas-paxos-mutant-amnesiac-acceptor",
            "An acceptor comes back without its disk, and breaks its word",
            "Chandra, Griesemer and Redstone, Paxos Made Live (2007), section 5.1",
            &[LINEARIZABILITY],
            |size| {
                let environment = Environment::default().fifo().crash_recovery(1).crash_only(&[NodeId(1)]);
                case(model(size.nodes, |node| node.flawed(Flaw::AmnesiacAcceptor), RIVALS, environment))
            },
        ),
        flawed(
            "cas-paxos-mutant-skips-phase-one-unpromised",
            "A proposer skips phase 1 although nobody has promised it the next ballot",
            "Rystsov, CASPaxos (2018), section 2.2.1",
            &[LINEARIZABILITY],
            |size| {
                let node = |node: Node| node.flawed(Flaw::SkipsPhaseOneUnpromised);
                let asked = [(0, write('a')), (0, Read), (2, write('b'))];
                case(model(size.nodes, node, &asked, Environment::default().fifo()))
            },
        ),
        flawed(
            "cas-paxos-mutant-applies-twice",
            "A change whose acceptance was interrupted is applied again, though another proposer has completed it",
            "Rystsov, CASPaxos (2018), section 2.2",
            &[LINEARIZABILITY],
            |size| {
                let node = |node: Node| node.flawed(Flaw::AppliesTwice);
                let environment = Environment::default().fifo().timeouts(Limit::Budget(1));
                case(model(size.nodes, node, &[(0, set('o', 'a')), (2, Read)], environment))
            },
        ),
        flawed(
            "cas-paxos-mutant-answers-for-others",
            "A node answers what others were asked, too",
            "Rystsov, CASPaxos (2018), section 2.2",
            &[ANSWERS],
            |size| {
                let node = |node: Node| node.flawed(Flaw::AnswersForOthers);
                case(model(size.nodes, node, RIVALS, Environment::default().fifo()))
            },
        ),
        Entry {
            expect: Expectation { unreached: &["2a again"], ..breaks(&[TERMINATION]) },
            ..flawed(
                "cas-paxos-mutant-never-retries",
                "A proposer sets no timer, and waits for ever if a message was lost",
                "Rystsov, CASPaxos (2018), section 2.2",
                &[TERMINATION],
                |size| case(terminating(size, |node| node.flawed(Flaw::NeverRetries))),
            )
        },
        flawed(
            "cas-paxos-mutant-expects-own-promise",
            "An acceptor takes it for granted that what it is asked to accept was prepared here, and panics",
            "\"The bug in Paxos Made Simple\" (2021)",
            &[TOTAL],
            |size| {
                let node = |node: Node| node.flawed(Flaw::ExpectsOwnPromise);
                case(model(size.nodes, node, &[(0, write('a'))], Environment::default()))
            },
        ),
    ]
}
