//! Histories of operations: every row of the table, at its level.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use synod_histories::{
    Answer, Budget, Operation, Verdict,
    formats::{Format, edn},
    linearizability::{self, Effort, Options},
    objects::{Object, Reading, Subject, interpret},
    operation::pair,
    sequential,
};

/// How many configurations a search may visit: enough for the hardest of them, and so few that none takes more than a few megabytes.
const LIMIT: u64 = 50_000;
/// How many steps of the specification all etcd logs together may take. (Porcupine takes 3.3 million.)
const ETCD_STEPS: u64 = 350_000;

fn read(path: &Path, format: Format) -> Vec<Operation> {
    let text = fs::read(path).expect("the file of a row is there");
    let events: Result<Vec<_>, _> = format.events(text.as_slice()).collect();
    let events = events.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    pair(events).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The subjects of a row's model: all of them must get the verdict.
fn subjects(model: &str) -> Vec<Subject> {
    let initial = |object, initial: &str| {
        let mut reader = edn::Reader::new(initial.as_bytes());
        let (_, initial) = reader.form().expect("is EDN").expect("is a value");
        Subject { initial, ..Subject::new(object) }
    };
    match model {
        "cas-register(nil)" => vec![initial(Object::Register, "nil")],
        "cas-register(0) and cas-register(nil)" => {
            vec![initial(Object::Register, "nil"), initial(Object::Register, "0")]
        }
        "multi-register{x 0,y 0}" => vec![initial(Object::MultiRegister, "{:x 0, :y 0}")],
        "mutex" => vec![initial(Object::Mutex, "nil")],
        model if model.starts_with("kv(get/put/append)") => vec![initial(Object::KeyText, "nil")],
        model => panic!("no object for the model {model}"),
    }
}

/// Checks a history at a level, and the certificate if it is valid.
struct Check<'a> {
    operations: &'a [Operation],
    reading: Reading,
    is_sequential: bool,
    by_part: bool,
}

impl Check<'_> {
    fn of(self, subject: &Subject) -> (Verdict, Effort, Duration) {
        let specification = &subject.specification();
        let calls = interpret(specification, self.operations, self.reading).expect("is of this object").calls;
        let start = Instant::now();
        if self.is_sequential {
            let (answer, effort) =
                sequential::check_within(specification, &calls, &Budget::unlimited(), LIMIT);
            if let Answer::Valid(order) = &answer {
                sequential::verify(specification, &calls, order).expect("the certificate is right");
            }
            return (answer.verdict(), effort, start.elapsed());
        }
        let options = Options { by_part: self.by_part, configurations: Some(LIMIT), ..Options::default() };
        let (answer, effort) = linearizability::check(specification, &calls, &options);
        let elapsed = start.elapsed();
        if let Answer::Valid(order) = &answer {
            linearizability::verify(specification, &calls, order).expect("the certificate is right");
        }
        (answer.verdict(), effort, elapsed)
    }
}

#[test]
fn operations_have_their_verdicts() {
    let Some((folder, rows)) = super::corpus() else { return };
    let (mut checked, mut sequential) = (0, 0);
    let (mut etcd, mut etcd_time) = (Effort::default(), Duration::ZERO);
    for row in rows.iter().filter(|row| !row.is_of_transactions()) {
        let name = row.format.replace("kv-log", "porcupine-kv");
        let format = Format::named(&name).unwrap_or_else(|| panic!("no reader for {name}"));
        let operations = read(&folder.join(&row.file), format);
        if row.verdict == "none" {
            assert!(operations.is_empty(), "{row:?}");
            checked += 1;
            continue;
        }
        let is_sequential = match row.level.as_str() {
            "linearizable" => false,
            "sequential" => true,
            level => panic!("no such level: {level}"),
        };
        for subject in subjects(&row.model) {
            let mut reading = Reading::of(format);
            // The verdicts of Knossos take a read of nil for one of which nobody knows what it saw; those found by trying
            // all orders take it for what it says.
            reading.nil_is_unknown &= !row.file.starts_with("authored/");
            let check = Check { operations: &operations, reading, is_sequential, by_part: true };
            let (verdict, effort, time) = check.of(&subject);
            if time > Duration::from_millis(30) {
                println!("{} {effort:?} {time:?}", row.file);
            }
            assert_eq!(verdict.to_string(), row.verdict, "{row:?}");
            if row.file.contains("etcd_") {
                etcd += effort;
                etcd_time += time;
            }
        }
        checked += 1;
        sequential += usize::from(is_sequential);
    }
    println!("{checked} verdicts of operations compared, {sequential} of them for sequential consistency");
    println!("etcd: {etcd:?} in {etcd_time:?}");
    assert!(etcd.steps <= ETCD_STEPS);
}

#[test]
fn a_log_that_is_not_taken_apart_has_the_same_verdict() {
    let Some((folder, _)) = super::corpus() else { return };
    for (file, expected) in
        [("c10-ok", Verdict::Valid), ("c01-ok", Verdict::Valid), ("c01-bad", Verdict::Invalid)]
    {
        let operations = read(&folder.join(format!("porcupine/kv/{file}.txt")), Format::PorcupineKv);
        let check = Check {
            operations: &operations,
            reading: Reading::default(),
            is_sequential: false,
            by_part: false,
        };
        let (verdict, effort, time) = check.of(&Subject::new(Object::KeyText));
        println!("{file} as a whole: {verdict} {effort:?} {time:?}");
        assert_eq!(verdict, expected, "{file}");
    }
}
