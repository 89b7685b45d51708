//! What the tests share: the table in memory, and a world of ports in virtual time that drives the functions' own handlers.

mod memory_table;
mod world;

pub use memory_table::MemoryTable;
pub use world::{Fault, SentMessage, World, alarm};
