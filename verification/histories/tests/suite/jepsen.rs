//! Reading EDN, and Jepsen's histories in it.

use super::support::values;
use proptest::prelude::*;
use synod_histories::{
    Event, Kind, Process, ReadError, Value,
    formats::{edn::Reader, jepsen::Events},
    operation::{Outcome, pair},
};

fn forms(text: &str) -> Result<Vec<Value>, String> {
    let mut reader = Reader::new(text.as_bytes());
    let mut forms = Vec::new();
    while let Some((_, form)) = reader.form().map_err(|error| error.to_string())? {
        forms.push(form);
    }
    Ok(forms)
}

fn form(text: &str) -> Value {
    let mut forms = forms(text).expect("is EDN");
    assert_eq!(forms.len(), 1, "{text}");
    forms.remove(0)
}

fn events(text: &str) -> Result<Vec<Event>, String> {
    Events::new(text.as_bytes()).collect::<Result<_, ReadError>>().map_err(|error| error.to_string())
}

#[test]
fn every_kind_of_form() {
    for (text, printed) in [
        ("nil", "nil"),
        ("true", "true"),
        ("-12", "-12"),
        ("+7N", "7"),
        ("1.5", "1.5"),
        ("1e3M", "1000.0"),
        (r#""a\n\"\u0041""#, r#""a\n\"A""#),
        (":ns/key-word?", ":ns/key-word?"),
        ("symbol", ":symbol"),
        ("-", ":-"),
        (r"\a", r#""a""#),
        (r"\newline", r#""\n""#),
        (r"\(", r#""(""#),
        ("(1, 2)", "[1 2]"),
        ("[[] nil]", "[[] nil]"),
        ("#{2 1}", "#{1 2}"),
        ("{:b 1 :a [2]}", "{:a [2], :b 1}"),
        ("#inst \"2020\"", "\"2020\""),
        ("#a.b.C{:x #_ignored 1}", "{:x 1}"),
        ("#_ #_ 1 2 3 ; the end", "3"),
        ("##Inf", "inf"),
    ] {
        assert_eq!(form(text).to_string(), printed, "{text}");
    }
    assert_eq!(forms("1 2,3").expect("is EDN").len(), 3);
    assert_eq!(forms(" ; nothing\n #_ 1 ").expect("is EDN"), []);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, error) in [
        ("[1\n 2", "line 2: the input ends before the ']' of line 1"),
        ("[1\n 2)", "line 2: ')' where ']' should close what line 1 opens"),
        ("1\n}", "line 2: '}' closes nothing"),
        ("{:a}", "line 1: a map has the key :a without a value"),
        ("{:a 1\n :a 2}", "line 1: a map has the same key twice"),
        ("#{1 1}", "line 1: a set has the same item twice"),
        ("99999999999999999999", "line 1: the integer 99999999999999999999 does not fit into 64 bits"),
        ("12x", "line 1: '12x' begins like a number but is none"),
        ("\"abc", "line 1: the input ends in the string of line 1"),
        ("#_", "line 1: '#_' discards a form, but there is none"),
        ("[#tag]", "line 1: a tag has no form behind it"),
    ] {
        assert_eq!(forms(text).expect_err(text), error);
    }
    for deep in ["[", "#_", "{1 ", "#a "] {
        let error = forms(&deep.repeat(100_000)).expect_err(deep);
        assert!(error.contains("nested"), "{deep}: {error}");
    }
}

#[test]
fn three_shapes_are_one_history() {
    let (first, second) =
        ("{:type :invoke, :process 0, :f :read, :value nil}", "{:type :ok, :process 0, :f :read, :value 3}");
    let one_by_one = events(&format!("{first}\n{second}")).expect("is a history");
    let vector = events(&format!("; comment\n[{first}\n{second}]")).expect("is a history");
    let list = events(&format!("({first}\n#_ 7 #jepsen.history.Op{second})")).expect("is a history");
    let tuples = events("[0 :invoke :read nil]\n[0 :ok :read 3]").expect("is a history");
    let enclosed = events("[[0 :invoke :read nil]\n[0 :ok :read 3]]").expect("is a history");
    let bare = |events: Vec<Event>| -> Vec<Event> {
        events.into_iter().map(|event| Event { line: 0, ..event }).collect()
    };
    let expected = bare(one_by_one);
    assert_eq!(expected.len(), 2);
    assert_eq!((expected[1].kind, &expected[1].process), (Kind::Ok, &Process::Client(0)));
    for shape in [vector, list, tuples, enclosed] {
        assert_eq!(bare(shape), expected);
    }
    for empty in ["", "[]", "()", "; nothing"] {
        assert_eq!(events(empty), Ok(vec![]));
    }
}

#[test]
fn events_that_cannot_be_are_refused() {
    for (text, error) in [
        ("{:process 1}", "line 1: an event has no :type (invoke, ok, fail or info)"),
        ("\n{:type :done}", "line 2: the type of an event is invoke, ok, fail or info, not :done"),
        ("7", "line 1: an event is a map or a vector of four items, not 7"),
        ("[0 :invoke :read]", "line 1: an event that is a vector has four items: [process type f value]"),
        ("[{:type :ok}]\n{:type :ok}", "line 2: there is more behind the collection of events"),
        ("{:type :ok :process 1.5}", "line 1: a process is an integer or a name, not 1.5"),
        ("{:type :ok :f 1}", "line 1: the :f of an event is a name, not 1"),
    ] {
        assert_eq!(events(text).expect_err(text), error);
    }
}

#[test]
fn events_are_paired_by_process() {
    let text = "{:type :invoke :process 0 :f :write :value 1}
        {:type :info :process :nemesis :f :kill}
        {:type :invoke :process 1 :f :read}
        {:type :ok :process 1 :f :read :value 1}
        {:type :info :process 0 :f :write :value 1}
        {:type :info :process 7 :f :write}
        {:type :invoke :process 1 :f :read}";
    let operations = pair(events(text).expect("is a history")).expect("is in pairs");
    let found: Vec<_> = operations
        .iter()
        .map(|operation| (operation.outcome, operation.invoked, operation.returned))
        .collect();
    assert_eq!(found, [(Outcome::Unknown, 0, None), (Outcome::Ok, 1, Some(2)), (Outcome::Unknown, 5, None)]);
    assert_eq!(operations[0].lines, (1, Some(5)));
}

#[test]
fn events_that_pair_with_nothing_are_refused() {
    let paired = |text: &str| pair(events(text).expect("is a history")).map_err(|error| error.to_string());
    assert_eq!(
        paired("[0 :invoke :read nil]\n[0 :invoke :read nil]"),
        Err("line 2: p0 invokes an operation, but the one it invoked in line 1 has not ended".into())
    );
    assert_eq!(
        paired("[0 :ok :read nil]"),
        Err("line 1: p0 ends an operation (ok) that it has not invoked".into())
    );
    assert_eq!(
        paired("[0 :invoke :read nil]\n[0 :ok :write 1]"),
        Err("line 2: p0 ends 'write', but what it invoked in line 1 is 'read'".into())
    );
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(value in values()) {
        prop_assert_eq!(form(&value.to_string()), value);
    }

    #[test]
    fn anything_is_read_or_refused(text in any::<Vec<u8>>()) {
        for event in Events::new(text.as_slice()) {
            if event.is_err() {
                break;
            }
        }
    }

    #[test]
    fn almost_edn_is_read_or_refused(text in r#"[\[\](){}#_:"\\; a1n-]{0,40}"#) {
        let _ = forms(&text);
        let _ = events(&text);
    }
}
