//! Fast Paxos: as it should be, with quorums that are too small, and with one fault at a time.

use synod_actor::{Actor, NodeId};
use synod_checker::{Environment, Limit, System, TOTAL};
use synod_consensus::{
    FastPaxos,
    fast_paxos::{FAST, Flaw, Record, Sizes},
    paxos::Ballot,
};
use synod_properties::{
    ConsensusMonitor,
    consensus::{AGREEMENT, INTEGRITY, TERMINATION, VALIDITY},
};

use crate::registry::{
    Case, Entry, Expectation, HOLDS, Mutant, Scale, Size, breaks, case, mutant, quick, three as entry,
};

type Node = FastPaxos<char>;
type Model = System<Node, ConsensusMonitor<char>>;

/// What the fast round has chosen is all that is accepted in later ones.
const CHOSEN_STAYS: &str = "what is chosen stays";

fn node(index: u16) -> NodeId {
    NodeId(index)
}

/// So many nodes, of which the first and the last are asked to propose `'a'` and `'b'`.
fn two(sizes: Sizes, flawed: impl Fn(Node) -> Node, environment: Environment) -> Model {
    let last = u16::try_from(sizes.nodes - 1).expect("few");
    System::new(vec![flawed(FastPaxos::new(sizes)); sizes.nodes], ConsensusMonitor::new())
        .environment(environment)
        .request(node(0), 'a')
        .request(node(last), 'b')
}

/// Four nodes after a collision: three have voted for `a`, which is thereby chosen, and nobody knows. The fourth has voted for
/// its own `b`, has lost patience, and chooses from what it hears.
fn chosen_unnoticed(flawed: impl Fn(Node) -> Node, environment: Environment) -> Model {
    let mut nodes = vec![flawed(FastPaxos::new(Sizes::of(4))); 4];
    for (node, value) in nodes.iter_mut().zip("aaab".chars()) {
        node.replay(Record::Accepted(FAST, value));
    }
    nodes[0].replay(Record::Input('a'));
    nodes[3].replay(Record::Input('b'));
    System::new(nodes, ConsensusMonitor::new().proposed(['a', 'b'])).environment(environment).invariant(
        CHOSEN_STAYS,
        |nodes| {
            let keeps = |(ballot, value): &(Ballot, char)| *ballot == FAST || *value == 'a';
            nodes.iter().all(|node| node.live.accepted().is_none_or(keeps))
        },
    )
}

/// Four nodes, of which the last has voted for its own `b`, has lost patience, and begins a classic round, while `a` is proposed.
fn impatient_rival(flawed: impl Fn(Node) -> Node) -> Model {
    let mut nodes = vec![flawed(FastPaxos::new(Sizes::of(4))); 4];
    nodes[3].replay(Record::Input('b'));
    nodes[3].replay(Record::Accepted(FAST, 'b'));
    System::new(nodes, ConsensusMonitor::new().proposed(['b']))
        .environment(reliable().fifo())
        .request(node(0), 'a')
}

/// Every node that proposed decides, with timeouts that tell who is silent, and some messages lost.
fn terminating(size: Size, flawed: impl Fn(Node) -> Node) -> Model {
    let losses = match size.scale {
        Scale::Quick => 1,
        Scale::Full => 2,
    };
    let environment = Environment::default().synchronous().lossy(Limit::Budget(losses));
    System::new(
        vec![flawed(FastPaxos::new(Sizes::of(size.nodes))); size.nodes],
        ConsensusMonitor::new().proposers_terminate(),
    )
    .environment(environment)
    .request(node(1), 'a')
    .terminates()
}

fn reliable() -> Environment {
    Environment::default()
}

