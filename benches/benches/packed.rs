//! Two-phase commit as a specification, beside a loop that is written for it alone: both explore all of it.

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use synod_benches::packed::{by_checker, by_hand};

fn packed(criterion: &mut Criterion) {
    for managers in [5, 7] {
        let count = by_hand(managers);
        let mut group = criterion.benchmark_group(format!("spec-two-phase, {managers} resource managers"));
        group.throughput(Throughput::Elements(count.transitions));
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(1));
        for (name, explore) in [("by hand", by_hand as fn(u32) -> _), ("synod, 1 thread", by_checker)] {
            group.bench_function(name, |bencher| {
                bencher.iter(|| assert_eq!(explore(managers), count, "they disagree"));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, packed);
criterion_main!(benches);
