//! Two-phase commit, as it should be, with its well-known blocking.

use synod_actor::NodeId;
use synod_atomic_commit::{Request, TwoPhase, Vote};
use synod_checker::{Environment, Limit, System};
use synod_properties::{AtomicCommitMonitor, atomic_commit::TERMINATION};

use crate::registry::{Entry, Expectation, HOLDS, Scale, case, quick};

pub(crate) type Model = System<TwoPhase, AtomicCommitMonitor>;

/// What the participants' clients say.
#[derive(Clone, Copy)]
pub(crate) enum Votes {
    /// Each yes.
    Yes,
    /// Each either.
    Any,
}

/// A transaction that is begun at the first node, with all others voting.
pub(crate) fn model(nodes: usize, two_phase: TwoPhase, votes: Votes, environment: Environment) -> Model {
    let group = NodeId::group(nodes);
    let monitor = AtomicCommitMonitor::new(&group);
    let alternatives = match votes {
        Votes::Yes => vec![Request::Vote(Vote::Yes)],
        Votes::Any => vec![Request::Vote(Vote::Yes), Request::Vote(Vote::No)],
    };
    let system = System::new(vec![two_phase; nodes], monitor)
        .environment(environment)
        .request(group[0], Request::Begin);
    let voting =
        group[1..].iter().fold(system, |system, &node| system.request_one_of(node, alternatives.clone()));
    voting.symmetric(&group[1..])
}

/// With an eye on termination too.
pub(crate) fn watched(mut model: Model) -> Model {
    model.monitor = model.monitor.terminates();
    model.terminates()
}

/// Only the coordinator crashes.
pub(crate) fn coordinator_crashes() -> Environment {
    Environment::default().crash_only(&[NodeId(0)])
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "two-phase-atomicity",
            about: "Coordinator and participants crash and restart, and still all commit or all abort",
            nodes: 2..=4,
            default_nodes: 4,
            build: |size| {
                let crashes = match size.scale {
                    Scale::Quick => 1,
                    Scale::Full => 2,
                };
                let environment =
                    Environment::default().crash_recovery(crashes).delayed_disk().timeouts(Limit::Budget(1));
                case(model(size.nodes, TwoPhase::new(), Votes::Any, environment))
            },
            expect: HOLDS,
            golden: const {
                &[quick(4, 1_267_828, 7_073_124, 37)
                    .reduced(937_744, 5_233_372, 35)
                    .symmetric(144_909, 811_757, 35)]
            },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "two-phase-lossy",
            about: "Links that lose and duplicate do not break atomicity either",
            nodes: 2..=4,
            default_nodes: 4,
            build: |size| {
                let budget = match size.scale {
                    Scale::Quick => 1,
                    Scale::Full => 2,
                };
                let environment = Environment::default()
                    .lossy(Limit::Unbounded)
                    .duplicating(Limit::Unbounded)
                    .crash_recovery(1)
                    .timeouts(Limit::Budget(budget));
                case(model(size.nodes, TwoPhase::new(), Votes::Any, environment))
            },
            expect: HOLDS,
            golden: const {
                &[quick(4, 44_371, 507_991, 26).reduced(30_343, 293_598, 19).symmetric(5_724, 54_787, 19)]
            },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "two-phase-blocking",
            about: "If the coordinator dies for good, participants that voted yes wait for ever: it blocks",
            nodes: 2..=4,
            default_nodes: 3,
            build: |size| {
                let environment = coordinator_crashes().crash_stop(1).copies(1).timeouts(Limit::Unbounded);
                case(watched(model(size.nodes, TwoPhase::new(), Votes::Yes, environment)))
            },
            // Who presumes abort is a coordinator that comes back.
            expect: Expectation { violated: &[TERMINATION], unreached: &["presume abort"] },
            golden: const { &[quick(3, 6046, 35_937, 21).reduced(1_802, 10_489, 16)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "two-phase-cooperation",
            about: "If the coordinator dies for good but one participant has not voted, its peers learn the outcome from it",
            nodes: 3..=4,
            default_nodes: 3,
            build: |size| {
                let environment = coordinator_crashes().crash_stop(1).copies(1).timeouts(Limit::Unbounded);
                let mut system = watched(model(size.nodes, TwoPhase::new(), Votes::Yes, environment));
                system.requests.pop(); // the last participant's vote
                case(system.deadlock_free())
            },
            // Without that vote there is no commit, and a coordinator that dies does not come back to presume.
            expect: Expectation {
                unreached: &[
                    "acknowledge again",
                    "answer",
                    "commit",
                    "end",
                    "learn commit",
                    "presume abort",
                    "resend",
                ],
                ..HOLDS
            },
            golden: const { &[quick(3, 293, 1190, 12).reduced(174, 681, 11)] },
            mutant: None,
            tour: false,
        },
        Entry {
            name: "two-phase-recovers",
            about: "If the coordinator comes back, everyone in doubt learns the outcome",
            nodes: 2..=4,
            default_nodes: 3,
            build: |size| {
                let crashes = match size.scale {
                    Scale::Quick => 1,
                    Scale::Full => 2,
                };
                let environment =
                    coordinator_crashes().crash_recovery(crashes).copies(1).timeouts(Limit::Unbounded);
                case(watched(model(size.nodes, TwoPhase::new(), Votes::Any, environment)).deadlock_free())
            },
            expect: HOLDS,
            golden: const { &[quick(3, 19_475, 103_086, 22).reduced(7_120, 37_860, 19)] },
            mutant: None,
            tour: true,
        },
        Entry {
            name: "two-phase-fault-free",
            about: "If all vote yes and nothing fails, everyone commits",
            nodes: 2..=5,
            default_nodes: 4,
            build: |size| {
                case(
                    watched(model(size.nodes, TwoPhase::new(), Votes::Yes, Environment::default()))
                        .deadlock_free(),
                )
            },
            expect: Expectation {
                unreached: &[
                    "abort",
                    "acknowledge again",
                    "answer",
                    "answer peer",
                    "inquire",
                    "learn abort",
                    "presume abort",
                    "resend",
                    "vote no",
                ],
                ..HOLDS
            },
            golden: const { &[quick(4, 159, 449, 16).reduced(159, 449, 16)] },
            mutant: None,
            tour: false,
        },
    ]
}
