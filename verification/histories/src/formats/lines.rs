//! Text, line by line.

use std::io::{self, BufRead};

use crate::malformed::{Malformed, ReadError};

/// The longest line that is read: longer than any event, and short enough for a machine.
const LONGEST: u64 = 1 << 26;

/// Lines with their numbers, from 1, without what ends them. After an error there is nothing more.
pub(crate) struct Lines<R> {
    input: R,
    number: u64,
    buffer: Vec<u8>,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Lines { input, number: 0, buffer: Vec::new(), ended: false }
    }

    fn line(&mut self) -> Result<Option<(u64, String)>, ReadError> {
        self.buffer.clear();
        let read = io::Read::take(&mut self.input, LONGEST).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 == LONGEST {
            return Err(Malformed::new(self.number, format!("a line has more than {LONGEST} bytes")).into());
        }
        // What ends the line is no part of it: who finds it cut off must not look for the place in the next one.
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        match std::str::from_utf8(&self.buffer) {
            Ok(line) => Ok(Some((self.number, line.to_owned()))),
            Err(_) => Err(Malformed::new(self.number, "the line is not valid UTF-8").into()),
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<(u64, String), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let line = self.line().transpose();
        self.ended = !matches!(line, Some(Ok(_)));
        line
    }
}
