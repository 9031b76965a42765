//! Changes of members by stopping one log and starting the next, over each log that cannot do it itself.
//!
//! Commands and snapshots are letters. Members {0, 1} are followed by {1, 2} or {0, 2} where nothing else is said: one goes, one stays, one
//! comes. Of Viewstamped Replication the first view needs no election, so most models are over it.

mod mutants;

use synod_actor::{NodeId, Seed};
use synod_checker::{Environment, Limit, NodeView, System};
use synod_consensus::{
    Log, Membership, MultiPaxos, Quorums, Reconfiguration, Viewstamped, Zab,
    log::{Replica, Request},
    multi_paxos,
    reconfiguration::{Appended, Reconfigured, Settings},
    viewstamped, zab,
};
use synod_properties::{
    LogMonitor,
    log::state::{COMMITTED_AGREE, ONE_LEADER, committed_agree, one_leader},
};

use crate::{
    logs::{Asked, append},
    patience::{Impatient, Patient, impatient},
    registry::{Entry, Scale, Size, case, quick, three as entry, unreached},
};

type Layer = Reconfiguration<char, char>;
type OverMultiPaxos = Patient<MultiPaxos<Appended<char>, char>>;
type OverViewstamped = Patient<Viewstamped<Appended<char>, char>>;
type OverZab = Patient<Zab<Appended<char>, char>>;

/// A node of a log whose members change.
type Node<A> = Reconfigured<A, char, char>;
type Model<A> = System<Node<A>, LogMonitor<char, char>>;

/// That the next configuration is led, and all its members have begun it.
const CHANGE_ENDS: &str = "a change can end";

fn members(of: &[u16]) -> Membership {
    Membership::of(of.iter().copied().map(NodeId))
}

fn layer(of: &[u16]) -> Layer {
    Reconfiguration::new(members(of), Settings::default())
}

/// That these are to be the members.
fn change(at: u16, to: &[u16]) -> Asked {
    (at, Request::Change(members(to)))
}

fn over_multi_paxos() -> OverMultiPaxos {
    let quorums = Quorums::majority(&members(&[0]).voters);
    Patient::new(MultiPaxos::new(quorums, multi_paxos::Settings::default()))
}

/// Replicas that repeat nothing.
fn over_viewstamped() -> OverViewstamped {
    let mut log = talkative();
    log.silent = &[viewstamped::Timer::Resend, viewstamped::Timer::Idle];
    log
}

/// Replicas of which a primary repeats itself.
fn talkative() -> OverViewstamped {
    let mut log = Patient::new(Viewstamped::new(members(&[0]), viewstamped::Settings::default()));
    log.silent = &[viewstamped::Timer::Resend];
    log
}

/// Nodes that follow the first one.
fn over_zab() -> OverZab {
    let election = zab::Election::Oracle(vec![NodeId(0)]);
    let mut log =
        Patient::new(Zab::new(members(&[0]), zab::Settings { election, ..zab::Settings::default() }));
    log.silent = &[zab::Timer::Resend, zab::Timer::Tick];
    log
}

/// So many nodes, of which these lose patience with the leaders of their logs.
fn nodes<A>(size: Size, layer: &Layer, log: &Patient<A>, only: &[u16]) -> Vec<Node<Patient<A>>>
where
    A: Impatient + Seed<Membership, Provides = Log<Appended<char>, char>>,
{
    let logs = impatient(only, vec![log.clone(); size.nodes]);
    logs.into_iter().map(|log| layer.clone().over(log)).collect()
}

/// The nodes and what is asked, as their clients see them.
fn observed<A>(
    nodes: Vec<Node<A>>,
    requests: &[Asked],
    monitor: LogMonitor<char, char>,
    environment: Environment,
) -> Model<A>
where
    A: Seed<Membership, Provides = Log<Appended<char>, char>, Uses = synod_actor::Nothing>,
{
    let system = System::new(nodes, monitor).environment(environment);
    requests.iter().cloned().fold(system, |system, (at, request)| system.request(NodeId(at), request))
}

