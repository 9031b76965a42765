//! `cargo xtask`: explore the models, look at counterexamples, run the gate.

mod audit;
mod cargo;
mod check;
mod checkpoints;
mod cli;
mod compare;
mod exit;
mod gate;
mod history;
mod json;
mod judge;
mod mutants;
mod progress;
mod run;
mod select;
mod table;
#[cfg(test)]
mod testing;
mod trace;
mod words;

use std::{io, process::ExitCode};

use clap::Parser;
use peak_alloc::PeakAlloc;

use cli::{Cli, Command};

/// Counts what each model takes at its peak.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    let out = &mut io::stdout();
    let result = match Cli::parse().command {
        Command::Check(args) => check::check(&args, out),
        Command::Trace(args) => trace::trace(&args, out),
        Command::Mutants(args) => mutants::mutants(&args, out),
        Command::Audit(args) => audit::audit(&args, out),
        Command::Compare(args) => compare::compare(&args, out),
        Command::History(args) => history::history(&args, out),
        Command::Bench(args) => cargo::bench(&args),
        Command::Test => gate::gate(false, out),
        Command::Ci(args) => gate::gate(args.fuzz, out),
    };
    let exit = result.unwrap_or_else(|failure| {
        if let Some(message) = failure.message() {
            eprintln!("error: {message}");
        }
        failure.exit()
    });
    exit.into()
}
