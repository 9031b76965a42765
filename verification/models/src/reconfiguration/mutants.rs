//! Reconfiguration with one fault at a time. Bounds are just wide enough to show the fault.

use synod_actor::NodeId;
use synod_checker::{Environment, Limit};
use synod_consensus::{log::Request, reconfiguration::Flaw};
use synod_properties::{
    LogMonitor,
    log::{AGREEMENT, CATCHING_UP, FRESH_READS, ONE_LEADER, TERMINATION, VALIDITY},
};

use super::{
    CHANGE_ENDS, append, change, layer, model, moving, nodes, observed, over_multi_paxos, over_viewstamped,
};
use crate::registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant};

const VRR: &str = "Liskov and Cowling, Viewstamped Replication Revisited (2012), section 7";
const RSM: &str = "Lamport, Malkhi and Zhou, Reconfiguring a State Machine (2010), section 3";

/// An entry for a fault that shows among so many nodes.
fn entry(
    name: &'static str,
    so_many: usize,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, so_many, Mutant { of: "consensus", fault, source }, breaks(violated), build)
}

/// The same, where these marks are not reached in the whole of what is possible, for no violation of safety ends the search.
fn quietly(entry: Entry, unreached: &'static [&'static str]) -> Entry {
    Entry { expect: Expectation { unreached, ..entry.expect }, ..entry }
}

/// What nobody does where a log moves between two nodes, and gets lost.
const LOST: &[&str] = &[
    "append",
    "ask",
    "backup",
    "batch",
    "catch up",
    "compact",
    "read",
    "recover",
    "recovered",
    "repeat",
    "restore",
    "snapshot",
    "view change",
    "vote",
];

/// A log that moves from the first node to the second, with a fault, and a message lost.
fn loses(size: Size, flaw: Flaw) -> Box<dyn Case> {
    let environment = Environment::default().fifo().synchronous().lossy(Limit::Budget(1));
    case(moving(size, &layer(&[0]).flawed(flaw), &[append(0, 'a'), change(0, &[1])], environment))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        // Stopping.
        entry(
            "vsr-mutant-counts-behind-stop",
            2,
            "What a configuration commits behind its stop is told, though it was refused when the stop was executed",
            VRR,
            &[VALIDITY],
            |size| {
                let layer = layer(&[0, 1]).flawed(Flaw::CountsBehindStop);
                let requests = [change(0, &[1]), append(0, 'a')];
                let environment = Environment::default().fifo();
                case(model(nodes(size, &layer, &over_viewstamped(), &[]), &requests, environment))
            },
        ),
        entry(
            "multi-paxos-mutant-succeeds-before-commit",
            3,
            "A node begins the next configuration when it is asked for, and the present one commits something else",
            RSM,
            &[AGREEMENT],
            |size| {
                let layer = layer(&[0, 1]).flawed(Flaw::SucceedsBeforeCommit);
                let environment = Environment::default().fifo().timeouts(Limit::Budget(1));
                let nodes = nodes(size, &layer, &over_multi_paxos(), &[0]);
                let requests = [change(0, &[1, 2]), append(1, 'a')];
                case(observed(nodes, &requests, LogMonitor::new(), environment))
            },
        ),
        quietly(
            entry(
                "vsr-mutant-forgets-commands",
                2,
                "What was appended behind the stop is passed over in silence, and its client waits for ever",
                VRR,
                &[TERMINATION],
                |size| {
                    let layer = layer(&[0, 1]).flawed(Flaw::ForgetsCommands);
                    let nodes = nodes(size, &layer, &over_viewstamped(), &[]);
                    let monitor = LogMonitor::new().appends_terminate();
                    let requests = [change(0, &[1]), append(0, 'a')];
                    case(observed(nodes, &requests, monitor, Environment::default().fifo()).terminates())
                },
            ),
            &[
                "ask",
                "batch",
                "catch up",
                "compact",
                "get state",
                "new state",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
                "view change",
                "vote",
            ],
        ),
        entry(
            "vsr-mutant-passes-old-barriers",
            3,
            "A barrier that the old configuration passes behind its stop misses what the next one has committed",
            "Ongaro, Consensus: Bridging Theory and Practice (2014), section 6.4",
            &[FRESH_READS],
            |size| {
                let layer = layer(&[0, 1]).flawed(Flaw::PassesOldBarriers);
                let nodes = nodes(size, &layer, &over_viewstamped(), &[]);
                let requests = [change(0, &[0, 2]), append(0, 'a'), (1, Request::Barrier(1))];
                case(observed(nodes, &requests, LogMonitor::new(), Environment::default()))
            },
        ),
        entry(
            "vsr-mutant-epochs-collide",
            2,
            "The first views of two configurations are one epoch, which two replicas lead",
            VRR,
            &[ONE_LEADER],
            |size| {
                let layer = layer(&[0]).flawed(Flaw::EpochsCollide);
                let nodes = nodes(size, &layer, &over_viewstamped(), &[]);
                case(observed(nodes, &[change(0, &[1])], LogMonitor::new(), Environment::default()))
            },
        ),
        // Succeeding.
        quietly(
            entry(
                "vsr-mutant-begins-without-state",
                2,
                "A new member says that it has begun before it has the state, and then nobody has it who could tell",
                VRR,
                &[CATCHING_UP],
                |size| loses(size, Flaw::BeginsWithoutState),
            ),
            &[
                "append",
                "ask",
                "backup",
                "batch",
                "catch up",
                "compact",
                "get state",
                "new state",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
                "view change",
                "vote",
            ],
        ),
        quietly(
            entry(
                "vsr-mutant-confirms-before-durable",
                2,
                "A new member says that it has begun, the old one lets go, and a crash takes the state of the new one",
                VRR,
                &[CATCHING_UP, CHANGE_ENDS],
                |size| {
                    let environment = Environment::default().synchronous().copies(1).crash_recovery(1);
                    let environment = environment.crash_only(&[NodeId(1)]).delayed_disk();
                    let layer = layer(&[0]).flawed(Flaw::ConfirmsBeforeDurable);
                    case(moving(size, &layer, &[change(0, &[1])], environment))
                },
            ),
            &[
                "append",
                "ask",
                "backup",
                "batch",
                "catch up",
                "compact",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
            ],
        ),
        entry(
            "vsr-mutant-succeeds-at-change",
            2,
            "At a new member the next configuration begins at the change, and not behind it",
            RSM,
            &[AGREEMENT],
            |size| {
                let layer = layer(&[0]).flawed(Flaw::SucceedsAtChange);
                let nodes = nodes(size, &layer, &over_viewstamped(), &[]);
                let requests = [change(0, &[1]), append(1, 'a')];
                case(observed(nodes, &requests, LogMonitor::new(), Environment::default()))
            },
        ),
        quietly(
            entry(
                "vsr-mutant-retires-early",
                2,
                "Those who go tell those who come once, and retire: if that is lost, nobody can give the state",
                VRR,
                &[CATCHING_UP, CHANGE_ENDS],
                |size| loses(size, Flaw::RetiresEarly),
            ),
            LOST,
        ),
        quietly(
            entry(
                "vsr-mutant-never-repeats",
                2,
                "A new member that a lost message would have told of the next configuration is not told again",
                VRR,
                &[CATCHING_UP, CHANGE_ENDS],
                |size| loses(size, Flaw::NeverRepeats),
            ),
            LOST,
        ),
    ]
}