/// The same, with all that must hold of their states.
fn model<A>(nodes: Vec<Node<A>>, requests: &[Asked], environment: Environment) -> Model<A>
where
    A: Seed<Membership, Provides = Log<Appended<char>, char>, Uses = synod_actor::Nothing> + Replica,
{
    fn all_of<A: Seed<Membership> + Replica>(
        nodes: &[NodeView<'_, Node<A>>],
        holds: fn(&[&Node<A>]) -> bool,
    ) -> bool {
        holds(&nodes.iter().map(|node| node.live).collect::<Vec<_>>())
    }
    observed(nodes, requests, LogMonitor::new(), environment)
        .invariant(ONE_LEADER, |nodes| all_of(nodes, one_leader))
        .invariant(COMMITTED_AGREE, |nodes| all_of(nodes, committed_agree))
}

/// A change from the first of two nodes to the second, which may lose a message: it can end, and what was committed is told.
fn moving(size: Size, layer: &Layer, requests: &[Asked], environment: Environment) -> Model<OverViewstamped> {
    let monitor = LogMonitor::new().appends_terminate().everyone_catches_up(&[NodeId(1)]);
    observed(nodes(size, layer, &over_viewstamped(), &[]), requests, monitor, environment)
        .terminates()
        .always_possible(CHANGE_ENDS, |nodes, _| has_ended(nodes, 1))
}

/// Whether all that are to be members, which these are the last of, have begun the next configuration, and one of them leads it.
fn has_ended<A: Seed<Membership> + Replica>(nodes: &[NodeView<'_, Node<A>>], last: usize) -> bool {
    let of_next = &nodes[nodes.len() - last..];
    of_next.iter().all(|node| node.up && node.live.upper.configuration().number == 1)
        && of_next.iter().any(|node| node.live.leads())
}

pub(crate) fn entries_of_reconfiguration() -> Vec<Entry> {
    let mut entries = vec![
        Entry {
            name: "multi-paxos-reconfiguration",
            about: "Multi-Paxos is stopped, and the next members go on: one log, whoever leads the one or the other",
            build: |size| {
                let nodes = nodes(size, &layer(&[0, 1]), &over_multi_paxos(), &[0, 1]);
                let requests = [change(0, &[1, 2]), append(1, 'a')];
                let environment = Environment::default().fifo().timeouts(Limit::Budget(2));
                case(model(nodes, &requests, environment))
            },
            expect: unreached(&[
                "batch",
                "catch up",
                "compact",
                "fill gap",
                "install",
                "read",
                "restore",
                "snapshot",
                "take over",
            ]),
            golden: const { &[quick(3, 43_683, 125_074, 34).reduced(31_926, 90_584, 32)] },
            ..entry()
        },
        Entry {
            name: "vsr-reconfiguration",
            about: "A configuration of Viewstamped Replication follows another one, through a view change in either",
            build: |size| {
                let requests = [change(0, &[1, 2]), append(0, 'a'), append(1, 'b')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..2],
                    Scale::Full => &requests,
                };
                let environment = Environment::default().fifo().timeouts(Limit::Budget(1));
                case(model(nodes(size, &layer(&[0, 1]), &over_viewstamped(), &[1]), requests, environment))
            },
            expect: unreached(&[
                "ask",
                "batch",
                "catch up",
                "compact",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
            ]),
            golden: const { &[quick(3, 11_883, 34_754, 26).reduced(8_101, 23_429, 24)] },
            ..entry()
        },
        Entry {
            name: "vsr-reconfiguration-reordered",
            about: "Messages of two configurations overtake each other, and what is read is what both have committed",
            build: |size| {
                let requests = [change(0, &[0, 2]), append(0, 'a'), (1, Request::Barrier(1))];
                case(model(
                    nodes(size, &layer(&[0, 1]), &over_viewstamped(), &[]),
                    &requests,
                    Environment::default(),
                ))
            },
            expect: unreached(&[
                "batch",
                "compact",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
                "view change",
                "vote",
            ]),
            golden: const { &[quick(3, 31_235, 112_899, 27).reduced(23_809, 87_224, 23)] },
            ..entry()
        },
        Entry {
            name: "vsr-reconfiguration-recovery",
            about: "A member of both configurations, or of one, crashes, loses what its disk had not written, and comes back",
            build: |size| {
                let requests = [change(0, &[1, 2]), append(1, 'a')];
                let requests = match size.scale {
                    Scale::Quick => &requests[..1],
                    Scale::Full => &requests,
                };
                let environment = Environment::default().fifo().crash_recovery(1).delayed_disk();
                case(model(nodes(size, &layer(&[0, 1]), &over_viewstamped(), &[]), requests, environment))
            },
            expect: unreached(&[
                "ask",
                "batch",
                "catch up",
                "compact",
                "read",
                "recover",
                "recovered",
                "repeat",
                "restore",
                "snapshot",
            ]),
            golden: const { &[quick(3, 39_647, 130_631, 45).reduced(27_753, 87_264, 43)] },
            ..entry()
        },
        Entry {
            name: "vsr-reconfiguration-snapshot",
            about: "A new member is given a snapshot in place of what was committed before, and the entries behind it",
            build: |size| {
                let requests = [append(0, 'a'), (0, Request::Snapshot(1, 's')), change(0, &[0, 2])];
                let environment = Environment::default().fifo();
                case(model(nodes(size, &layer(&[0, 1]), &over_viewstamped(), &[]), &requests, environment))
            },
            expect: unreached(&[
                "ask",
                "batch",
                "catch up",
                "read",
                "recover",
                "recovered",
                "repeat",
                "view change",
                "vote",
            ]),
            golden: const { &[quick(3, 3_090, 8_217, 18).reduced(2_357, 6_170, 17)] },
            ..entry()
        },
        Entry {
            name: "vsr-reconfiguration-termination",
            about: "A change ends, and the new members are told everything, when timeouts tell who is silent",
            build: |size| {
                let environment = Environment::default().fifo().synchronous().lossy(Limit::Budget(1));
                let monitor = LogMonitor::new().appends_terminate();
                let monitor = monitor.everyone_catches_up(&[NodeId(1), NodeId(2)]);
                let requests = [append(0, 'a'), change(0, &[1, 2])];
                let nodes = nodes(size, &layer(&[0, 1]), &talkative(), &[]);
                let model = observed(nodes, &requests, monitor, environment).terminates();
                case(model.always_possible(CHANGE_ENDS, |nodes, _| has_ended(nodes, 2)))
            },
            expect: unreached(&[
                "batch",
                "compact",
                "read",
                "recover",
                "recovered",
                "restore",
                "snapshot",
                "view change",
                "vote",
            ]),
            golden: const { &[quick(3, 2_395, 6_587, 24).reduced(2_375, 6_558, 24)] },
            ..entry()
        },
        Entry {
            name: "vsr-reconfiguration-moves",
            about: "A log moves from one node to another, which has it before the first one lets go, whatever is lost",
            nodes: 2..=2,
            default_nodes: 2,
            build: |size| {
                let environment = Environment::default().synchronous().copies(1).lossy(Limit::Budget(1));
                let environment = environment.crash_recovery(1).crash_only(&[NodeId(1)]).delayed_disk();
                case(moving(size, &layer(&[0]), &[append(0, 'a'), change(0, &[1])], environment))
            },
            expect: unreached(&[
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
            ]),
            ..entry()
        },
        Entry {
            name: "zab-reconfiguration",
            about: "A configuration of Zab follows another one, with the same leader",
            build: |size| {
                let nodes = nodes(size, &layer(&[0, 1]), &over_zab(), &[]);
                case(model(nodes, &[change(0, &[0, 2]), append(0, 'a')], Environment::default().fifo()))
            },
            expect: unreached(&[
                "compact", "gap", "give up", "inform", "ping", "read", "restore", "snap", "snapshot",
                "trunc", "vote",
            ]),
            golden: const { &[quick(3, 1_767, 4_470, 29).reduced(1_467, 3_601, 28)] },
            ..entry()
        },
    ];
    entries.extend(mutants::entries());
    entries
}
