//! Commands per second of each replicated log, ours and those of other crates, and at the end the table of ratios.

use std::{env, time::Duration};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group};
use synod_benches::consensus::race;

/// How many commands an iteration is.
const COMMANDS: u64 = 4_096;

fn logs(criterion: &mut Criterion) {
    for (nodes, batching) in race::COURSES {
        let mut group = criterion.benchmark_group(race::title((nodes, batching)));
        group.throughput(Throughput::Elements(COMMANDS)).sampling_mode(SamplingMode::Flat).sample_size(10);
        group.warm_up_time(Duration::from_millis(50)).measurement_time(Duration::from_millis(300));
        for runner in race::runners() {
            group.bench_function(runner.name, |bencher| {
                bencher
                    .iter_custom(|times| (0..times).map(|_| (runner.time)(nodes, batching, COMMANDS)).sum());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, logs);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    let is_given = |flag: &str| env::args().any(|argument| argument == flag);
    // Asked for a test or a list, nothing is said about time.
    if is_given("--bench") && !is_given("--test") && !is_given("--list") {
        println!("\n{}", race::markdown(race::ROUNDS, race::COMMANDS));
    }
}
