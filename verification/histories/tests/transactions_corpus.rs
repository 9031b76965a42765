//! Recorded histories with known verdicts, in a folder beside the project, where there is one.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};

use synod_histories::{
    answer::{Answer, Budget},
    formats::jepsen::Events,
    operation::pair,
    transactions::{
        History, Level, check,
        formats::{Format, jepsen},
        verify,
    },
};

/// The folder, by way of the variable `SYNOD_HISTORIES`, or beside the project.
fn folder() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/histories");
    std::env::var_os("SYNOD_HISTORIES").map_or_else(beside, PathBuf::from)
}

fn read(path: &Path, format: &str) -> History {
    let input = BufReader::new(File::open(path).expect("the file is there"));
    match format {
        "awdit-test" => Format::Awdit.read(input).expect("is well formed"),
        "jepsen-edn" => {
            let events: Vec<_> = Events::new(input).collect::<Result<_, _>>().expect("is well formed");
            jepsen::transactions(&pair(events).expect("is well formed")).expect("is well formed")
        }
        other => panic!("no reader for {other}"),
    }
}

/// The cells of a line of comma-separated values.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().expect("there is one").push(c),
        }
    }
    cells
}

#[test]
fn recorded_histories_have_their_verdicts() {
    let folder = folder();
    let Ok(table) = fs::read_to_string(folder.join("verdicts.csv")) else {
        println!("no recorded histories at {}: nothing was compared", folder.display());
        return;
    };
    let mut histories: BTreeMap<String, History> = BTreeMap::new();
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in table.lines().skip(1) {
        let cells = cells(line);
        let [file, format, model, level, verdict, anomaly, ..] = &cells[..] else { panic!("{line}") };
        if !matches!(&model[..], "list-append" | "rw-register" | "rw-kv txn") {
            continue;
        }
        let level: Level = level.parse().expect("is a level");
        let history = histories.entry(file.clone()).or_insert_with(|| read(&folder.join(file), format));
        rows += 1;
        let found = match check(history, level, &Budget::unlimited()) {
            Answer::Valid(certificate) => {
                if history.len() <= 500 {
                    verify(history, level, &certificate)
                        .unwrap_or_else(|why| panic!("{file}, {level}: {why}"));
                }
                "valid".to_owned()
            }
            Answer::Invalid(why) => {
                let found = &why.anomalies[0];
                println!("{file} {level}: {} (known: {anomaly}) breaks {:?}", found.name(), why.weakest);
                "invalid".to_owned()
            }
            Answer::Unknown(why) => format!("unknown: {why}"),
        };
        if found != *verdict {
            wrong.push(format!("{file} at {level}: {found}, not {verdict}"));
        }
    }
    println!("{rows} verdicts of {} recorded histories of transactions compared", histories.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows > 0, "the table has rows for transactions");
}
