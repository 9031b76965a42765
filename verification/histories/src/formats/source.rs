//! Bytes with line numbers.

use std::io::{self, BufRead};

/// Bytes one by one, with a look at the next, and the line they are in.
#[derive(Debug)]
pub(crate) struct Source<R> {
    input: R,
    line: u64,
}

impl<R: BufRead> Source<R> {
    /// From the first line on.
    pub(crate) fn new(input: R) -> Self {
        Source { input, line: 1 }
    }

    /// The line of the next byte, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The next byte, which stays the next.
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The next byte, which is then behind.
    pub(crate) fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.line += u64::from(byte == b'\n');
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
            to.extend_from_slice(run);
            self.input.consume(length);
            if !is_all {
                break;
            }
        }
        Ok(())
    }
}
