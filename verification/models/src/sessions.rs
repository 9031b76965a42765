//! Client sessions, over each log.

use synod_actor::{NodeId, Stack};
use synod_checker::{Environment, Limit, System};
use synod_consensus::{
    Epoch, Log, Membership, Raft, Sessions, Viewstamped,
    log::{Entry as LogEntry, Request},
    raft,
    sessions::{Flaw, Numbered, Tabled},
    viewstamped::{self, Tail},
};
use synod_properties::{LogMonitor, SessionsMonitor, log::AT_MOST_ONCE};

use crate::{
    patience::{Impatient, Patient, impatient, with},
    registry::{Case, Entry, Expectation, Golden, HOLDS, Mutant, Size, breaks, case, mutant, quick},
};

type Above = Sessions<char, char>;
type Below = Log<Numbered<char>, Tabled<char>>;
type OverViewstamped = Viewstamped<Numbered<char>, Tabled<char>>;
type Asked = (u16, Request<Numbered<char>, char>);

/// The first command of a client.
fn first() -> Numbered<char> {
    Numbered { client: 1, number: 1, command: 'a' }
}

/// The client asks at one node, and, without an answer, at another.
fn twice() -> Vec<Asked> {
    vec![(0, Request::Append(first())), (1, Request::Append(first()))]
}

/// Sessions over these logs.
fn over<A>(
    sessions: &Above,
    logs: Vec<Patient<A>>,
    requests: Vec<Asked>,
    environment: Environment,
) -> Box<dyn Case>
where
    A: Impatient<Provides = Below>,
{
    let nodes = logs.into_iter().map(|lower| Stack { upper: sessions.clone(), lower }).collect();
    let monitor = (SessionsMonitor::new(), LogMonitor::new().asked([first()]));
    let system = System::new(nodes, monitor).environment(environment);
    case(requests.into_iter().fold(system, |system, (at, request)| system.request(NodeId(at), request)))
}

fn over_viewstamped(size: Size, sessions: &Above) -> Box<dyn Case> {
    let members = Membership::of(NodeId::group(size.nodes));
    let mut log = Patient::new(OverViewstamped::new(members, viewstamped::Settings::default()));
    log.silent = &[viewstamped::Timer::Resend, viewstamped::Timer::Idle];
    let environment = Environment::default().timeouts(Limit::Budget(1));
    over(sessions, impatient(&[1], vec![log; size.nodes]), twice(), environment)
}

fn over_raft(size: Size, sessions: &Above) -> Box<dyn Case> {
    let members = Membership::of(NodeId::group(size.nodes));
    let settings = raft::Settings { pre_vote: false, check_quorum: false, ..raft::Settings::default() };
    let log = Patient::new(Raft::new(members, settings));
    let environment = Environment::default().fifo().timeouts(Limit::Budget(1));
    over(sessions, impatient(&[0], vec![log; size.nodes]), twice(), environment)
}

/// A third node that has missed the command, and is given a snapshot of it by a primary; there the client asks again.
fn over_snapshots(size: Size, sessions: &Above) -> Box<dyn Case> {
    let members = Membership::of(NodeId::group(size.nodes));
    let mut log = Patient::new(OverViewstamped::new(members, viewstamped::Settings::default()));
    log.silent = &[viewstamped::Timer::Resend];
    let entries = vec![(Epoch(1), LogEntry::Command(first()))];
    let has_it = || {
        vec![viewstamped::Record::Normal(
            Epoch(1),
            Tail { snapshot: None, after: 0, entries: entries.clone() },
        )]
    };
    let nodes = with(impatient(&[], vec![log; size.nodes]), vec![has_it(), has_it()]);
    let requests = vec![(0, Request::Snapshot(1, 's')), (2, Request::Append(first()))];
    over(sessions, nodes, requests, Environment::default().timeouts(Limit::Budget(2)))
}

fn entry(
    name: &'static str,
    about: &'static str,
    unreached: &'static [&'static str],
    golden: &'static [Golden],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    Entry {
        name,
        about,
        nodes: 3..=3,
        default_nodes: 3,
        build,
        expect: Expectation { unreached, ..HOLDS },
        golden,
        mutant: None,
        tour: false,
    }
}

fn faulty(
    name: &'static str,
    fault: &'static str,
    source: &'static str,
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, 3, Mutant { of: "consensus", fault, source }, breaks(&[AT_MOST_ONCE]), build)
}

pub(crate) fn entries() -> Vec<Entry> {
    let at_request =
        "A command is looked for in the client table when it is asked for, and not when it is committed";
    let source = "Ongaro, Consensus: Bridging Theory and Practice (2014), section 6.3";
    vec![
        entry(
            "raft-sessions",
            "A client that asks again is not served twice, over Raft",
            &[
                "catch up", "change", "give up", "go back", "handover", "install", "leave", "pre-vote",
                "read", "refuse", "reject", "resign", "snapshot", "truncate",
            ],
            const { &[quick(3, 975, 2_398, 22).reduced(767, 1_785, 21)] },
            |size| over_raft(size, &Sessions::new()),
        ),
        entry(
            "vsr-sessions",
            "A client that asks again is not served twice, though the primary may be another one",
            &["batch", "read", "recover", "recovered", "repeat", "restore", "snapshot"],
            &[],
            |size| over_viewstamped(size, &Sessions::new()),
        ),
        entry(
            "vsr-sessions-snapshot",
            "A client that asks again is not served twice where a snapshot has replaced its command",
            &["batch", "read", "recover", "recovered", "view change", "vote"],
            const { &[quick(3, 1_563_833, 8_208_929, 25).reduced(158_225, 738_969, 21)] },
            |size| over_snapshots(size, &Sessions::new()),
        ),
        faulty("raft-mutant-checks-only-requests", at_request, source, |size| {
            over_raft(size, &Sessions::new().flawed(Flaw::ChecksOnlyRequests))
        }),
        faulty("vsr-mutant-checks-only-requests", at_request, source, |size| {
            over_viewstamped(size, &Sessions::new().flawed(Flaw::ChecksOnlyRequests))
        }),
        faulty(
            "vsr-mutant-snapshots-without-table",
            "A node that goes on from a snapshot has forgotten which commands the snapshot covers",
            "Liskov and Cowling, Viewstamped Replication Revisited (2012), section 5.1",
            |size| over_snapshots(size, &Sessions::new().flawed(Flaw::SnapshotsWithoutTable)),
        ),
    ]
}
