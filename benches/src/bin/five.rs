//! How far plain Paxos with five nodes and two proposers can be explored: minutes to hours, and as much memory as it is given.
//!
//! `cargo run --release -p synod-benches --bin synod-bench-five -- GIBIBYTES FOLDER [MINUTES]`: states go on disk, in the folder, when
//! memory ends. Every ten seconds it tells how far it is.

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use synod_benches::yardsticks::plain_paxos;
use synod_checker::{Options, Verdict, check};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<u64>().ok());
    let (Some(gibibytes), Some(folder)) = (number(0), arguments.get(1)) else {
        eprintln!("usage: synod-bench-five GIBIBYTES FOLDER [MINUTES]");
        return ExitCode::from(2);
    };
    let (started, told) = (Instant::now(), AtomicU64::new(0));
    let options =
        Options { memory: Some(gibibytes << 30), spill: Some(PathBuf::from(folder)), ..Options::default() };
    if let Some(minutes) = number(2) {
        let interrupt = Arc::clone(&options.interrupt);
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(60 * minutes));
            interrupt.store(true, Ordering::Relaxed);
        });
    }
    let progress = move |at: synod_checker::Progress| {
        let seconds = started.elapsed().as_secs();
        if seconds >= told.load(Ordering::Relaxed) + 10 {
            told.store(seconds, Ordering::Relaxed);
            eprintln!("{seconds} s: {} states, {} steps, level {}", at.states, at.transitions, at.depth);
        }
    };
    let report =
        check(&plain_paxos::system(5, 2), &Options { progress: Some(Arc::new(progress)), ..options });
    println!(
        "{:?} after {:.0} s: {} states, {} steps, {} levels; {} MiB for states, {} MiB for all else, {} MiB on disk{}",
        report.verdict,
        started.elapsed().as_secs_f64(),
        report.states,
        report.transitions,
        report.depth,
        report.store_bytes >> 20,
        report.component_bytes >> 20,
        report.disk_bytes >> 20,
        report.incomplete.map(|why| format!(" ({why})")).unwrap_or_default()
    );
    match report.verdict {
        Verdict::Holds => ExitCode::SUCCESS,
        Verdict::Violated => ExitCode::from(1),
        Verdict::Incomplete => ExitCode::from(3),
    }
}
