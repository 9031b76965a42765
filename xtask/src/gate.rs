//! `test` and `ci`: the gate, which changes no file of the workspace.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use crate::{
    cargo, check,
    cli::{Engine, SizeArgs, ThreadsArgs},
    exit::{Exit, Failure, say},
    mutants,
    run::Runner,
    select::{Wanted, select},
    words,
};

/// A stage of the gate.
struct Stage {
    name: &'static str,
    what: What,
}

/// What a stage does.
enum What {
    /// Runs cargo, with variables set.
    Cargo(&'static [(&'static str, &'static str)], &'static [&'static str]),
    /// Packages, and builds each package from the others' packages.
    Packages(&'static [&'static str]),
    /// Runs the nightly toolchain's cargo.
    Nightly(&'static [&'static str]),
    /// Explores every model at quick bounds.
    Models,
    /// Explores every mutant.
    Mutants,
    /// Ends so.
    #[cfg(test)]
    Nothing(Exit),
}

const STAGES: &[Stage] = &[
    Stage { name: "format", what: What::Cargo(&[], &["fmt", "--all", "--check"]) },
    Stage {
        name: "lints",
        what: What::Cargo(
            &[],
            &["clippy", "--locked", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
        ),
    },
    Stage {
        name: "documentation",
        what: What::Cargo(
            &[("RUSTDOCFLAGS", "-D warnings")],
            &["doc", "--locked", "--workspace", "--no-deps"],
        ),
    },
    Stage { name: "tests", what: What::Cargo(&[], &["test", "--locked", "--workspace"]) },
    Stage {
        name: "concurrency",
        what: What::Cargo(
            // Everything is compiled otherwise under loom, so it is kept apart.
            &[("RUSTFLAGS", "--cfg loom"), ("CARGO_TARGET_DIR", "target/loom")],
            &["test", "--locked", "--package", "synod-checker", "--release", "--lib", "loom"],
        ),
    },
    Stage { name: "models", what: What::Models },
    Stage { name: "mutants", what: What::Mutants },
    Stage {
        name: "benches",
        what: What::Cargo(
            // That they run and agree, as the tests were built: an optimised build would say no more, and takes minutes.
            &[],
            &["bench", "--locked", "--workspace", "--profile", "dev", "--bench", "*", "--", "--test"],
        ),
    },
    Stage {
        name: "packages",
        what: What::Packages(&[
            "package",
            "--locked",
            "--workspace",
            "--allow-dirty",
            "--exclude",
            "synod-erased",
            "--exclude",
            "synod-models",
            "--exclude",
            "synod-benches",
            "--exclude",
            "synod-testing",
            "--exclude",
            "synod-tla-examples",
            "--exclude",
            "xtask",
        ]),
    },
];

/// A short run of each fuzz target, for whoever has a nightly compiler and cargo-fuzz.
const FUZZ: &[Stage] = &[
    Stage { name: "fuzz: readers", what: What::Nightly(&fuzz("readers")) },
    Stage { name: "fuzz: txns", what: What::Nightly(&fuzz("transactions")) },
];

/// What cargo is told to fuzz this target.
const fn fuzz(target: &str) -> [&str; 7] {
    ["fuzz", "run", "--fuzz-dir", "verification/histories/fuzz", target, "--", "-max_total_time=20"]
}

impl What {
    /// How to do the same by hand.
    fn command(&self) -> String {
        match self {
            What::Cargo(variables, arguments) => {
                let quoted =
                    |text: &str| if text.contains(' ') { format!("\"{text}\"") } else { text.to_owned() };
                let variables = variables.iter().map(|(name, value)| format!("{name}={} ", quoted(value)));
                format!("{}cargo {}", variables.collect::<String>(), arguments.join(" "))
            }
            What::Packages(arguments) => format!("cargo {}", arguments.join(" ")),
            What::Nightly(arguments) => format!("cargo +nightly {}", arguments.join(" ")),
            What::Models => "cargo xtask check --all".into(),
            What::Mutants => "cargo xtask mutants".into(),
            #[cfg(test)]
            What::Nothing(_) => "nothing".into(),
        }
    }

    fn run(&self, out: &mut dyn Write) -> Result<Exit, Failure> {
        match self {
            What::Cargo(variables, arguments) => {
                cargo::run(cargo::cargo().envs(variables.iter().copied()).args(*arguments))?;
                Ok(Exit::AsExpected)
            }
            What::Packages(arguments) => {
                cargo::package(arguments)?;
                Ok(Exit::AsExpected)
            }
            What::Nightly(arguments) => {
                cargo::run(cargo::nightly().args(*arguments))?;
                Ok(Exit::AsExpected)
            }
            What::Models => {
                let selection =
                    select(synod_models::all(), Wanted::All, &SizeArgs::default(), synod_models::nearest)?;
                check::explore(&selection.chosen, &runner(), false, out)
            }
            What::Mutants => {
                let mutants: Vec<_> =
                    synod_models::all().into_iter().filter(|entry| entry.mutant.is_some()).collect();
                mutants::hunt(&mutants, &runner(), out)
            }
            #[cfg(test)]
            What::Nothing(exit) => Ok(*exit),
        }
    }
}

fn runner() -> Runner {
    Runner::new(Engine::Synod, ThreadsArgs::default().count(), None)
}

/// Runs every stage up to the first that fails. The last line says how many passed.
///
/// # Errors
/// The output cannot be written.
pub fn gate(fuzz: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let more = if fuzz { FUZZ } else { &[] };
    pass(&STAGES.iter().chain(more).collect::<Vec<_>>(), out)
}

fn pass(stages: &[&Stage], out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut done: Vec<(&Stage, Duration, Result<(), String>)> = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        say(out, format!("\n══ {}/{} {}: {}", index + 1, stages.len(), stage.name, stage.what.command()))?;
        let start = Instant::now();
        let result = match stage.what.run(out) {
            Ok(Exit::AsExpected) => Ok(()),
            Ok(_) => Err("not as expected".to_owned()),
            Err(Failure::Output(error)) => return Err(error.into()),
            Err(failure) => Err(failure.message().unwrap_or_default()),
        };
        let failed = result.is_err();
        done.push((stage, start.elapsed(), result));
        if failed {
            break;
        }
    }

    say(out, "\n══ summary")?;
    for (stage, time, result) in &done {
        let result = match result {
            Ok(()) => "passed".to_owned(),
            Err(why) => format!("FAILED: {why}"),
        };
        say(out, format!("{:<14} {:>12}  {result}", stage.name, words::duration(*time)))?;
    }
    for stage in &stages[done.len()..] {
        say(out, format!("{:<14} {:>12}  not run", stage.name, ""))?;
    }
    let total = words::duration(done.iter().map(|(_, time, _)| *time).sum());
    say(out, format!("{:<14} {total:>12}\n", "in all"))?;
    let passed = done.iter().filter(|(_, _, result)| result.is_ok()).count();
    let failed = done.len() - passed;
    say(out, format!("{passed} passed, {failed} failed"))?;
    Ok(if failed == 0 { Exit::AsExpected } else { Exit::NotAsExpected })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Stage = Stage { name: "fine", what: What::Nothing(Exit::AsExpected) };
    const CUT: Stage = Stage { name: "cut", what: What::Nothing(Exit::Incomplete) };

    fn gate_of(stages: &[&Stage]) -> (Exit, String) {
        let mut out = Vec::new();
        let exit = pass(stages, &mut out).expect("a vector can be written");
        (exit, String::from_utf8(out).expect("is text"))
    }

    #[test]
    fn the_last_line_counts_the_stages() {
        let (exit, out) = gate_of(&[&FINE, &FINE]);
        assert_eq!((exit, out.lines().last()), (Exit::AsExpected, Some("2 passed, 0 failed")));
        assert!(out.contains("══ 1/2 fine: nothing"));
    }

    #[test]
    fn the_first_failure_is_the_end() {
        let (exit, out) = gate_of(&[&FINE, &CUT, &FINE]);
        assert_eq!((exit, out.lines().last()), (Exit::NotAsExpected, Some("1 passed, 1 failed")));
        assert!(out.contains("FAILED: not as expected") && out.contains("not run"), "{out}");
    }

    #[test]
    fn stages_can_be_done_by_hand() {
        let commands: Vec<String> = STAGES.iter().map(|stage| stage.what.command()).collect();
        assert_eq!(commands[0], "cargo fmt --all --check");
        assert_eq!(commands[2], r#"RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps"#);
        assert_eq!(commands[5], "cargo xtask check --all");
        assert_eq!(
            FUZZ[0].what.command(),
            "cargo +nightly fuzz run --fuzz-dir verification/histories/fuzz readers -- -max_total_time=20"
        );
    }
}
