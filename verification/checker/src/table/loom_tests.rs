use loom::{sync::Arc, thread};

use super::*;

/// Two threads that insert overlapping pairs agree on their numbers, of which none is given twice or left out, and
/// exactly one of them is told that a pair is new.
#[test]
fn loom_numbers_are_agreed_on() {
    loom::model(|| {
        let table = Arc::new(Table::new(4, 2));
        let other = {
            let table = table.clone();
            thread::spawn(move || [20, 10].map(|pair| table.insert(pair).expect("there is room")))
        };
        let mine = [10, 30].map(|pair| table.insert(pair).expect("there is room"));
        let theirs = other.join().expect("it does not panic");
        assert_eq!(mine[0].0, theirs[1].0);
        assert!(mine[0].1 != theirs[1].1, "10 is new to one of them");
        assert!(mine[1].1 && theirs[0].1, "30 and 20 are new");
        let mut numbers = [mine[0].0, mine[1].0, theirs[0].0];
        numbers.sort_unstable();
        assert_eq!((numbers, table.len()), ([0, 1, 2], 3));
        for (pair, (number, _)) in [(10, mine[0]), (30, mine[1]), (20, theirs[0])] {
            assert_eq!((table.get(number), table.find(pair)), (pair, Some(number)));
        }
    });
}

/// The same for pairs that get their numbers together, in another order at each thread: nobody waits for the other for ever.
#[test]
fn loom_numbers_are_agreed_on_together() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let table = Arc::new(Table::new(4, 2));
        let insert = |table: &Table, pairs: &[u64; 2]| {
            let mut numbers = [(u32::MAX, false); 2];
            let told = |at: usize, number, new| numbers[at] = (number, new);
            table.insert_all(pairs, told).expect("there is room");
            numbers
        };
        let other = {
            let table = table.clone();
            thread::spawn(move || insert(&table, &[20, 10]))
        };
        let mine = insert(&table, &[10, 20]);
        let theirs = other.join().expect("it does not panic");
        assert_eq!((mine[0].0, mine[1].0), (theirs[1].0, theirs[0].0));
        assert!(mine[0].1 != theirs[1].1 && mine[1].1 != theirs[0].1);
        assert_eq!(table.len(), 2);
        for (pair, (number, _)) in [(10, mine[0]), (20, mine[1])] {
            assert_eq!((table.get(number), table.find(pair)), (pair, Some(number)));
        }
    });
}

/// Threads that make the index anew together leave none out, and none of them goes on before.
#[test]
fn loom_an_index_is_made_by_all() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let mut table = Table::new(3, 2);
        for pair in [10, 20, 30] {
            table.insert(pair).expect("there is room");
        }
        table.grow();
        let table = Arc::new(table);
        let other = {
            let table = table.clone();
            thread::spawn(move || (table.find(20), table.insert(40)))
        };
        assert_eq!([table.find(30), table.find(10)], [Some(2), Some(0)]);
        assert_eq!(other.join().expect("it does not panic"), (Some(1), Ok((3, true))));
        assert_eq!([10, 20, 30, 40].map(|pair| table.find(pair)), [0, 1, 2, 3].map(Some));
    });
}

/// A thread that finds no room leaves the table as it was.
#[test]
fn loom_no_room_is_no_harm() {
    loom::model(|| {
        let table = Arc::new(Table::new(1, 2));
        let other = {
            let table = table.clone();
            thread::spawn(move || table.insert(1))
        };
        let mine = table.insert(2);
        let theirs = other.join().expect("it does not panic");
        // Both may get in: the limit is checked before the slot is taken, which is what the slack is for.
        let inserted = [&mine, &theirs].into_iter().flatten().count();
        assert!(inserted >= 1);
        assert_eq!(table.len() as usize, inserted);
    });
}
