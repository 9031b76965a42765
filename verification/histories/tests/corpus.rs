//! Recorded histories of real systems, with known verdicts. They are data of others and no part of this project: the test
//! runs where the folder lies beside the project, and says so where it does not.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use synod_histories::{
    Answer, Operation, Verdict,
    formats::{Format, edn},
    linearizability::{self, Effort, Options},
    objects::{Interpret, Object, Reading, Subject, Visitor, interpret},
    operation::pair,
};

/// How many configurations a search may visit: enough for the hardest of them, a limit for what goes wrong.
const LIMIT: u64 = 2_000_000;

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/histories");
    folder.join("verdicts.csv").is_file().then_some(folder)
}

/// A row of the table of verdicts.
#[derive(Debug)]
struct Row {
    file: String,
    format: String,
    model: String,
    level: String,
    verdict: String,
}

/// The rows of a table in CSV, where a field may be in quotes.
fn rows(text: &str) -> Vec<Row> {
    let fields = |line: &str| {
        let (mut fields, mut quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                c => fields.last_mut().expect("there is one").push(c),
            }
        }
        fields
    };
    let lines = text.lines().skip(1).map(fields);
    let row = |mut fields: Vec<String>| {
        fields.truncate(5);
        let [file, format, model, level, verdict] = fields.try_into().expect("has five fields");
        Row { file, format, model, level, verdict }
    };
    lines.map(row).collect()
}

fn read(path: &Path, format: Format) -> Vec<Operation> {
    let text = fs::read(path).expect("the file of a row is there");
    let events: Result<Vec<_>, _> = format.events(text.as_slice()).collect();
    let events = events.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    pair(events).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The subjects of a row's model: all of them must get the verdict.
fn subjects(model: &str) -> Option<Vec<Subject>> {
    let initial = |object, initial: &str| {
        let mut reader = edn::Reader::new(initial.as_bytes());
        let (_, initial) = reader.form().expect("is EDN").expect("is a value");
        Subject { initial, ..Subject::new(object) }
    };
    Some(match model {
        "cas-register(nil)" => vec![initial(Object::Register, "nil")],
        "cas-register(0) and cas-register(nil)" => {
            vec![initial(Object::Register, "nil"), initial(Object::Register, "0")]
        }
        "multi-register{x 0,y 0}" => vec![initial(Object::MultiRegister, "{:x 0, :y 0}")],
        "mutex" => vec![initial(Object::Mutex, "nil")],
        model if model.starts_with("kv(get/put/append)") => vec![initial(Object::KeyText, "nil")],
        _ => return None,
    })
}

struct Linearizable<'a> {
    operations: &'a [Operation],
    reading: Reading,
    by_part: bool,
}

impl Visitor for Linearizable<'_> {
    type Output = (Verdict, Effort, Duration);

    fn visit<S: Interpret>(self, specification: &S) -> Self::Output {
        let interpreted = interpret(specification, self.operations, self.reading).expect("is of this object");
        let start = Instant::now();
        let options = Options { by_part: self.by_part, configurations: Some(LIMIT), ..Options::default() };
        let (answer, effort) = linearizability::check(specification, &interpreted.calls, &options);
        let elapsed = start.elapsed();
        if let Answer::Valid(order) = &answer {
            linearizability::verify(specification, &interpreted.calls, order)
                .expect("the certificate is right");
        }
        (answer.verdict(), effort, elapsed)
    }
}

#[test]
fn known_verdicts() {
    let Some(folder) = folder() else {
        println!("skipped: there is no folder of recorded histories beside the project");
        return;
    };
    let rows = rows(&fs::read_to_string(folder.join("verdicts.csv")).expect("the table can be read"));
    let (mut checked, mut other) = (0, 0);
    let (mut etcd, mut etcd_time) = (Effort::default(), Duration::ZERO);
    for row in &rows {
        let (Some(format), Some(subjects)) =
            (Format::named(row.format.replace("kv-log", "porcupine-kv").as_str()), subjects(&row.model))
        else {
            other += 1;
            continue;
        };
        if row.verdict == "none" || row.level != "linearizable" {
            other += 1;
            continue;
        }
        let operations = read(&folder.join(&row.file), format);
        for subject in subjects {
            let mut reading = Reading::of(format);
            // The verdicts of Knossos take a read of nil for one of which nobody knows what it saw; those found by trying
            // all orders take it for what it says.
            reading.nil_is_unknown &= !row.file.starts_with("authored/");
            let visitor = Linearizable { operations: &operations, reading, by_part: true };
            let (verdict, effort, time) = subject.visit(visitor);
            if time > Duration::from_millis(3) {
                println!("{} {effort:?} {time:?}", row.file);
            }
            assert_eq!(verdict.to_string(), row.verdict, "{row:?}");
            if row.file.contains("etcd_") {
                etcd += effort;
                etcd_time += time;
            }
        }
        checked += 1;
    }
    println!("{checked} of {} rows checked, {other} of other kinds", rows.len());
    println!("etcd: {etcd:?} in {etcd_time:?}");
    for file in ["c10-ok", "c10-bad", "c01-ok", "c01-bad"] {
        let operations = read(&folder.join(format!("porcupine/kv/{file}.txt")), Format::PorcupineKv);
        let visitor = Linearizable { operations: &operations, reading: Reading::default(), by_part: false };
        println!("{file} as a whole: {:?}", Subject::new(Object::KeyText).visit(visitor));
    }
}
