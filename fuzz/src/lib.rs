//! The bodies of `tests/src/fuzzing`, with what they test: of `cli` and `local` the modules that they need and no more, so that a build
//! with the fuzzer's instrumentation takes a minute.
#![allow(dead_code, unused_imports, reason = "these modules have more users in their own crates")]

#[path = "../../cli/src"]
mod cli {
    pub(crate) mod configuration;
    pub(crate) mod unknown_name;
    pub(crate) mod yaml;

    pub(crate) mod import {
        mod document;
        pub(crate) mod export;
        mod finish;
        pub(crate) mod goalert;
        pub(crate) mod grafana_oncall;
        mod hours;
        mod mend;
        pub(crate) mod model;
        pub(crate) mod named;
        pub(crate) mod names;
        pub(crate) mod note;
        pub(crate) mod opsgenie;
        pub(crate) mod pagerduty;
        mod phone;
        pub(crate) mod report;
        mod shifts;
        mod spans;

        pub(crate) use finish::finish;

        /// As on the command line.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Options {
            pub(crate) default_plan: Option<String>,
            pub(crate) trust_addresses: bool,
        }
    }
}

#[path = "../../shared/local/src"]
mod local {
    pub(crate) mod memory_table;
}

#[path = "../../tests/src"]
mod bodies {
    pub(crate) mod fuzzing;
}

/// What is under test, as the bodies name it.
mod subject {
    pub(crate) use crate::cli::{configuration, import};
    pub(crate) use crate::local::memory_table::MemoryTable;
}

// As the modules of `cli` name each other.
use cli::{configuration, import, unknown_name, yaml};

/// Runs the body of a target.
pub fn run(target: &str, input: &[u8]) {
    let found = bodies::fuzzing::TARGETS.iter().find(|(name, _)| *name == target);
    let (_, body) = found.expect("a target of this name");
    body(input);
}
