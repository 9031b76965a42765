//! The laws of renaming: what `Visit` promises to whoever rewrites node names and epoch numbers.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Debug,
};

use proptest::{
    collection::{btree_map, btree_set, vec, vec_deque},
    option,
    prelude::*,
};
use support::{Said, holds, is_noticed};
use synod_actor::{NodeId, Side, Visit, Visitor, visit};

/// An epoch number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Epoch(u64);
impl Visit for Epoch {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.epoch(&mut self.0);
    }
}

/// One of everything that holds names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Names {
    leader: Option<NodeId>,
    ballot: (Epoch, NodeId),
    queue: VecDeque<NodeId>,
    log: Vec<(Epoch, NodeId, u8)>,
    quorum: BTreeSet<NodeId>,
    ballots: BTreeSet<(Epoch, NodeId)>,
    promises: BTreeMap<NodeId, Option<(Epoch, u8)>>,
    votes: BTreeMap<(Epoch, NodeId), BTreeSet<NodeId>>,
    side: Side<NodeId, Epoch>,
    /// Not a name: it stays.
    value: u64,
}
visit!(Names { leader, ballot, queue, log, quorum, ballots, promises, votes, side, value });

const NODES: u16 = 5;

fn nodes() -> impl Strategy<Value = NodeId> {
    (0..NODES).prop_map(NodeId)
}

fn epochs() -> impl Strategy<Value = Epoch> {
    // High enough that every shift in these tests stays above zero.
    (40..50u64).prop_map(Epoch)
}

fn names() -> impl Strategy<Value = Names> {
    let ballots = || (epochs(), nodes());
    let side = prop_oneof![nodes().prop_map(Side::L), epochs().prop_map(Side::R)];
    let first = (
        option::of(nodes()),
        ballots(),
        vec_deque(nodes(), 0..4),
        vec((epochs(), nodes(), any::<u8>()), 0..4),
        btree_set(nodes(), 0..4),
    );
    let second = (
        btree_set(ballots(), 0..4),
        btree_map(nodes(), option::of((epochs(), any::<u8>())), 0..4),
        btree_map(ballots(), btree_set(nodes(), 0..4), 0..4),
        side,
        40..50u64,
    );
    (first, second).prop_map(
        |((leader, ballot, queue, log, quorum), (ballots, promises, votes, side, value))| Names {
            leader,
            ballot,
            queue,
            log,
            quorum,
            ballots,
            promises,
            votes,
            side,
            value,
        },
    )
}

/// A permutation of the nodes: where each goes.
fn permutations() -> impl Strategy<Value = Vec<u16>> {
    Just((0..NODES).collect::<Vec<_>>()).prop_shuffle()
}

struct Rename<'a>(&'a [u16]);
impl Visitor for Rename<'_> {
    fn node(&mut self, node: &mut NodeId) {
        node.0 = self.0[node.index()];
    }
}

struct Shift(i64);
impl Visitor for Shift {
    fn epoch(&mut self, epoch: &mut u64) {
        *epoch = epoch.checked_add_signed(self.0).expect("within range");
    }
}

/// Does nothing, which is the default.
struct Look;
impl Visitor for Look {}

fn renamed<T: Visit + Clone>(value: &T, permutation: &[u16]) -> T {
    let mut value = value.clone();
    value.visit(&mut Rename(permutation));
    value
}

fn shifted<T: Visit + Clone>(value: &T, by: i64) -> T {
    let mut value = value.clone();
    value.visit(&mut Shift(by));
    value
}

fn inverse(permutation: &[u16]) -> Vec<u16> {
    let mut inverse = vec![0; permutation.len()];
    for (from, &to) in permutation.iter().enumerate() {
        inverse[usize::from(to)] = from as u16;
    }
    inverse
}

// The laws.

fn an_inverse_undoes<T: Visit + Clone + PartialEq + Debug>((value, permutation): (T, Vec<u16>)) -> Said {
    prop_assert_eq!(&renamed(&renamed(&value, &permutation), &inverse(&permutation)), &value);
    Ok(())
}

