//! What is done with arbitrary input: one body for each reader of what comes from outside.
//!
//! `fuzz/` runs them with what a fuzzer invents, `tests/tests/fuzzing.rs` with what it has kept. Each body asserts more than that
//! nothing panics: what was accepted is not lost, what comes out is bounded, and what is written reads back the same. `crate::subject`
//! names what is under test: of the fuzzer's build it holds only what these bodies need.

mod configuration;
mod grammar;
mod imports;
mod payload;
mod replies;
mod requests;
mod table;
mod tokens;

use jiff::Timestamp;

/// What is done with an input. It panics where a property does not hold.
pub type Body = fn(&[u8]);

/// Every target by its name, which is that of its program in `fuzz/` and of its corpus.
pub const TARGETS: [(&str, Body); 7] = [
    ("configuration", configuration::run),
    ("grammar", grammar::run),
    ("imports", imports::run),
    ("payload", payload::run),
    ("replies", replies::run),
    ("requests", requests::run),
    ("tokens", tokens::run),
];

/// When every input arrives.
fn now() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().expect("an instant")
}
