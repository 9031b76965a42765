//! Prints how our clocks and logs compare with those of other crates, and our checker with stateright, as Markdown: nanoseconds;
//! commands per second; transitions per second, memory, and the bars.
//!
//! `cargo bench` asks for it. Asked for a test (`-- --test`, or run by `cargo test`), it explores the small systems once,
//! only to see that the checkers agree: nothing is said about time. What else criterion would understand is ignored.

use std::{env, num::NonZero, process::Command, thread::available_parallelism, time::Duration};

use synod_benches::{
    clocks, consensus,
    engine::Count,
    measure::{Memory, Speed},
    packed::Packed,
    report::{Measured, markdown, packed},
    subjects::{self, Subject},
    yardsticks,
};

/// How long a checker works, at least, in a round.
const ROUND: Duration = Duration::from_millis(300);

/// How often the clocks are measured, and how many operations each time.
const CLOCK_ROUNDS: usize = 21;
const CLOCK_OPERATIONS: u64 = 20_000;

/// The register over Paxos has so many clients.
const CLIENTS: usize = 3;

fn main() {
    let is_given = |flag: &str| env::args().any(|argument| argument == flag);
    if is_given("--list") {
        return; // what lists benches wants no others
    }
    if is_given("--test") || !is_given("--bench") {
        let small: Vec<_> = subjects::all().into_iter().filter(Subject::is_small).collect();
        let measured = small.iter().map(|subject| measure(subject, 1, Duration::ZERO)).collect::<Vec<_>>();
        assert!(!markdown(&measured, 1).is_empty());
        assert!(!packed(&Packed::measure(5, 1)).is_empty());
        assert!(!yardsticks::markdown(2, 1).is_empty());
        assert!(!yardsticks::register_paxos::markdown(1, 1, register_memory(1)).is_empty());
        assert!(!clocks::markdown(clocks::pairs(), 1, 1).is_empty());
        assert!(!consensus::race::markdown(1, 300).is_empty());
        println!("report: the checkers agree on {} systems", measured.len());
        return;
    }
    eprintln!("measuring the clocks ...");
    println!("{}", clocks::markdown(clocks::pairs(), CLOCK_ROUNDS, CLOCK_OPERATIONS));
    eprintln!("measuring the logs ...");
    println!("{}", consensus::race::markdown(consensus::race::ROUNDS, consensus::race::COMMANDS));
    let measured = subjects::all().into_iter().map(|subject| {
        eprintln!("measuring {} ...", subject.name);
        measure(&subject, subject.rounds, ROUND)
    });
    println!("{}", markdown(&measured.collect::<Vec<_>>(), available_parallelism().map_or(1, NonZero::get)));
    eprintln!("measuring spec-two-phase ...");
    println!("{}", packed(&Packed::measure(9, 3)));
    eprintln!("measuring plain Paxos ...");
    println!("{}", yardsticks::markdown(3, 2));
    eprintln!("measuring a register over Paxos ...");
    println!("{}", yardsticks::register_paxos::markdown(CLIENTS, 3, register_memory(CLIENTS)));
}

/// What both checkers allocate at their peak for the register over Paxos.
fn register_memory(clients: usize) -> Memory {
    let peak = |engine| peak(&["register-paxos", engine, &clients.to_string()]).1;
    Memory { synod: peak("synod"), stateright: peak("stateright") }
}

fn measure(subject: &Subject, rounds: usize, least: Duration) -> Measured {
    let &Subject { name, is_judged, is_large, .. } = subject;
    let speed = Speed::measure(&subject.system(), rounds, least);
    let peak = |engine| {
        let (count, bytes) = peak(&[name, engine]);
        assert_eq!(count, speed.count, "{engine} counts otherwise in {name}");
        bytes
    };
    let memory = Memory { synod: peak("synod"), stateright: peak("stateright") };
    Measured { name, is_judged, is_large, speed, memory }
}

/// What a checker counts, and what it allocates at its peak, in a process of its own that is told what to explore.
fn peak(arguments: &[&str]) -> (Count, u64) {
    let program = env!("CARGO_BIN_EXE_synod-bench-memory");
    let output = Command::new(program).args(arguments).output().expect("the program was built with this one");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let figures: Vec<u64> =
        text.split_whitespace().map(|figure| figure.parse().expect("it prints numbers")).collect();
    match figures[..] {
        [states, transitions, bytes] => (Count { states, transitions }, bytes),
        _ => panic!("it prints three numbers: {text}"),
    }
}
