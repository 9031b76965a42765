//! Explores one system with one checker, and prints what it counted and what it allocated at its peak.
//!
//! In a process of its own, since counting slows allocation down, which would tell on the times, and since a process
//! that has explored something before has its allocator's leftovers.

use std::{env, process::ExitCode};

use peak_alloc::PeakAlloc;
use synod_benches::{
    engine::{Count, Engine},
    subjects,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (subject, engine) = match arguments[..] {
        [name, "synod"] => (subjects::find(name), Engine::Synod(1)),
        [name, "stateright"] => (subjects::find(name), Engine::Stateright),
        _ => (None, Engine::Stateright),
    };
    let Some(subject) = subject else {
        let names: Vec<&str> = subjects::all().iter().map(|subject| subject.name).collect();
        eprintln!("usage: synod-bench-memory SYSTEM synod|stateright\nsystems: {}", names.join("; "));
        return ExitCode::from(2);
    };
    let system = subject.system();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let Count { states, transitions } = engine.explore(&system);
    println!("{states} {transitions} {}", MEMORY.peak_usage() - before);
    ExitCode::SUCCESS
}
