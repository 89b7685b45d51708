//! A reader that has heard enough: what is printed to nobody is no failure, and never a panic.

use std::io::pipe;
use std::process::{Command, Stdio};

const TEAM: &str = "../examples/three-engineers.yaml";
const ROTA: &str = "../examples/on-call.yaml";
const ALARM: &str = "../events/alarm-web-unhealthy.json";

#[test]
fn whoever_reads_no_further_makes_nothing_fail() {
    let rows: &[&[&str]] = &[
        &["completions", "bash"],
        &["man"],
        &["schema"],
        &["webhook-key"],
        &["env", "ingest"],
        &["explain", ALARM],
        &["explain", ALARM, "--json", "--config", TEAM],
        &["lint", TEAM],
        &["lint", TEAM, "--json"],
        &["lint", TEAM, "--format", "sarif"],
        &["who", ROTA],
        &["who", ROTA, "--json"],
        &["simulate", TEAM, "--event", ALARM],
        &["scenario", "../tests/scenarios/a-provider-hangs.yaml"],
        &["--help"],
        &["--version"],
    ];
    for arguments in rows {
        let heard = Command::new(env!("CARGO_BIN_EXE_reveille")).args(*arguments).output().unwrap();
        assert!(!heard.stdout.is_empty(), "{arguments:?} prints something: {heard:?}");
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let left = Command::new(env!("CARGO_BIN_EXE_reveille"))
            .args(*arguments)
            .stdout(Stdio::from(writer))
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&left.stderr);
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        assert_eq!(left.status.code(), heard.status.code(), "{arguments:?}: {said}");
    }
}
