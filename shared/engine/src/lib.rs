//! Load, decide, commit, nudge: the engine around the pure domain.

pub mod port;
