//! The `reveille` command as a library: what `main.rs` wires together and what tests call.

pub mod apply;
pub mod configuration;
