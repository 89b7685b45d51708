//! AWS on loopback: small doubles of exactly the calls that the adapters make, which also act: queues deliver and
//! redeliver, schedules fire, automations end. The real SDK talks to them over HTTP. It knows no function: those are
//! handed in as one trait.

pub mod automation;
mod database;

pub use database::{Database, DatabaseError};
