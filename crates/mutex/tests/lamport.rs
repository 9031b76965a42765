//! Lamport's mutual exclusion, rule by rule; the rules are numbered as in Lamport (1978), pp. 561–562 (in our words).

use std::{collections::BTreeMap, time::Duration};

use proptest::{collection::vec, prelude::*};
use synod_actor::{Actor, Cx, Effect, Env, Event, NodeId};
use synod_mutex::{
    Indication::{Granted, Released},
    Lamport,
    Request::{Acquire, Release},
    lamport::{Msg, Says},
};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

struct Frozen;
impl Env for Frozen {
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }
    fn choose(&mut self, _options: u64) -> u64 {
        0
    }
}

/// What happens to a node of so many. The effects, without the names of the steps.
fn on(nodes: usize, me: NodeId, node: &mut Lamport, event: Event<Lamport>) -> Vec<Effect<Lamport>> {
    let (group, mut effects) = (NodeId::group(nodes), Vec::new());
    node.on(event, &mut Cx::new(me, &group, &mut Frozen, &mut effects));
    effects.retain(|effect| !matches!(effect, Effect::Mark(_)));
    effects
}

/// One node of three.
fn n0(node: &mut Lamport, event: Event<Lamport>) -> Vec<Effect<Lamport>> {
    on(3, N0, node, event)
}

fn from(node: NodeId, time: u64, says: Says) -> Event<Lamport> {
    Event::Indication((node, Msg { time, says }))
}

fn says(to: NodeId, time: u64, says: Says) -> Effect<Lamport> {
    Effect::Request((to, Msg { time, says }))
}

fn acquiring() -> Lamport {
    let mut node = Lamport::new();
    n0(&mut node, Event::Request(Acquire));
    node
}

#[test]
fn rule_1_a_request_is_told_to_all_with_its_time() {
    let mut node = Lamport::new();
    let effects = n0(&mut node, Event::Request(Acquire));
    assert_eq!(effects, [says(N1, 1, Says::Request), says(N2, 1, Says::Request)]);
    assert_eq!(n0(&mut node, Event::Request(Acquire)), [], "it has asked");
}

#[test]
fn rule_2_a_request_is_acknowledged_with_a_later_time() {
    let mut node = Lamport::new();
    assert_eq!(n0(&mut node, from(N2, 7, Says::Request)), [says(N2, 9, Says::Acknowledge)]);
}

#[test]
fn rules_3_and_4_who_leaves_tells_all_and_is_forgotten() {
    let mut node = acquiring();
    n0(&mut node, from(N1, 3, Says::Acknowledge));
    assert_eq!(n0(&mut node, from(N2, 4, Says::Acknowledge)), [Effect::Indicate(Granted)]);
    assert!(node.holds());
    let effects = n0(&mut node, Event::Request(Release));
    assert_eq!(effects, [Effect::Indicate(Released), says(N1, 6, Says::Release), says(N2, 6, Says::Release)]);
    assert!(!node.holds());
    assert_eq!(n0(&mut node, Event::Request(Release)), [], "it has left");

    // Another node's request is in the way until that node leaves.
    let mut node = Lamport::new();
    n0(&mut node, from(N1, 1, Says::Request));
    n0(&mut node, Event::Request(Acquire));
    n0(&mut node, from(N2, 9, Says::Acknowledge));
    assert_eq!(n0(&mut node, from(N1, 10, Says::Acknowledge)), []);
    assert_eq!(n0(&mut node, from(N1, 12, Says::Release)), [Effect::Indicate(Granted)]);
}

#[test]
fn rule_5_i_the_first_in_the_order_enters() {
    // The same time: the node decides.
    let mut node = acquiring();
    n0(&mut node, from(N1, 1, Says::Request));
    assert_eq!(n0(&mut node, from(N2, 2, Says::Acknowledge)), [Effect::Indicate(Granted)]);

    let mut other = Lamport::new();
    on(3, N1, &mut other, Event::Request(Acquire));
    on(3, N1, &mut other, from(N0, 1, Says::Request));
    on(3, N1, &mut other, from(N0, 3, Says::Acknowledge));
    assert_eq!(on(3, N1, &mut other, from(N2, 2, Says::Acknowledge)), [], "n0 is first");
}

