use loom::{sync::Arc, thread};

use super::*;

/// Inserts states of three parts, growing the store where it must, and returns their numbers.
fn insert(store: &Store, states: [[u32; 3]; 2]) -> [(u32, bool); 2] {
    states.map(|state| {
        loop {
            let tables = store.tables();
            let mut candidates = Candidates::new(&tables);
            let mut told = None;
            let inserted = candidates
                .push_parts(&tables, &state)
                .and_then(|()| tables.fold(&mut candidates, |_, number, new| told = Some((number, new))));
            if inserted.is_ok() {
                return told.expect("one row, one answer");
            }
            drop(tables);
            store.grow();
        }
    })
}

/// Whichever thread grows the tables, and when, and lays them out anew for a world that does not fit: no state is lost, and none is
/// there twice.
#[test]
fn loom_growing_loses_nothing() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let store = Arc::new(Store::new(3, 1, false, 2));
        let other = {
            let store = store.clone();
            thread::spawn(move || insert(&store, [[1, 1, 1], [2, 2, 2]]))
        };
        let mine = insert(&store, [[2, 2, 2], [3, 3, u32::MAX]]);
        let theirs = other.join().expect("it does not panic");
        assert_eq!(mine[0].0, theirs[1].0);
        assert!(mine[0].1 != theirs[1].1);
        let tables = store.tables();
        assert_eq!((tables.root().len(), tables.layout), (3, Layout::fitting(&[0, 0, u32::MAX])));
        for (number, state) in
            [(mine[0].0, [2, 2, 2]), (mine[1].0, [3, 3, u32::MAX]), (theirs[0].0, [1, 1, 1])]
        {
            assert_eq!(tables.parts(number), state);
        }
    });
}
