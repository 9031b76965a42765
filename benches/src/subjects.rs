//! The systems that both checkers explore.
//!
//! Most are models of `synod_models` at their quick bounds, here with the actor's own type and not behind a pointer, so that
//! neither checker pays for that. Two are made for the comparison, for they verify nothing that
//! no model does: Paxos without any fault, which is as plain as a system gets; and `paxos-survivor` without the
//! properties that only our checker knows, so that both have the same to do.

use std::sync::Arc;

use synod_actor::NodeId;
use synod_checker::{Environment, System};
use synod_consensus::Paxos;
use synod_models::{
    Scale, Size,
    paxos::{Model, agreement, crash_recovery, survivor},
};
use synod_properties::ConsensusMonitor;

/// A system to explore.
pub struct Subject {
    /// Its name.
    pub name: &'static str,
    /// Whether the bars about Paxos mean it.
    pub is_judged: bool,
    /// How often to measure it: less often where a run takes long.
    pub rounds: usize,
    build: fn() -> Model,
}

impl Subject {
    /// Builds it.
    pub fn system(&self) -> Arc<Model> {
        Arc::new((self.build)())
    }

    /// Whether it is explored in a moment, by either checker.
    pub fn is_small(&self) -> bool {
        self.rounds >= SMALL
    }

    /// Whether a checker needs a while for it.
    pub fn is_large(&self) -> bool {
        self.rounds <= LARGE
    }
}

/// Small systems are measured so often.
const SMALL: usize = 7;
/// Large ones only so often.
const LARGE: usize = 3;

/// All of them, the small ones first.
pub fn all() -> Vec<Subject> {
    vec![
        Subject { name: "paxos-agreement", is_judged: true, rounds: SMALL, build: || agreement(QUICK) },
        Subject {
            name: "paxos, no faults",
            is_judged: true,
            rounds: 5,
            build: || paxos(ConsensusMonitor::new(), Environment::default()),
        },
        Subject {
            name: "paxos-survivor, safety only",
            is_judged: true,
            rounds: 5,
            build: || {
                let monitor = ConsensusMonitor::new().everyone_terminates(&NodeId::group(3));
                paxos(monitor, Environment::default().synchronous().crash_stop(1))
            },
        },
        Subject {
            name: "paxos-survivor",
            is_judged: false, // ours has more to do: termination, and no deadlock
            rounds: 5,
            build: || survivor(QUICK),
        },
        Subject {
            name: "paxos-crash-recovery",
            is_judged: true,
            rounds: LARGE,
            build: || crash_recovery(QUICK),
        },
    ]
}

/// The one of this name.
pub fn find(name: &str) -> Option<Subject> {
    all().into_iter().find(|subject| subject.name == name)
}

const QUICK: Size = Size { nodes: 3, scale: Scale::Quick };

/// Three nodes, the first and the last of which are asked to propose.
fn paxos(monitor: ConsensusMonitor<char>, environment: Environment) -> Model {
    System::new(vec![Paxos::new(); 3], monitor)
        .environment(environment)
        .request(NodeId(0), 'a')
        .request(NodeId(2), 'b')
}
