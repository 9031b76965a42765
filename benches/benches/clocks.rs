//! Our clocks beside those of other crates, operation by operation.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use synod_benches::clocks::pairs;

fn clocks(criterion: &mut Criterion) {
    for mut pair in pairs() {
        let mut group = criterion.benchmark_group(&pair.name);
        group.bench_function("synod", |bencher| bencher.iter_custom(|times| (pair.ours)(times)));
        group.bench_function(pair.beside, |bencher| bencher.iter_custom(|times| (pair.theirs)(times)));
        group.finish();
    }
}

fn short() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500))
}

criterion_group! {
    name = benches;
    config = short();
    targets = clocks
}
criterion_main!(benches);