fn renamings_compose<T: Visit + Clone + PartialEq + Debug>((value, p, q): (T, Vec<u16>, Vec<u16>)) -> Said {
    let both: Vec<_> = p.iter().map(|&node| q[usize::from(node)]).collect();
    prop_assert_eq!(renamed(&renamed(&value, &p), &q), renamed(&value, &both));
    Ok(())
}

fn shifts_add_up<T: Visit + Clone + PartialEq + Debug>((value, one, other): (T, i64, i64)) -> Said {
    prop_assert_eq!(shifted(&shifted(&value, one), other), shifted(&value, one + other));
    prop_assert_eq!(&shifted(&shifted(&value, one), -one), &value);
    Ok(())
}

fn looking_changes_nothing<T: Visit + Clone + PartialEq + Debug>(value: T) -> Said {
    let mut same = value.clone();
    same.visit(&mut Look);
    prop_assert_eq!(&same, &value);
    Ok(())
}

/// A renaming changes nothing but node names, and a shift nothing but epochs; and all of them.
fn every_name_is_visited<T: Visit + Clone>((value, nodes, epochs): (T, Vec<NodeId>, Vec<Epoch>)) -> Said {
    #[derive(Default)]
    struct Collect(Vec<NodeId>, Vec<Epoch>);
    impl Visitor for Collect {
        fn node(&mut self, node: &mut NodeId) {
            self.0.push(*node);
        }
        fn epoch(&mut self, epoch: &mut u64) {
            self.1.push(Epoch(*epoch));
        }
    }
    fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
        values.sort();
        values
    }
    let mut seen = Collect::default();
    value.clone().visit(&mut seen);
    prop_assert_eq!(sorted(seen.0), sorted(nodes));
    prop_assert_eq!(sorted(seen.1), sorted(epochs));
    Ok(())
}

/// The names in a value, collected by hand.
fn collected(names: Names) -> (Names, Vec<NodeId>, Vec<Epoch>) {
    let (mut nodes, mut epochs) = (vec![names.ballot.1], vec![names.ballot.0]);
    nodes.extend(names.leader);
    nodes.extend(&names.queue);
    nodes.extend(names.log.iter().map(|entry| entry.1));
    epochs.extend(names.log.iter().map(|entry| entry.0));
    nodes.extend(&names.quorum);
    nodes.extend(names.ballots.iter().map(|ballot| ballot.1));
    epochs.extend(names.ballots.iter().map(|ballot| ballot.0));
    nodes.extend(names.promises.keys());
    epochs.extend(names.promises.values().flatten().map(|accepted| accepted.0));
    for (ballot, voters) in &names.votes {
        epochs.push(ballot.0);
        nodes.push(ballot.1);
        nodes.extend(voters);
    }
    match names.side {
        Side::L(node) => nodes.push(node),
        Side::R(epoch) => epochs.push(epoch),
    }
    (names, nodes, epochs)
}

/// What a renamed map holds under a renamed key is what it held under the key, renamed; and it holds nothing else.
fn maps_stay_maps<T: Visit + Clone + Map>((map, permutation): (T, Vec<u16>)) -> Said {
    let after = renamed(&map, &permutation);
    prop_assert_eq!(after.entries().len(), map.entries().len());
    for (key, value) in map.entries() {
        let value = NodeId(permutation[value.index()]);
        prop_assert_eq!(after.at(NodeId(permutation[key.index()])), Some(value));
    }
    Ok(())
}

trait Map {
    fn entries(&self) -> Vec<(NodeId, NodeId)>;
    fn at(&self, key: NodeId) -> Option<NodeId>;
}

impl Map for BTreeMap<NodeId, NodeId> {
    fn entries(&self) -> Vec<(NodeId, NodeId)> {
        self.iter().map(|(&key, &value)| (key, value)).collect()
    }
    fn at(&self, key: NodeId) -> Option<NodeId> {
        self.get(&key).copied()
    }
}

