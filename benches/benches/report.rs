//! Prints how our clocks and logs compare with those of other crates, and our checker with stateright, as Markdown: nanoseconds;
//! commands per second; transitions per second, memory, and the bars.
//!
//! `cargo bench` asks for it. Asked for a test (`-- --test`, or run by `cargo test`), it explores the small systems once,
//! only to see that the checkers agree: nothing is said about time. Other arguments are the chapters that are wanted, all of them if
//! there are none; those that are no chapter are an error after `--chapters`, and else for the benches that criterion runs. Flags that
//! it would understand are ignored.

use std::{
    env,
    num::NonZero,
    process::{Command, exit},
    thread::available_parallelism,
    time::Duration,
};

use synod_benches::{
    clocks, consensus,
    engine::Count,
    measure::{Memory, Speed},
    order,
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
        assert!(!order::markdown(&order::MODELS[..1], 1).is_empty());
        assert!(!yardsticks::markdown(2, 1, 1).is_empty());
        assert!(!yardsticks::register_paxos::markdown(1, 1, register_memory(1)).is_empty());
        assert!(!clocks::markdown(clocks::pairs(), 1, 1).is_empty());
        assert!(!consensus::race::markdown(1, 300).is_empty());
        println!("report: the checkers agree on {} systems", measured.len());
        return;
    }
    let wanted: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_chapter = |name: &&String| CHAPTERS.iter().any(|(chapter, _)| chapter == name);
    if let (true, Some(unknown)) = (is_given("--chapters"), wanted.iter().find(|name| !is_chapter(name))) {
        let names = CHAPTERS.map(|(chapter, _)| chapter).join(", ");
        eprintln!("error: the report has no chapter {unknown:?}; its chapters are {names}");
        exit(2);
    }
    for (chapter, write) in CHAPTERS {
        if wanted.is_empty() || wanted.iter().any(|name| name == chapter) {
            eprintln!("measuring {chapter} ...");
            println!("{}", write());
        }
    }
}

/// What is asked for by this name, and what measures and writes it.
type Chapter = (&'static str, fn() -> String);

const CHAPTERS: [Chapter; 7] = [
    ("clocks", || clocks::markdown(clocks::pairs(), CLOCK_ROUNDS, CLOCK_OPERATIONS)),
    ("logs", || consensus::race::markdown(consensus::race::ROUNDS, consensus::race::COMMANDS)),
    ("checker", || {
        let measured = subjects::all().into_iter().map(|subject| {
            eprintln!("measuring {} ...", subject.name);
            measure(&subject, subject.rounds, ROUND)
        });
        markdown(&measured.collect::<Vec<_>>(), available_parallelism().map_or(1, NonZero::get))
    }),
    ("order", || order::markdown(&order::MODELS, 5)),
    ("specifications", || packed(&Packed::measure(9, 3))),
    ("plain-paxos", || yardsticks::markdown(3, 2, 3)),
    ("register", || yardsticks::register_paxos::markdown(CLIENTS, 3, register_memory(CLIENTS))),
];

/// What both checkers allocate at their peak for the register over Paxos.
fn register_memory(clients: usize) -> Memory {
    let peak = |engine| peak(&["register-paxos", engine, &clients.to_string()]).1;
    Memory { synod: peak("synod"), stateright: peak("stateright") }
}

fn measure(subject: &Subject, rounds: usize, least: Duration) -> Measured {
    let &Subject { name, is_judged, .. } = subject;
    let speed = Speed::measure(&subject.system(), rounds, least);
    let peak = |engine| {
        let (count, bytes) = peak(&[name, engine]);
        assert_eq!(count, speed.count, "{engine} counts otherwise in {name}");
        bytes
    };
    let memory = Memory { synod: peak("synod"), stateright: peak("stateright") };
    Measured { name, is_judged, speed, memory }
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
