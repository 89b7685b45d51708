//! What the tests share: the world in memory with the conveniences of tests, and the local world, where the same handlers
//! talk to the embedded stack through the real SDK.

pub mod botocore;
pub mod cloudwatch;
pub mod conformance;
pub mod cost;
pub mod crash;
pub mod embedded;
pub mod fuzzing;
mod hooked_table;
mod local;
pub mod measure;
pub mod second_opinion;
mod witness;
mod world;

/// What the fuzzers' bodies test, as they name it.
mod subject {
    pub(crate) use reveille_cli::{configuration, import};
    pub(crate) use reveille_local::MemoryTable;
}

pub use hooked_table::{HookedTable, Meanwhile, Request, nothing};
pub use local::{Answer, Local, THREE_ENGINEERS};
pub use reveille_cli::world::{Fault, Function, SentMessage, Trouble, batch_of, dawn, published, request};
pub use reveille_local::MemoryTable;
pub use reveille_simulation as simulation;
pub use reveille_simulation::logs;
pub use witness::Witness;
pub use world::{World, alarm, contributor, deletion};
