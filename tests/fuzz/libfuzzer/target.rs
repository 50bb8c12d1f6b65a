//! Lets a target read what libFuzzer has come up with. Which one says `MOTE_TARGET`; `scripts/fuzz` sets it.
#![no_main]

use std::sync::LazyLock;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    static TARGET: LazyLock<String> = LazyLock::new(|| {
        mote_fuzz::initialize();
        std::env::var("MOTE_TARGET").expect("MOTE_TARGET names what is to read, such as url")
    });
    mote_fuzz::read(&TARGET, bytes);
});
