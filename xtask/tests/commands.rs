//! The commands as a user types them: what they print, and how they end.

use std::{
    io::Read,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

fn xtask(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments.split_whitespace());
    command
}

/// What a command prints and says, and its exit code.
fn run(arguments: &str) -> (String, String, i32) {
    let Output { status, stdout, stderr } = xtask(arguments).output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("is text");
    (text(stdout), text(stderr), status.code().expect("it ends by itself"))
}

/// A command that is refused: what it says.
fn refused(arguments: &str) -> String {
    let (stdout, stderr, code) = run(arguments);
    assert_eq!((stdout.as_str(), code), ("", 2), "{arguments}: {stderr}");
    stderr
}

#[test]
fn an_unknown_model_is_answered_with_the_nearest() {
    let said = refused("check paxos-dual");
    assert!(said.contains("there is no model 'paxos-dual'; did you mean paxos-duel"), "{said}");
    assert!(refused("check paxos").contains("all that begin so are 'paxos-*'"));
    assert!(refused("check nothing-like-it").contains("cargo xtask check --list"));
    assert!(refused("trace two-phase-blockin").contains("two-phase-blocking"));
    assert!(refused("check no*such").contains("no model matches 'no*such'"));
}

#[test]
fn an_unsupported_number_of_nodes_is_answered_with_the_supported_ones() {
    let said = refused("check two-phase-blocking --nodes 77");
    assert!(said.contains("two-phase-blocking runs with") && said.contains("nodes, not with 77"), "{said}");
    assert!(refused("trace two-phase-blocking --nodes 0").contains("not with 0"));
}

#[test]
fn an_amount_of_memory_that_is_none_is_answered_with_an_example() {
    for wrong in ["lots", "64X", "0", "-1M"] {
        assert!(refused(&format!("check --memory={wrong}")).contains("64M"), "{wrong}");
    }
}

#[test]
fn what_is_no_command_is_refused() {
    for arguments in
        ["", "frobnicate", "check --frobnicate", "trace", "check --threads 0", "check --all paxos-duel"]
    {
        assert!(!refused(arguments).is_empty(), "{arguments}");
    }
    let said = refused("mutants nowhere");
    assert!(["atomic-commit", "clocks", " and "].iter().all(|known| said.contains(known)), "{said}");
}

#[test]
fn a_model_as_expected_ends_with_0() {
    let (stdout, stderr, code) = run("check two-phase-blocking");
    assert_eq!((stderr.as_str(), code), ("", 0), "no progress where no terminal is: {stdout}");
    assert!(stdout.contains("✘ termination violated, as expected"), "{stdout}");
    assert!(stdout.contains("cargo xtask trace two-phase-blocking"), "{stdout}");
    assert!(stdout.lines().all(|line| line.chars().count() <= 120), "{stdout}");
}

#[test]
fn a_search_that_is_cut_short_ends_with_3() {
    let (stdout, _, code) = run("check two-phase-blocking --memory 1K");
    assert!(stdout.contains("incomplete") && code == 3, "{stdout}");
    let (stdout, _, code) = run("trace two-phase-blocking --nodes 2 --threads 1");
    assert!(stdout.contains("two-phase-blocking") && code == 0, "{stdout}");
}

#[test]
fn json_is_one_object_a_line() {
    let (stdout, _, code) = run("check two-phase-blocking two-phase-fault-free --json --threads 1");
    assert_eq!((stdout.lines().count(), code), (2, 0), "{stdout}");
    for line in stdout.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("is JSON");
        for field in ["model", "nodes", "environment", "verdict", "expected", "properties", "states", "depth"]
        {
            assert!(!value[field].is_null(), "{field} is missing in {line}");
        }
        assert_eq!((&value["threads"], &value["engine"]), (&1.into(), &"synod".into()));
        assert_eq!(value["verdict"], value["expected"]);
    }
}

