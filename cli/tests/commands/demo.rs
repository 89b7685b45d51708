//! The demo on other events than its own, and on terminals of every kind.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::command;
use crate::terminal::terminal;

fn demo(arguments: &[&str]) -> Command {
    command(&[&["demo"], arguments].concat())
}

/// What the demo of an event prints.
fn told(arguments: &[&str]) -> String {
    let output = demo(arguments).output().expect("the command runs");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn an_event_that_opens_several_incidents_is_told_to_its_end_twice() {
    // Both of Grafana's incidents page the same people: whoever answers must find the page of the one that is told.
    let text = told(&["--json", "--speed", "60", "--event", "events/grafana-webhook-v1.json"]);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let count = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    assert_eq!((count("opened"), count("resolved")), (2, 2), "two variants: {text}");
    assert!(count("acknowledged") >= 2, "{text}");
}

#[test]
fn what_is_no_terminal_gets_lines_that_end_plainly() {
    let shown = told(&["--speed", "60", "--event", "events/sns-lambda-backup.json"]);
    let count = |word: &str| shown.lines().filter(|line| line.contains(&format!("  {word} "))).count();
    assert_eq!((count("opened"), count("resolved")), (2, 2), "{shown}");
    assert!(shown.contains("cargo run -- local"), "{shown}");
    assert!(!shown.contains('\r') && !shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn a_terminal_that_does_not_tell_its_cursor_gets_the_story_as_lines() {
    let (mut master, slave) = terminal();
    let end = || Stdio::from(slave.try_clone().expect("a second end"));
    let mut child =
        demo(&["--speed", "60"]).stdin(end()).stdout(end()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(slave);
    let mut shown = Vec::new();
    // The last end that is closed ends the reading with an error.
    drop(master.read_to_end(&mut shown));
    let mut said = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("text");
    let shown = String::from_utf8_lossy(&shown);
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "{said}{shown}");
    for line in
        ["Nobody answers until the last one is asked", "The first one answers at once", "acknowledged", "resolved"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}
