//! A valid file with one part of it written otherwise.

/// The file with `from` written as `to`. It must stand there once: elsewhere the change would mean something else.
pub(crate) fn replaced(valid: &str, from: &str, to: &str) -> String {
    assert_eq!(valid.matches(from).count(), 1, "{from:?} must stand once in the valid file");
    valid.replace(from, to)
}
