//! Each function's role allows what the function asks for, and nothing that it does not: every request of every scenario is
//! written down and held against `template.yaml`, in both directions.

mod policy;
mod recorded;

use std::sync::LazyLock;

use policy::{Grant, Policy};
use recorded::{Recorded, record};
use serde_json::Value;

const TEMPLATE: &str = include_str!("../../../template.yaml");

const FUNCTIONS: [&str; 7] = ["ingest", "respond", "escalate", "notify", "runbook", "acknowledge", "rotate"];

static RECORDED: LazyLock<Recorded> = LazyLock::new(record);

/// What no request of a function can show: who uses it instead. `None`: in every function's role.
const UNSEEN: [(&str, &str); 0] = [];

fn template(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("the template is YAML")
}

/// What a function asked for and its role refuses.
fn missing(template: &Value, recorded: &Recorded) -> Vec<String> {
    let mut missing = Vec::new();
    for (function, asked) in recorded {
        let policy = Policy::of(template, function);
        missing
            .extend(asked.iter().filter(|asked| !policy.allows(asked)).map(|asked| format!("{function}: {asked:?}")));
    }
    missing
}

/// What could be taken out of a role without any request being refused.
fn unused(template: &Value, recorded: &Recorded) -> Vec<String> {
    let mut unused = Vec::new();
    for function in FUNCTIONS {
        let policy = Policy::of(template, function);
        for (sid, grant) in policy.grants() {
            let less = policy.without(&sid, &grant);
            let is_needed = recorded.get(function).is_some_and(|asked| asked.iter().any(|asked| !less.allows(asked)));
            if !is_needed {
                unused.push(format!("{function}/{sid}: {grant:?}"));
            }
        }
    }
    unused
}

#[test]
fn tmp() {
    let template = template(TEMPLATE);
    for line in missing(&template, &RECORDED) {
        println!("MISSING {line}");
    }
    for line in unused(&template, &RECORDED) {
        println!("UNUSED {line}");
    }
    let _ = Grant::Action(String::new());
    let _ = UNSEEN;
}
