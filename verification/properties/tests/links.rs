//! Each property of links, violated and not.

use synod_actor::NodeId;
use synod_links::ReliableLinks;
use synod_properties::{
    LinksMonitor, Monitor, Observation,
    Observation::{Crash, Indication, Request, Restart},
    links::{FIFO_ORDER, NO_CREATION, NO_DUPLICATION, RELIABLE_DELIVERY},
};

type Observed = (u16, Observation<ReliableLinks<char>>);

fn sends(to: u16, msg: char) -> Observation<ReliableLinks<char>> {
    Request((NodeId(to), msg))
}

fn is_given(from: u16, msg: char) -> Observation<ReliableLinks<char>> {
    Indication((NodeId(from), msg))
}

/// The property that a run violates, if any; else whether something is owed.
fn watch(mut monitor: LinksMonitor<char>, run: &[Observed]) -> Result<bool, &'static str> {
    for (node, what) in run {
        monitor.observe(NodeId(*node), what).map_err(|found| found.property)?;
    }
    Ok(Monitor::<ReliableLinks<char>>::owes(&monitor, RELIABLE_DELIVERY))
}

#[test]
fn what_is_sent_is_owed_until_it_arrives() {
    let sent = [(0, sends(1, 'a'))];
    assert_eq!(watch(LinksMonitor::reliable(), &sent), Ok(true));
    assert_eq!(watch(LinksMonitor::reliable(), &[&sent[..], &[(1, is_given(0, 'a'))]].concat()), Ok(false));
}

#[test]
fn nothing_is_created() {
    assert_eq!(watch(LinksMonitor::stubborn(), &[(1, is_given(0, 'a'))]), Err(NO_CREATION));
    assert_eq!(
        watch(LinksMonitor::reliable(), &[(0, sends(1, 'a')), (1, is_given(0, 'b'))]),
        Err(NO_CREATION)
    );
    assert_eq!(
        watch(LinksMonitor::reliable(), &[(0, sends(1, 'a')), (1, is_given(2, 'a'))]),
        Err(NO_CREATION)
    );
}

#[test]
fn only_stubborn_links_repeat_themselves() {
    let twice = [(0, sends(1, 'a')), (1, is_given(0, 'a')), (1, is_given(0, 'a'))];
    assert_eq!(watch(LinksMonitor::reliable(), &twice), Err(NO_DUPLICATION));
    assert_eq!(watch(LinksMonitor::stubborn(), &twice), Ok(false));
    // What was sent twice may arrive twice.
    let sent_twice = [&[(0, sends(1, 'a'))], &twice[..]].concat();
    assert_eq!(watch(LinksMonitor::reliable(), &sent_twice), Ok(false));
}

#[test]
fn only_fifo_links_keep_the_order() {
    let early = [(0, sends(1, 'a')), (0, sends(1, 'b')), (1, is_given(0, 'b'))];
    assert_eq!(watch(LinksMonitor::fifo(), &early), Err(FIFO_ORDER));
    assert_eq!(watch(LinksMonitor::reliable(), &early), Ok(true));
}

#[test]
fn a_restarted_receiver_is_told_again() {
    let run = [(0, sends(1, 'a')), (1, is_given(0, 'a')), (1, Crash)];
    assert_eq!(watch(LinksMonitor::reliable(), &run), Ok(false));
    let run = [&run[..], &[(1, Restart)]].concat();
    assert_eq!(watch(LinksMonitor::reliable(), &run), Ok(true));
    let run = [&run[..], &[(1, is_given(0, 'a'))]].concat();
    assert_eq!(watch(LinksMonitor::reliable(), &run), Ok(false));
}

#[test]
fn a_crashed_sender_owes_only_what_it_remembers() {
    let run = [(0, sends(1, 'a')), (0, Crash), (0, Restart)];
    assert_eq!(watch(LinksMonitor::reliable(), &run), Ok(false));
    assert_eq!(watch(LinksMonitor::reliable().senders_remember(), &run), Ok(true));
    assert_eq!(watch(LinksMonitor::reliable().senders_remember(), &run[..2]), Ok(false));
}
