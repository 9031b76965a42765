use std::{collections::HashMap, mem::swap};

use proptest::prelude::*;

use super::*;
use crate::segments::SEGMENT;

/// Inserts a state, and returns its number.
fn insert(store: &Store, parts: &[u32]) -> u32 {
    let (mut candidates, mut told) = (Candidates::new(&store.tables()), None);
    while candidates.push_parts(&store.tables(), parts).is_err() {
        store.grow();
    }
    while store.tables().fold(&mut candidates, |_, number, _| told = Some(number)).is_err() {
        store.grow();
    }
    told.expect("one state, one answer")
}

/// Makes so many numbers of a node.
fn number_nodes(node: &mut Table, count: u32) {
    for state in node.len()..count {
        if node.insert(state.into()).is_err() {
            node.grow();
            node.insert(state.into()).expect("there is room");
        }
    }
}

proptest! {
    /// Folding and unfolding are inverse, for any number of parts, and distinct states have distinct numbers.
    #[test]
    fn states_come_back_as_they_were(
        parts in 2..=9_usize,
        states in prop::collection::vec(prop::collection::vec(0..4_u32, 9), 1..60),
        bits in 0..14,
        world_bits in 0..30,
    ) {
        // Later states may have numbers that no longer fit beside each other.
        let spread = |at: usize, number: u32| match at {
            _ if at == parts - 1 => number << world_bits,
            _ if at % 3 == 2 => number << bits,
            _ => number,
        };
        let store = Store::new(parts, 4, false, 1);
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        for mut state in states {
            state.truncate(parts);
            state.iter_mut().enumerate().for_each(|(at, number)| *number = spread(at, *number));
            for (node, number) in store.tables.write().nodes.iter_mut().zip(&state) {
                number_nodes(node, number + 1);
            }
            let next = known.len() as u32;
            let expected = *known.entry(state.clone()).or_insert(next);
            prop_assert_eq!(store.tables().find_parts(&state), (expected < next).then_some(expected));
            prop_assert_eq!(insert(&store, &state), expected);
            prop_assert_eq!(store.tables().parts(expected), &state[..]);
            prop_assert_eq!(store.tables().find_parts(&state), Some(expected));
        }
        for (state, number) in &known {
            prop_assert_eq!(&store.tables().parts(*number), state);
        }
        // All at once, and some that are not there.
        let mut asked: Vec<Vec<u32>> = known.keys().cloned().collect();
        asked.extend(known.keys().map(|state| {
            let mut other = state.clone();
            other[0] ^= 1;
            other
        }));
        let tables = store.tables();
        asked.retain(|state| tables.words(state).is_ok());
        let words: Vec<u64> = asked.iter().flat_map(|state| tables.words(state).expect("it fits")).collect();
        let mut found = vec![None; asked.len()];
        tables.find_all(&words, |at, number| found[at] = number);
        prop_assert_eq!(found, asked.iter().map(|state| known.get(state).copied()).collect::<Vec<_>>());
    }

    /// Folding only what changed gives what folding everything gives, in every layout.
    #[test]
    fn a_change_is_enough(
        parts in 2..=9_usize,
        state in prop::collection::vec(0..4_u32, 9),
        changes in prop::collection::vec((0..9_usize, 0..4_u32), 1..9),
        bits in prop::collection::vec(2..=31_u32, 9),
    ) {
        let largest: Vec<u32> = bits[..parts].iter().map(|bits| 1 << bits).collect();
        let tables = Tables::new(parts, 64, false, 1).with_layout(Layout::fitting(&largest));
        let fold = |candidates: &mut Candidates| {
            let mut told = None;
            tables.fold(candidates, |_, number, _| told = Some(number)).expect("there is room");
            told.expect("one state, one answer")
        };
        let whole = |state: &[u32]| {
            let mut candidates = Candidates::new(&tables);
            candidates.push_parts(&tables, state).expect("it fits");
            fold(&mut candidates)
        };
        let first = whole(&state[..parts]);
        let mut rows = Rows::default();
        tables.unfold(&[first], &mut rows);
        let mut after = state[..parts].to_vec();
        changes.into_iter().for_each(|(at, to)| after[at % parts] = to);
        let mut words = [0; PARTS];
        tables.put(&after, &mut words).expect("it fits");
        let before = rows.all().row(0);
        let changed = before.words.iter().zip(&words).map(|(one, other)| one != other);
        let changed = changed.enumerate().map(|(word, changed)| u32::from(changed) << word).sum::<u32>();
        // Below inner nodes under which nothing has changed, words are not even looked at.
        let root = tables.shape.len() - 1;
        for node in tables.shape[..root].iter().filter(|node| node.words & changed == 0) {
            if let Holds::Parts(group, _) = &node.holds {
                words[tables.fields[group.start].word()] ^= 1;
            }
        }
        let mut candidates = Candidates::new(&tables);
        prop_assert!(candidates.push_unless_recent(&words, before.inner, changed));
        let second = fold(&mut candidates);
        prop_assert_eq!(whole(&after), second);
        prop_assert_eq!(tables.parts(second), after);
    }
}

