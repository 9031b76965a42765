//! Formats other than EDN, what is guessed, and what is wrong.

use super::support::values;
use proptest::prelude::*;
use synod_histories::{
    Event, Kind, Process, ReadError, Value,
    formats::{Format, synod},
};

fn read(format: Format, text: &str) -> Result<Vec<Event>, String> {
    format.events(text.as_bytes()).collect::<Result<_, ReadError>>().map_err(|error| error.to_string())
}

/// Who, what, which operation, and its value.
fn brief(events: &[Event]) -> Vec<String> {
    let words =
        |event: &Event| format!("{} {} {} {}", event.process, event.kind.name(), event.function, event.value);
    events.iter().map(words).collect()
}

const CONSOLE: &str = "INFO  jepsen.core - Running test
INFO  jepsen.util - 0\t:invoke\t:cas\t[0 3]

INFO  jepsen.util - :nemesis :info :start nil
INFO  jepsen.util - 0\t:info\t:cas\t:timed-out
";

#[test]
fn a_console_log() {
    let events = read(Format::JepsenLog, CONSOLE).expect("is a log");
    assert_eq!(brief(&events), ["p0 invoke cas [0 3]", "nemesis info start nil", "p0 info cas nil"]);
    assert_eq!((events[2].line, &events[2].error), (5, &Value::keyword("timed-out")));
    for (text, error) in [
        ("something else\n", "line 1: a line of this log begins with its level, such as 'INFO'"),
        (
            "INFO jepsen.util - 0 :invoke :read\n",
            "line 1: an event is 'jepsen.util - PROCESS :TYPE :F VALUE'",
        ),
        (
            "\nINFO jepsen.util - 0 :begin :read nil\n",
            "line 2: the type of an event is invoke, ok, fail or info, not :begin",
        ),
    ] {
        assert_eq!(read(Format::JepsenLog, text).expect_err(text), error);
    }
}

const PORCUPINE: &str = r#"{:process 9, :type :invoke, :f :append, :key "0", :value "x"}
{:process 9, :type :ok, :f :append, :key "0", :value "x"}"#;

