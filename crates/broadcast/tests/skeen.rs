//! Skeen's algorithm in random runs in which nodes crash, messages of theirs are lost, and the others are told at any time
//! afterwards, with messages of those who are gone still under way.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;
use synod_actor::{
    Actor, Cx, Effect, Env, Event, NodeId,
    Side::{L, R},
};
use synod_broadcast::{
    Crashed, Id,
    total_order::{Negotiation, Orphans, Skeen, Timestamp},
};

struct Frozen;
impl Env for Frozen {
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }
    fn choose(&mut self, _options: u64) -> u64 {
        0
    }
}

/// What may happen next.
enum Next {
    Arrives(NodeId, NodeId, Negotiation<char>),
    /// The first is told that the second has crashed.
    Told(NodeId, NodeId),
    Asks(NodeId, char),
    Crashes(NodeId),
}

struct Run {
    group: Vec<NodeId>,
    nodes: Vec<Skeen<char>>,
    down: BTreeSet<NodeId>,
    next: Vec<Next>,
    delivered: Vec<Vec<(Id, char)>>,
}

impl Run {
    fn new(size: usize, next: Vec<Next>) -> Self {
        Run {
            group: NodeId::group(size),
            nodes: vec![Skeen::new(); size],
            down: BTreeSet::new(),
            next,
            delivered: vec![Vec::new(); size],
        }
    }

    fn on(&mut self, me: NodeId, event: Event<Skeen<char>>) {
        if self.down.contains(&me) {
            return;
        }
        let mut effects = Vec::new();
        self.nodes[me.index()].on(event, &mut Cx::new(me, &self.group, &mut Frozen, &mut effects));
        for effect in effects {
            match effect {
                Effect::Request(L((to, msg))) => self.next.push(Next::Arrives(me, to, msg)),
                Effect::Indicate(told) => self.delivered[me.index()].push(told),
                _ => {} // marks
            }
        }
    }

    /// Takes what is at this place. Of what a node that crashes has sent, what `is_lost` says is lost.
    fn step(&mut self, at: usize, mut is_lost: impl FnMut() -> bool) {
        match self.next.swap_remove(at) {
            Next::Arrives(from, to, msg) => self.on(to, Event::Indication(L((from, msg)))),
            Next::Told(at, gone) => self.on(at, Event::Indication(R(Crashed(gone)))),
            Next::Asks(at, msg) => self.on(at, Event::Request(msg)),
            Next::Crashes(gone) => {
                self.down.insert(gone);
                self.next
                    .retain(|next| !matches!(next, Next::Arrives(from, ..) if *from == gone) || !is_lost());
                let others = self.group.iter().filter(|&&node| node != gone);
                self.next.extend(others.map(|&node| Next::Told(node, gone)));
            }
        }
    }

    /// What the survivors have delivered.
    fn survivors(&self) -> impl Iterator<Item = (NodeId, &Vec<(Id, char)>)> {
        let all = self.group.iter().map(|&node| (node, &self.delivered[node.index()]));
        all.filter(|(node, _)| !self.down.contains(node))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn survivors_deliver_one_sequence(
        size in 2..=5_usize,
        senders in prop::collection::vec(0..5_usize, 1..6),
        crashes in prop::collection::vec(0..5_usize, 0..3),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 400),
        losses in any::<u64>(),
    ) {
        let node = |at: &usize| NodeId((*at % size) as u16);
        let asks = senders.iter().zip('a'..).map(|(at, msg)| Next::Asks(node(at), msg));
        let mut victims: BTreeSet<NodeId> = crashes.iter().map(node).collect();
        if victims.len() == size {
            victims.pop_first();
        }
        let mut run = Run::new(size, asks.chain(victims.into_iter().map(Next::Crashes)).collect());
        let mut coin = losses;
        let mut choices = choices.into_iter().cycle();
        while !run.next.is_empty() {
            let at = choices.next().expect("it is endless").index(run.next.len());
            run.step(at, || { coin = coin.rotate_left(1); coin & 1 == 1 });
        }

        let (_, first) = run.survivors().next().expect("one survives");
        for (node, delivered) in run.survivors() {
            prop_assert_eq!(delivered, first, "{} and the first survivor", node);
        }
        let distinct: BTreeSet<_> = first.iter().collect();
        prop_assert_eq!(distinct.len(), first.len(), "nothing is delivered twice");
        for (at, msg) in senders.iter().zip('a'..) {
            let is_delivered = first.iter().any(|(id, said)| id.origin == node(at) && *said == msg);
            prop_assert!(is_delivered || run.down.contains(&node(at)), "{} is missing", msg);
        }
    }
}

/// A node that reports on one crash and then crashes itself: its floor would put a message later that is delivered already.
#[test]
fn what_a_node_reported_that_is_gone_does_not_count() {
    let mut run = Run::new(4, Vec::new());
    let [me, one, two, three] = [0, 1, 2, 3].map(NodeId);
    let arrives = |from, msg| Event::Indication(L((from, msg)));
    let (id, place) = (Id { origin: three, number: 1 }, Timestamp { time: 2, node: two });
    run.on(me, arrives(three, Negotiation::Start(id, 'b')));
    run.on(me, Event::Indication(R(Crashed(one))));
    run.on(me, arrives(three, Negotiation::Final(id, place)));
    let floor = |node| Timestamp { time: 9, node };
    let nothing = Orphans { known: BTreeMap::new(), floor: floor(three) };
    run.on(me, arrives(three, Negotiation::Report(BTreeSet::from([one]), nothing)));
    run.on(me, Event::Indication(R(Crashed(three))));
    let gone = BTreeSet::from([one, three]);
    let known = BTreeMap::from([(id, ('b', place))]);
    run.next.clear();
    run.on(
        me,
        arrives(two, Negotiation::Report(gone.clone(), Orphans { known: known.clone(), floor: floor(two) })),
    );
    let [Next::Arrives(from, to, settled)] = &run.next[..] else { panic!("it settles") };
    assert_eq!((*from, *to, settled), (me, two, &Negotiation::Settle(gone, known)));
}

/// A view change is over when the survivors have heard of it; what the node that is gone still says is not listened to.
#[test]
fn what_arrives_from_a_node_that_is_gone_is_ignored() {
    let mut run = Run::new(3, Vec::new());
    let (gone, me) = (NodeId(0), NodeId(1));
    run.on(me, Event::Indication(R(Crashed(gone))));
    run.next.clear();
    let late = Negotiation::Start(Id { origin: gone, number: 1 }, 'a');
    run.on(me, Event::Indication(L((gone, late))));
    assert!(run.next.is_empty(), "it proposes nothing");
}
