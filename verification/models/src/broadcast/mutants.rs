//! Broadcast with one fault at a time. Bounds are just wide enough to show the fault.

use synod_actor::NodeId;
use synod_broadcast::{
    Flaw,
    reliable::{Eager, Lazy},
    uniform::{LoggedMajorityAck, MajorityAck},
};
use synod_checker::{Environment, Limit};
use synod_properties::{
    BroadcastMonitor,
    broadcast::{AGREEMENT, NO_CREATION, NO_DUPLICATION, UNIFORM_AGREEMENT},
};

use super::{
    agreement::{eager, lazy, uniform},
    first_crashes, model,
};
use crate::registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant};

/// An entry for a fault that shows among three nodes.
pub(super) fn entry(
    name: &'static str,
    fault: &'static str,
    source: &'static str,
    violated: &'static [&'static str],
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, 3, Mutant { of: "broadcast", fault, source }, breaks(violated), build)
}

fn reliable(size: Size) -> BroadcastMonitor<char> {
    BroadcastMonitor::reliable(&NodeId::group(size.nodes))
}

fn uniformly(size: Size) -> BroadcastMonitor<char> {
    BroadcastMonitor::uniform(&NodeId::group(size.nodes))
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            expect: Expectation { violated: &[AGREEMENT], unreached: &["relay"] },
            ..entry(
                "broadcast-mutant-does-not-relay",
                "A node delivers what it receives and keeps it for itself",
                "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.3",
                &[],
                |size| {
                    let node = |crashes| eager(Eager::flawed(Flaw::DoesNotRelay), crashes);
                    case(model(size, node, &[(0, 'a')], reliable(size), first_crashes()).terminates())
                },
            )
        },
        entry(
            "broadcast-mutant-forgets-duplicates",
            "A node delivers the copies that are relayed to it, too",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.3",
            &[NO_DUPLICATION],
            |size| {
                let node = |crashes| eager(Eager::flawed(Flaw::ForgetsDuplicates), crashes);
                case(model(size, node, &[(0, 'a')], reliable(size), Environment::default()))
            },
        ),
        entry(
            "broadcast-mutant-credits-the-relay",
            "A node takes who relays a message for its origin",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.3",
            &[NO_CREATION],
            |size| {
                let node = |crashes| eager(Eager::flawed(Flaw::CreditsTheRelay), crashes);
                case(model(size, node, &[(0, 'a')], reliable(size), Environment::default()))
            },
        ),
        Entry {
            expect: Expectation { violated: &[AGREEMENT], unreached: &["relay at once"] },
            ..entry(
                "broadcast-mutant-relays-only-on-crash",
                "What arrives from a node after its crash was detected is not relayed any more",
                "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.2",
                &[],
                |size| {
                    let node = |crashes| lazy(Lazy::flawed(Flaw::RelaysOnlyOnCrash), crashes);
                    let environment = first_crashes().timeouts(Limit::Unbounded).copies(1);
                    case(model(size, node, &[(0, 'a')], reliable(size), environment).terminates())
                },
            )
        },
        entry(
            "broadcast-mutant-delivers-before-relaying",
            "A node delivers at first sight, and crashes before its copies have left",
            "Cachin, Guerraoui and Rodrigues (2011), section 3.4",
            &[UNIFORM_AGREEMENT],
            |size| {
                let node = |crashes| uniform(MajorityAck::flawed(Flaw::DeliversBeforeRelaying), crashes);
                case(model(size, node, &[(0, 'a')], uniformly(size), first_crashes()).terminates())
            },
        ),
        entry(
            "broadcast-mutant-acks-of-half",
            "A node delivers once half of the nodes, rounded down, have relayed: all of them may crash",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.5",
            &[UNIFORM_AGREEMENT],
            |size| {
                let node = |crashes| uniform(MajorityAck::flawed(Flaw::AcksOfHalf), crashes);
                case(model(size, node, &[(0, 'a')], uniformly(size), first_crashes()).terminates())
            },
        ),
        entry(
            "broadcast-mutant-acks-before-durable",
            "A node says that it has a message before its disk has, and a crash loses it",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.8",
            &[UNIFORM_AGREEMENT],
            |size| {
                let node = |_| LoggedMajorityAck::flawed(Flaw::AcksBeforeDurable);
                let environment = Environment::default()
                    .lossy(Limit::Budget(1))
                    .crash_stop(1)
                    .crash_recovery(1)
                    .crash_only(&[NodeId(0), NodeId(1)])
                    .delayed_disk()
                    .copies(1)
                    .synchronous();
                case(model(size, node, &[(0, 'a')], uniformly(size), environment).terminates())
            },
        ),
    ]
}
