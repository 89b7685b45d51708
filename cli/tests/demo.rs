//! The demo on other events than its own, and on terminals of every kind.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;

fn demo(arguments: &[&str]) -> Command {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
    command.current_dir(root).arg("demo").args(arguments);
    command
}

/// Tells the demo of an event: the lines of each variant's incident.
fn told(event: &str) -> Vec<Vec<Value>> {
    let output = demo(&["--json", "--speed", "60", "--event", event]).output().expect("the command runs");
    assert_eq!(output.status.code(), Some(0), "{event}: {}", String::from_utf8_lossy(&output.stderr));
    let mut stories: Vec<Vec<Value>> = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        match stories.last_mut().filter(|story| story[0]["incident"] == line["incident"]) {
            Some(story) => story.push(line),
            None => stories.push(vec![line]),
        }
    }
    stories
}

#[test]
fn a_post_with_several_signals_and_an_alarm_in_an_envelope_are_told_to_their_ends() {
    let events = [
        "events/sns-lambda-backup.json",
        "events/grafana-webhook-v1.json",
        "events/sns-lambda-cw-alarm-single-metric.json",
        "events/eventbridge-cw-alarm-contributor-2026.json",
    ];
    // Each takes a quarter of a minute, most of it waiting: side by side.
    let stories = std::thread::scope(|scope| {
        let telling = events.map(|event| scope.spawn(move || told(event)));
        telling.map(|telling| telling.join().expect("a story"))
    });
    for (event, variants) in events.iter().zip(stories) {
        assert_eq!(variants.len(), 2, "{event}: two variants");
        for story in variants {
            assert_eq!(story[0]["kind"], "opened", "{event}");
            let kinds: Vec<&str> = story.iter().filter_map(|line| line["kind"].as_str()).collect();
            assert!(kinds.contains(&"acknowledged") && kinds.contains(&"resolved"), "{event}: {kinds:?}");
        }
    }
}

/// A terminal that shows everything and answers nothing: its two ends.
fn mute_terminal() -> (File, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("it may be used");
    unlockpt(&master).expect("it can be opened");
    let name = ptsname(&master, Vec::new()).expect("its name").into_string().expect("text");
    let slave = OpenOptions::new().read(true).write(true).open(name).expect("it opens");
    (File::from(master), slave.into())
}

#[test]
fn a_terminal_that_does_not_tell_its_cursor_gets_the_story_as_lines() {
    let (mut master, slave) = mute_terminal();
    let end = || Stdio::from(slave.try_clone().expect("a second end"));
    let mut child =
        demo(&["--speed", "120"]).stdin(end()).stdout(end()).stderr(Stdio::piped()).spawn().expect("it runs");
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

#[test]
fn what_is_no_terminal_gets_lines_that_end_plainly() {
    let Output { status, stdout, .. } = demo(&["--speed", "120"]).output().expect("the command runs");
    assert_eq!(status.code(), Some(0));
    let shown = String::from_utf8_lossy(&stdout);
    assert!(shown.contains("resolved") && shown.contains("cargo run -- local"), "{shown}");
    assert!(!shown.contains('\r') && !shown.contains('\u{1b}'), "{shown:?}");
}