/// A set as a map from each element to itself.
impl Map for BTreeSet<NodeId> {
    fn entries(&self) -> Vec<(NodeId, NodeId)> {
        self.iter().map(|&node| (node, node)).collect()
    }
    fn at(&self, key: NodeId) -> Option<NodeId> {
        self.get(&key).copied()
    }
}

#[test]
fn sound_visits() {
    holds((names(), permutations()), an_inverse_undoes);
    holds((names(), permutations(), permutations()), renamings_compose);
    holds((names(), -20..20i64, -20..20i64), shifts_add_up);
    holds(names(), looking_changes_nothing);
    holds(names().prop_map(collected), every_name_is_visited);
    holds((btree_map(nodes(), nodes(), 0..5), permutations()), maps_stay_maps);
    holds((btree_set(nodes(), 0..5), permutations()), maps_stay_maps);
}

/// A renaming can make two names one; then sets and maps shrink, and stay sets and maps.
#[test]
fn names_may_collapse() {
    let mut set: BTreeSet<_> = [NodeId(0), NodeId(1), NodeId(2)].into();
    set.visit(&mut Rename(&[1, 1, 2]));
    assert_eq!(set, [NodeId(1), NodeId(2)].into());
}

// And those that break the laws.

/// Takes n0 for "nobody", and does not show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Nobody(NodeId);
impl Visit for Nobody {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        if self.0 != NodeId(0) {
            visitor.node(&mut self.0);
        }
    }
}

/// Takes low epochs for "none yet", and does not show them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct NoneYet(Epoch);
impl Visit for NoneYet {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        if self.0.0 > 40 {
            self.0.visit(visitor);
        }
    }
}

/// Counts how often it was looked at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Counted(u64);
impl Visit for Counted {
    fn visit(&mut self, _: &mut dyn Visitor) {
        self.0 += 1;
    }
}

/// Shows the names of one field and forgets the other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Forgetful {
    leader: NodeId,
    deputy: NodeId,
}
visit!(Forgetful { leader });

/// A map that renames its values and not its keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Halfway(BTreeMap<NodeId, NodeId>);
impl Visit for Halfway {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        self.0.values_mut().for_each(|value| value.visit(visitor));
    }
}
impl Map for Halfway {
    fn entries(&self) -> Vec<(NodeId, NodeId)> {
        self.0.entries()
    }
    fn at(&self, key: NodeId) -> Option<NodeId> {
        self.0.at(key)
    }
}

/// A sorted list, searched by halves, that is renamed in place and not sorted again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Unsorted(Vec<NodeId>);
visit!(Unsorted { 0 });
impl Map for Unsorted {
    fn entries(&self) -> Vec<(NodeId, NodeId)> {
        self.0.iter().map(|&node| (node, node)).collect()
    }
    fn at(&self, key: NodeId) -> Option<NodeId> {
        self.0.binary_search(&key).ok().map(|at| self.0[at])
    }
}

#[test]
fn unsound_visits() {
    is_noticed((nodes().prop_map(Nobody), permutations()), an_inverse_undoes);
    is_noticed((nodes().prop_map(Nobody), permutations(), permutations()), renamings_compose);
    is_noticed((epochs().prop_map(NoneYet), -20..20i64, -20..20i64), shifts_add_up);
    is_noticed((0..9u64).prop_map(Counted), looking_changes_nothing);
    let forgetful = (nodes(), nodes()).prop_map(|(leader, deputy)| Forgetful { leader, deputy });
    let all = forgetful.prop_map(|value| (value.clone(), vec![value.leader, value.deputy], vec![]));
    is_noticed(all, every_name_is_visited);
    is_noticed((btree_map(nodes(), nodes(), 0..5).prop_map(Halfway), permutations()), maps_stay_maps);
    let sorted = btree_set(nodes(), 0..5).prop_map(|set| Unsorted(set.into_iter().collect()));
    is_noticed((sorted, permutations()), maps_stay_maps);
}
