//! Transitions per second of our checker, on one and on two threads, beside stateright's, on the same systems.
//!
//! Every run, also those that are not measured, is asserted to count the same states and transitions.

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use synod_benches::{engine::Engine, subjects};

fn checkers(criterion: &mut Criterion) {
    for subject in subjects::all().into_iter().filter(|subject| !subject.is_large()) {
        let system = subject.system();
        let count = Engine::Synod(1).explore(&system);
        let mut group = criterion.benchmark_group(subject.name);
        group.throughput(Throughput::Elements(count.transitions));
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(1));
        for engine in [Engine::Synod(1), Engine::Synod(2), Engine::Stateright] {
            group.bench_function(engine.to_string(), |bencher| {
                bencher.iter(|| assert_eq!(engine.explore(&system), count, "the checkers disagree"));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, checkers);
criterion_main!(benches);
