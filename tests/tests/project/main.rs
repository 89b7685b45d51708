//! What the project itself keeps to: its source, its documents and its bounds.

mod limits;
mod promises;
mod tidy;
