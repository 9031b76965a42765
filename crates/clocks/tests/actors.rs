//! The actors, rule by rule. What comes of them in every interleaving is explored by the models `clocks-*`.

use std::{num::NonZero, time::Duration};

use synod_actor::{Actor, Cx, Effect, Env, Event, NodeId};
use synod_clocks::{
    Timestamp,
    actors::{
        Answer::{Granted, Refused},
        Blocks, BlocksMsg, Claim, Claims, ClaimsMsg, Generator, Hybrid, Indication, Lamport, Numbering,
        OddEven, Rule, Stamped, WallClock,
    },
};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

/// A clock that shows this.
struct Shows(Duration);
impl Env for Shows {
    fn now(&mut self) -> Duration {
        self.0
    }
    fn choose(&mut self, _options: u64) -> u64 {
        0
    }
}

/// One node of three, whose clock shows so many seconds. What it does, without the names of the steps.
fn at<A: Actor>(seconds: u64, me: NodeId, actor: &mut A, event: Event<A>) -> Vec<Effect<A>> {
    let (group, mut effects) = (NodeId::group(3), Vec::new());
    actor.on(event, &mut Cx::new(me, &group, &mut Shows(Duration::from_secs(seconds)), &mut effects));
    effects.retain(|effect| match effect {
        Effect::Mark(step) => !A::marks().iter().any(|known| known == step),
        _ => true,
    });
    effects
}

fn on<A: Actor>(me: NodeId, actor: &mut A, event: Event<A>) -> Vec<Effect<A>> {
    at(0, me, actor, event)
}

/// The timestamps that events get one after the other, when the clock shows this.
fn stamps<G: Generator>(me: NodeId, generator: G, readings: &[u64]) -> Vec<G::Stamp> {
    let mut actor = Numbering::new(generator);
    let stamp = |&reading| {
        at(reading, me, &mut actor, Event::Request('e')).into_iter().find_map(|effect| match effect {
            Effect::Indicate(Indication::Numbered(stamped)) => Some(stamped.stamp),
            _ => None,
        })
    };
    readings.iter().map(stamp).collect::<Option<_>>().expect("each is numbered")
}

#[test]
fn what_happens_is_numbered_and_told_to_all_others() {
    let mut actor = Numbering::new(OddEven::new());
    let stamped = Stamped { event: 'a', stamp: 2 };
    let expected = [
        Effect::Indicate(Indication::Numbered(stamped.clone())),
        Effect::Send(N0, stamped.clone()),
        Effect::Send(N2, stamped.clone()),
    ];
    assert_eq!(on(N1, &mut actor, Event::Request('a')), expected);
    let heard = on(N1, &mut actor, Event::Receive(N0, Stamped { event: 'b', stamp: 7 }));
    assert_eq!(heard, [Effect::Indicate(Indication::Heard(Stamped { event: 'b', stamp: 7 }))]);
}

#[test]
fn three_nodes_deal_the_numbers_out() {
    assert_eq!(stamps(N0, OddEven::new(), &[0; 3]), [1, 4, 7]);
    assert_eq!(stamps(N2, OddEven::new(), &[0; 3]), [3, 6, 9]);
}

#[test]
fn a_wall_clock_that_goes_back_stays_where_it_was() {
    let times = stamps(N0, WallClock::new(), &[5, 3, 9]).into_iter().map(|stamp| stamp.time.as_nanos());
    assert_eq!(times.collect::<Vec<_>>(), [5_000_000_000, 5_000_000_001, 9_000_000_000]);
}

#[test]
fn lamport_numbers_go_on_behind_what_is_heard() {
    let mut actor = Numbering::new(Lamport::new());
    on(N1, &mut actor, Event::Receive(N0, Stamped { event: 'a', stamp: Timestamp { time: 6, node: N0 } }));
    let effects = on(N1, &mut actor, Event::Request('b'));
    let stamp = Timestamp { time: 8, node: N1 };
    assert_eq!(effects[0], Effect::Indicate(Indication::Numbered(Stamped { event: 'b', stamp })));
}

#[test]
fn what_is_too_far_ahead_is_not_heard_of() {
    let far = stamps(N0, Hybrid::new(Duration::from_secs(1)), &[10]).remove(0);
    let mut actor = Numbering::new(Hybrid::new(Duration::from_secs(1)));
    let receive = |stamp| Event::Receive(N0, Stamped { event: 'a', stamp });
    assert_eq!(at(8, N1, &mut actor, receive(far)), []);
    assert_eq!(at(9, N1, &mut actor, receive(far)).len(), 1);
}

type Of = Blocks<char>;

fn numbers(effects: &[Effect<Of>]) -> Vec<(char, u64)> {
    let numbered = effects.iter().filter_map(|effect| match effect {
        Effect::Indicate(Indication::Numbered(Stamped { event, stamp })) => Some((*event, *stamp)),
        _ => None,
    });
    numbered.collect()
}

