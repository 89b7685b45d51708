//! Whatever takes longer than a second says so, on a terminal and nowhere else: commands on a service that takes the question and
//! never answers.
#![cfg(unix)]

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use rustix::termios::{Winsize, tcsetwinsize};

use crate::terminal::terminal;

const TEAM: &str = r#"reveille: 1
defaults: { response_plan: all }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+1 415 300 0100", verified: true } } }
response_plans:
  all: { stages: [ { engage: [natsu] } ] }
"#;

/// A service that never answers, as long as the test runs.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || listener.incoming().flatten().collect::<Vec<_>>());
    endpoint
}

/// A command that waits for the service, with standard error on a terminal.
fn started(arguments: &[&str], endpoint: &str, stderr: OwnedFd) -> Child {
    let mut command = asking(arguments, endpoint);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
    command.spawn().expect("it runs")
}

/// A command that asks the service.
fn asking(arguments: &[&str], endpoint: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
    command.args(arguments).env_clear().envs([
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    command
}

/// What a terminal shows until this is on it, or until the command has ended.
fn shown_until(master: &mut File, part: &str) -> String {
    let (mut shown, mut byte) = (Vec::new(), [0]);
    while !String::from_utf8_lossy(&shown).contains(part) && matches!(master.read(&mut byte), Ok(1)) {
        shown.push(byte[0]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

#[test]
fn whatever_takes_longer_than_a_second_says_what_it_is_doing() {
    let team = std::env::temp_dir().join(format!("reveille-progress-{}.yaml", std::process::id()));
    std::fs::write(&team, TEAM).expect("it can be written");
    let team = team.to_str().expect("text");
    // A file that nobody ever writes to, as a service that never answers.
    let pipe = format!("{team}.pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("it runs").success());
    let rows: &[(&[&str], &str)] = &[
        (&["lint", &pipe], "looking at the configuration"),
        (&["plan", team, "--table", "t"], "comparing with the installation"),
        (&["apply", team, "--table", "t"], "comparing with the installation"),
        (&["export", "--table", "t"], "reading the installation"),
        (&["verify", "natsu", "sms", "--table", "t"], "having a code sent"),
        (&["verify", "natsu", "sms", "--code", "1", "--table", "t"], "checking the code"),
        (&["lint", team, "--live", "--table", "t"], "asking the account"),
        (&["import", "aws"], "reading AWS Incident Manager"),
        (&["alarms", "rewire", "--to", "arn:aws:lambda:eu-west-1:1:function:f"], "reading alarms and rules"),
        (&["incidents", "--table", "t"], "reading incidents"),
        (&["incidents", "--contact", "natsu", "--table", "t"], "reading names"),
        (&["show", "ffffffff", "--table", "t"], "looking for the incident"),
        (&["ack", "ffffffff", "--as", "natsu", "--table", "t"], "asking who you are"),
        (&["engage", "ffffffff", "--contact", "natsu", "--table", "t"], "asking who you are"),
        (&["who", "--table", "t"], "reading the schedules of the installation"),
        (
            &["override", "add", "--schedule", "s", "--remove", "natsu", "--for", "1h", "--table", "t"],
            "reading the names",
        ),
        (&["override", "remove", "0123abcd", "--table", "t"], "taking the override back"),
        (&["test-page", "natsu", "--table", "t"], "looking for the contact"),
        (&["contacts", "--table", "t"], "reading the contacts"),
        (&["doctor", "--table", "t"], "looking through the installation"),
        (&["redrive", "--all"], "asking AWS for the installation"),
    ];
    let endpoint = silent();
    let running: Vec<_> = rows
        .iter()
        .map(|(arguments, words)| {
            let (master, slave) = terminal();
            (*arguments, *words, master, started(arguments, &endpoint, slave))
        })
        .collect();
    for (arguments, words, mut master, mut child) in running {
        let shown = shown_until(&mut master, " … ");
        child.kill().expect("it runs");
        let mut printed = String::new();
        child.stdout.take().expect("it is piped").read_to_string(&mut printed).expect("text");
        child.wait().expect("it ends");
        assert!(shown.contains(words) && shown.ends_with(" … "), "{arguments:?}: {shown:?}");
        assert_eq!(printed, "", "{arguments:?}: nothing of it is in the result");
    }
    std::fs::remove_file(team).expect("it is there");
    std::fs::remove_file(pipe).expect("it is there");
}

#[test]
fn a_watch_that_gets_no_answer_says_so_and_ends_with_a_key() {
    let endpoint = silent();
    for key in [b"q", b"\x03"] {
        let (mut master, slave) = terminal();
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&slave, size).expect("it has a size");
        let mut command = asking(&["incidents", "--watch", "--table", "t"], &endpoint);
        let end = || slave.try_clone().expect("another of its ends");
        let mut child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("it runs");
        drop((command, slave));
        let shown = shown_until(&mut master, "reading incidents …");
        assert!(shown.ends_with("reading incidents …"), "{shown:?}");
        master.write_all(key).expect("it takes keys");
        // Whatever else it draws must be taken, or it waits for room.
        let rest = shown_until(&mut master, "no such text");
        assert!(child.wait().expect("it ends").success(), "{rest:?}");
        assert!(!(shown + &rest).contains("0 incidents"), "{rest:?}");
    }
}
