//! Links with one fault at a time. Bounds are just wide enough to show the fault.

use synod_actor::{NodeId, Stack};
use synod_checker::{DEADLOCK, Environment, System, TOTAL};
use synod_links::{Fifo, Flaw, Numbered, Reliable, ReliableOverStubborn, Stubborn, StubbornRequest, logged};
use synod_properties::{
    LinksMonitor,
    links::{FIFO_ORDER, NO_CREATION, NO_DUPLICATION, RELIABLE_DELIVERY},
};

use crate::{
    links::{fair_loss, model, stubborn},
    registry::{Case, Entry, Expectation, Mutant, Size, breaks, case, mutant},
};

/// An entry for a fault that shows between two nodes.
fn entry(
    name: &'static str,
    fault: &'static str,
    source: &'static str,
    expect: Expectation,
    build: fn(Size) -> Box<dyn Case>,
) -> Entry {
    mutant(name, 2, Mutant { of: "links", fault, source }, expect, build)
}

/// FIFO links with a fault.
fn fifo(flaw: Flaw) -> Stack<Fifo<char>, ReliableOverStubborn<Numbered<char>>> {
    Stack { upper: Fifo::flawed(flaw), lower: Reliable::over_stubborn() }
}

/// Logged reliable links with a fault.
fn logged(flaw: Flaw) -> Stack<logged::Reliable<char>, Stubborn<char>> {
    Stack { upper: logged::Reliable::flawed(flaw), lower: Stubborn::new() }
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        entry(
            "links-mutant-sends-once",
            "A message is sent once, and nothing happens when it is lost",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 2.1",
            Expectation { violated: &[RELIABLE_DELIVERY], unreached: &["resend"] },
            |size| {
                let links = Stack { upper: Reliable::new(), lower: Stubborn::flawed(Flaw::SendsOnce) };
                case(model(size.nodes, links, 1, LinksMonitor::reliable(), fair_loss(1, 1)))
            },
        ),
        entry(
            "links-mutant-forgets-duplicates",
            "The receiver keeps no record of what it has delivered",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 2.2",
            breaks(&[NO_DUPLICATION]),
            |size| {
                let links =
                    Stack { upper: Reliable::flawed(Flaw::ForgetsDuplicates), lower: Stubborn::new() };
                case(model(size.nodes, links, 1, LinksMonitor::reliable(), fair_loss(0, 1)))
            },
        ),
        entry(
            "links-mutant-remembers-highest-only",
            "The receiver takes every number below the highest for a duplicate, and loses what was overtaken",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 2.3",
            // No timer fires here.
            Expectation { unreached: &["resend"], ..breaks(&[RELIABLE_DELIVERY]) },
            |size| {
                let environment = Environment::default().crash_recovery(1);
                case(model(
                    size.nodes,
                    logged(Flaw::RemembersHighestOnly),
                    2,
                    LinksMonitor::reliable(),
                    environment,
                ))
            },
        ),
        entry(
            "links-mutant-delivers-early",
            "The receiver delivers what arrives ahead of its turn",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.12",
            breaks(&[FIFO_ORDER]),
            |size| {
                let links = fifo(Flaw::DeliversEarly);
                case(model(size.nodes, links, 2, LinksMonitor::fifo(), Environment::default()))
            },
        ),
        Entry {
            nodes: 3..=3,
            default_nodes: 3,
            ..entry(
                "links-mutant-mixes-up-senders",
                "The receiver keeps one sequence for all senders, and delivers what one sent as another's",
                "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.12",
                breaks(&[NO_CREATION]),
                |size| {
                    let links = fifo(Flaw::MixesUpSenders);
                    // The order goes wrong as soon, and is not what this is about.
                    let monitor = LinksMonitor::reliable();
                    let system = model(size.nodes, links, 2, monitor, Environment::default());
                    case(system.request(NodeId(2), (NodeId(1), 'c')))
                },
            )
        },
        entry(
            "links-mutant-delivers-one-at-a-time",
            "The receiver delivers one message for each that arrives, and what was held back stays there",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 3.12",
            // Everything arrives at once, and no timer fires.
            Expectation { unreached: &["duplicate", "resend"], ..breaks(&[DEADLOCK]) },
            |size| {
                let links = fifo(Flaw::DeliversOneAtATime);
                let system = model(size.nodes, links, 2, LinksMonitor::fifo(), Environment::default());
                case(System { liveness: Vec::new(), ..system.deadlock_free() })
            },
        ),
        entry(
            "links-mutant-expects-one-stop",
            "The sender panics at the second acknowledgement of a message, which arrived twice",
            "Cachin, Guerraoui and Rodrigues (2011), section 2.4",
            breaks(&[TOTAL]),
            |size| {
                let links = Stack { upper: Reliable::new(), lower: Stubborn::flawed(Flaw::ExpectsOneStop) };
                case(model(size.nodes, links, 1, LinksMonitor::reliable(), fair_loss(0, 1)))
            },
        ),
        entry(
            "links-mutant-acks-before-durable",
            "The receiver acknowledges before the message is in its log, and a crash loses it for ever",
            "Cachin, Guerraoui and Rodrigues (2011), Algorithm 2.3",
            // Only the receiver crashes here, which has nothing to take up.
            Expectation { unreached: &["take up"], ..breaks(&[RELIABLE_DELIVERY]) },
            |size| {
                let environment =
                    fair_loss(0, 0).crash_recovery(1).crash_only(&[NodeId(1)]).delayed_disk().synchronous();
                case(model(
                    size.nodes,
                    logged(Flaw::AcksBeforeDurable),
                    1,
                    LinksMonitor::reliable(),
                    environment,
                ))
            },
        ),
        entry(
            "links-mutant-forgets-outbox",
            "A restarted sender does not take up what it was sending",
            "Cachin, Guerraoui and Rodrigues (2011), section 2.4",
            breaks(&[RELIABLE_DELIVERY]),
            |size| {
                let monitor = LinksMonitor::stubborn().senders_remember();
                let links = logged::Stubborn::flawed(Flaw::ForgetsOutbox);
                let environment = fair_loss(1, 0).crash_recovery(1).crash_only(&[NodeId(0)]);
                let request = StubbornRequest::Send(NodeId(1), 1, 'a');
                case(stubborn(size.nodes, links, vec![request], monitor, environment))
            },
        ),
        entry(
            "links-mutant-numbers-from-one",
            "A restarted sender numbers from 1 again, so that its new messages are taken for duplicates",
            "Cachin, Guerraoui and Rodrigues (2011), section 2.4",
            // Only the sender crashes here, which was delivered nothing.
            Expectation { unreached: &["deliver again"], ..breaks(&[RELIABLE_DELIVERY]) },
            |size| {
                let environment = fair_loss(0, 0).crash_recovery(1).crash_only(&[NodeId(0)]);
                let monitor = LinksMonitor::reliable().senders_remember();
                case(model(size.nodes, logged(Flaw::NumbersFromOne), 2, monitor, environment))
            },
        ),
    ]
}