#[test]
fn a_node_that_runs_out_asks_once_and_numbers_what_waits() {
    let mut actor = Of::new(NonZero::new(2).unwrap());
    assert_eq!(numbers(&on(N1, &mut actor, Event::Request('a'))), [('a', 2)]);
    assert_eq!(numbers(&on(N1, &mut actor, Event::Request('b'))), [('b', 3)]);
    assert_eq!(on(N1, &mut actor, Event::Request('c')), [Effect::Send(N0, BlocksMsg::Want)]);
    assert_eq!(on(N1, &mut actor, Event::Request('d')), []);
    assert_eq!(on(N1, &mut actor, Event::Request('e')), []);
    let effects = on(N1, &mut actor, Event::Receive(N0, BlocksMsg::Block(4)));
    assert_eq!(numbers(&effects), [('c', 8), ('d', 9)]);
    assert_eq!(effects.last(), Some(&Effect::Send(N0, BlocksMsg::Want)));
    // The same block once more is none.
    assert_eq!(on(N1, &mut actor, Event::Receive(N0, BlocksMsg::Block(4))), []);
    assert_eq!(numbers(&on(N1, &mut actor, Event::Receive(N0, BlocksMsg::Block(5)))), [('e', 10)]);
}

#[test]
fn each_block_is_given_once() {
    let mut allocator = Of::new(NonZero::new(2).unwrap());
    let mut given = |to| on(N0, &mut allocator, Event::Receive(to, BlocksMsg::Want));
    assert_eq!(given(N1), [Effect::Send(N1, BlocksMsg::Block(3))]);
    assert_eq!(given(N2), [Effect::Send(N2, BlocksMsg::Block(4))]);
    assert_eq!(given(N0), [Effect::Send(N0, BlocksMsg::Block(5))]);
}

fn stamp(time: u64, node: NodeId) -> Timestamp<NodeId> {
    Timestamp { time, node }
}

#[test]
fn a_claim_is_decided_when_all_have_answered() {
    let mut node = Claims::new(Rule::WhenAllAnswered);
    let claim = stamp(1, N1);
    let expected = [Effect::Send(N0, ClaimsMsg::Claims(claim)), Effect::Send(N2, ClaimsMsg::Claims(claim))];
    assert_eq!(on(N1, &mut node, Event::Request(Claim)), expected);
    let mut lost = node.clone();
    assert_eq!(on(N1, &mut node, Event::Receive(N0, ClaimsMsg::Knows(None))), []);
    assert_eq!(on(N1, &mut node, Event::Receive(N0, ClaimsMsg::Knows(None))), [], "a duplicate");
    let later = ClaimsMsg::Knows(Some(stamp(1, N2)));
    assert_eq!(on(N1, &mut node, Event::Receive(N2, later)), [Effect::Indicate(Granted)]);
    assert_eq!(on(N1, &mut node, Event::Receive(N2, later)), [], "decided once");
    assert_eq!(on(N1, &mut node, Event::Request(Claim)), [], "claimed once");

    on(N1, &mut lost, Event::Receive(N2, ClaimsMsg::Knows(None)));
    let earlier = ClaimsMsg::Knows(Some(stamp(1, N0)));
    assert_eq!(on(N1, &mut lost, Event::Receive(N0, earlier)), [Effect::Indicate(Refused)]);
}

#[test]
fn who_has_answered_a_claim_can_only_claim_later() {
    let mut node = Claims::new(Rule::WhenAllAnswered);
    let answer = on(N0, &mut node, Event::Receive(N1, ClaimsMsg::Claims(stamp(4, N1))));
    assert_eq!(answer, [Effect::Send(N1, ClaimsMsg::Knows(None))]);
    let claim = stamp(6, N0);
    assert_eq!(on(N0, &mut node, Event::Request(Claim))[0], Effect::Send(N1, ClaimsMsg::Claims(claim)));
    let answer = on(N0, &mut node, Event::Receive(N2, ClaimsMsg::Claims(stamp(2, N2))));
    assert_eq!(answer, [Effect::Send(N2, ClaimsMsg::Knows(Some(claim)))]);
}

#[test]
fn at_once_is_by_what_is_known() {
    let mut node = Claims::new(Rule::AtOnce);
    assert_eq!(on(N1, &mut node, Event::Request(Claim)).last(), Some(&Effect::Indicate(Granted)));
    let mut node = Claims::new(Rule::AtOnce);
    on(N1, &mut node, Event::Receive(N0, ClaimsMsg::Claims(stamp(1, N0))));
    assert_eq!(on(N1, &mut node, Event::Request(Claim)).last(), Some(&Effect::Indicate(Refused)));
}
