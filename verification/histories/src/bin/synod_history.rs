//! `synod-history`: checks recorded histories.

use std::{io, process::ExitCode};

use clap::Parser;
use synod_histories::cli::{self, Args, Stop};

/// Check recorded histories: is this consistent, how much, and why not?
#[derive(Parser, Debug)]
#[command(name = "synod-history", version)]
#[command(after_help = "Exit codes: 0 valid, 1 invalid, 2 usage or malformed, 3 unknown.")]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn main() -> ExitCode {
    match cli::run(&Cli::parse().args, &mut io::stdout()) {
        Ok(verdict) => cli::exit_code(verdict).into(),
        // Whoever closes the pipe knows that there was more.
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(stop) => {
            eprintln!("error: {stop}");
            ExitCode::from(2)
        }
    }
}