#[test]
fn rule_5_ii_a_later_message_of_every_node_is_waited_for() {
    let mut node = Lamport::new();
    n0(&mut node, from(N1, 5, Says::Release));
    n0(&mut node, from(N2, 5, Says::Release));
    n0(&mut node, Event::Request(Acquire)); // at 9
    assert_eq!(n0(&mut node, from(N1, 12, Says::Acknowledge)), [], "n2 was heard before");
    // Any later message will do, not only an acknowledgement.
    let effects = n0(&mut node, from(N2, 10, Says::Request));
    assert_eq!(effects.last(), Some(&Effect::Indicate(Granted)));
}

#[test]
fn a_node_alone_enters_at_once() {
    assert_eq!(on(1, N0, &mut Lamport::new(), Event::Request(Acquire)), [Effect::Indicate(Granted)]);
}

#[test]
fn a_message_from_the_end_of_time_changes_nothing() {
    let mut node = acquiring();
    let before = node.clone();
    assert_eq!((n0(&mut node, from(N1, u64::MAX, Says::Acknowledge)), &node), (vec![], &before));
}

/// Every node uses the resource so often, over FIFO links with random delays: never two at once, always all at last, with
/// 3 (n - 1) messages for each grant.
#[test]
fn everyone_gets_it_as_often_as_it_asks() {
    let law = |nodes: usize, visits: usize, mut order: Vec<usize>| {
        let mut all = vec![Lamport::new(); nodes];
        let mut links: BTreeMap<(NodeId, NodeId), std::collections::VecDeque<Msg>> = BTreeMap::new();
        let (mut to_ask, mut waits) = (vec![visits; nodes], vec![false; nodes]);
        let (mut inside, mut grants, mut messages) = (None, 0, 0);
        loop {
            // What can happen: a node asks that waits for nothing, a message arrives, who is inside leaves.
            let mut possible: Vec<(NodeId, Event<Lamport>)> = Vec::new();
            for node in NodeId::group(nodes) {
                if to_ask[node.index()] > 0 && !waits[node.index()] && inside != Some(node) {
                    possible.push((node, Event::Request(Acquire)));
                }
            }
            for (&(sender, node), link) in &links {
                possible.extend(link.front().map(|&msg| (node, Event::Indication((sender, msg)))));
            }
            possible.extend(inside.map(|node| (node, Event::Request(Release))));
            if possible.is_empty() {
                break;
            }
            let draw = order.pop().unwrap_or(0);
            let (node, event) = possible.swap_remove(draw % possible.len());
            if let Event::Indication((sender, _)) = &event {
                links.get_mut(&(*sender, node)).expect("it is there").pop_front();
            }
            if matches!(event, Event::Request(Acquire)) {
                to_ask[node.index()] -= 1;
                waits[node.index()] = true;
            }
            for effect in on(nodes, node, &mut all[node.index()], event) {
                match effect {
                    Effect::Request((to, msg)) => {
                        messages += 1;
                        links.entry((node, to)).or_default().push_back(msg);
                    }
                    Effect::Indicate(Granted) => {
                        prop_assert_eq!(inside.replace(node), None);
                        waits[node.index()] = false;
                        grants += 1;
                    }
                    Effect::Indicate(Released) => prop_assert_eq!(inside.take(), Some(node)),
                    _ => {}
                }
            }
        }
        prop_assert_eq!((grants, messages), (nodes * visits, 3 * (nodes - 1) * nodes * visits));
        Ok(())
    };
    proptest!(|(nodes in 2..5_usize, visits in 1..4_usize, order in vec(0..64_usize, 0..200))| law(nodes, visits, order)?);
}
