//! The `reveille` command as a library: what `main.rs` wires together and what tests call.

pub mod apply;
pub mod bench;
pub mod calendar;
pub mod client;
pub mod command;
pub mod configuration;
pub mod demo;
pub mod environment;
pub mod explain;
pub mod export;
pub mod import;
pub mod incidents;
pub mod installation;
pub mod installed;
pub mod local;
pub mod local_world;
pub mod on_call;
mod patience;
pub mod plan;
pub mod scenario;
pub mod schema;
pub mod screen;
pub mod timeline;
pub mod verify;
pub mod webhook_key;
pub mod world;
mod yaml;
