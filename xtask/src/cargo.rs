//! Commands that are cargo's.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    cli::BenchArgs,
    exit::{Exit, Failure},
};

/// `cargo`, at the top of the workspace.
pub fn cargo() -> Command {
    // What runs us through the alias says which cargo it is, and where this package lies.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if let Some(top) = top() {
        command.current_dir(top);
    }
    command
}

/// The nightly toolchain's `cargo`, at the top of the workspace.
pub fn nightly() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]);
    // What is said here is meant for the toolchain that runs us.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    if let Some(top) = top() {
        command.current_dir(top);
    }
    command
}

fn top() -> Option<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR")?;
    Path::new(&package).parent().map(Path::to_owned)
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started, or it fails.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let shown =
        Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Failure::Failed(format!("cannot run {shown}: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::Failed(format!("{shown} failed: {status}"))),
    }
}

/// Packages in a target folder of its own, which is gone afterwards.
///
/// Cargo builds a package against the packages of its siblings, which it takes for releases that never change: what it has unpacked
/// or built of one of the same version it does not look at again. An earlier run in the same folder would be what is tested.
///
/// What is built is not run, so it is built without what a debugger would want to know, which takes time.
///
/// # Errors
/// A package is not whole, or does not build.
pub fn package(arguments: &[&str]) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let folder = top().unwrap_or_default().join("target").join(format!("packages-{}", now.as_nanos()));
    let done =
        run(cargo().env("CARGO_TARGET_DIR", &folder).env("CARGO_PROFILE_DEV_DEBUG", "none").args(arguments));
    // What cannot be removed is in nobody's way.
    let _ = fs::remove_dir_all(&folder);
    done
}

/// The benches, by name.
const BENCHES: [&str; 8] =
    ["checker", "clocks", "consensus", "histories", "packed", "report", "steps", "transactions"];

/// Runs the benches: criterion's first, and the comparison with stateright as the conclusion.
///
/// # Errors
/// They cannot be built, or one fails.
pub fn bench(args: &BenchArgs) -> Result<Exit, Failure> {
    let (benches, arguments) = chosen(args);
    for benches in benches {
        let benches = benches.iter().flat_map(|&bench| ["--bench", bench]);
        let chapters: &[&str] = if args.report { &["--", "--chapters"] } else { &[] };
        let mut cargo = cargo();
        cargo.args(["bench", "--package", "synod-benches"]).args(benches).args(chapters).args(arguments);
        run(&mut cargo)?;
    }
    Ok(Exit::AsExpected)
}

/// Which benches to run, each time together, and what is left of the arguments. None are named if the arguments may do that.
fn chosen(args: &BenchArgs) -> (Vec<Vec<&str>>, &[String]) {
    match args.arguments.split_first() {
        _ if args.report => (vec![vec!["report"]], &args.arguments),
        None => {
            let criterion = vec!["steps", "checker", "histories", "transactions", "packed", "consensus"];
            (vec![criterion, vec!["report"]], &[])
        }
        Some((name, rest)) if BENCHES.contains(&name.as_str()) => (vec![vec![name]], rest),
        Some(_) => (vec![vec![]], &args.arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_comes_last_or_alone() {
        let args = |report, arguments: &[&str]| BenchArgs {
            report,
            arguments: arguments.iter().map(|&a| a.into()).collect(),
        };
        let all = args(false, &[]);
        assert_eq!(
            chosen(&all).0.concat(),
            ["steps", "checker", "histories", "transactions", "packed", "consensus", "report"]
        );
        assert_eq!(chosen(&args(true, &[])).0.concat(), ["report"]);
        assert!(chosen(&args(false, &["--bench", "steps"])).0.concat().is_empty());
        let one = args(false, &["consensus", "--", "--quick"]);
        let (benches, rest) = chosen(&one);
        assert_eq!((benches.concat(), rest), (vec!["consensus"], &one.arguments[1..]));
    }

    #[test]
    fn every_bench_has_a_name() {
        let manifest = include_str!("../../benches/Cargo.toml");
        assert_eq!(manifest.matches("[[bench]]").count(), BENCHES.len());
        for bench in BENCHES {
            assert!(manifest.contains(&format!("[[bench]]\nname = \"{bench}\"")), "{bench}");
        }
    }

    #[test]
    fn a_command_that_fails_is_a_failure() {
        assert!(run(cargo().arg("--version").stdout(std::process::Stdio::null())).is_ok());
        let nonsense = cargo().arg("nonsense").stderr(std::process::Stdio::null()).status();
        assert!(nonsense.is_ok_and(|status| !status.success()));
        let error = run(&mut Command::new("no-such-program-at-all")).expect_err("there is none");
        assert!(error.message().is_some_and(|message| message.contains("no-such-program-at-all")));
        assert_eq!(error.exit(), Exit::NotAsExpected);
    }
}
