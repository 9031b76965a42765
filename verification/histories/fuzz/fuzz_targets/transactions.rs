//! Whatever the bytes are, a reader of transactions reads them or says what is wrong. The first byte chooses the format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use synod_histories::transactions::formats::Format;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else { return };
    let _ = Format::guess(text);
    let _ = Format::ALL[*first as usize % Format::ALL.len()].read(text);
});
