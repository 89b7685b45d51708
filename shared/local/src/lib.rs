//! Not written yet.

pub mod automation;
