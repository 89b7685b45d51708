//! The command, and what it reads and writes: configurations, scenarios, the exports of others, and an installation's rows.
//!
//! One program, because each that links the command takes seconds to link and 150 MB of disk.

mod apply;
mod closed_pipe;
mod command;
mod configuration;
mod demo;
mod folder;
mod import_aws;
mod imports;
mod installation;
mod installations;
mod json_schema;
mod last_tick;
mod lint;
mod lint_live;
mod mistake;
mod mistakes;
mod output;
mod progress;
mod reference;
mod replaced;
mod rewire;
mod scenarios;
mod schedules;
mod schema;
mod simulate;
mod team;
mod terminal;
mod written;