fn crashes() -> Environment {
    reliable().fifo().crash_recovery(1).delayed_disk()
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "fast-paxos-agreement",
            about: "Two proposals that go to the acceptors at once, and may collide there, never lead to two decisions",
            build: |size| {
                let environment = match size.scale {
                    Scale::Quick => reliable().fifo(),
                    Scale::Full => reliable().lossy(Limit::Unbounded).timeouts(Limit::Budget(1)),
                };
                case(two(Sizes::of(size.nodes), |node| node, environment))
            },
            expect: Expectation { unreached: &["nack"], ..HOLDS },
            golden: const { &[quick(3, 3_330, 11_029, 22).reduced(1_206, 3_834, 17)] },
            ..entry()
        },
        Entry {
            name: "fast-paxos-crash-recovery",
            about: "A node that crashes, loses what its disk had not written, and comes back, keeps its vote",
            build: |size| {
                let environment = match size.scale {
                    Scale::Quick => crashes().crash_only(&[node(1)]),
                    Scale::Full => crashes(),
                };
                case(two(Sizes::of(size.nodes), |node| node, environment))
            },
            expect: Expectation { unreached: &["nack"], ..HOLDS },
            golden: const { &[quick(3, 48_799, 171_960, 35).reduced(23_239, 76_493, 30)] },
            ..entry()
        },
        Entry {
            name: "fast-paxos-chosen-unnoticed",
            about: "A classic round finds several values, and picks the one that the fast round may have chosen",
            nodes: 4..=4,
            default_nodes: 4,
            build: |_| case(chosen_unnoticed(|node| node, reliable().fifo())),
            expect: Expectation { unreached: &["chosen fast", "collision", "propose", "vote"], ..HOLDS },
            golden: const { &[quick(4, 24_427, 101_499, 29).reduced(3_180, 12_075, 21)] },
            ..entry()
        },
        Entry {
            name: "fast-paxos-small-quorums",
            about: "Two of three nodes are no fast quorum: with majorities a classic round cannot tell what was chosen",
            build: |size| {
                let sizes = Sizes { nodes: size.nodes, classic: 2, fast: 2 };
                case(two(sizes, |node| node, reliable().fifo().timeouts(Limit::Budget(1))))
            },
            expect: breaks(&[AGREEMENT]),
            ..entry()
        },
        Entry {
            name: "fast-paxos-termination",
            about: "Who proposes decides at last, though a message is lost",
            build: |size| case(terminating(size, |node| node)),
            expect: Expectation { unreached: &["collision", "nack"], ..HOLDS },
            golden: const { &[quick(3, 932, 3_015, 18).reduced(719, 2_313, 17)] },
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
            "fast-paxos-mutant-votes-again",
            "An acceptor votes for each value that it sees in the fast round, not only for the first",
            "Lamport, Fast Paxos (2006), section 3",
            &[AGREEMENT],
            |size| case(two(Sizes::of(size.nodes), |node| node.flawed(Flaw::VotesAgain), reliable())),
        ),
        Entry {
            nodes: 4..=4,
            default_nodes: 4,
            ..flawed(
                "fast-paxos-mutant-votes-below-promise",
                "An acceptor votes in the fast round although it has promised a higher one",
                "Lamport, Fast Paxos (2006), section 2",
                &[AGREEMENT],
                |_| case(impatient_rival(|node| node.flawed(Flaw::VotesBelowPromise))),
            )
        },
        flawed(
            "fast-paxos-mutant-votes-before-durable",
            "An acceptor tells its vote before it is on the disk, crashes, and votes for another value",
            "Lamport, Fast Paxos (2006), section 2",
            &[AGREEMENT],
            |size| {
                let environment = crashes().crash_only(&[node(1)]).timeouts(Limit::Budget(1));
                case(two(Sizes::of(size.nodes), |node| node.flawed(Flaw::VotesBeforeDurable), environment))
            },
        ),
        Entry {
            nodes: 4..=4,
            default_nodes: 4,
            ..flawed(
                "fast-paxos-mutant-picks-any-vote",
                "A classic round takes any value that was voted for in the fast one, as if there could be only one",
                "Lamport, Fast Paxos (2006), section 3",
                &[CHOSEN_STAYS],
                |_| {
                    let environment = reliable().fifo();
                    case(chosen_unnoticed(|node| node.flawed(Flaw::PicksAnyVote), environment))
                },
            )
        },
        Entry {
            nodes: 4..=4,
            default_nodes: 4,
            ..flawed(
                "fast-paxos-mutant-ignores-fast-votes",
                "A classic round is not bound by the votes of the fast one",
                "Lamport, Fast Paxos (2006), section 3",
                &[CHOSEN_STAYS],
                |_| {
                    let environment = reliable().fifo();
                    case(chosen_unnoticed(|node| node.flawed(Flaw::IgnoresFastVotes), environment))
                },
            )
        },
        flawed(
            "fast-paxos-mutant-decides-again",
            "A node that has decided decides again whenever it is told again",
            "Cachin, Guerraoui and Rodrigues (2011), section 5.1, integrity",
            &[INTEGRITY],
            |size| case(two(Sizes::of(size.nodes), |node| node.flawed(Flaw::DecidesAgain), reliable())),
        ),
        flawed(
            "fast-paxos-mutant-foreign-disk",
            "A node starts from the disk of another instance, with a vote for what nobody proposed here",
            "Chandra, Griesemer and Redstone, Paxos Made Live (2007), section 5.1",
            &[VALIDITY],
            |size| {
                let mut system = two(Sizes::of(size.nodes), |node| node, reliable().fifo());
                system.nodes[1].replay(Record::Accepted(Ballot { round: 2, proposer: node(2) }, 'z'));
                system.environment = system.environment.timeouts(Limit::Budget(1));
                case(system)
            },
        ),
        Entry {
            expect: Expectation {
                violated: &[TERMINATION],
                unreached: &["1a", "1b", "2a", "2a picks", "2b", "chosen", "collision", "nack"],
            },
            ..flawed(
                "fast-paxos-mutant-never-retries",
                "A proposer sets no timer, and waits for ever if a vote was lost",
                "Lamport, Fast Paxos (2006), section 3",
                &[TERMINATION],
                |size| case(terminating(size, |node| node.flawed(Flaw::NeverRetries))),
            )
        },
        flawed(
            "fast-paxos-mutant-expects-no-collision",
            "A learner takes it for granted that all vote alike, and panics when they do not",
            "Lamport, Fast Paxos (2006), section 3",
            &[TOTAL],
            |size| case(two(Sizes::of(size.nodes), |node| node.flawed(Flaw::ExpectsNoCollision), reliable())),
        ),
    ]
}
