//! Isolation levels of generated histories of lists: a million transactions for the strong levels, a hundred thousand for
//! causal consistency, with few sessions and with many.

use std::{env, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use synod_histories::{
    Budget, Verdict,
    transactions::{Checker, History, Level, generate::Shape},
};

/// So many transactions, or fewer where it is only asked whether the benches run.
fn size(transactions: usize) -> usize {
    if env::args().any(|argument| argument == "--test") { transactions / 100 } else { transactions }
}

/// Lists, appended to by a store that is strictly serializable. Of a hundred transactions the end of `lost` is not known, and
/// the session of each goes on under another name: so the more are lost, the more sessions there are.
fn history(transactions: usize, lost: u64) -> History {
    let shape = Shape {
        transactions: size(transactions),
        sessions: 50,
        keys: 100,
        indeterminate: lost,
        ..Shape::default()
    };
    History::of(shape.generate()).expect("values are written once")
}

/// The whole check of a level, from the history as it was read.
fn levels(criterion: &mut Criterion, name: &str, history: &History, levels: &[Level]) {
    let mut group = criterion.benchmark_group("isolation");
    group.sample_size(10).warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements(history.len() as u64));
    for &level in levels {
        group.bench_function(BenchmarkId::new(level.name(), name), |bencher| {
            bencher.iter(|| {
                let verdict = Checker::new(history).verdict(level, &Budget::unlimited());
                assert_eq!(verdict, Verdict::Valid);
            });
        });
    }
    group.finish();
}

fn isolation(criterion: &mut Criterion) {
    let million = history(1_000_000, 2);
    levels(criterion, "1,000,000", &million, &[Level::Serializable, Level::StrictSerializable]);
    drop(million);
    for lost in [0, 2] {
        let history = history(100_000, lost);
        let name = format!("100,000 in {} sessions", history.sessions());
        levels(criterion, &name, &history, &[Level::Causal]);
    }
}

criterion_group!(benches, isolation);
criterion_main!(benches);
