//! EDN, as far as histories use it.
//!
//! `nil`, booleans, integers, reals, strings, characters, keywords, symbols, lists, vectors, maps, sets; tags are dropped
//! and their form kept; `#_` discards a form, `;` the rest of a line, and a comma is white space.

use std::{io::BufRead, sync::Arc};

use rustc_hash::FxHashMap;

use super::source::Source;
use crate::{
    malformed::{Malformed, ReadError},
    value::{Real, Value},
};

/// How deep collections may be nested: far deeper than any history, and not so deep that the reader's stack is in danger.
const DEPTH: usize = 100;

/// Reads forms one by one.
#[derive(Debug)]
pub struct Reader<R> {
    source: Source<R>,
    names: FxHashMap<Box<[u8]>, Arc<str>>,
    scratch: Vec<u8>,
    /// A `#` was read, and what it begins is still to come.
    hash: bool,
}

/// How a collection ends, and what is left to read in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Close {
    Round,
    Square,
    Curly,
}

impl Close {
    fn byte(self) -> u8 {
        match self {
            Close::Round => b')',
            Close::Square => b']',
            Close::Curly => b'}',
        }
    }
}

/// A collection that a reader is in, to be read item by item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Collection {
    close: Close,
    opened: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads from here.
    pub fn new(input: R) -> Self {
        Reader { source: Source::new(input), names: FxHashMap::default(), scratch: Vec::new(), hash: false }
    }

    /// The line reached, from 1.
    pub fn line(&self) -> u64 {
        self.source.line()
    }

    /// The next form and the line in which it begins; `None` at the end.
    ///
    /// # Errors
    /// There is no form there, or the input cannot be read.
    pub fn form(&mut self) -> Result<Option<(u64, Value)>, ReadError> {
        self.skip_space(0)?;
        let line = self.line();
        match self.ahead()? {
            None => Ok(None),
            Some(byte @ (b')' | b']' | b'}')) => {
                Err(self.wrong(format!("'{}' closes nothing", byte as char)))
            }
            Some(_) => Ok(Some((line, self.value(0)?))),
        }
    }

    /// If the next form is a list or a vector: enters it, so that [`item`](Reader::item) gives its items.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn enter(&mut self) -> Result<Option<Collection>, ReadError> {
        self.skip_space(0)?;
        let close = match self.ahead()? {
            Some(b'(') => Close::Round,
            Some(b'[') => Close::Square,
            _ => return Ok(None),
        };
        let opened = self.line();
        self.source.next()?;
        Ok(Some(Collection { close, opened }))
    }

    /// The next item of a collection that was entered, and its line; `None` once at its end.
    ///
    /// # Errors
    /// As of [`form`](Reader::form), or the collection is not closed.
    pub fn item(&mut self, within: Collection) -> Result<Option<(u64, Value)>, ReadError> {
        self.item_at(within, 1)
    }

    fn item_at(&mut self, within: Collection, depth: usize) -> Result<Option<(u64, Value)>, ReadError> {
        self.skip_space(depth)?;
        let line = self.line();
        match self.ahead()? {
            None => {
                let close = within.close.byte() as char;
                Err(self.wrong(format!("the input ends before the '{close}' of line {}", within.opened)))
            }
            Some(byte) if byte == within.close.byte() => {
                self.source.next()?;
                Ok(None)
            }
            Some(byte @ (b')' | b']' | b'}')) => {
                let (close, opened) = (within.close.byte() as char, within.opened);
                Err(self.wrong(format!(
                    "'{}' where '{close}' should close what line {opened} opens",
                    byte as char
                )))
            }
            Some(_) => Ok(Some((line, self.value(depth)?))),
        }
    }

    fn wrong(&self, reason: impl Into<String>) -> ReadError {
        Malformed::new(self.line(), reason).into()
    }

    /// Skips white space, comments and discarded forms.
    fn skip_space(&mut self, depth: usize) -> Result<(), ReadError> {
        loop {
            match self.source.peek()? {
                Some(byte) if byte.is_ascii_whitespace() || byte == b',' => {
                    self.source.next()?;
                }
                Some(b';') => while !matches!(self.source.next()?, None | Some(b'\n')) {},
                Some(b'#') => {
                    self.source.next()?;
                    if self.source.peek()? != Some(b'_') {
                        self.hash = true;
                        return Ok(());
                    }
                    self.source.next()?;
                    self.discard(depth + 1)?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Discards the form behind `#_`.
    fn discard(&mut self, depth: usize) -> Result<(), ReadError> {
        self.check(depth)?;
        self.skip_space(depth)?;
        match self.ahead()? {
            None | Some(b')' | b']' | b'}') => Err(self.wrong("'#_' discards a form, but there is none")),
            Some(_) => self.value(depth).map(|_| ()),
        }
    }

    /// The byte with which the next form begins, behind white space.
    fn ahead(&mut self) -> Result<Option<u8>, ReadError> {
        if self.hash { Ok(Some(b'#')) } else { Ok(self.source.peek()?) }
    }

    fn check(&self, depth: usize) -> Result<(), ReadError> {
        if depth > DEPTH {
            return Err(self.wrong(format!("collections are nested more than {DEPTH} deep")));
        }
        Ok(())
    }

    /// The form that begins at the next byte.
    fn value(&mut self, depth: usize) -> Result<Value, ReadError> {
        self.check(depth)?;
        let line = self.line();
        if std::mem::take(&mut self.hash) {
            return self.dispatch(line, depth);
        }
        match self.source.peek()? {
            Some(b'(') => Ok(Value::List(self.collect(Close::Round, depth)?)),
            Some(b'[') => Ok(Value::List(self.collect(Close::Square, depth)?)),
            Some(b'{') => self.map(depth),
            Some(b'"') => self.string(),
            Some(b'\\') => self.character(),
            Some(b':') => {
                self.source.next()?;
                self.token()?;
                if self.scratch.is_empty() {
                    return Err(self.wrong("':' begins a keyword, but no name follows"));
                }
                Ok(Value::Keyword(self.name()?))
            }
            Some(_) => {
                self.token()?;
                self.atom()
            }
            None => Err(self.wrong("the input ends where a form should be")),
        }
    }

    /// What the `#` that was just read begins.
    fn dispatch(&mut self, line: u64, depth: usize) -> Result<Value, ReadError> {
        match self.source.peek()? {
            Some(b'{') => {
                let items = self.collect(Close::Curly, depth)?;
                Value::set(items).ok_or_else(|| Malformed::new(line, "a set has the same item twice").into())
            }
            Some(b'#') => {
                // The symbolic values ##Inf, ##-Inf and ##NaN.
                self.source.next()?;
                self.token()?;
                match &*self.scratch {
                    b"Inf" => Ok(Value::Real(Real(f64::INFINITY))),
                    b"-Inf" => Ok(Value::Real(Real(f64::NEG_INFINITY))),
                    b"NaN" => Ok(Value::Real(Real(f64::NAN))),
                    _ => Err(self.wrong("'##' is followed by Inf, -Inf or NaN")),
                }
            }
            _ => {
                self.token()?;
                if self.scratch.is_empty() {
                    return Err(self.wrong("'#' begins a tag, a set or a discarded form; here is none"));
                }
                self.skip_space(depth + 1)?;
                match self.ahead()? {
                    None | Some(b')' | b']' | b'}') => Err(self.wrong("a tag has no form behind it")),
                    Some(_) => self.value(depth + 1),
                }
            }
        }
    }

    fn collect(&mut self, close: Close, depth: usize) -> Result<Vec<Value>, ReadError> {
        let within = Collection { close, opened: self.line() };
        self.source.next()?;
        let mut items = Vec::new();
        while let Some((_, item)) = self.item_at(within, depth + 1)? {
            items.push(item);
        }
        Ok(items)
    }

    fn map(&mut self, depth: usize) -> Result<Value, ReadError> {
        let within = Collection { close: Close::Curly, opened: self.line() };
        self.source.next()?;
        let mut entries = Vec::new();
        while let Some((_, key)) = self.item_at(within, depth + 1)? {
            let Some((_, value)) = self.item_at(within, depth + 1)? else {
                return Err(self.wrong(format!("a map has the key {key} without a value")));
            };
            entries.push((key, value));
        }
        Value::map(entries)
            .ok_or_else(|| Malformed::new(within.opened, "a map has the same key twice").into())
    }

    fn string(&mut self) -> Result<Value, ReadError> {
        let opened = self.line();
        self.source.next()?;
        let mut text = Vec::new();
        loop {
            self.source.take_while(|byte| byte != b'"' && byte != b'\\', &mut text)?;
            let escape = match self.source.next()? {
                None => return Err(self.wrong(format!("the input ends in the string of line {opened}"))),
                Some(b'"') => break,
                Some(_) => self.source.next()?,
            };
            match escape {
                Some(b'n') => text.push(b'\n'),
                Some(b't') => text.push(b'\t'),
                Some(b'r') => text.push(b'\r'),
                Some(b'b') => text.push(8),
                Some(b'f') => text.push(12),
                Some(byte @ (b'"' | b'\\')) => text.push(byte),
                Some(b'u') => {
                    let mut digits = [0; 4];
                    for digit in &mut digits {
                        *digit = self.source.next()?.unwrap_or(b' ');
                    }
                    let c = unicode(&digits).ok_or_else(|| {
                        self.wrong("'\\u' is followed by four hexadecimal digits of a character")
                    })?;
                    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => {
                    return Err(
                        self.wrong("a string knows the escapes \\n \\t \\r \\b \\f \\\" \\\\ \\uXXXX")
                    );
                }
            }
        }
        match String::from_utf8(text) {
            Ok(text) => Ok(Value::Text(text.into())),
            Err(_) => Err(self.wrong("a string is not valid UTF-8")),
        }
    }

    fn character(&mut self) -> Result<Value, ReadError> {
        self.source.next()?;
        self.scratch.clear();
        // Any one byte may follow, even one that ends a token.
        match self.source.next()? {
            None => return Err(self.wrong("the input ends behind '\\'")),
            Some(byte) => self.scratch.push(byte),
        }
        self.source.take_while(is_token, &mut self.scratch)?;
        let text = match &*self.scratch {
            b"newline" => "\n",
            b"return" => "\r",
            b"space" => " ",
            b"tab" => "\t",
            [b'u', digits @ ..] if digits.len() == 4 => match unicode(digits) {
                Some(c) => return Ok(Value::text(c.encode_utf8(&mut [0; 4]))),
                None => return Err(self.wrong("'\\u' is followed by four hexadecimal digits of a character")),
            },
            other => match std::str::from_utf8(other) {
                Ok(text) if text.chars().count() == 1 => text,
                _ => {
                    return Err(self
                        .wrong("'\\' is followed by one character, or newline, return, space, tab, uXXXX"));
                }
            },
        };
        Ok(Value::text(text))
    }

    /// Reads a token to the scratch.
    fn token(&mut self) -> Result<(), ReadError> {
        self.scratch.clear();
        self.source.take_while(is_token, &mut self.scratch)?;
        Ok(())
    }

    /// The name in the scratch, shared with its equals.
    fn name(&mut self) -> Result<Arc<str>, ReadError> {
        if let Some(name) = self.names.get(&*self.scratch) {
            return Ok(name.clone());
        }
        let Ok(name) = std::str::from_utf8(&self.scratch) else {
            return Err(self.wrong("a name is not valid UTF-8"));
        };
        let name: Arc<str> = name.into();
        // Names are few in any history; if they are not, sharing them is not worth its memory.
        if self.names.len() < 4096 {
            self.names.insert(self.scratch.as_slice().into(), name.clone());
        }
        Ok(name)
    }

    /// What the token in the scratch means.
    fn atom(&mut self) -> Result<Value, ReadError> {
        match &*self.scratch {
            b"nil" => return Ok(Value::Nil),
            b"true" => return Ok(Value::Bool(true)),
            b"false" => return Ok(Value::Bool(false)),
            [] => {
                let byte = self.source.peek()?.unwrap_or(b' ');
                return Err(self.wrong(format!("'{}' begins no form", byte.escape_ascii())));
            }
            _ => {}
        }
        let digits =
            self.scratch.strip_prefix(b"-").or(self.scratch.strip_prefix(b"+")).unwrap_or(&self.scratch);
        if !digits.first().is_some_and(u8::is_ascii_digit) {
            return Ok(Value::Keyword(self.name()?));
        }
        let text = String::from_utf8_lossy(&self.scratch).into_owned();
        let integer = text.strip_suffix('N').unwrap_or(&text);
        if integer.bytes().skip(1).all(|byte| byte.is_ascii_digit()) {
            return match integer.parse() {
                Ok(int) => Ok(Value::Int(int)),
                Err(_) => Err(self.wrong(format!("the integer {text} does not fit into 64 bits"))),
            };
        }
        match text.strip_suffix('M').unwrap_or(&text).parse() {
            Ok(real) => Ok(Value::Real(Real(real))),
            Err(_) => Err(self.wrong(format!("'{text}' begins like a number but is none"))),
        }
    }
}

fn is_token(byte: u8) -> bool {
    !byte.is_ascii_whitespace()
        && !matches!(byte, b',' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b';')
}

fn unicode(digits: &[u8]) -> Option<char> {
    let digits =
        std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}
