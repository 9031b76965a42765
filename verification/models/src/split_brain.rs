//! Split brain: a primary is taken for crashed, and is not. Without epochs and quorums, with either, and with both.

use synod_actor::{Beside, NodeId, Stack};
use synod_broadcast::ExcludeOnTimeout;
use synod_checker::{Environment, Limit, System, TOTAL};
use synod_links::FifoLinks;
use synod_properties::{
    RegisterMonitor,
    linearizability::{ANSWERS, LINEARIZABILITY},
};
use synod_registers::{
    Operation::Read,
    PrimaryBackup,
    primary_backup::{Flaw, Msg, Safeguards},
};

use crate::{
    broadcast::outbox::Outbox,
    registers::{Asked, INITIAL, watched, write},
    registry::{Entry, Expectation, HOLDS, Mutant, Scale, Size, breaks, case, mutant, quick, three as entry},
};

/// No two nodes believe to be primary in one epoch. Without epochs it is always the same one.
const ONE_PRIMARY: &str = "one primary per epoch";

type Node = PrimaryBackup<char>;
type Layered = Stack<Node, Beside<Outbox<FifoLinks<Msg<char>>>, ExcludeOnTimeout>>;
type Model = System<Layered, RegisterMonitor<char>>;

/// Nodes of a register, each with a failure detector for those that it watches.
fn model(node: Node, watches: &[&[u16]], asked: &[Asked], environment: Environment) -> Model {
    let crashes = environment.crashes.stop > 0;
    let layered = |(me, watched): (usize, &&[u16])| -> Layered {
        let detector = ExcludeOnTimeout::of(watched.iter().copied().map(NodeId));
        Stack { upper: node.clone(), lower: Beside(Outbox::new(crashes && me == 0), detector) }
    };
    let nodes: Vec<Layered> = watches.iter().enumerate().map(layered).collect();
    watched(nodes, asked, environment.fifo()).invariant(ONE_PRIMARY, |nodes| {
        let mut epochs: Vec<_> = nodes.iter().filter_map(|node| node.live.upper.leads()).collect();
        let believers = epochs.len();
        epochs.sort_unstable();
        epochs.dedup();
        epochs.len() == believers
    })
}

/// The second node suspects the first, whether it has crashed or not.
const SECOND_WATCHES: &[&[u16]] = &[&[], &[0], &[]];
/// So do both others, and the third the second as well.
const ALL_WATCH: &[&[u16]] = &[&[], &[0], &[0, 1]];

/// A node with these safeguards.
fn guarded_by(safeguards: Safeguards) -> Node {
    PrimaryBackup::new(INITIAL, safeguards)
}

fn suspicions(so_many: u8) -> Environment {
    Environment::default().timeouts(Limit::Budget(so_many))
}

/// Whoever is reported has crashed: the first node, if any.
fn perfect_detection() -> Environment {
    Environment::default().synchronous().crash_stop(1).crash_only(&[NodeId(0)])
}

