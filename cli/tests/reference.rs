//! What is made of the command line itself: completions, manual pages, and the reference, which has to name every command.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use clap::CommandFactory;
use reveille_cli::command::Arguments;

const REFERENCE: &str = include_str!("../../docs/COMMANDS.md");

fn reveille(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reveille")).args(arguments).output().expect("the command runs")
}

fn printed(arguments: &[&str]) -> String {
    let output = reveille(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Every command, with those below it: `who`, `override add`.
fn commands() -> BTreeSet<String> {
    fn below(command: &clap::Command, path: &str, all: &mut BTreeSet<String>) {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
            let path = if path.is_empty() { sub.get_name().to_owned() } else { format!("{path} {}", sub.get_name()) };
            if sub.has_subcommands() {
                below(sub, &path, all);
            } else {
                all.insert(path);
            }
        }
    }
    let mut all = BTreeSet::new();
    below(&Arguments::command(), "", &mut all);
    all
}

#[test]
fn the_reference_has_every_command_and_none_that_is_not_there() {
    let described: BTreeSet<String> = REFERENCE
        .lines()
        .filter_map(|line| line.strip_prefix("| `reveille ")?.split_once('`'))
        .map(|(command, _)| {
            // The words before the first argument are the command.
            let words = command
                .split(' ')
                .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-' && word.len() > 2));
            words.take_while(|word| !word.starts_with('-')).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(described, commands(), "docs/COMMANDS.md has a row for each command");
}

#[test]
fn every_shell_gets_completions_that_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for command in commands() {
            for word in command.split(' ') {
                assert!(script.contains(word), "{shell} does not know `{command}`");
            }
        }
    }
    let output = Command::new(env!("CARGO_BIN_EXE_reveille")).arg("completions").env("SHELL", "/bin/zsh").output();
    let script = String::from_utf8(output.expect("the command runs").stdout).expect("text");
    assert!(script.starts_with("#compdef reveille"), "without a name it is the shell of the caller");
}

#[test]
fn every_command_has_a_page_in_the_manual() {
    let folder = std::env::temp_dir().join(format!("reveille-man-{}", std::process::id()));
    let path = folder.to_str().expect("text");
    let said = printed(&["man", "--dir", path]);
    for command in commands() {
        let page = folder.join(format!("reveille-{}.1", command.replace(' ', "-")));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(text.contains(".SH SYNOPSIS"), "{}", page.display());
    }
    let pages = std::fs::read_dir(Path::new(path)).expect("a folder").count();
    assert!(said.starts_with(&format!("{pages} pages in ")), "{said}");
    drop(std::fs::remove_dir_all(&folder));
    assert!(printed(&["man"]).contains("reveille"), "without a folder the page of the whole is printed");
}

#[test]
fn what_is_typed_wrong_is_usage_and_what_cannot_be_reached_is_a_failure() {
    let rows: [(&[&str], i32, &str); 7] = [
        (&["override", "add", "--schedule", "primary", "--to", "2026-01-01T00:00:00Z"], 2, "--remove"),
        (&["override", "add", "--schedule", "primary", "--remove", "natsu"], 2, "--to"),
        (&["override", "add", "--schedule", "p", "--remove", "n", "--for", "soon"], 2, "8h"),
        (&["redrive"], 2, "--all"),
        (&["redrive", "moon"], 2, "ingest-failures"),
        (&["who", "team.yaml", "--local"], 2, "cannot be used with"),
        (&["who", "--local", "--port-base", "9"], 1, "is `reveille local` running there?"),
    ];
    for (arguments, status, says) in rows {
        let output = reveille(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}
