//! The engine's ports on AWS: one adapter a file, all on clients that are built once. An adapter translates and
//! classifies; it decides nothing.

mod table;

pub use table::DynamoTable;
