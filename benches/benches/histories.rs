//! Linearizability of generated histories: a register with few values, where a search has to choose, and one in which every
//! value differs. Where recorded histories of real systems lie beside the project, those too.

use std::{fs, path::Path, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use synod_histories::{
    CallOf, Operation, Verdict,
    formats::Format,
    generate::Shape,
    linearizability::{Options, check},
    objects::{Object, Reading, Subject, interpret},
    operation::pair,
    specifications::{Register, Stack, stack},
    transactions::generate::Random,
};

fn generated(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("linearizability");
    group.sample_size(10).warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(2));
    let shape = Shape { seed: 1, processes: 10, operations: 10_000, crashes: 1 };
    group.throughput(Throughput::Elements(shape.operations as u64));
    // A pop of which nobody knows what it took is for the search.
    let stack = stack(Shape { crashes: 0, ..shape });
    group.bench_function("stack, all values differ", |bencher| {
        bencher.iter(|| {
            let (answer, _) = check(&Stack::new(), &stack, &Options::default());
            assert_eq!(answer.verdict(), Verdict::Valid);
        });
    });
    for (name, calls) in [
        ("register, 5 values", Shape { crashes: 0, ..shape }.register(5, 30)),
        ("register, all values differ", shape.register_with_different_values()),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let (answer, _) = check(&Register::new(0), &calls, &Options::default());
                assert_eq!(answer.verdict(), Verdict::Valid);
            });
        });
    }
    group.finish();
}

/// A stack that holds a few values at a time, every one of them another.
fn stack(shape: Shape) -> Vec<CallOf<Stack<usize>>> {
    use stack::{Answer, Operation};
    let ask = |random: &mut Random, call: usize| match random.below(2) {
        0 => Operation::Push(call),
        _ => Operation::Pop,
    };
    shape.generate(&Stack::new(), ask, |state: &Vec<usize>, operation| match operation {
        Operation::Pop => state.last().map_or(Answer::Empty, |&top| Answer::Value(top)),
        Operation::Push(_) => Answer::Done,
    })
}

/// The verdict on operations, parsed before.
fn verdict(operations: &[Operation], object: Object, reading: Reading, by_part: bool) -> Verdict {
    let specification = &Subject::new(object).specification();
    let interpreted = interpret(specification, operations, reading).expect("is of this object");
    check(specification, &interpreted.calls, &Options { by_part, ..Options::default() }).0.verdict()
}

fn recorded(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/histories/porcupine");
    let read = |file: String, format: Format| -> Option<Vec<Operation>> {
        let text = fs::read(folder.join(file)).ok()?;
        pair(format.events(text.as_slice()).collect::<Result<Vec<_>, _>>().ok()?).ok()
    };
    let mut group = criterion.benchmark_group("recorded");
    group.sample_size(20).warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(2));
    let logs: Vec<_> = (0..103)
        .filter_map(|number| read(format!("jepsen/etcd_{number:03}.log"), Format::JepsenLog))
        .collect();
    if logs.is_empty() {
        return;
    }
    group.bench_function("etcd logs", |bencher| {
        bencher.iter(|| {
            let of =
                |log: &Vec<Operation>| verdict(log, Object::Register, Reading::of(Format::JepsenLog), true);
            logs.iter().filter(|log| of(log) == Verdict::Valid).count()
        });
    });
    for (name, file, by_part, expected) in [
        ("c10-ok", "c10-ok", true, Verdict::Valid),
        ("c10-ok, not by key", "c10-ok", false, Verdict::Valid),
        ("c50-ok", "c50-ok", true, Verdict::Valid),
        ("c50-bad", "c50-bad", true, Verdict::Invalid),
    ] {
        let Some(operations) = read(format!("kv/{file}.txt"), Format::PorcupineKv) else { continue };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let verdict = verdict(&operations, Object::KeyText, Reading::default(), by_part);
                assert_eq!(verdict, expected);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, generated, recorded);
criterion_main!(benches);
