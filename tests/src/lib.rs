//! What the tests share: the table in memory, a world of ports in virtual time that drives the functions' own handlers,
//! and the local world, where the same handlers talk to the embedded stack through the real SDK.

mod hooked_table;
mod local;
mod memory_table;
mod world;

pub use hooked_table::{HookedTable, Meanwhile, Request, nothing};
pub use local::{Answer, Local, THREE_ENGINEERS};
pub use memory_table::MemoryTable;
pub use world::{Fault, SentMessage, World, alarm, dawn, request};