#[test]
fn a_key_value_log() {
    let events = read(Format::PorcupineKv, PORCUPINE).expect("is a log");
    assert_eq!(brief(&events), [r#"p9 invoke append ["0" "x"]"#, r#"p9 ok append ["0" "x"]"#]);
    let error = read(Format::PorcupineKv, "{:process 9, :type :ok}").expect_err("has no key");
    assert_eq!(error, "line 1: an event of this log is a map with a :key");
}

const JSON: &str = r#"[{"type":"invoke","process":0,"f":"read","value":null,"final?":true},
{"type":"ok","process":0,"f":"read","value":{"0":97}}]"#;

#[test]
fn jepsen_in_json() {
    let array = read(Format::JepsenJson, JSON).expect("is a history");
    assert_eq!(brief(&array), ["p0 invoke read nil", "p0 ok read {0 97}"]);
    assert_eq!(array[1].line, 2);
    let one_by_one = JSON.trim_matches(['[', ']']).replace("},\n", "}\n");
    let lines = read(Format::JepsenJson, &one_by_one).expect("is a history");
    assert_eq!(lines, array);
    let error = read(Format::JepsenJson, "[{\"type\":\"ok\"},\n{]").expect_err("is no JSON");
    assert!(error.starts_with("line 2: not JSON"), "{error}");
    let error = read(Format::JepsenJson, "[1,\n 18446744073709551615]").expect_err("is no event");
    assert_eq!(error, "line 1: an event is a map or a vector of four items, not 1");
}

const SYNOD: &str = r#"{"process":0,"type":"invoke","f":"add","value":{"keyword":"x"}}
{"process":"nemesis","type":"info","f":"kill"}
{"process":0,"type":"fail","f":"add","error":"full","time":12,"index":3}
"#;

#[test]
fn our_own_form() {
    let events = read(Format::Synod, SYNOD).expect("is a history");
    assert_eq!(brief(&events), ["p0 invoke add :x", "nemesis info kill nil", "p0 fail add nil"]);
    let mut written = Vec::new();
    for event in &events {
        synod::write(&mut written, event).expect("a vector can be written");
    }
    assert_eq!(read(Format::Synod, std::str::from_utf8(&written).expect("is text")), Ok(events));
    for (text, error) in [
        ("{\"process\":0}", "line 1: there is no \"type\""),
        ("{\"type\":\"ok\"}", "line 1: there is no \"process\""),
        ("\n{\"proces\":0}", "line 2: there is no field \"proces\" in this form"),
        ("{\"process\":1.5,\"type\":\"ok\"}", "line 1: \"process\" is an integer or a string"),
        ("{\"process\":0,\"type\":\"done\"}", "line 1: \"type\" is \"invoke\", \"ok\", \"fail\" or \"info\""),
        (
            "{\"process\":0,\"type\":\"ok\",\"value\":{\"set\":[1,1]}}",
            "line 1: in \"value\": a set has the same item twice",
        ),
    ] {
        assert_eq!(read(Format::Synod, text).expect_err(text), error);
    }
}

#[test]
fn what_is_cut_off_is_so_in_its_last_line() {
    let whole = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n";
    let edn = "{:process 0, :type :invoke, :f :read, :value nil}\n";
    for (format, text) in [
        (Format::Synod, format!("{whole}{{\"process\":0,")),
        (Format::JepsenJson, format!("{whole}{{\"process\":0,")),
        (Format::JepsenJson, format!("[{}", whole.replace("}\n", "},\n{\"process\":0,"))),
        (Format::JepsenEdn, format!("{edn}{{:process 0")),
        (Format::JepsenEdn, format!("{edn}{{:process \"zero")),
        (Format::PorcupineKv, format!("{}{{:process 0", edn.replace(":value", ":key 1, :value"))),
    ] {
        for end in ["", "\n", "\r\n", "\n\n"] {
            // Behind a string that is not closed, all is a part of it.
            if end == "\n\n" && text.contains('"') && format == Format::JepsenEdn {
                continue;
            }
            let error = read(format, &format!("{text}{end}")).expect_err("is cut off");
            let expected = if end == "\n\n" && text.contains(":process") { 3 } else { 2 };
            assert!(error.starts_with(&format!("line {expected}: ")), "{format:?} {end:?}: {error}");
        }
    }
}

#[test]
fn formats_are_recognised() {
    for (text, format) in [
        (CONSOLE, Format::JepsenLog),
        (PORCUPINE, Format::PorcupineKv),
        (JSON, Format::JepsenJson),
        ("[\n{\"type\":\"invoke\"}]", Format::JepsenJson),
        (SYNOD, Format::Synod),
        ("; a comment\n[{:type :invoke, :process 0}]", Format::JepsenEdn),
        ("({:type :invoke, :process 0})", Format::JepsenEdn),
        ("[0 :invoke :read nil]", Format::JepsenEdn),
        ("", Format::JepsenEdn),
    ] {
        assert_eq!(Format::guess(text), Some(format), "{text}");
    }
    assert_eq!(Format::guess("operation,process"), None);
    for format in Format::ALL {
        assert_eq!(Format::named(format.name()), Some(format));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        process in any::<i64>(),
        kind in prop::sample::select(Kind::ALL.to_vec()),
        value in values(),
        error in values(),
        time in prop::option::of(any::<i64>()),
    ) {
        let function = "f".into();
        let process = Process::Client(process);
        let event = Event { line: 1, process, kind, function, value, time, index: None, error };
        let mut written = Vec::new();
        synod::write(&mut written, &event).expect("a vector can be written");
        prop_assert_eq!(read(Format::Synod, std::str::from_utf8(&written).expect("is text")), Ok(vec![event]));
    }

    #[test]
    fn anything_is_read_or_refused(text in any::<Vec<u8>>(), almost in r#"[\[\]{}":,0-9a-z \n-]{0,60}"#) {
        for format in Format::ALL {
            let _ = format.events(text.as_slice()).count();
            let _ = format.events(almost.as_bytes()).count();
        }
        let _ = Format::guess(&almost);
    }
}
