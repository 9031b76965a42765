//! Whatever the bytes are, a reader of operations reads them or says what is wrong. The first byte chooses the format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use synod_histories::{
    Pairing,
    formats::{Format, synod},
    objects::{Object, Reading, Subject},
    report::{Level, Question, check},
};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else { return };
    let format = Format::ALL[*first as usize % Format::ALL.len()];
    let _ = Format::guess(&String::from_utf8_lossy(text));
    let mut pairing = Pairing::new();
    for event in format.events(text) {
        let Ok(event) = event else { return };
        // What is read can be written, and is read again as the same.
        let mut written = Vec::new();
        synod::write(&mut written, &event).expect("a vector can be written");
        let _ = synod::events(written.as_slice()).count();
        if pairing.push(event).is_err() {
            return;
        }
    }
    // A few operations are even checked.
    let operations = pairing.finish();
    if operations.len() <= 6 {
        let object = Object::guess(&operations).unwrap_or(Object::Register);
        let (subject, budget) = (Subject::new(object), synod_histories::Budget::unlimited());
        let question = Question {
            operations: &operations,
            subject: &subject,
            reading: Reading::of(format),
            budget: &budget,
        };
        for level in Level::ALL {
            let _ = check(question, level, &mut Vec::new());
        }
    }
});
