//! How this command was called, for the lines that tell somebody what to type next.

/// What to type before a subcommand: whoever runs it from a checkout, with cargo, may have no `reveille` on their path.
pub(crate) fn called() -> &'static str {
    // Cargo says so to what it runs.
    if std::env::var_os("CARGO").is_some() { "cargo run --" } else { "reveille" }
}
