//! Lets the target of this binary's name read what libFuzzer has come up with.
#![no_main]

use std::sync::Once;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(mote_fuzz::initialize);
    mote_fuzz::read(env!("CARGO_BIN_NAME"), bytes);
});
