//! What scenarios, the simulation and the conformance suites share: the worlds that are not AWS.

mod memory_table;

pub use memory_table::MemoryTable;
