#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reveille_fuzz::run("payload", input));
