//! What is made of the command line itself: completions, manual pages, and the reference, which has to name every command.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::{CommandFactory, Parser};
use reveille_cli::command::Arguments;

const REFERENCE: &str = include_str!("../../../docs/COMMANDS.md");

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

/// No command is asked for a table that another program computes: docs/SECURITY.md says so.
#[test]
fn no_command_writes_csv() {
    fn words(command: &clap::Command, all: &mut Vec<String>) {
        for argument in command.get_arguments() {
            all.extend(argument.get_long().map(str::to_owned));
            all.extend(argument.get_possible_values().iter().map(|value| value.get_name().to_owned()));
            all.extend(argument.get_value_names().into_iter().flatten().map(ToString::to_string));
            all.extend(argument.get_help().map(ToString::to_string));
        }
        command.get_subcommands().for_each(|sub| words(sub, all));
    }
    let mut all = Vec::new();
    words(&Arguments::command(), &mut all);
    assert!(all.iter().any(|word| word == "sarif"), "the values of arguments are among them");
    let found: Vec<&String> = all.iter().filter(|word| word.to_lowercase().contains("csv")).collect();
    assert!(found.is_empty(), "{found:?}");
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

/// The documents: the README, and everything below `docs/`.
fn documents() -> Vec<(PathBuf, String)> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut paths = vec![root.join("README.md")];
    below(&root.join("docs"), &mut paths);
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).expect("text"))).collect()
}

/// What a shell would make of a line: words, with quotes taken off, up to a comment, a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars().chain([' ']) {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, ' ') if word.is_empty() => {}
            (None, ' ') if ["|", ">", "&&", "&", ";"].contains(&word.as_str()) || word.starts_with('#') => break,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (_, c) => word.push(c),
        }
    }
    words
}

#[test]
fn every_command_line_of_the_documents_can_be_typed() {
    let mut lines = 0;
    for (path, text) in documents() {
        let blocks = text.split("\n```").enumerate().filter(|(number, _)| number % 2 == 1).map(|(_, block)| block);
        let blocks = blocks.filter(|block| block.starts_with("sh\n") || block.starts_with("console\n"));
        for line in blocks.flat_map(|block| block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>()) {
            let line = line.trim().trim_start_matches("$ ");
            let ours = ["reveille ", "cargo run -- ", "cargo run -q -- ", "cargo run --release -- "];
            let Some(typed) = ours.iter().find_map(|ours| line.strip_prefix(ours)) else { continue };
            let arguments = std::iter::once("reveille".to_owned()).chain(words(typed));
            if let Err(error) = Arguments::try_parse_from(arguments) {
                let asks = [clap::error::ErrorKind::DisplayHelp, clap::error::ErrorKind::DisplayVersion];
                assert!(asks.contains(&error.kind()), "{}: {line}\n{error}", path.display());
            }
            lines += 1;
        }
    }
    assert!(lines > 40, "{lines} lines");
}
