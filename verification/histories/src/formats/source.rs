//! Bytes with line numbers.

use std::io::{self, BufRead};

/// Bytes one by one, with a look at the next, and the line they are in.
#[derive(Debug)]
pub(crate) struct Source<R> {
    input: R,
    line: u64,
    /// Whether the last byte ended its line.
    at_start: bool,
    ended: bool,
}

impl<R: BufRead> Source<R> {
    /// From the first line on.
    pub(crate) fn new(input: R) -> Self {
        Source { input, line: 1, at_start: false, ended: false }
    }

    /// The line of the next byte, from 1; of the last byte, if there is no other.
    pub(crate) fn line(&self) -> u64 {
        self.line - u64::from(self.ended && self.at_start)
    }

    /// The next byte, which stays the next.
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => {
                    self.ended = buffer.is_empty();
                    return Ok(buffer.first().copied());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The next byte, which is then behind.
    pub(crate) fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.at_start = byte == b'\n';
            self.line += u64::from(self.at_start);
            self.input.consume(1);
        }
        Ok(byte)
    }

    /// Moves the longest run of bytes that satisfy `wanted` to `to`.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(u8) -> bool, to: &mut Vec<u8>) -> io::Result<()> {
        while self.peek()?.is_some() {
            let buffer = self.input.fill_buf()?;
            let length = buffer.iter().position(|byte| !wanted(*byte)).unwrap_or(buffer.len());
            let (run, is_all) = (&buffer[..length], length == buffer.len());
            self.line += run.iter().filter(|byte| **byte == b'\n').count() as u64;
            if let Some(last) = run.last() {
                self.at_start = *last == b'\n';
            }
            to.extend_from_slice(run);
            self.input.consume(length);
            if !is_all {
                break;
            }
        }
        Ok(())
    }
}
