//! The formats in which histories of transactions are written.
//!
//! Jepsen's own formats hold transactions as the values of operations ([`jepsen`]). The others are made for transactions, and
//! know sessions but no times.

pub mod awdit;
pub mod dbcop;
pub mod jepsen;
pub mod plume;

use std::io::BufRead;

use crate::{
    formats::lines::Lines,
    malformed::{Malformed, ReadError},
};

use super::History;

/// A format made for histories of transactions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// A line `r(key,value,session,transaction)` for each operation: [`plume`].
    Plume,
    /// A line `r key value` for each operation, and lines between transactions and sessions: [`awdit`].
    Awdit,
    /// A line `[x:=1 y==2]` for each transaction: [`dbcop::read_text`].
    DbcopText,
    /// An object with sessions of transactions: [`dbcop::read_json`].
    DbcopJson,
    /// The binary form that dbcop had first: [`dbcop::read_binary`].
    DbcopBinary,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 5] =
        [Format::Plume, Format::Awdit, Format::DbcopText, Format::DbcopJson, Format::DbcopBinary];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Plume => "plume",
            Format::Awdit => "awdit",
            Format::DbcopText => "dbcop",
            Format::DbcopJson => "dbcop-json",
            Format::DbcopBinary => "dbcop-binary",
        }
    }

    /// The format of this name.
    pub fn named(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format that a file seems to have, by how it begins; nothing if it looks like none of these.
    pub fn guess(begin: &[u8]) -> Option<Format> {
        if begin.len() >= 8 && begin[..8].contains(&0) {
            return Some(Format::DbcopBinary);
        }
        let text = String::from_utf8_lossy(begin);
        let mut lines = text.lines().map(str::trim);
        let line =
            lines.find(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with("---"))?;
        match line.as_bytes() {
            [b'r' | b'w', b'(', ..] => Some(Format::Plume),
            [b'r' | b'w', b' ' | b'\t', ..] => Some(Format::Awdit),
            [b'[', ..] if line.contains(":=") || line.contains("==") => Some(Format::DbcopText),
            [b'{', ..] if text.contains("\"params\"") || text.contains("\"data\"") => Some(Format::DbcopJson),
            _ => None,
        }
    }

    /// Reads a history.
    ///
    /// # Errors
    /// It is not what the format says, or a value is written twice, or the input fails.
    pub fn read(self, input: impl BufRead) -> Result<History, ReadError> {
        match self {
            Format::Plume => plume::read(input),
            Format::Awdit => awdit::read(input),
            Format::DbcopText => dbcop::read_text(input),
            Format::DbcopJson => dbcop::read_json(input),
            Format::DbcopBinary => dbcop::read_binary(input),
        }
    }
}

/// The lines of a text, from 1.
fn lines(input: impl BufRead) -> impl Iterator<Item = Result<(u64, String), ReadError>> {
    Lines::new(input)
}

/// All of the input.
fn all(mut input: impl BufRead) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// An integer in a line.
fn int(line: u64, what: &str, text: &str) -> Result<i64, Malformed> {
    text.trim().parse().map_err(|_| {
        let brief: String = text.trim().chars().take(40).collect();
        Malformed::new(line, format!("the {what} is an integer of 64 bits, not '{brief}'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised() {
        let guess = |text: &str| Format::guess(text.as_bytes());
        assert_eq!(guess("w(1,2,0,0)\n"), Some(Format::Plume));
        assert_eq!(guess("\n---\nr 0 1\n"), Some(Format::Awdit));
        assert_eq!(guess("// text\n[x:=1 y==2]\n"), Some(Format::DbcopText));
        assert_eq!(guess("{\"params\":{},\"data\":[]}"), Some(Format::DbcopJson));
        assert_eq!(Format::guess(&[3, 0, 0, 0, 0, 0, 0, 0]), Some(Format::DbcopBinary));
        assert_eq!(guess("{:type :invoke}"), None);
        assert_eq!(guess(""), None);
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
        }
    }
}
