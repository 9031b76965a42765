//! Recorded histories of real systems, with known verdicts. They are data of others and no part of this project: the tests
//! run where the folder lies beside the project, or where the variable `SYNOD_HISTORIES` says, and say so where it does not.

mod operations;
mod transactions;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A row of the table of verdicts: a file, how it is to be understood, a level, and whether it keeps it.
#[derive(Debug)]
struct Row {
    file: String,
    format: String,
    model: String,
    level: String,
    verdict: String,
    anomaly: String,
}

impl Row {
    /// Whether the row is about transactions.
    fn is_of_transactions(&self) -> bool {
        matches!(self.model.as_str(), "list-append" | "rw-register" | "rw-kv txn")
    }
}

/// The folder and its table, if they are there.
fn corpus() -> Option<(PathBuf, Vec<Row>)> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/histories");
    let folder = std::env::var_os("SYNOD_HISTORIES").map_or_else(beside, PathBuf::from);
    let Ok(table) = fs::read_to_string(folder.join("verdicts.csv")) else {
        println!("skipped: there are no recorded histories at {}", folder.display());
        return None;
    };
    Some((folder, table.lines().skip(1).map(row).collect()))
}

/// A row of a table in CSV, where a field may be in quotes.
fn row(line: &str) -> Row {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().expect("there is one").push(c),
        }
    }
    fields.truncate(6);
    let [file, format, model, level, verdict, anomaly] = fields.try_into().expect("has six fields");
    Row { file, format, model, level, verdict, anomaly }
}