/// Both safeguards, and two that suspect the nodes before them.
fn guarded(size: Size, node: Node) -> Model {
    let asked: &[Asked] = match size.scale {
        Scale::Quick => &[(0, write('a')), (1, Read)],
        Scale::Full => &[(0, write('a')), (1, Read), (2, Read)],
    };
    model(node, ALL_WATCH, asked, suspicions(2))
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "split-brain",
            about: "A primary that is slow is taken for crashed, and there are two that believe",
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| {
                let watches = &SECOND_WATCHES[..size.nodes];
                case(model(guarded_by(Safeguards::NONE), watches, &[], suspicions(1)))
            },
            expect: breaks(&[ONE_PRIMARY]),
            tour: true,
            ..entry()
        },
        Entry {
            name: "split-brain-lost-write",
            about: "Of two primaries that believe, one has never heard of what the other has answered: the write is lost",
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| {
                let asked = [(1, write('b')), (0, Read)];
                let watches = &SECOND_WATCHES[..size.nodes];
                let system = model(guarded_by(Safeguards::NONE), watches, &asked, suspicions(1));
                case(System { invariants: Vec::new(), ..system })
            },
            expect: breaks(&[LINEARIZABILITY]),
            ..entry()
        },
        Entry {
            name: "split-brain-epochs-alone",
            about: "With epochs but without quorums the old primary goes on alone, where nobody tells it of the new one",
            nodes: 2..=2,
            default_nodes: 2,
            build: |_| {
                let safeguards = Safeguards { epochs: true, quorums: false };
                case(model(
                    guarded_by(safeguards),
                    &[&[1], &[0]],
                    &[(0, write('a')), (1, Read)],
                    suspicions(2),
                ))
            },
            expect: breaks(&[LINEARIZABILITY]),
            ..entry()
        },
        Entry {
            name: "split-brain-quorums-alone",
            about: "With quorums but without epochs one backup serves two primaries, and both are sure",
            build: |_| {
                let safeguards = Safeguards { epochs: false, quorums: true };
                let asked = [(0, write('a')), (1, Read)];
                let system = model(guarded_by(safeguards), SECOND_WATCHES, &asked, suspicions(1));
                case(System { invariants: Vec::new(), ..system })
            },
            expect: breaks(&[LINEARIZABILITY]),
            ..entry()
        },
        Entry {
            name: "split-brain-safeguards",
            about: "With epochs and quorums two may believe to be primary, and only one of them can answer",
            build: |size| case(guarded(size, guarded_by(Safeguards::BOTH))),
            expect: HOLDS,
            golden: const { &[quick(3, 134_930, 509_355, 26).reduced(48_557, 178_956, 23)] },
            ..entry()
        },
        Entry {
            name: "split-brain-perfect-detection",
            about: "Where only who has crashed is taken for crashed, a primary and its backups need neither",
            build: |size| {
                let asked: &[Asked] = match size.scale {
                    Scale::Quick => &[(0, write('a')), (1, Read)],
                    Scale::Full => &[(0, write('a')), (0, write('b')), (1, Read), (1, write('c'))],
                };
                let node = guarded_by(Safeguards::NONE);
                case(model(node, &[&[], &[0], &[0]], asked, perfect_detection()))
            },
            expect: Expectation { unreached: &["depose"], ..HOLDS },
            golden: const { &[quick(3, 619, 1_607, 21).reduced(619, 1_607, 21)] },
            ..entry()
        },
    ]
}

fn fault(fault: &'static str, source: &'static str) -> Mutant {
    Mutant { of: "registers", fault, source }
}

const APPROACH: &str = "Budhiraja, Marzullo, Schneider and Toueg, The Primary-Backup Approach (1993)";
const REVISITED: &str = "Liskov and Cowling, Viewstamped Replication Revisited (2012)";

pub(crate) fn mutants() -> Vec<Entry> {
    vec![
        mutant(
            "split-brain-mutant-answers-at-once",
            3,
            fault("A write is answered before any backup has it, and is lost with the primary", APPROACH),
            breaks(&[LINEARIZABILITY]),
            |_| {
                let node = guarded_by(Safeguards::NONE).flawed(Flaw::AnswersAtOnce);
                let asked = [(0, write('a')), (1, Read)];
                case(model(node, &[&[], &[0], &[0]], &asked, perfect_detection()))
            },
        ),
        mutant(
            "split-brain-mutant-takes-over-at-once",
            3,
            fault("A new primary goes on with what it has, and does not ask what others have", REVISITED),
            breaks(&[LINEARIZABILITY]),
            |size| case(guarded(size, guarded_by(Safeguards::BOTH).flawed(Flaw::TakesOverAtOnce))),
        ),
        mutant(
            "split-brain-mutant-epochs-are-nobodys",
            3,
            fault("Whoever takes over begins the next epoch, and two nodes begin the same", REVISITED),
            breaks(&[ONE_PRIMARY]),
            |size| case(guarded(size, guarded_by(Safeguards::BOTH).flawed(Flaw::EpochsAreNobodys))),
        ),
        mutant(
            "split-brain-mutant-answers-by-count",
            2,
            fault("Answers are numbered as they come, and not by what was asked", APPROACH),
            breaks(&[ANSWERS]),
            |_| {
                let node = guarded_by(Safeguards::NONE).flawed(Flaw::AnswersByCount);
                let system = model(node, &[&[], &[0]], &[(0, Read), (1, Read)], suspicions(1));
                case(System { invariants: Vec::new(), ..system })
            },
        ),
        mutant(
            "split-brain-mutant-expects-to-be-alone",
            2,
            fault(
                "A primary takes it for granted that there is no other, and panics when it hears of one",
                APPROACH,
            ),
            breaks(&[TOTAL]),
            |_| {
                let node = guarded_by(Safeguards::NONE).flawed(Flaw::ExpectsToBeAlone);
                let system = model(node, &[&[], &[0]], &[(0, Read)], suspicions(1));
                case(System { invariants: Vec::new(), ..system })
            },
        ),
    ]
}
