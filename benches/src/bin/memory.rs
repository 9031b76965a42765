//! Explores one system with one checker, and prints what it counted and what it allocated at its peak.
//!
//! In a process of its own, since counting slows allocation down, which would tell on the times, and since a process
//! that has explored something before has its allocator's leftovers.

use std::{env, process::ExitCode};

use peak_alloc::PeakAlloc;
use synod_benches::{
    engine::{Count, Engine},
    subjects,
    yardsticks::register_paxos::{by_ours, by_theirs},
};
use synod_checker::Reductions;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let explore: Option<Box<dyn FnOnce() -> Count>> = match arguments[..] {
        ["register-paxos", "synod", clients] => count(clients).map(|clients| {
            Box::new(move || by_ours(clients, Reductions::USUAL)) as Box<dyn FnOnce() -> Count>
        }),
        ["register-paxos", "stateright", clients] => {
            count(clients).map(|clients| Box::new(move || by_theirs(clients)) as Box<dyn FnOnce() -> Count>)
        }
        [name, "synod"] => of_both(name, Engine::Synod(1)),
        [name, "stateright"] => of_both(name, Engine::Stateright),
        _ => None,
    };
    let Some(explore) = explore else {
        let names: Vec<&str> = subjects::all().iter().map(|subject| subject.name).collect();
        eprintln!(
            "usage: synod-bench-memory SYSTEM synod|stateright\n       synod-bench-memory register-paxos synod|stateright CLIENTS\nsystems: {}",
            names.join("; ")
        );
        return ExitCode::from(2);
    };
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let Count { states, transitions } = explore();
    println!("{states} {transitions} {}", MEMORY.peak_usage() - before);
    ExitCode::SUCCESS
}

/// How many clients, if it is a number that makes sense.
fn count(clients: &str) -> Option<usize> {
    clients.parse().ok().filter(|clients| (1..=9).contains(clients))
}

/// Explores a system that both checkers know.
fn of_both(name: &str, engine: Engine) -> Option<Box<dyn FnOnce() -> Count>> {
    let system = subjects::find(name)?.system();
    Some(Box::new(move || engine.explore(&system)))
}