#[test]
fn both_engines_count_the_same() {
    let states = |engine| {
        let (stdout, _, code) =
            run(&format!("check two-phase-blocking --reduce none --json --engine {engine}"));
        assert_eq!(code, 0, "{stdout}");
        serde_json::from_str::<serde_json::Value>(&stdout).expect("is JSON")["states"].clone()
    };
    assert_eq!(states("synod"), states("stateright"));
}

#[test]
fn a_counterexample_is_a_diagram() {
    let (stdout, _, code) = run("trace two-phase-blocking");
    assert_eq!(code, 0, "{stdout}");
    for text in ["✘ termination is violated", "n0    n1    n2", "crashes, and stays down", "As expected."] {
        assert!(stdout.contains(text), "{text} is missing:\n{stdout}");
    }
    let (stdout, _, code) = run("trace two-phase-fault-free");
    assert!(stdout.contains("Nothing is violated") && code == 0, "{stdout}");
}

#[test]
fn every_model_is_listed() {
    let (stdout, _, code) = run("check --list");
    assert_eq!(code, 0);
    for name in ["paxos-duel", "two-phase-blocking", "mutant"] {
        assert!(stdout.contains(name), "{name} is missing:\n{stdout}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = xtask("check two-phase-blocking")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().expect("is piped").read_to_string(&mut said).expect("is text");
    let status = child.wait().expect("it ends");
    assert_eq!((said.as_str(), status.code()), ("", Some(0)));
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_with_what_is_known_and_3() {
    // Larger than anybody waits for.
    let child = xtask("check two-phase-fault-free raft-reordered two-phase-blocking --full")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    thread::sleep(Duration::from_secs(1));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8(output.stdout).expect("is text");
    assert_eq!(output.status.code(), Some(3), "{stdout}");
    assert!(stdout.contains("interrupted") && stdout.contains("1 not explored"), "{stdout}");
}

/// What `check --json` says of a model, but for what depends on the moment.
fn checked(arguments: &str) -> serde_json::Value {
    let (stdout, stderr, _) = run(arguments);
    let mut line: serde_json::Value =
        serde_json::from_str(&stdout).unwrap_or_else(|why| panic!("{why}: {stdout}{stderr}"));
    let fields = line.as_object_mut().expect("it is an object");
    for field in ["seconds", "peak_memory_bytes", "bytes_per_state"] {
        fields.remove(field).expect("it is there");
    }
    line
}

/// Kills a search of this model in the middle, and goes on with it. Returns the command that explores it.
fn killed_and_resumed(folder: &str, model: &str, options: &str) -> String {
    let check = format!("check {model} {options} --threads 2 --json");
    let keep = format!("{check} --checkpoint {folder} --checkpoint-every 0");
    let mut child = xtask(&keep).stdout(Stdio::null()).spawn().expect("the command starts");
    let file = std::path::Path::new(&folder).join(format!("{model}.checkpoint"));
    while !file.exists() {
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it runs");
    assert_eq!(child.wait().expect("it ended").code(), None, "it was killed in the middle");
    assert_eq!(checked(&format!("{check} --resume {folder}")), checked(&check));
    check
}

#[test]
fn a_search_of_a_specification_that_was_killed_goes_on() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let folder = folder.path().display().to_string();
    killed_and_resumed(&folder, "spec-two-phase", "--nodes 6");
    let (_, stderr, code) = run(&format!("check spec-two-phase --nodes 5 --resume {folder}"));
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("parameters"), "{stderr}");
}

#[test]
fn a_search_that_was_killed_goes_on() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (folder, model) = (folder.path().display().to_string(), "paxos-crash-recovery");
    let check = killed_and_resumed(&folder, model, "--reduce none");
    // Now it is written down that everything was reached.
    assert_eq!(checked(&format!("{check} --resume {folder}")), checked(&check));

    assert!(refused(&format!("check paxos-duel --resume {folder}")).contains("are of paxos-crash-recovery"));
    assert!(refused(&format!("check {model} --resume {folder}/none")).contains("is no folder"));
    assert!(refused(&format!("{check} --resume {folder} --engine stateright")).contains("no checkpoints"));
    let (_, stderr, code) = run(&format!("check {model} --resume {folder}"));
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("its reductions were none"), "{stderr}");
}