/// Whatever numbers outgrow, and whenever, be states on disk or not: they keep their numbers, and put into another store they have the
/// same there.
#[test]
fn numbers_may_outgrow_every_layout() {
    struct Kept {
        parts: usize,
        store: Store,
        states: Vec<Vec<u32>>,
        tables: Vec<usize>,
    }
    let kept = |parts| Kept { parts, store: Store::new(parts, 4, false, 1), states: vec![], tables: vec![] };
    let mut all: Vec<Kept> = (2..=9).map(kept).collect();
    let (mut nodes, mut random) = ([(); 8].map(|()| Table::new(4, 1)), 1_u64);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for bits in [2, 7, 11, 16, 20] {
        // One bit more than this; every other node needs half as many.
        let largest = |place: usize| 1 << if place.is_multiple_of(2) { bits } else { bits / 2 };
        let exchange = |nodes: &mut [Table], store: &Store| {
            nodes.iter_mut().zip(&mut store.tables.write().nodes).for_each(|(one, other)| swap(one, other));
        };
        nodes.iter_mut().enumerate().for_each(|(place, node)| number_nodes(node, largest(place) + 1));
        for Kept { parts, store, states, tables } in &mut all {
            exchange(&mut nodes, store);
            let (on_disk, was_tree) =
                (store.bytes_on_disk(), tables.last().is_some_and(|&tables| tables > 1));
            for round in 0..1000 {
                let mut part = |place: usize| {
                    random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
                    let largest = largest(place);
                    if place == round { largest } else { (random >> 40) as u32 % largest }
                };
                let state: Vec<u32> = (0..*parts).map(&mut part).collect();
                if insert(store, &state) as usize == states.len() {
                    states.push(state);
                }
            }
            assert!(
                !was_tree || store.bytes_on_disk() == on_disk,
                "the root's table of a tree stays as it is"
            );
            tables.push(store.tables().tables.len());
            for (number, state) in (0..).zip(&*states) {
                assert_eq!(store.tables().parts(number), *state, "{bits} bits");
                assert_eq!(store.tables().find_parts(state), Some(number), "{bits} bits");
            }
            let (again, mut numbers) = (Store::new(*parts, 4, false, 1), Vec::new());
            again.tables.write().nodes.swap_with_slice(&mut store.tables.write().nodes);
            while !again.put(states.iter().map(Vec::as_slice), |number| numbers.push(number)) {
                numbers.clear();
                again.grow();
            }
            assert!(numbers.into_iter().eq(0..states.len() as u32), "{bits} bits");
            exchange(&mut nodes, &again);
            store.spill(states.len() as u32, folder.path()).expect("it can be written");
            assert_eq!(store.bytes_on_disk() > 0, states.len() >= SEGMENT, "{bits} bits");
        }
    }
    let tables: Vec<_> = all.iter().map(|kept| &kept.tables[..]).collect();
    assert_eq!(tables[..4], [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 3, 3]]);
    assert_eq!(tables[4..], [[1, 1, 1, 3, 3], [1, 1, 3, 3, 3], [1, 1, 3, 3, 3], [1, 1, 3, 5, 5]]);
}
