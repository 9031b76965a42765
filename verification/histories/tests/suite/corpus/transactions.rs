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

/// Files in which an anomaly goes by another name than in the table, and why that is no mistake.
const OTHER_NAMES: [(&str, &str); 3] = [
    // A transaction read its own append behind those of others. That does not show for certain where the append came to stand
    // among all, so the cycle has an anti-dependency where Elle sees a write dependency.
    ("elle/paper-example.edn", "G2-item"),
    // The table names the cycle that Elle prints; there is one with a single anti-dependency, too, which is worse.
    ("elle/huge-scc.edn", "G-single-item-realtime"),
    // Elle derives an order of versions from reads and finds it cyclic; here every order of the versions leads to a cycle.
    ("authored/rw-cyclic-versions.edn", "no-version-order-realtime"),
];

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
    let (mut rows, mut named, mut wrong) = (0, 0, Vec::new());
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
                // A read skew is known as the G-single that it is.
                let names: Vec<String> = why
                    .anomalies
                    .iter()
                    .flat_map(|found| {
                        let general = found.kind.general().map(|general| general.name().to_owned());
                        [Some(found.name()), general]
                    })
                    .flatten()
                    .collect();
                let known = row.anomaly.split([' ', ';']).next().unwrap_or_default();
                let is_other = |name: &String| OTHER_NAMES.contains(&(file.as_str(), name.as_str()));
                if !known.is_empty() {
                    named += 1;
                    if !names.iter().any(|name| name == known || is_other(name)) {
                        wrong.push(format!("{file} at {level}: {names:?}, known as {known}"));
                    }
                }
                "invalid".to_owned()
            }
            Answer::Unknown(why) => format!("unknown: {why}"),
        };
        if found != row.verdict {
            wrong.push(format!("{file} at {level}: {found}, not {}", row.verdict));
        }
    }
    println!(
        "{rows} verdicts and {named} anomalies of {} histories of transactions compared",
        histories.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows > 0, "the table has rows for transactions");
}
