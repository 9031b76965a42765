//! Histories of transactions: every row of the table, at its level.

use std::{collections::BTreeMap, fs::File, io::BufReader, path::Path};

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

/// The longest history whose certificate is verified, in time that grows with the square of it.
const LONGEST: usize = 500;

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

#[test]
fn transactions_have_their_verdicts() {
    let Some((folder, table)) = super::corpus() else { return };
    let mut histories: BTreeMap<String, History> = BTreeMap::new();
    let (mut rows, mut wrong) = (0, Vec::new());
    for row in table.iter().filter(|row| row.is_of_transactions()) {
        let (file, level) = (&row.file, row.level.parse::<Level>().expect("is a level"));
        let history = histories.entry(file.clone()).or_insert_with(|| read(&folder.join(file), &row.format));
        rows += 1;
        let found = match check(history, level, &Budget::unlimited()) {
            Answer::Valid(certificate) => {
                if history.len() <= LONGEST {
                    verify(history, level, &certificate)
                        .unwrap_or_else(|why| panic!("{file}, {level}: {why}"));
                }
                "valid".to_owned()
            }
            Answer::Invalid(why) => {
                let found = &why.anomalies[0];
                println!(
                    "{file} {level}: {} (known: {}) breaks {:?}",
                    found.name(),
                    row.anomaly,
                    why.weakest
                );
                "invalid".to_owned()
            }
            Answer::Unknown(why) => format!("unknown: {why}"),
        };
        if found != row.verdict {
            wrong.push(format!("{file} at {level}: {found}, not {}", row.verdict));
        }
    }
    println!("{rows} verdicts of {} recorded histories of transactions compared", histories.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows > 0, "the table has rows for transactions");
}
