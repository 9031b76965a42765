//! The command, as a user has it.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

const STALE: &str = "[0 :invoke :write 1]\n[0 :ok :write 1]\n[1 :invoke :read nil]\n[1 :ok :read 0]\n";

fn run(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synod-history"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // It may not want its input.
    let _ = command.stdin.take().expect("has an input").write_all(input.as_bytes());
    command.wait_with_output().expect("the command ends")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn exit_codes_are_the_documented_ones() {
    let valid = run(&["-"], "[0 :invoke :write 1]\n[0 :ok :write 1]\n");
    assert_eq!(valid.status.code(), Some(0), "{}", error(&valid));
    let invalid = run(&["-", "--initial", "0"], STALE);
    assert_eq!(invalid.status.code(), Some(1), "{}", error(&invalid));
    let unknown =
        run(&["-", "--initial", "0", "--timeout", "0s", "--level", "causal", "--spec", "queue"], "[]");
    assert_eq!(unknown.status.code(), Some(3), "{}", out(&unknown));
    for (arguments, input, message) in [
        (&["-", "--spec", "heap"][..], "[]", "--spec: 'heap' is none of register"),
        (&["-", "--level", "best"], "[]", "--level: 'best' is no level"),
        (&["-", "--format", "csv"], "[]", "--format: 'csv' is none of"),
        (&["-"], "[0 :invoke :read nil]\n[0 :invoke :read nil]", "-: line 2: p0 invokes an operation"),
        (&["-"], "[0 :invoke :launch nil]", "fit no object"),
        (&["-", "--spec", "queue"], "[0 :invoke :read nil]", "-: line 1: 'read': this object knows enqueue"),
        (&["no-such-file.edn"], "", "no-such-file.edn: cannot be opened"),
        (&["-"], "a,b\n", "looks like no history"),
        (&["a", "b", "--html", "page.html"], "", "--html shows one history"),
    ] {
        let output = run(arguments, input);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(error(&output).contains(message), "{arguments:?}: {}", error(&output));
    }
}

#[test]
fn what_is_wrong_is_said() {
    let text = out(&run(&["-", "--initial", "0"], STALE));
    for line in [
        "-: 2 operations of register (jepsen-edn)",
        "linearizable: invalid",
        "read 0 of p1 must take effect before it ends, but cannot, whatever takes effect before it",
        "Possible before it: 1.",
        "The first 4 events show it; fewer do not.",
        "lines 1-2  p0  write 1",
        "lines 3-4  p1  read 0  ◀",
        "sequential: valid",
        "causal: valid (follows from sequential)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn json_says_the_same() {
    let output = run(&["-", "--initial", "0", "--json"], STALE);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    assert_eq!((&json["verdict"], &json["object"]), (&"invalid".into(), &"register".into()));
    let level = &json["levels"][0];
    assert_eq!((&level["level"], &level["verdict"]), (&"linearizable".into(), &"invalid".into()));
    assert_eq!(level["why"]["operations"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["levels"][1]["order"], serde_json::json!([1, 0]));
}

#[test]
fn transactions_are_checked_too() {
    let text = "{:type :invoke, :process 0, :f :txn, :value [[:append :x 1]]}
        {:type :ok, :process 0, :f :txn, :value [[:append :x 1]]}
        {:type :invoke, :process 1, :f :txn, :value [[:r :x nil]]}
        {:type :ok, :process 1, :f :txn, :value [[:r :x nil]]}";
    let output = run(&["-"], text);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(
        out(&output).contains("strict-serializable: invalid")
            && out(&output).contains("  serializable: valid")
    );
}

#[test]
fn a_history_that_grows_is_checked_as_it_does() {
    let arguments =
        ["-", "--spec", "register", "--level", "linearizable", "--format", "jepsen-edn", "--initial", "0"];
    // What comes behind the violation is not even looked at.
    let output = run(&arguments, &format!("{STALE}this is no event"));
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(
        out(&output).contains(
            "up to line 4: read 0 must take effect before it ends, but cannot; possible before it: 1"
        )
    );
    assert_eq!(run(&arguments, "[0 :invoke :write 1]\n[0 :info :write 1]").status.code(), Some(0));
    assert_eq!(run(&arguments, "[0 :ok :write 1]").status.code(), Some(2));
}

#[test]
fn a_page_stands_alone() {
    let page = std::env::temp_dir().join(format!("synod-history-{}.html", std::process::id()));
    let output = run(&["-", "--initial", "0", "--html", page.to_str().expect("is text")], STALE);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    let html = std::fs::read_to_string(&page).expect("was written");
    std::fs::remove_file(&page).expect("is there");
    assert!(html.contains("class=\" matters culprit\"") && html.contains("read 0") && !html.contains("http"));
}
