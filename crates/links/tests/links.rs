//! Links under random networks: whatever is lost, duplicated and reordered, in the end everything has arrived as promised.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use synod_actor::{Actor, Cx, Effect, Env, Event, NodeId};
use synod_links::{Fifo, Numbers, Reliable, logged};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);

struct Frozen;
impl Env for Frozen {
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }
    fn choose(&mut self, _options: u64) -> u64 {
        0
    }
}

/// Two nodes, their disks and timers, and what is under way between them.
struct Pair<A: Actor> {
    fresh: A,
    nodes: [A; 2],
    disks: [Vec<A::Record>; 2],
    timers: [BTreeSet<A::Timer>; 2],
    network: Vec<(NodeId, NodeId, A::Msg)>,
    told: Vec<<A::Provides as synod_actor::Port>::Indication>,
}

impl<A: Actor> Pair<A> {
    fn of(node: A) -> Self {
        Pair {
            fresh: node.clone(),
            nodes: [node.clone(), node],
            disks: [vec![], vec![]],
            timers: [BTreeSet::new(), BTreeSet::new()],
            network: vec![],
            told: vec![],
        }
    }

    fn on(&mut self, me: NodeId, event: Event<A>) {
        let mut effects = Vec::new();
        let at = me.index();
        self.nodes[at].on(event, &mut Cx::new(me, &NodeId::group(2), &mut Frozen, &mut effects));
        for effect in effects {
            match effect {
                Effect::Persist(record) => self.disks[at].push(record),
                Effect::Send(to, msg) => self.network.push((me, to, msg)),
                Effect::Set(timer, _) => _ = self.timers[at].insert(timer),
                Effect::Cancel(timer) => _ = self.timers[at].remove(&timer),
                Effect::Indicate(indication) => self.told.push(indication),
                Effect::Request(_) | Effect::Mark(_) => {}
            }
        }
    }

    fn restart(&mut self, me: NodeId) {
        let at = me.index();
        let mut node = self.fresh.clone();
        self.disks[at].iter().cloned().for_each(|record| node.replay(record));
        self.nodes[at] = node;
        self.timers[at].clear();
        self.on(me, Event::Start);
    }

    /// What a network does with one of the messages under way: loses it, delivers it, or delivers it and keeps it.
    fn step(&mut self, which: usize, fate: u8) {
        if self.network.is_empty() {
            return;
        }
        let at = which % self.network.len();
        let (from, to, msg) = self.network[at].clone();
        if fate != 1 {
            self.network.swap_remove(at);
        }
        if fate != 0 {
            self.on(to, Event::Receive(from, msg));
        }
    }

    /// From now on nothing is lost, and timers fire, until nothing happens any more.
    fn settle(&mut self) {
        for _ in 0..1000 {
            while let Some((from, to, msg)) = self.network.pop() {
                self.on(to, Event::Receive(from, msg));
            }
            let Some((me, timer)) =
                [N0, N1].into_iter().find_map(|me| Some((me, self.timers[me.index()].pop_first()?)))
            else {
                return;
            };
            self.on(me, Event::Timeout(timer));
        }
        panic!("it does not settle");
    }
}

fn network() -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((any::<usize>(), 0..4u8), 0..40)
}

proptest! {
    #[test]
    fn reliable_links_deliver_once(messages in 0..6u64, steps in network()) {
        let mut pair = Pair::of(Reliable::over_stubborn());
        for msg in 0..messages {
            pair.on(N0, Event::Request((N1, msg)));
        }
        steps.into_iter().for_each(|(which, fate)| pair.step(which, fate));
        pair.settle();
        pair.told.sort_unstable();
        prop_assert_eq!(pair.told, (0..messages).map(|msg| (N0, msg)).collect::<Vec<_>>());
    }

    #[test]
    fn fifo_links_deliver_in_order(messages in 0..6u64, steps in network()) {
        let mut pair = Pair::of(Fifo::over_stubborn());
        for msg in 0..messages {
            pair.on(N0, Event::Request((N1, msg)));
        }
        steps.into_iter().for_each(|(which, fate)| pair.step(which, fate));
        pair.settle();
        prop_assert_eq!(pair.told, (0..messages).map(|msg| (N0, msg)).collect::<Vec<_>>());
    }

    /// With a restart of either end at any moment: each incarnation of the receiver is told everything, in order.
    #[test]
    fn logged_links_survive_restarts(
        messages in 0..6u64,
        before in network(),
        sender in any::<bool>(),
        after in network(),
    ) {
        let mut pair = Pair::of(logged::Fifo::over_stubborn());
        for msg in 0..messages {
            pair.on(N0, Event::Request((N1, msg)));
        }
        before.into_iter().for_each(|(which, fate)| pair.step(which, fate));
        if sender {
            pair.restart(N0);
        } else {
            pair.told.clear();
            pair.restart(N1);
        }
        after.into_iter().for_each(|(which, fate)| pair.step(which, fate));
        pair.settle();
        prop_assert_eq!(pair.told, (0..messages).map(|msg| (N0, msg + 1, msg)).collect::<Vec<_>>());
    }

    #[test]
    fn numbers_are_a_set(inserted in prop::collection::vec(1..12u64, 0..30)) {
        let (mut numbers, mut set) = (Numbers::default(), BTreeSet::new());
        for number in inserted {
            prop_assert_eq!(numbers.insert(number), set.insert(number));
            prop_assert!((1..12).all(|number| numbers.contains(number) == set.contains(&number)));
        }
    }
}
